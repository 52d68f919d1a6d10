"""The signal groups of a junction as rings and barriers, where they map to them (NEMA TS 2).

Between two barriers, groups of one ring follow each other and groups of different rings may run together; groups on
different sides of a barrier never may. So the sides are the connected parts of "may be green together", and a side has
as many rings as the classes into which "conflicts" falls apart. A group that may be green on both sides is an overlap.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from controller import GroupKind, Junction, SignalGroup, TimingPlan

MAX_RINGS = 2
"""A dual-ring controller."""


@dataclass(frozen=True, slots=True)
class Side:
    """What stands between two barriers: one or two rings, each a row of groups as they are served."""

    rings: tuple[tuple[SignalGroup, ...], ...]


@dataclass(frozen=True, slots=True)
class RingBarrier:
    """The view, or why there is none."""

    sides: tuple[Side, ...] = ()
    overlaps: tuple[SignalGroup, ...] = ()
    """Vehicle groups that no other vehicle group conflicts with, and that run with all of them."""
    refused: str = ""
    """Groups that keep the junction from mapping; empty where it maps."""


def ring_barrier(junction: Junction, timing: TimingPlan | None = None) -> RingBarrier:
    """Map the vehicle groups; groups stand in the order in which the timing serves them, else in the junction's own."""
    groups = _in_order(junction, timing)
    overlaps = tuple(group for group in groups if not any(_conflict(junction, group, other) for other in groups))
    kept = [group for group in groups if group not in overlaps]
    sides = []
    for part in _together(junction, kept):
        rings = _rings(junction, part)
        if rings is None:
            return RingBarrier(refused=", ".join(group.id for group in part))
        sides.append(Side(rings))
    return RingBarrier(tuple(sides), overlaps)


def _in_order(junction: Junction, timing: TimingPlan | None) -> list[SignalGroup]:
    served = [group for step in timing.steps for group in junction.stages[step.stage - 1].groups] if timing else []
    place = {group: served.index(group) for group in served}
    vehicles = [group for group in junction.groups if group.kind is GroupKind.VEHICLE]
    return sorted(vehicles, key=lambda group: place.get(group.id, len(served)))


def _conflict(junction: Junction, one: SignalGroup, other: SignalGroup) -> bool:
    index = junction.group_index()
    return junction.intergreen_s[index[one.id]][index[other.id]] is not None


def _together(junction: Junction, groups: Sequence[SignalGroup]) -> list[list[SignalGroup]]:
    """Connected parts of "may be green together", in the order of their first groups."""
    left, parts = list(groups), []
    while left:
        part, grown = [left.pop(0)], True
        while grown:
            more = [group for group in left if any(not _conflict(junction, group, member) for member in part)]
            part += more
            left = [group for group in left if group not in more]
            grown = bool(more)
        parts.append([group for group in groups if group in part])
    return parts


def _rings(junction: Junction, part: Iterable[SignalGroup]) -> tuple[tuple[SignalGroup, ...], ...] | None:
    """The part as rings: conflict within each, none across; None where it does not fall apart so."""
    rings: list[list[SignalGroup]] = []
    for group in part:
        home = next((ring for ring in rings if any(_conflict(junction, group, member) for member in ring)), None)
        if home is None:
            rings.append([group])
        else:
            home.append(group)
    for ring in rings:
        for group in ring:
            within = all(_conflict(junction, group, member) for member in ring if member is not group)
            across = any(_conflict(junction, group, member) for other in rings if other is not ring for member in other)
            if not within or across:
                return None
    return tuple(tuple(ring) for ring in rings) if len(rings) <= MAX_RINGS else None
