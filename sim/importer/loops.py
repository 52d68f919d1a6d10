"""Where the loops of a junction lie, by rule: at the stop line, upstream, behind the junction, a button a crossing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from controller.model import GroupKind, Loop, LoopRole
from sim.importer.groups import LinkGroup
from sim.importer.lanes import SHORT_LANE_M, ApproachLane, Place, Upstream, places_upstream, stop_line_places
from sim.importer.network import Join, RoadLane, RoadNetwork
from sim.sumo_map import LoopPlace

LOOP_LENGTH_M = 2.0
STOP_LINE_M = 1.0
"""SUMO's vehicles stop one metre before the line (jmStoplineGap): the first of a queue stands on the loop."""
ADVANCE_M = 45.0
"""3.2 s before the stop line at 50 km/h: a vehicle that the loop extends arrives within the usual gap of 3 s, and
the stretch holds six queued cars. The Signal Timing Manual's table of minimum greens ends there too (38 to 46 m)."""
ADVANCE_SHARE = 0.6
"""Of an approach too short for that: still upstream of the first queued cars, and not in the junction before."""
ENTRY_M = 8.0
"""SUMO puts a vehicle that enters the network with its whole length on the lane: a loop nearer to its begin would never
count it."""
FAR_M = 120.0
"""Some 10 s before the stop line at 50 km/h: a platoon is seen before a change must be decided, and a queue of fifteen
cars still ends before it. An advance loop so far out would lose who changes lanes after it; so it comes beside."""
FAR_SHORTEST_M = 80.0
"""An approach shorter than this gets none."""
FAR_SHIFT_M = 15.0
"""How far it may move downstream from there to lie clear of a join or an entry."""
EXIT_M = 25.0
"""Three queued cars behind the junction: occupied means that the next would stop on it."""
EXIT_SHORTEST_M = 20.0

_PREFIX = {
    LoopRole.STOP_LINE: "D",
    LoopRole.ADVANCE: "A",
    LoopRole.ENTRY: "E",
    LoopRole.EXIT: "X",
    LoopRole.BUTTON: "B",
}


@dataclass(frozen=True, slots=True)
class LaidLoop:
    """A loop, and where it lies in SUMO; a button lies nowhere."""

    loop: Loop
    place: LoopPlace | None


class LoopBook:
    """Loops of one junction, numbered by role."""

    def __init__(self) -> None:
        self._counts = dict.fromkeys(LoopRole, 0)
        self._laid: dict[tuple[LoopRole, str, float], LaidLoop] = {}

    def lay(
        self, role: LoopRole, groups: Sequence[str], *, lane: str | None, place: LoopPlace | None, distance_m: float
    ) -> None:
        """Lay a loop, unless one lies on that spot already; `place` is None for a button."""
        key = (role, place.lane if place else groups[0], place.pos_m if place else 0.0)
        if key in self._laid:
            return
        self._counts[role] += 1
        name = f"{_PREFIX[role]}{self._counts[role]}"
        loop = Loop(name, role, lane, tuple(dict.fromkeys(groups)), round(distance_m, 1), LOOP_LENGTH_M)
        self._laid[key] = LaidLoop(loop, place)

    @property
    def loops(self) -> tuple[LaidLoop, ...]:
        """Stop lines first, for a cabinet counts those that are wired to it; then upstream, exits, buttons."""
        roles = list(_PREFIX)
        return tuple(sorted(self._laid.values(), key=lambda laid: roles.index(laid.loop.role)))


def lay_loops(
    network: RoadNetwork, tls: str, approaches: Sequence[ApproachLane], groups: Sequence[LinkGroup]
) -> tuple[LaidLoop, ...]:
    """All loops of a junction."""
    book = LoopBook()
    upstream = Upstream(network, tls)
    for approach in approaches:
        for place in stop_line_places(upstream, approach, STOP_LINE_M, LOOP_LENGTH_M):
            _lay_upstream(book, LoopRole.STOP_LINE, approach, place)
        spot = _advance_place(upstream, approach, approaches)
        if spot is not None:
            _lay_upstream(book, LoopRole.ADVANCE, approach, _clear_of_entries(spot))
    _lay_far(book, upstream, approaches)
    for lane, towards in _exit_lanes(network, tls, approaches, groups).items():
        place_at = _exit_place(network, network.lanes[lane])
        if place_at is not None:
            book.lay(LoopRole.EXIT, towards, lane=None, place=place_at[0], distance_m=place_at[1])
    for group in groups:
        if group.kind is GroupKind.PEDESTRIAN:
            book.lay(LoopRole.BUTTON, [group.id], lane=None, place=None, distance_m=0.0)
    return book.loops


def advance_distance_m(room_m: float) -> float:
    """How far before the stop line the advance loop lies; 0 where there is none.

    >>> [advance_distance_m(room) for room in (200, 40, 10)]
    [45.0, 24.0, 0.0]
    """
    if room_m < SHORT_LANE_M:
        return 0.0
    return ADVANCE_M if room_m >= ADVANCE_M + LOOP_LENGTH_M else round(ADVANCE_SHARE * room_m, 1)


