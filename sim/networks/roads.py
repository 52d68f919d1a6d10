"""A network's roads for those who drive through it: where they enter and leave, and by which way they go."""

from __future__ import annotations

import heapq
import random
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from sim.importer.network import RoadNetwork

TURN_S = {"s": 0.0, "r": 6.0, "R": 4.0, "l": 12.0, "L": 6.0}
"""What a turn costs in a driver's mind who keeps to the right; mirrored where one keeps to the left. Assumed [s]."""
_MIRRORED = str.maketrans("rRlL", "lLrR")
WHIM = 0.25
"""Each pair of entry and exit sees every road up to so much longer or shorter, so that not all take the same way."""

Route = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Roads:
    """Edges that carry vehicles, joined; `turns[a][b]` is SUMO's letter of the turn from edge a into b."""

    travel_s: Mapping[str, float]
    lanes: Mapping[str, int]
    turns: Mapping[str, Mapping[str, str]]
    left_hand: bool

    @property
    def entries(self) -> tuple[str, ...]:
        """Edges into which no other leads."""
        fed = {after for following in self.turns.values() for after in following}
        return tuple(edge for edge in self.travel_s if edge not in fed and self.turns[edge])

    @property
    def exits(self) -> tuple[str, ...]:
        """Edges that lead nowhere."""
        fed = {after for following in self.turns.values() for after in following}
        return tuple(edge for edge in self.travel_s if edge in fed and not self.turns[edge])

    def straight_on(self, entry: str) -> str | None:
        """The exit that one comes to by never turning; None where the street ends before."""
        edge, seen = entry, {entry}
        while following := self.turns[edge]:
            ahead = [after for after, letter in following.items() if letter == "s"]
            if len(ahead) != 1 or ahead[0] in seen:
                return None
            edge = ahead[0]
            seen.add(edge)
        return edge

    def way(self, entry: str, leaving: str, seed: str) -> Route | None:
        """The quickest way as one pair of entry and exit sees it (Dijkstra, ties by name); None where there is none."""
        chance = random.Random(f"{seed}/{entry}/{leaving}")
        seen_s = {edge: self.travel_s[edge] * (1 + WHIM * (2 * chance.random() - 1)) for edge in sorted(self.travel_s)}
        heap: list[tuple[float, Route]] = [(0.0, (entry,))]
        done: set[str] = set()
        while heap:
            cost_s, route = heapq.heappop(heap)
            if route[-1] == leaving:
                return route
            if route[-1] in done:
                continue
            done.add(route[-1])
            for after, letter in self.turns[route[-1]].items():
                if after not in done:
                    heapq.heappush(heap, (cost_s + seen_s[after] + self._turn_s(letter), (*route, after)))
        return None

    def _turn_s(self, letter: str) -> float:
        return TURN_S.get(letter.translate(_MIRRORED) if self.left_hand else letter, 0.0)


def read_roads(network: RoadNetwork) -> Roads:
    """The roads of a network; who turns round is left out."""
    travel_s: dict[str, float] = {}
    lanes: dict[str, int] = {}
    turns: dict[str, dict[str, str]] = {}
    for lane in network.lanes.values():
        if not lane.carries_vehicles:
            continue
        travel_s[lane.edge] = lane.length_m / lane.speed_m_s
        lanes[lane.edge] = lanes.get(lane.edge, 0) + 1
        turns.setdefault(lane.edge, {})
        for join in lane.onward:
            if join.direction not in {"t", "T"}:
                turns[lane.edge][network.lanes[join.lane].edge] = join.direction
    return Roads(travel_s, lanes, turns, network.left_hand)


def ways(roads: Roads, straight_share: float, seed: int) -> dict[Route, float]:
    """Share of all traffic on each way; the shares add up to 1.

    An entry's share is that of its lanes among the lanes of all entries. Of it `straight_share` goes straight through,
    where the street does; the rest spreads over the exits by their lanes, but never back out beside the entry.
    """
    at_entries = sum(roads.lanes[entry] for entry in roads.entries)
    shares: dict[Route, float] = {}
    for entry in roads.entries:
        ahead = roads.straight_on(entry)
        found = {
            leaving: roads.way(entry, leaving, str(seed)) for leaving in roads.exits if not _beside(entry, leaving)
        }
        reached = {leaving: way for leaving, way in found.items() if way is not None}
        to_all = sum(roads.lanes[leaving] for leaving in reached)
        through = straight_share if ahead in reached else 0.0
        for leaving, way in reached.items():
            part = (1 - through) * roads.lanes[leaving] / to_all + (through if leaving == ahead else 0.0)
            shares[way] = shares.get(way, 0.0) + part * roads.lanes[entry] / at_entries
    return shares


def _beside(entry: str, leaving: str) -> bool:
    """Whether an exit is the other direction of an entry: streets are named after both their ends."""
    return _ends(entry) == _ends(leaving)[::-1]


def _ends(edge: str) -> list[str]:
    """The places at both ends; netconvert adds the position of a cut after a point."""
    return edge.partition(".")[0].split("_")


def turn_flows(shares: Mapping[Route, float]) -> dict[tuple[str, str], float]:
    """Share of all traffic that goes from one edge into the next."""
    flows: dict[tuple[str, str], float] = {}
    for way, share in shares.items():
        for turn in pairwise(way):
            flows[turn] = flows.get(turn, 0.0) + share
    return flows
