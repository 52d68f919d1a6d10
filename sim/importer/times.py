"""Amber, red-amber, clearance, minimum and maximum green of each group, measured from the programme.

Measured means: one value a group, the shortest that the programme shows (V3: amber does not vary), within what a street
may have. Lamps that then differ from the programme are listed as repaired.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from controller.model import Aspect, GroupKind
from sim.importer.conflicts import Conflicts, Links
from sim.importer.groups import AspectCycle, LinkGroup, Run, cyclic_runs
from sim.importer.programs import Programme

SHORTEST_AMBER_S, LONGEST_AMBER_S = 3, 6
"""MUTCD 4D.26: yellow change interval of 3 to 6 s."""
USUAL_MIN_GREEN_S = 5
"""RiLSA: vehicle green of at least 5 s; a programme that is shorter sets its own minimum."""
USUAL_WALK_S = 7
"""MUTCD 4E.06: walk of at least 7 s; a programme that is shorter sets its own minimum."""
USUAL_MAX_GREEN_S = 60
"""Longest green where neither the file (maxDur) nor the programme itself has a longer one."""
LONGEST_GREEN_S = 600
"""A plan file holds no longer time."""
WALKING_SPEED_M_S = 1.2
"""MUTCD 4E.06: at most 1.2 m/s where crossings can be extended; RiLSA: 1.2 m/s."""
PEDESTRIAN_BUFFER_S = 3
"""MUTCD 4E.06, figure 4E-2: at least 3 s between the end of clearance and a conflicting vehicle green."""


@dataclass(frozen=True, slots=True)
class GroupTimes:
    """The times of one group, whole seconds."""

    amber_s: int
    red_amber_s: int
    clearance_s: int
    min_green_s: int
    """Of pedestrians the walk."""
    max_green_s: int
    measured_amber_s: int
    """As the programme shows it, whatever the import was asked for."""

    @property
    def closing_s(self) -> int:
        """From the end of green to red: amber of vehicles, clearance of pedestrians [s]."""
        return self.amber_s + self.clearance_s


def keep_green_through_amber(group: LinkGroup) -> tuple[Run, ...]:
    """The group's greens, those joined between which there is amber and no red.

    Amber between two greens of one link tells a driver to stop whom the next second lets go: no street shows it.
    """
    kept = list(group.shown)
    for gap in cyclic_runs([aspect is Aspect.GREEN for aspect in group.shown], wanted=False):
        seconds = [second % len(kept) for second in range(gap.first_s, gap.end_s)]
        if Aspect.RED not in {kept[second] for second in seconds}:
            for second in seconds:
                kept[second] = Aspect.GREEN
    return cyclic_runs(kept, Aspect.GREEN)


def measure_times(
    programme: Programme,
    links: Links,
    groups: Sequence[LinkGroup],
    greens: Mapping[str, tuple[Run, ...]],
    conflicts: Conflicts,
    amber_s: int | None,
) -> dict[str, GroupTimes]:
    """Times of each group. `greens` are the programme's after joining; `amber_s` replaces all measured ambers."""
    vehicles = [group for group in groups if group.kind is GroupKind.VEHICLE]
    own = {group.id: _shortest_amber_s(group.shown, greens[group.id]) for group in vehicles}
    shown = [amber for amber in own.values() if amber]
    usual_s = Counter(shown).most_common(1)[0][0] if shown else SHORTEST_AMBER_S
    times = {}
    for group in groups:
        is_vehicle = group.kind is GroupKind.VEHICLE
        measured_s = min(max(own[group.id] or usual_s, SHORTEST_AMBER_S), LONGEST_AMBER_S) if is_vehicle else 0
        shortest_s = min(green.duration_s for green in greens[group.id])
        times[group.id] = GroupTimes(
            amber_s=amber_s if is_vehicle and amber_s is not None else measured_s,
            red_amber_s=_shortest_red_amber_s(group.shown, greens[group.id]) if is_vehicle else 0,
            clearance_s=0 if is_vehicle else _clearance_s(programme, links, group, greens, conflicts),
            min_green_s=min(USUAL_MIN_GREEN_S if is_vehicle else USUAL_WALK_S, shortest_s),
            max_green_s=_max_green_s(programme, greens[group.id]),
            measured_amber_s=measured_s,
        )
    return times


def _count(shown: AspectCycle, seconds: range, wanted: Aspect) -> int:
    """How many seconds from the first one on show the wanted aspect without a break."""
    length = 0
    for second in seconds:
        if shown[second % len(shown)] is not wanted:
            break
        length += 1
    return length


def _shortest_amber_s(shown: AspectCycle, greens: Sequence[Run]) -> int | None:
    lengths = [_count(shown, range(green.end_s, green.end_s + len(shown)), Aspect.AMBER) for green in greens]
    return min((length for length in lengths if length), default=None)


def _shortest_red_amber_s(shown: AspectCycle, greens: Sequence[Run]) -> int:
    return min(
        _count(shown, range(green.first_s - 1, green.first_s - 1 - len(shown), -1), Aspect.RED_AMBER)
        for green in greens
    )


def gap_s(greens: Sequence[Run], start_s: int, cycle_s: int) -> int:
    """Seconds from the last end of a green before `start_s` (or at it) to `start_s`, around the cycle."""
    return min((start_s - green.end_s) % cycle_s for green in greens)


def full_clearance_s(links: Links, group: LinkGroup) -> int:
    """How long a person needs over the longest crossing of the group, whole seconds."""
    return max(ceil(movement.length_m / WALKING_SPEED_M_S) for link in group.links for movement in links[link])


def time_to_clear_s(group: LinkGroup, greens: Mapping[str, tuple[Run, ...]], conflicts: Conflicts, cycle_s: int) -> int:
    """What the programme leaves between the end of a crossing's green and the next green against it, at least once."""
    gaps = [
        gap_s(greens[group.id], start.first_s, cycle_s)
        for other in conflicts.against(group.id)
        for start in greens[other]
    ]
    own_red_s = [gap_s(greens[group.id], start.first_s, cycle_s) - 1 for start in greens[group.id]]
    return min([*gaps, *own_red_s])


def _clearance_s(
    programme: Programme,
    links: Links,
    group: LinkGroup,
    greens: Mapping[str, tuple[Run, ...]],
    conflicts: Conflicts,
) -> int:
    """Clearance of a crossing: its length at walking speed, as far as the programme leaves time for it and a buffer."""
    available_s = time_to_clear_s(group, greens, conflicts, programme.cycle_s)
    beside_buffer_s = available_s - PEDESTRIAN_BUFFER_S
    return min(full_clearance_s(links, group), beside_buffer_s if beside_buffer_s > 0 else available_s)


def _max_green_s(programme: Programme, greens: Sequence[Run]) -> int:
    """Sum of maxDur over a green's phases (durations where one has none); without any 60 s or the longest green."""
    longest_s = max(green.duration_s for green in greens)
    limits = [_limit_s(programme, green) for green in greens]
    given = [limit for limit in limits if limit is not None]
    limit_s = max(given) if given else USUAL_MAX_GREEN_S
    return min(max(ceil(limit_s), longest_s), LONGEST_GREEN_S)


def _limit_s(programme: Programme, green: Run) -> float | None:
    seconds: dict[int, int] = Counter(
        programme.phase[second % programme.cycle_s] for second in range(green.first_s, green.end_s)
    )
    if all(programme.longest_s[phase] is None for phase in seconds):
        return None
    limits = ((programme.longest_s[phase], length) for phase, length in seconds.items())
    return sum(length if limit is None else max(limit, length) for limit, length in limits)