def _advance_place(upstream: Upstream, approach: ApproachLane, approaches: Sequence[ApproachLane]) -> Place | None:
    """Where the lane's advance loop lies.

    Upstream of a spot where lanes part or merge a loop does not count this lane's vehicles alone. It then lies at the
    beginning of the lane itself; only where that is too short one loop for all stands before the parting, told to the
    first of its lanes (none on a lane that waits at a stop line of the same signal).
    """
    distance_m = advance_distance_m(approach.room_m)
    if not distance_m:
        return None
    spots = places_upstream(upstream, approach, distance_m, LOOP_LENGTH_M)
    others = [other for other in approaches if other is not approach]
    alone = len(spots) == 1 and not any(spots[0].lane in other.made_of for other in others)
    if alone or any(spot.lane == approach.lane.id for spot in spots):
        return spots[0]
    if approach.lane.length_m >= SHORT_LANE_M:
        to_end_m = approach.lane.length_m - LOOP_LENGTH_M
        return Place(approach.lane.id, approach.lane.length_m, to_end_m, approach.beyond_m + to_end_m)
    free = [spot for spot in spots if all(spot.lane != other.lane.id for other in others)]
    return free[0] if free else None


def _lay_far(book: LoopBook, upstream: Upstream, approaches: Sequence[ApproachLane]) -> None:
    """An entry loop on every lane that is long enough, told to all the groups that its vehicles may take."""
    laid: set[str] = set()
    for approach in approaches:
        if approach.room_m < FAR_SHORTEST_M:
            continue
        distance_m = min(FAR_M, approach.room_m - ENTRY_M - LOOP_LENGTH_M)
        spots = places_upstream(upstream, approach, distance_m, LOOP_LENGTH_M)
        if len(spots) != 1 or spots[0].lane in laid or spots[0].distance_m < FAR_SHORTEST_M - FAR_SHIFT_M:
            continue
        laid.add(spots[0].lane)
        fed = [group for other in approaches if spots[0].lane in other.made_of for group in other.groups]
        spot = _clear_of_entries(spots[0])
        book.lay(LoopRole.ENTRY, fed, lane=approach.lane.id, place=_at(spot), distance_m=spot.distance_m)


def _clear_of_entries(place: Place) -> Place:
    """The place moved downstream of where vehicles enter a lane at the network's edge, on lanes long enough for it."""
    begin_m = place.lane_m - place.to_end_m - LOOP_LENGTH_M
    moved_m = max(0.0, ENTRY_M - begin_m)
    if not moved_m or place.lane_m < 2 * ENTRY_M + LOOP_LENGTH_M:
        return place
    return replace(place, to_end_m=place.to_end_m - moved_m, distance_m=place.distance_m - moved_m)


def _lay_upstream(book: LoopBook, role: LoopRole, approach: ApproachLane, place: Place) -> None:
    book.lay(role, approach.groups, lane=approach.lane.id, place=_at(place), distance_m=place.distance_m)


def _at(place: Place) -> LoopPlace:
    pos_m = place.lane_m - place.to_end_m - LOOP_LENGTH_M
    return LoopPlace(lane=place.lane, pos_m=max(0.0, round(pos_m - 0.005, 2)), length_m=LOOP_LENGTH_M)


def _exit_lanes(
    network: RoadNetwork, tls: str, approaches: Sequence[ApproachLane], groups: Sequence[LinkGroup]
) -> dict[str, list[str]]:
    """Every lane of the roads behind the junction, and the groups that discharge into its road."""
    inner = {approach.lane.edge for approach in approaches}
    towards: dict[str, list[str]] = {}
    for group in groups:
        for link in group.links:
            for movement in network.signals[tls][link]:
                lane = network.lanes.get(movement.to_lane)
                if lane is not None and lane.edge not in inner:
                    towards.setdefault(lane.edge, []).append(group.id)
    of_road = [lane for lane in network.lanes.values() if lane.edge in towards and lane.carries_vehicles]
    return {lane.id: towards[lane.edge] for lane in of_road}


def _exit_place(network: RoadNetwork, lane: RoadLane) -> tuple[LoopPlace, float] | None:
    """Where the exit loop lies and how far behind the junction; it follows the lane across joins downstream."""
    passed_m = 0.0
    for _ in range(10):
        wanted_m = EXIT_M if passed_m + lane.length_m >= EXIT_M + LOOP_LENGTH_M else EXIT_SHORTEST_M
        pos_m = max(0.0, wanted_m - passed_m)
        if pos_m + LOOP_LENGTH_M <= lane.length_m:
            return LoopPlace(lane=lane.id, pos_m=round(pos_m, 2), length_m=LOOP_LENGTH_M), passed_m + pos_m
        join = _joined_downstream(network, lane)
        if join is None:
            return None
        passed_m += lane.length_m + join.inner_m
        lane = network.lanes[join.lane]
    return None


def _joined_downstream(network: RoadNetwork, lane: RoadLane) -> Join | None:
    """The lane that goes on from this one, if nothing else joins or leaves between."""
    joins = [join for join in lane.onward if network.lanes[join.lane].carries_vehicles]
    if len(joins) != 1 or lane.signals:
        return None
    return (
        joins[0] if {network.lanes[j.lane].edge for j in network.lanes[joins[0].lane].feeding} == {lane.edge} else None
    )
