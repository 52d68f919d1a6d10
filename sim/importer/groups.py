"""Signal groups from a programme: links that always change together, and the greens of each group.

Two links are one group when they show red, red-amber, green and amber in the same seconds; `g` and `G` are both green,
`s` is red. Vehicles and pedestrians are never one group. A link that never changes is no group: its letter is constant.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from controller.model import Aspect, GroupKind
from sim.importer.network import Movement
from sim.importer.programs import ASPECT_OF_LETTER, Programme

_OFF = frozenset({Aspect.FLASHING_AMBER, Aspect.DARK})
_PREFIX = {GroupKind.VEHICLE: "K", GroupKind.PEDESTRIAN: "F"}

AspectCycle = tuple[Aspect, ...]
"""What a link or a group shows in each second of the cycle, (cycle_s,)."""


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of the cycle in which one thing is shown: 0 <= first_s < cycle, it may wrap around the end."""

    first_s: int
    duration_s: int

    @property
    def end_s(self) -> int:
        """First second after it; beyond the cycle where it wraps."""
        return self.first_s + self.duration_s


@dataclass(frozen=True, slots=True)
class LinkGroup:
    """A signal group as SUMO's program shows it."""

    id: str
    kind: GroupKind
    links: tuple[int, ...]
    shown: AspectCycle
    greens: tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Grouping:
    """Groups of a signal, and the links that are none: they show one letter for ever."""

    groups: tuple[LinkGroup, ...]
    constant: Mapping[int, str]


def cyclic_runs(cycle: Sequence[object], wanted: object) -> tuple[Run, ...]:
    """Stretches of a cyclic sequence with the wanted value, in order of their first second.

    >>> cyclic_runs("GGrrG", "G")
    (Run(first_s=4, duration_s=3),)
    """
    if all(value == wanted for value in cycle):
        return (Run(0, len(cycle)),) if cycle else ()
    runs = []
    second = 0
    for value, stretch in groupby(cycle):
        duration = len(list(stretch))
        if value == wanted:
            runs.append(Run(second, duration))
        second += duration
    if len(runs) > 1 and runs[0].first_s == 0 and runs[-1].end_s == len(cycle):
        first, last = runs.pop(0), runs.pop()
        runs.append(Run(last.first_s, last.duration_s + first.duration_s))
    return tuple(runs)


def group_links(programme: Programme, links: Mapping[int, tuple[Movement, ...]]) -> tuple[Grouping, list[str]]:
    """Groups of the programme's links and what cannot be carried.

    A letter of the state string that no link uses is constant too (what it shows has no meaning).
    """
    members: dict[tuple[GroupKind, AspectCycle], list[int]] = defaultdict(list)
    constant: dict[int, str] = {}
    faults = []
    for index, letters in enumerate(zip(*programme.states, strict=True)):
        shown = tuple(ASPECT_OF_LETTER[letter] for letter in letters)
        kinds = {movement.kind for movement in links.get(index, ())}
        if len(set(shown)) == 1 or not kinds:
            constant[index] = max(dict.fromkeys(letters), key=letters.count)
        elif _OFF & set(shown):
            faults.append(f"link {index} is now on, now off (`o` or `O`); write a program that is on, another for off")
        elif len(kinds) > 1:
            faults.append(f"link {index} leads vehicles and a crossing at once; give the crossing a link of its own")
        elif Aspect.GREEN not in shown:
            constant[index] = "r"
            faults.append(f"link {index} changes and is never green; show red for ever, or give it a green")
        else:
            members[kinds.pop(), shown].append(index)
    return Grouping(_named(members), constant), [f"{programme.tls}: program `{programme.program}`: {f}" for f in faults]


def _named(members: Mapping[tuple[GroupKind, AspectCycle], list[int]]) -> tuple[LinkGroup, ...]:
    """Vehicles first, K1, K2, ... by their lowest link; then crossings, F1, F2, ..."""
    counts = dict.fromkeys(GroupKind, 0)
    groups = []
    for (kind, shown), links in sorted(members.items(), key=lambda item: (item[0][0] is GroupKind.PEDESTRIAN, item[1])):
        counts[kind] += 1
        name = f"{_PREFIX[kind]}{counts[kind]}"
        groups.append(LinkGroup(name, kind, tuple(links), shown, cyclic_runs(shown, Aspect.GREEN)))
    return tuple(groups)
