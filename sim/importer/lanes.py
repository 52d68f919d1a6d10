"""Approach lanes of a signal, and places upstream of a stop line: across lane joins where the lane itself is short.

A join is where all that comes to a lane comes from one road and no signal stands between: the lane goes on upstream as
if it were one. Where several roads meet the approach ends; only a lane too short to see anything is followed beyond,
along the one road that comes straight on. A last lane on which no loop finds room, nor on the way into it across the
node before it, is no lane to wait on: the lanes before it are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sim.importer.groups import Grouping
from sim.importer.network import Join, RoadLane, RoadNetwork

LOOP_ROOM_M = 3.0
"""A loop of 2 m, one metre before the stop line."""
SHORT_LANE_M = 15.0
"""Two queued cars: nothing can be seen coming on less."""
LONGEST_FOLLOWED_M = 2000.0
"""A queue or a platoon farther away is another junction's business."""


@dataclass(frozen=True, slots=True)
class ApproachLane:
    """A lane on which vehicles wait for the signal."""

    lane: RoadLane
    beyond_m: float
    """From the lane's end to the stop line [m]; 0 but where the last lane holds no loop."""
    groups: tuple[str, ...]
    room_m: float
    """From the stop line upstream, as far as loops can be laid [m]."""
    made_of: tuple[str, ...]
    """SUMO lanes from the stop line upstream."""


@dataclass(frozen=True, slots=True)
class Place:
    """A spot on a SUMO lane of `lane_m`: `to_end_m` before the lane's end, `distance_m` before the stop line."""

    lane: str
    lane_m: float
    to_end_m: float
    distance_m: float


@dataclass(frozen=True, slots=True)
class Upstream:
    """How lanes go on upstream from the stop lines of one signal."""

    network: RoadNetwork
    tls: str

    def joined(self, lane: RoadLane) -> tuple[Join, ...]:
        """The lanes that a lane goes on from, all of one road; none at a junction, a signal or the network's edge."""
        feeding = [join for join in lane.feeding if self.lane(join).carries_vehicles]
        if len({self.lane(join).edge for join in feeding}) != 1 or any(self.lane(join).signals for join in feeding):
            return ()
        return tuple(feeding)

    def straight(self, lane: RoadLane, *, through_own_signal: bool = False) -> tuple[Join, ...]:
        """The lanes of the one road that comes straight on, where others come too."""
        feeding = [join for join in lane.feeding if join.direction == "s" and self.lane(join).carries_vehicles]
        if len({self.lane(join).edge for join in feeding}) != 1:
            return ()
        own = {self.tls} if through_own_signal else set()
        return () if any(self.lane(join).signals - own for join in feeding) else tuple(feeding)

    def followed(self, lane: RoadLane, passed_m: float) -> tuple[Join, ...]:
        """How a lane whose end is `passed_m` before the stop line goes on, as far as loops are concerned."""
        joins = self.joined(lane)
        return joins if joins or passed_m + lane.length_m >= SHORT_LANE_M else self.straight(lane)

    def before_the_last_metres(self, lane: RoadLane) -> tuple[Join, ...]:
        """The lanes before a lane that holds no car; also across a node of the same signal, where its queue stands."""
        return self.joined(lane) or self.straight(lane, through_own_signal=True)

    def lane(self, join: Join) -> RoadLane:
        """The lane that a join leads to."""
        return self.network.lanes[join.lane]

    def main_of(self, joins: tuple[Join, ...]) -> Join:
        """Where lanes become one: the straight one, then the longer one."""
        return max(joins, key=lambda join: (join.direction == "s", self.lane(join).length_m, join.lane))


