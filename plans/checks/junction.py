"""A junction's file against itself: signal data, and that lanes, loops and permissive pairs fit them."""

from __future__ import annotations

from collections.abc import Iterator

from plans.checks.signals import Path, of_junction, repeated, signal_problems, unknown
from plans.findings import Problem, Severity
from plans.schema import JunctionFile, LaneEntry, LoopEntry

LANE_ROLES = ("stop_line", "advance", "entry")
"""Loops that lie on an approach lane and call its groups."""


def junction_problems(name: str, junction: JunctionFile) -> Iterator[Problem]:
    """What contradicts itself in junctions/<name>.yaml."""
    file = f"junctions/{name}.yaml"
    if junction.junction != name:
        yield Problem(file, ("junction",), f"the id is {junction.junction}, the file is named {name}; make them equal")
    yield from signal_problems(of_junction(name, junction))
    yield from _unserved(file, junction)
    yield from _permissive_problems(file, junction)
    yield from repeated(file, ("lanes",), [lane.id for lane in junction.lanes], "lane", key="id")
    for index, lane in enumerate(junction.lanes):
        yield from _lane_problems(file, junction, lane, ("lanes", index))
    yield from repeated(file, ("loops",), [loop.id for loop in junction.loops], "loop", key="id")
    for index, loop in enumerate(junction.loops):
        yield from _loop_problems(file, junction, loop, ("loops", index))
    yield from _uncalled(file, junction)


def _unserved(file: str, junction: JunctionFile) -> Iterator[Problem]:
    served = {group for stage in junction.stages if stage.selectable for group in stage.groups}
    for index, group in enumerate(junction.groups):
        if group.id not in served:
            message = f"no selectable stage gives {group.id} green; put it into one, or remove the group"
            yield Problem(file, ("groups", index), message)


def _permissive_problems(file: str, junction: JunctionFile) -> Iterator[Problem]:
    known = [group.id for group in junction.groups]
    intergreens = junction.conflicts_and_intergreens
    seen: set[tuple[str, str]] = set()
    for index, (yields, priority) in enumerate(junction.permissive):
        path = ("permissive", index)
        for place, group in enumerate((yields, priority)):
            if group not in known:
                yield unknown(file, (*path, place), group, known, "group")
        if yields == priority:
            yield Problem(file, path, f"{yields} cannot give way to itself; name two groups")
        elif priority in intergreens.get(yields, {}) or yields in intergreens.get(priority, {}):
            message = f"{yields} gives way to {priority}, yet an intergreen keeps them apart; remove one of the two"
            yield Problem(file, path, message)
        if (yields, priority) in seen or ((priority, yields) in seen and yields != priority):
            yield Problem(file, path, f"{yields} and {priority} are a pair already; say once who gives way")
        seen.add((yields, priority))


def _lane_problems(file: str, junction: JunctionFile, lane: LaneEntry, path: Path) -> Iterator[Problem]:
    kinds = {group.id: group.kind for group in junction.groups}
    for place, group in enumerate(lane.groups):
        where = (*path, "groups", place)
        if group not in kinds:
            yield unknown(file, where, group, kinds, "group")
        elif kinds[group] != "vehicle":
            yield Problem(file, where, f"{group} is a pedestrian group; a lane has vehicle groups only")
    yield from repeated(file, (*path, "groups"), lane.groups, "group")


def _loop_problems(file: str, junction: JunctionFile, loop: LoopEntry, path: Path) -> Iterator[Problem]:
    kinds = {group.id: group.kind for group in junction.groups}
    lanes = {lane.id: lane for lane in junction.lanes}
    for place, group in enumerate(loop.groups):
        if group not in kinds:
            yield unknown(file, (*path, "groups", place), group, kinds, "group")
        elif loop.role != "button" and kinds[group] != "vehicle":
            message = f"{group} is a pedestrian group; only a button calls it: write `role: button`, or another group"
            yield Problem(file, (*path, "groups", place), message)
    yield from repeated(file, (*path, "groups"), loop.groups, "group")
    if loop.role not in LANE_ROLES:
        if loop.lane is not None:
            message = f"a loop with role {loop.role} lies on no approach lane; remove `lane`"
            yield Problem(file, (*path, "lane"), message)
    elif loop.lane is None:
        yield Problem(file, path, f"a loop with role {loop.role} lies on a lane; write `lane: <id>`")
    elif loop.lane not in lanes:
        yield unknown(file, (*path, "lane"), loop.lane, lanes, "lane")
    else:
        yield from _on_lane_problems(file, loop, lanes[loop.lane], path)


def _on_lane_problems(file: str, loop: LoopEntry, lane: LaneEntry, path: Path) -> Iterator[Problem]:
    if loop.distance_m > lane.length_m:
        message = f"{loop.distance_m:g} m is beyond the lane {lane.id}, which is {lane.length_m:g} m long; at most that"
        yield Problem(file, (*path, "distance_m"), message)
    for place, group in enumerate(loop.groups):
        if group not in lane.groups and loop.role != "entry":  # behind an entry loop lanes may part
            message = f"no {group} leads off the lane {lane.id}; its groups are {', '.join(lane.groups)}"
            yield Problem(file, (*path, "groups", place), message)


def _uncalled(file: str, junction: JunctionFile) -> Iterator[Problem]:
    called = {group for loop in junction.loops if loop.role != "exit" for group in loop.groups}
    for index, group in enumerate(junction.groups):
        if group.kind == "vehicle" and group.id not in called:
            message = f"no loop calls {group.id}: actuated control serves it by recall only; add one to its lane"
            yield Problem(file, ("groups", index), message, Severity.WARNING)
