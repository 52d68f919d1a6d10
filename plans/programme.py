"""A junction's cycle as switching points: from splits, or from the switching times of each group (RiLSA programme).

Both forms become successive sets of groups that are wanted green; each set is a stage of the junction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from plans.schema.timing import GroupTiming, StageTiming

Window = tuple[int, int]
"""(on, off) in whole seconds of the cycle."""


@dataclass(frozen=True, slots=True)
class WantedSet:
    """From second `at_s` of the cycle on, `groups` are wanted green."""

    at_s: int
    groups: frozenset[str]


@dataclass(frozen=True, slots=True)
class Green:
    """One green of a group in the cycle: asked for at `on_s`, ended after `length_s` (the whole cycle: never ended)."""

    group: str
    on_s: int
    length_s: int


def split_starts(timing: StageTiming) -> tuple[tuple[int, str], ...]:
    """(second of the cycle, stage id): each stage begins where the splits before it end.

    >>> from plans.schema import SplitEntry
    >>> splits = (SplitEntry(stage="A", split_s=40), SplitEntry(stage="B", split_s=50))
    >>> split_starts(StageTiming(cycle_s=90, splits=splits))
    ((0, 'A'), (40, 'B'))
    """
    starts = []
    at_s = 0
    for entry in timing.splits:
        starts.append((at_s, entry.stage))
        at_s += entry.split_s
    return tuple(starts)


def in_window(second: int, window: Window, cycle_s: int) -> bool:
    """Whether the second lies in [on, off), which may wrap around the end of the cycle.

    >>> in_window(5, (80, 10), 90), in_window(10, (80, 10), 90), in_window(30, (0, 90), 90)
    (True, False, True)
    """
    on, off = window
    return (second - on) % cycle_s < window_length(on, off, cycle_s)


def window_length(on: int, off: int, cycle_s: int) -> int:
    """Seconds from on to off around the cycle; from 0 to the cycle it is the whole cycle, from a second to itself none.

    >>> window_length(5, 45, 90), window_length(80, 10, 90), window_length(0, 90, 90), window_length(7, 7, 90)
    (40, 20, 90, 0)
    """
    return cycle_s if off - on == cycle_s else (off - on) % cycle_s


def wanted_sets(timing: GroupTiming) -> tuple[WantedSet, ...]:
    """The successive sets of a programme by groups, one at each second at which a group switches.

    >>> timing = GroupTiming(cycle_s=60, groups={"K1": ((5, 30),), "K2": ((35, 55),)})
    >>> [(wanted.at_s, sorted(wanted.groups)) for wanted in wanted_sets(timing)]
    [(5, ['K1']), (30, []), (35, ['K2']), (55, [])]
    """
    cycle_s = timing.cycle_s
    seconds = {
        second % cycle_s
        for windows in timing.groups.values()
        for on, off in windows
        if 0 < window_length(on, off, cycle_s) < cycle_s
        for second in (on, off)
    }
    sets = [WantedSet(second, _green_at(timing.groups, second, cycle_s)) for second in sorted(seconds or {0})]
    changes = [wanted for index, wanted in enumerate(sets) if wanted.groups != sets[index - 1].groups]
    return tuple(changes or sets[:1])


def _green_at(groups: Mapping[str, Iterable[Window]], second: int, cycle_s: int) -> frozenset[str]:
    return frozenset(
        group for group, windows in groups.items() if any(in_window(second, window, cycle_s) for window in windows)
    )


def greens_of(sets: Iterable[WantedSet], cycle_s: int) -> tuple[Green, ...]:
    """Each green of each group over the successive sets, in the order in which they are asked for.

    >>> sets = (WantedSet(0, frozenset({"K1"})), WantedSet(20, frozenset({"K1", "K2"})), WantedSet(40, frozenset()))
    >>> [(green.group, green.on_s, green.length_s) for green in greens_of(sets, 60)]
    [('K1', 0, 40), ('K2', 20, 20)]
    """
    ordered = tuple(sets)
    greens = []
    for index, wanted in enumerate(ordered):
        beginning = sorted(wanted.groups - ordered[index - 1].groups)
        greens += [Green(group, wanted.at_s, _length(ordered, index, group, cycle_s)) for group in beginning]
    always = frozenset.intersection(*(wanted.groups for wanted in ordered)) if ordered else frozenset()
    greens += [Green(group, ordered[0].at_s, cycle_s) for group in sorted(always)]
    return tuple(greens)


def _length(sets: tuple[WantedSet, ...], start: int, group: str, cycle_s: int) -> int:
    for step in range(1, len(sets)):
        wanted = sets[(start + step) % len(sets)]
        if group not in wanted.groups:
            return (wanted.at_s - sets[start].at_s) % cycle_s
    return cycle_s
