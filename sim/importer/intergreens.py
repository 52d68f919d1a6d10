"""Intergreens from the programme's own ambers and all-reds, and greens mended where they do not keep them.

    ending i, starting j:  intergreen = min(shortest gap seen, closing of i + longest red of the programme)
    never less than        closing of i + red-amber of j

The gap runs from end of green to start of green (RiLSA). A pair that never changes directly shows a long gap with other
greens in it; there the second term holds. The longest red is what the programme leaves between the end of an amber and
the next conflicting green when stages change. After a crossing it is the buffer of MUTCD 4E.06.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from controller.model import Aspect, GroupKind
from sim.importer.conflicts import Conflicts, Pair
from sim.importer.groups import LinkGroup, Run
from sim.importer.times import PEDESTRIAN_BUFFER_S, GroupTimes, gap_s

Greens = Mapping[str, tuple[Run, ...]]


@dataclass(frozen=True, slots=True)
class ProgrammeGreens:
    """Everything that intergreens are measured on."""

    groups: Sequence[LinkGroup]
    greens: Greens
    times: Mapping[str, GroupTimes]
    conflicts: Conflicts
    resting: tuple[bool, ...]
    """Seconds that belong to a stage, not to a change, (cycle_s,)."""

    @property
    def cycle_s(self) -> int:
        """Length of the cycle [s]."""
        return len(self.resting)


def measure_intergreens(programme: ProgrammeGreens, amber_s: int | None, all_red_s: int | None) -> dict[Pair, int]:
    """Intergreen of each conflicting pair (ending, starting) in s.

    With `all_red_s` every intergreen is amber + all-red: `amber_s` where it is given, else the ending group's own.
    """
    red_s = longest_red_s(programme)
    kinds = {group.id: group.kind for group in programme.groups}
    intergreens = {}
    for ending, starting in sorted(programme.conflicts.conflicting):
        own, other = programme.times[ending], programme.times[starting]
        on_foot = kinds[ending] is GroupKind.PEDESTRIAN
        asked_s = None if all_red_s is None else (own.amber_s if amber_s is None else amber_s) + all_red_s
        seen_s = min(
            gap_s(programme.greens[ending], start.first_s, programme.cycle_s) for start in programme.greens[starting]
        )
        after_s = PEDESTRIAN_BUFFER_S if on_foot else max(red_s, other.red_amber_s)
        measured_s = min(seen_s, own.closing_s + after_s)
        wanted_s = measured_s if asked_s is None else max(asked_s, measured_s if on_foot else 0)
        intergreens[ending, starting] = max(own.closing_s + other.red_amber_s, wanted_s)
    return intergreens


def longest_red_s(programme: ProgrammeGreens) -> int:
    """The longest red between an amber and the next conflicting green, where one stage changes into the next [s].

    Of the groups that conflict with a starting one the last to end decides; others have waited longer than they had to.
    """
    vehicles = {group.id for group in programme.groups if group.kind is GroupKind.VEHICLE}
    longest_s = 0
    for group in programme.groups:
        rivals = programme.conflicts.against(group.id)
        for start in programme.greens[group.id]:
            gaps = [(gap_s(programme.greens[rival], start.first_s, programme.cycle_s), rival) for rival in rivals]
            if not gaps:
                continue
            gap, rival = min(gaps)
            if rival in vehicles and not _rests(programme, start.first_s - gap, start.first_s):
                longest_s = max(longest_s, gap - programme.times[rival].measured_amber_s)
    return longest_s


def _rests(programme: ProgrammeGreens, first_s: int, end_s: int) -> bool:
    return any(programme.resting[second % programme.cycle_s] for second in range(first_s, end_s))


def mend_greens(
    programme: ProgrammeGreens, intergreens: Mapping[Pair, int]
) -> tuple[dict[str, tuple[Run, ...]], list[str]]:
    """Greens that keep every intergreen, and what cannot be mended.

    Where time is missing a green ends earlier or the next one begins later, whichever changes fewer lamps for fewer
    seconds, and neither falls below its minimum. Before a group's own next green there is amber, red and red-amber too.
    """
    needed = dict(intergreens)
    for group, times in programme.times.items():
        needed[group, group] = times.closing_s + times.red_amber_s + 1
    ended = {
        group.id: tuple(_ended(programme, group, green, needed) for green in programme.greens[group.id])
        for group in programme.groups
    }
    greens = {group: list(runs) for group, runs in ended.items()}
    for (ending, starting), intergreen in needed.items():
        for index, green in enumerate(greens[starting]):
            missing = intergreen - gap_s(ended[ending], green.first_s, programme.cycle_s)
            delay = min(max(0, missing), max(0, green.duration_s - programme.times[starting].min_green_s))
            greens[starting][index] = Run((green.first_s + delay) % programme.cycle_s, green.duration_s - delay)
    mended = {group: tuple(sorted(runs, key=lambda run: run.first_s)) for group, runs in greens.items()}
    return mended, _broken(programme, mended, needed)


def _ended(programme: ProgrammeGreens, group: LinkGroup, green: Run, needed: Mapping[Pair, int]) -> Run:
    """The green, shortened at its end by what changes the fewest lamps, the later beginnings of others counted."""
    missing = []
    for other in programme.groups:
        gap = min((start.first_s - green.end_s) % programme.cycle_s for start in programme.greens[other.id])
        missing.append((needed.get((group.id, other.id), 0) - gap, other))
    most = max(0, *(lack for lack, _ in missing))
    times = programme.times[group.id]

    def worse(cut: int) -> tuple[int, int, int]:
        impossible = sum(lack - cut > _spare_s(programme, other, green.end_s) for lack, other in missing)
        later = sum(max(0, lack - cut) * len(other.links) for lack, other in missing)
        return impossible, later + len(group.links) * _changed_seconds(group, green, cut, times.closing_s), cut

    best = min(range(min(most, max(0, green.duration_s - times.min_green_s)) + 1), key=worse)
    return Run(green.first_s, green.duration_s - best)


def _changed_seconds(group: LinkGroup, green: Run, cut: int, closing_s: int) -> int:
    """Seconds in which one lamp of the group differs from the SUMO programme when its green ends `cut` s earlier."""
    end_s = green.end_s - cut
    closing = {GroupKind.VEHICLE: {Aspect.AMBER}, GroupKind.PEDESTRIAN: {Aspect.AMBER, Aspect.RED}}[group.kind]
    changed = 0
    for second in range(end_s, end_s + len(group.shown) - green.duration_s):
        shown = group.shown[second % len(group.shown)]
        if second >= green.end_s and shown not in {Aspect.AMBER, Aspect.RED}:
            break
        changed += shown not in (closing if second < end_s + closing_s else {Aspect.RED})
    return changed


def _spare_s(programme: ProgrammeGreens, group: LinkGroup, after_s: int) -> int:
    """By how much the group's first green after a second may begin later."""
    cycle_s = programme.cycle_s
    green = min(programme.greens[group.id], key=lambda run: (run.first_s - after_s) % cycle_s)
    return green.duration_s - programme.times[group.id].min_green_s


def _broken(programme: ProgrammeGreens, greens: Greens, needed: Mapping[Pair, int]) -> list[str]:
    broken = []
    for (ending, starting), intergreen in needed.items():
        gap = min(gap_s(greens[ending], start.first_s, programme.cycle_s) for start in greens[starting])
        if gap < intergreen:
            broken.append(
                f"between {ending} and {starting} it leaves {gap} s where {intergreen} s are needed, and neither green "
                "can give them without falling below its minimum; lengthen the programme"
            )
    for one, other in sorted(pair for pair in programme.conflicts.conflicting if pair[0] < pair[1]):
        if _seconds(greens[one], programme.cycle_s) & _seconds(greens[other], programme.cycle_s):
            broken.append(f"{one} and {other} conflict and would be green together; part their greens")
    return broken


def _seconds(greens: Sequence[Run], cycle_s: int) -> set[int]:
    return {second % cycle_s for green in greens for second in range(green.first_s, green.end_s)}
