"""Who drives, rides and walks in a network of our own: SUMO route files, an accident, and the configuration.

Vehicles come by chance (exponential gaps), drawn by SUMO from its seed: another seed is another hour, and every method
meets the same one.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from controller.model import GroupKind
from sim.importer.network import RoadNetwork
from sim.networks.roads import Route
from sim.networks.spec import NetworkSpec

HOUR_S = 3600
INCIDENT_S = (1200, 1800)
"""Ten minutes, a third into the hour."""
LEAST_VEH_H = 0.5
"""A way that fewer take is left out."""
SUBLANE_M = 0.875
"""A quarter of a lane of 3.5 m: motorcycles pass beside cars."""
WALK_M = 30.0
"""Pedestrians begin and end so far from the signal, at most."""

CAR: Mapping[str, str] = {"id": "car", "vClass": "passenger", "length": "4.5", "minGap": "2.0"}
SUBLANE_CAR: Mapping[str, str] = {"width": "1.7", "latAlignment": "center", "minGapLat": "0.5", "maxSpeedLat": "1.0"}
MOTORCYCLE: Mapping[str, str] = {
    "id": "motorcycle", "vClass": "motorcycle", "length": "2.0", "width": "0.8", "minGap": "0.8", "accel": "2.8",
    "latAlignment": "arbitrary", "minGapLat": "0.1", "maxSpeedLat": "1.5", "lcSublane": "8", "lcSpeedGain": "20",
    "lcPushy": "0.3", "lcKeepRight": "0",
}  # fmt: skip
"""Sizes and manners are assumed, typical values; SUMO's own where nothing is said."""


@dataclass(frozen=True, slots=True)
class Demand:
    """Vehicles in all [veh/h] and the share of each way."""

    shares: Mapping[Route, float]
    veh_h: float


def routes_text(spec: NetworkSpec, demand: Demand, network: RoadNetwork) -> str:
    """The route file of one story."""
    root = ET.Element("routes")
    mix = _add_types(root, spec)
    for number, (way, share) in enumerate(sorted(demand.shares.items())):
        if share * demand.veh_h < LEAST_VEH_H:
            continue
        ET.SubElement(root, "route", {"id": f"way{number}", "edges": " ".join(way)})
        ET.SubElement(
            root,
            "flow",
            {
                "id": f"drive{number}", "type": mix, "route": f"way{number}", "begin": "0", "end": str(HOUR_S),
                "period": f"exp({share * demand.veh_h / 3600:.6f})", "departLane": "best", "departSpeed": "max",
            },
        )  # fmt: skip
    if spec.walkers_h:
        for number, (start, goal) in enumerate(_walks(network)):
            _add_walk(root, f"walk{number}", start, goal, spec.walkers_h / 2, network)
    return _text(root)


def _add_types(root: ET.Element, spec: NetworkSpec) -> str:
    """The types of vehicle; answers the type, or mix of types, that is driven."""
    if not spec.two_wheelers_share:
        ET.SubElement(root, "vType", {**CAR})
        return "car"
    mix = ET.SubElement(root, "vTypeDistribution", {"id": "mix"})
    ET.SubElement(mix, "vType", {**CAR, **SUBLANE_CAR, "probability": f"{1 - spec.two_wheelers_share:g}"})
    ET.SubElement(mix, "vType", {**MOTORCYCLE, "probability": f"{spec.two_wheelers_share:g}"})
    return "mix"


def _walks(network: RoadNetwork) -> Iterator[tuple[str, str]]:
    """At each signal two walks, over its first street and over the next: (edge they come by, edge they leave by)."""
    for links in network.signals.values():
        ways = [
            (network.lanes[movement.from_lane].edge, network.lanes[movement.to_lane].edge)
            for movements in links.values()
            for movement in movements
            if movement.kind is GroupKind.VEHICLE
        ]
        comings, goings = sorted({start for start, _ in ways}), sorted({goal for _, goal in ways})
        for place in range(2):
            start = comings[place % len(comings)]
            goals = [goal for begun, goal in ways if begun == start]
            yield start, max(goals, key=goings.index)


def _add_walk(root: ET.Element, name: str, start: str, goal: str, persons_h: float, network: RoadNetwork) -> None:
    length_m = network.lanes[f"{start}_0"].length_m
    begin = {"begin": "0", "end": str(HOUR_S), "period": f"exp({persons_h / 3600:.6f})"}
    flow = ET.SubElement(root, "personFlow", {"id": name, **begin, "departPos": f"{max(0.0, length_m - WALK_M):.1f}"})
    arrival_m = min(WALK_M, network.lanes[f"{goal}_0"].length_m - 1)
    ET.SubElement(flow, "walk", {"from": start, "to": goal, "arrivalPos": f"{arrival_m:.1f}"})


def incident_text(spec: NetworkSpec, edge: str) -> str:
    """The additional file that closes the outer lane of an edge for INCIDENT_S."""
    outer = 1 if spec.walkers_h else 0  # the pavement is a lane too
    root = ET.Element("additional")
    rerouter = ET.SubElement(root, "rerouter", {"id": "incident", "edges": edge})
    begin_s, end_s = INCIDENT_S
    interval = ET.SubElement(rerouter, "interval", {"begin": str(begin_s), "end": str(end_s)})
    ET.SubElement(interval, "closingLaneReroute", {"id": f"{edge}_{outer}", "disallow": "all"})
    return _text(root)


def config_text(spec: NetworkSpec, name: str, *, incident: bool) -> str:
    """The `.sumocfg` of one story."""
    root = ET.Element("configuration")
    inputs = ET.SubElement(root, "input")
    ET.SubElement(inputs, "net-file", {"value": f"../net/{spec.name}.net.xml"})
    ET.SubElement(inputs, "route-files", {"value": f"{name}.rou.xml"})
    if incident:
        ET.SubElement(inputs, "additional-files", {"value": f"{name}.add.xml"})
    time = ET.SubElement(root, "time")
    ET.SubElement(time, "begin", {"value": "0"})
    ET.SubElement(time, "end", {"value": str(HOUR_S)})
    processing = ET.SubElement(root, "processing")
    ET.SubElement(processing, "time-to-teleport", {"value": "-1"})
    if spec.two_wheelers_share:
        for option, value in (
            ("lateral-resolution", f"{SUBLANE_M:g}"),
            ("ignore-junction-blocker", "10"),
            ("collision.action", "warn"),
            ("collision.mingap-factor", "0"),
        ):
            ET.SubElement(processing, option, {"value": value})
    return _text(root)


def _text(root: ET.Element) -> str:
    ET.indent(root, "    ")
    return ET.tostring(root, encoding="unicode") + "\n"
