"""Schematic, not surveyed: quickest routes through the built network.

Routes are fixed before a run, so that every method of control meets the same demand.
"""

from __future__ import annotations

import heapq
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

# Assumed mean delay of each manoeuvre at a signal, in seconds: a driver's idea of the junction, not a model of it.
SIGNAL_DELAY_S = {"s": 25.0, "l": 5.0, "L": 15.0, "r": 35.0, "R": 30.0}
BEND_DELAY_S = 0.0


class NoRouteError(LookupError):
    """No way from one edge to another in the built network."""

    def __init__(self, start: str, goal: str) -> None:
        super().__init__(f"no route from edge {start!r} to edge {goal!r}: check the connections in udon_thani.con.xml")
        self.start = start
        self.goal = goal


@dataclass(frozen=True, slots=True)
class RoadGraph:
    """Edges of the network that carry vehicles: their free travel time and what each manoeuvre costs."""

    travel_s: dict[str, float]
    length_m: dict[str, float]
    next_edges: dict[str, dict[str, float]]

    def cost_s(self, route: Sequence[str]) -> float:
        """Free travel time of a route plus the assumed delay of its manoeuvres, in seconds."""
        drive = sum(self.travel_s[edge] for edge in route)
        return drive + sum(self.next_edges[a][b] for a, b in pairwise(route))


def read_graph(net_file: Path) -> RoadGraph:
    """Read edges and manoeuvres of a built SUMO network; internal edges and footways are left out."""
    root = ET.parse(net_file).getroot()
    travel_s: dict[str, float] = {}
    length_m: dict[str, float] = {}
    for edge in root.iter("edge"):
        if edge.get("function", "normal") != "normal":
            continue
        lane = edge.findall("lane")[-1]
        length_m[edge.attrib["id"]] = float(lane.attrib["length"])
        travel_s[edge.attrib["id"]] = float(lane.attrib["length"]) / float(lane.attrib["speed"])
    signalised = {j.attrib["id"] for j in root.iter("junction") if j.get("type") == "traffic_light"}
    end_of = {e.attrib["id"]: e.get("to", "") for e in root.iter("edge")}
    next_edges: dict[str, dict[str, float]] = {edge: {} for edge in travel_s}
    for link in root.iter("connection"):
        start, goal = link.attrib["from"], link.attrib["to"]
        if start in travel_s and goal in travel_s and link.attrib["fromLane"] != "0":
            delay = SIGNAL_DELAY_S[link.attrib["dir"]] if end_of[start] in signalised else BEND_DELAY_S
            next_edges[start][goal] = min(delay, next_edges[start].get(goal, delay))
    return RoadGraph(travel_s, length_m, next_edges)


def quickest(graph: RoadGraph, start: str, goal: str, burden: dict[str, float] | None = None) -> tuple[str, ...]:
    """Quickest route from `start` to `goal`, both included; `burden` multiplies the time of single edges (Dijkstra).

    Ties fall to the route whose edge names sort first, so that the answer never depends on the order of a file.
    """
    burden = burden or {}
    heap: list[tuple[float, tuple[str, ...]]] = [(graph.travel_s[start], (start,))]
    done: set[str] = set()
    while heap:
        cost, route = heapq.heappop(heap)
        here = route[-1]
        if here == goal:
            return route
        if here in done:
            continue
        done.add(here)
        for edge, delay in graph.next_edges[here].items():
            if edge not in done:
                step = delay + graph.travel_s[edge] * burden.get(edge, 1.0)
                heapq.heappush(heap, (round(cost + step, 6), (*route, edge)))
    raise NoRouteError(start, goal)


def quickest_via(graph: RoadGraph, edges: Sequence[str]) -> tuple[str, ...]:
    """Quickest route that passes the given edges in their order."""
    route: tuple[str, ...] = (edges[0],)
    for start, goal in pairwise(edges):
        route += quickest(graph, start, goal)[1:]
    return route


def shared_routes(
    graph: RoadGraph, start: str, goal: str, detour_ratio: float, burden_ratio: float
) -> list[tuple[tuple[str, ...], float]]:
    """The quickest route and, where one is nearly as quick, a second; each with its share of the drivers (sum 1).

    The second is found with the first one's edges made `burden_ratio` times slower; it counts when it costs at most
    `detour_ratio` times the first. Shares fall linearly from a half each (equal cost) to nothing for the second.
    """
    first = quickest(graph, start, goal)
    second = quickest(graph, start, goal, dict.fromkeys(first[1:-1], burden_ratio))
    excess = graph.cost_s(second) / graph.cost_s(first) - 1.0
    if second == first or excess >= detour_ratio - 1.0:
        return [(first, 1.0)]
    share = round(0.5 * (1.0 - excess / (detour_ratio - 1.0)), 3)
    if share < 0.05:
        return [(first, 1.0)]
    return [(first, round(1.0 - share, 3)), (second, share)]
