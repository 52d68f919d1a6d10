"""Schematic, not surveyed: turning volumes of each story in passenger car units, and what the lanes can discharge.

Volumes are the means over the hour of the flows in the story's route files. Saturation flows follow RR67 (Kimber and
others, 1986), which was measured in left-hand traffic.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import combinations, pairwise
from pathlib import Path

from sim.scenarios.udon_thani.site_geometry import Way, lanes_before, turn_radius_m

PCU = {"motorcycle": 0.3, "car": 1.0, "pickup": 1.0, "songthaew": 1.5, "lorry": 1.75, "bus": 2.0}
"""RR67: car 1.0, medium goods 1.5, heavy 2.3 (lorries: between), bus 2.0; motorcycle 0.25 to 0.30 where they filter to
the front. A songthaew is a pick-up that stops."""
LANE_WIDTH_M = 3.5
OPPOSED_RIGHT_PCU = 2.0
"""A right turn that waits for gaps takes the room of two cars ahead (assumed; RR67's opposed turns lie about there)."""
FILE_NAMES = ("private", "public")

Turn = tuple[str, str]
"""(edge before the stop line, edge behind the junction)."""


def mean_pcu(vtypes_file: Path) -> dict[str, float]:
    """Passenger car units of one vehicle of each type or mixture of types."""
    mixtures = {
        mixture.attrib["id"]: sum(
            PCU[name] * float(share)
            for name, share in zip(
                mixture.attrib["vTypes"].split(), mixture.attrib["probabilities"].split(), strict=True
            )
        )
        for mixture in ET.parse(vtypes_file).getroot().iter("vTypeDistribution")
    }
    return PCU | mixtures


def turning_volumes(story: Path, pcu: Mapping[str, float]) -> dict[Turn, float]:
    """Mean flow of the hour over each pair of edges that follow each other on a route [pcu/h]."""
    volumes: dict[Turn, float] = defaultdict(float)
    for name in FILE_NAMES:
        root = ET.parse(story / f"{name}.rou.xml").getroot()
        routes = {route.attrib["id"]: route.attrib["edges"].split() for route in root.iter("route")}
        for flow in root.iter("flow"):
            edges = routes[flow.attrib["route"]]
            pcu_h = _vehicles(flow) * pcu[flow.attrib["type"]]  # each story lasts an hour
            for turn in pairwise(edges):
                volumes[turn] += pcu_h
    return dict(volumes)


def _vehicles(flow: ET.Element) -> float:
    """Expected vehicles of a flow: a Poisson one gives its rate, any other its headway."""
    duration_s = float(flow.attrib["end"]) - float(flow.attrib["begin"])
    poisson = re.fullmatch(r"exp\(([0-9.eE+-]+)\)", flow.attrib["period"])
    return duration_s * float(poisson[1]) if poisson else duration_s / float(flow.attrib["period"])


def edge_of(lane: str) -> str:
    """SUMO edge of a lane: its name without the number."""
    return lane.rpartition("_")[0]


def volume(way: Way, volumes: Mapping[Turn, float]) -> float:
    """Flow of one way [pcu/h]."""
    return volumes.get((edge_of(way.from_lane), way.to_edge), 0.0)


def saturation_flows(ways: Mapping[int, Way], volumes: Mapping[Turn, float]) -> dict[str, float]:
    """What each approach lane discharges while green [pcu/h].

    RR67: S = (2080 + 100·(w - 3.25) - 140 on the nearside lane) / (1 + 1.5·f/r); f share of the turning traffic, r its
    radius [m]. Left-hand traffic: the nearside lane is the left one, SUMO's lowest number.
    """
    lanes = lanes_before(ways)
    nearside = {edge: min(lane for lane in lanes if edge_of(lane) == edge) for edge in map(edge_of, lanes)}
    return {
        lane: round(_rr67(leading, volumes, nearside=lane == nearside[edge_of(lane)]))
        for lane, leading in lanes.items()
    }


def _rr67(leading: Sequence[Way], volumes: Mapping[Turn, float], *, nearside: bool) -> float:
    flows = [volume(way, volumes) for way in leading]
    weights = [flow / sum(flows) for flow in flows] if sum(flows) > 0 else [1 / len(flows)] * len(flows)
    turning = sum(weight / turn_radius_m(way) for way, weight in zip(leading, weights, strict=True) if way.turn != "s")
    ahead = 2080 + 100 * (LANE_WIDTH_M - 3.25) - (140 if nearside else 0)
    return ahead / (1 + 1.5 * turning)


def flow_ratio(
    group: Sequence[Way], opposed: frozenset[int], volumes: Mapping[Turn, float], saturation: Mapping[str, float]
) -> float:
    """Critical q/s of a group [0..1]: the worst approach, over every set of its turns that share the same lanes.

    Drivers spread over the lanes that they may use; so a set of turns needs its flow over all lanes open to any of
    them. `opposed` are the link indexes that wait for gaps.
    """
    lanes_of: dict[Turn, set[str]] = defaultdict(set)
    demand: dict[Turn, float] = {}
    for way in group:
        turn = (edge_of(way.from_lane), way.to_edge)
        lanes_of[turn].add(way.from_lane)
        weight = OPPOSED_RIGHT_PCU if way.index in opposed and way.turn in "rR" else 1.0
        demand[turn] = volume(way, volumes) * weight
    worst = 0.0
    for edge in {turn[0] for turn in demand}:
        turns = sorted(turn for turn in demand if turn[0] == edge)
        for size in range(1, len(turns) + 1):
            for chosen in combinations(turns, size):
                lanes = set().union(*(lanes_of[turn] for turn in chosen))
                worst = max(worst, sum(demand[turn] for turn in chosen) / sum(saturation[lane] for lane in lanes))
    return worst
