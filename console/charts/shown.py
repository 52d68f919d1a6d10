"""What the lamps of a junction showed, second by second: the material of a signal programme chart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from controller import Aspect


@dataclass(frozen=True, slots=True)
class Spell:
    """A stretch of time in which one thing holds."""

    start_s: float
    end_s: float
    what: str


@dataclass(frozen=True, slots=True)
class ShownProgramme:
    """The programme of one junction as it ran."""

    junction: str
    name: str
    groups: tuple[str, ...]
    times_s: tuple[float, ...]
    """Control time of each look [s], rising."""
    aspects: tuple[tuple[Aspect, ...], ...]
    """[look][group]."""
    stages: tuple[Spell, ...] = ()
    """Stages that were asked for, with their ids."""

    def spells(self, group: int) -> Iterator[Spell]:
        """The stretches of one aspect of a group (by its place), by the name of the aspect."""
        start, end = 0, len(self.times_s)
        for place in range(1, end + 1):
            if place == end or self.aspects[place][group] is not self.aspects[start][group]:
                until_s = self.times_s[place] if place < end else self.times_s[-1] + 1.0
                yield Spell(self.times_s[start], until_s, self.aspects[start][group].name.lower())
                start = place

    def between(self, start_s: float, end_s: float) -> ShownProgramme:
        """The part from `start_s` on and before `end_s`."""
        kept = [place for place, time_s in enumerate(self.times_s) if start_s <= time_s < end_s]
        return ShownProgramme(
            self.junction,
            self.name,
            self.groups,
            tuple(self.times_s[place] for place in kept),
            tuple(self.aspects[place] for place in kept),
            tuple(
                Spell(max(spell.start_s, start_s), min(spell.end_s, end_s), spell.what)
                for spell in self.stages
                if spell.end_s > start_s and spell.start_s < end_s
            ),
        )


def clock(second: float) -> str:
    """A second of the day as hours and minutes; the day wraps.

    >>> clock(27000.0), clock(27061.5)
    ('07:30', '07:31:01')
    """
    whole = int(second) % 86_400
    hours, minutes, seconds = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours:02}:{minutes:02}" if seconds == 0 else f"{hours:02}:{minutes:02}:{seconds:02}"


def busiest(programmes: Sequence[ShownProgramme]) -> ShownProgramme:
    """The junction with the most signal groups: the one that shows most in a picture."""
    return max(programmes, key=lambda shown: (len(shown.groups), shown.junction))