def approach_lanes(network: RoadNetwork, tls: str, grouping: Grouping) -> tuple[ApproachLane, ...]:
    """Every lane of vehicles that a group of the signal leads off, in the order of the links."""
    group_of = {link: group.id for group in grouping.groups for link in group.links}
    upstream = Upstream(network, tls)
    waiting: dict[str, tuple[float, tuple[str, ...], set[str]]] = {}
    for index, movements in network.signals[tls].items():
        for movement in movements:
            lane = network.lanes.get(movement.from_lane)
            if lane is None or not lane.carries_vehicles or index not in group_of:
                continue
            for last, beyond_m, passed in _waiting_lanes(upstream, lane, 0.0, ()):
                waiting.setdefault(last.id, (beyond_m, passed, set()))[2].add(group_of[index])
    order = [group.id for group in grouping.groups]
    return tuple(
        _approach(upstream, network.lanes[lane], beyond_m, passed, tuple(sorted(groups, key=order.index)))
        for lane, (beyond_m, passed, groups) in waiting.items()
    )


def _waiting_lanes(
    upstream: Upstream, lane: RoadLane, beyond_m: float, passed: tuple[str, ...]
) -> Iterator[tuple[RoadLane, float, tuple[str, ...]]]:
    """The lane itself, or the lanes before it where no loop finds room; with the way to the stop line."""
    joins: tuple[Join, ...] = ()
    if lane.length_m < LOOP_ROOM_M and lane.id not in passed:
        joins = upstream.before_the_last_metres(lane)
    if any(lane.length_m + join.inner_m < LOOP_ROOM_M for join in joins):
        for join in joins:
            to_next_m = beyond_m + lane.length_m + join.inner_m
            yield from _waiting_lanes(upstream, upstream.lane(join), to_next_m, (*passed, lane.id))
    else:
        yield lane, beyond_m, passed


def _approach(
    upstream: Upstream, lane: RoadLane, beyond_m: float, passed: tuple[str, ...], groups: tuple[str, ...]
) -> ApproachLane:
    made_of = [*passed, lane.id]
    here, passed_m = lane, beyond_m
    while passed_m < LONGEST_FOLLOWED_M and (joins := upstream.followed(here, passed_m)):
        join = upstream.main_of(joins)
        if join.lane in made_of:
            break
        passed_m += here.length_m + join.inner_m
        here = upstream.lane(join)
        made_of.append(here.id)
    return ApproachLane(lane, beyond_m, groups, passed_m + here.length_m, tuple(made_of))


def stop_line_places(upstream: Upstream, approach: ApproachLane, distance_m: float, room_m: float) -> tuple[Place, ...]:
    """The spot `distance_m` before the lane's end with `room_m` behind it; on a short lane on each way into it."""
    lane = approach.lane
    if distance_m + room_m <= lane.length_m:
        return (Place(lane.id, lane.length_m, distance_m, approach.beyond_m + distance_m),)
    places = []
    for join in upstream.before_the_last_metres(lane):
        to_end_m = max(0.0, distance_m - lane.length_m)
        for way, length_m in reversed(join.inner):
            if to_end_m + room_m <= length_m:
                places.append(Place(way, length_m, to_end_m, approach.beyond_m + lane.length_m + to_end_m))
                break
            to_end_m = max(0.0, to_end_m - length_m)
    return tuple(places)


def places_upstream(upstream: Upstream, approach: ApproachLane, distance_m: float, room_m: float) -> tuple[Place, ...]:
    """The spots `distance_m` before the stop line, one for each lane that leads there, each with `room_m` behind it.

    A spot between two lanes, or with too little room on its lane, moves upstream to the end of the next lane.
    """
    to_end_m = distance_m - approach.beyond_m
    return tuple(_places(upstream, approach.lane, to_end_m, room_m, approach.beyond_m, frozenset()))


def _places(
    upstream: Upstream, lane: RoadLane, to_end_m: float, room_m: float, passed_m: float, seen: frozenset[str]
) -> Iterator[Place]:
    to_end_m = max(to_end_m, 0.0)
    if to_end_m + room_m <= lane.length_m:
        yield Place(lane.id, lane.length_m, to_end_m, passed_m + to_end_m)
        return
    for join in upstream.followed(lane, passed_m):
        if join.lane in seen:
            continue
        to_next_m = lane.length_m + join.inner_m
        further = upstream.lane(join)
        yield from _places(upstream, further, to_end_m - to_next_m, room_m, passed_m + to_next_m, seen | {lane.id})
