"""Which junctions are neighbours: what leaves one arrives at the other's stop line without another signal between."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

from sim.importer.network import RoadLane, RoadNetwork

FARTHEST_M = 1000.0
"""Beyond about 60 s of travel (800 m at 50 km/h) a platoon has dispersed so far that coordination is worth little
(Robertson's dispersion, TRANSYT)."""


def find_neighbours(network: RoadNetwork, signals: AbstractSet[str]) -> dict[str, tuple[str, ...]]:
    """Signal: its neighbours among `signals`, in both directions, sorted."""
    found: dict[str, set[str]] = {tls: set() for tls in signals}
    roads = lanes_of_roads(network)
    for tls in signals:
        starts = {
            m.to_lane for movements in network.signals[tls].values() for m in movements if m.to_lane in network.lanes
        }
        for other in _reached(network, roads, starts) & signals - {tls}:
            found[tls].add(other)
            found[other].add(tls)
    return {tls: tuple(sorted(others)) for tls, others in found.items()}


def _reached(network: RoadNetwork, roads: Mapping[str, list[RoadLane]], starts: AbstractSet[str]) -> AbstractSet[str]:
    """Signals at the end of what leads on from these lanes; the search ends at each signal it meets."""
    reached: set[str] = set()
    waiting = [(network.lanes[lane].edge, 0.0) for lane in sorted(starts)]
    shortest: dict[str, float] = {}
    while waiting:
        edge, passed_m = waiting.pop()
        lanes = roads.get(edge, [])
        if not lanes or shortest.get(edge, FARTHEST_M) <= passed_m:
            continue
        shortest[edge] = passed_m
        signals = frozenset().union(*(lane.signals for lane in lanes))
        reached |= signals
        if not signals:
            ahead = {
                network.lanes[join.lane].edge for lane in lanes for join in lane.onward if join.direction not in "tT"
            }
            waiting += [(road, passed_m + lanes[0].length_m) for road in sorted(ahead)]
    return reached


def lanes_of_roads(network: RoadNetwork) -> dict[str, list[RoadLane]]:
    """Road: its lanes for vehicles."""
    roads: dict[str, list[RoadLane]] = {}
    for lane in network.lanes.values():
        if lane.carries_vehicles:
            roads.setdefault(lane.edge, []).append(lane)
    return roads
