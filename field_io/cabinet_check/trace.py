"""What showed, look by look: how long each aspect can have lasted, at least and at most.

A change lies between two looks. A time counts as too short only when no moment between the looks could have made it
long enough, so looking seldom accuses nobody wrongly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from controller.model import Aspect
from field_io.registers import Status


@dataclass(frozen=True, slots=True)
class Run:
    """One group showed one aspect; times of the cabinet's own clock [ms]."""

    group: int
    aspect: Aspect
    before_ms: int | None
    """Last look at which it showed something else; `None` when it was there from the first."""
    first_ms: int
    last_ms: int
    after_ms: int | None
    """First look at which it showed something else again; `None` when it was there to the last."""

    @property
    def at_most_ms(self) -> int | None:
        """The longest that it can have lasted; `None` where begin or end was not seen."""
        return None if self.before_ms is None or self.after_ms is None else self.after_ms - self.before_ms


def runs_of(looks: Sequence[Status], group: int) -> list[Run]:
    """The aspects of one group, one after the other."""
    runs: list[Run] = []
    first = 0
    for place in range(1, len(looks) + 1):
        aspect = looks[first].aspects[group]
        if place < len(looks) and looks[place].aspects[group] is aspect:
            continue
        before_ms = looks[first - 1].uptime_ms if first else None
        after_ms = looks[place].uptime_ms if place < len(looks) else None
        runs.append(Run(group, aspect, before_ms, looks[first].uptime_ms, looks[place - 1].uptime_ms, after_ms))
        first = place
    return runs
