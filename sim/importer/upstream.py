"""How far upstream the next signal stands whose vehicles come to a lane: what a queue may fill before it blocks it."""

from __future__ import annotations

import heapq
from collections.abc import Mapping

from sim.importer.neighbours import FARTHEST_M, lanes_of_roads
from sim.importer.network import RoadLane, RoadNetwork


def signals_upstream_m(network: RoadNetwork) -> dict[str, float]:
    """Distance from the end of each road to the nearest signal upstream, along roads [m]; roads without one are not in.

    Vehicles that turn round do not count; beyond `FARTHEST_M` nobody looks.
    """
    roads = lanes_of_roads(network)
    found: dict[str, float] = {}
    for road in roads:
        distance_m = _nearest(network, roads, road)
        if distance_m is not None:
            found[road] = distance_m
    return found


def _nearest(network: RoadNetwork, roads: Mapping[str, list[RoadLane]], road: str) -> float | None:
    waiting = [(roads[road][0].length_m, road)]
    seen = {road}
    while waiting:
        distance_m, here = heapq.heappop(waiting)
        if distance_m > FARTHEST_M:
            return None
        before = {join.lane for lane in roads[here] for join in lane.feeding}
        if any(network.lanes[lane].signals for lane in before):
            return distance_m
        for ahead in sorted({network.lanes[lane].edge for lane in before} & roads.keys() - seen):
            seen.add(ahead)
            heapq.heappush(waiting, (distance_m + roads[ahead][0].length_m, ahead))
    return None
