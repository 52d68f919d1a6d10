"""Where vehicles are on a corridor in each second, and what its signals show: what a time-space diagram is drawn from.

The corridor is found, not named: of all ways that go straight on from an entry, the one with the most signals.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from sim.importer.network import RoadNetwork, parse_xml, read_network
from sim.networks.roads import Roads, read_roads
from sim.scenario import Scenario

EVERY_S = 2
"""A position in every other second is enough for a line [s]."""
BROKEN_S = 12.0
"""Who is not seen on the corridor for so long has left it: the line is broken there [s]."""


@dataclass(frozen=True, slots=True)
class Signal:
    """A signal on a corridor."""

    tls: str
    at_m: float
    """Of its stop line, from the corridor's begin [m]."""
    links: tuple[int, ...]
    """SUMO links that go on along the corridor."""


@dataclass(frozen=True, slots=True)
class Corridor:
    """Edges one behind the other, and the signals on the way."""

    edges: tuple[str, ...]
    begins_m: tuple[float, ...]
    """Where each edge begins, from the corridor's begin [m]."""
    length_m: float
    signals: tuple[Signal, ...]


@dataclass(frozen=True, slots=True)
class Trace:
    """Two records of SUMO, in a folder of their own."""

    folder: Path
    corridor: Corridor

    @property
    def vehicles(self) -> Path:
        """SUMO's fcd output: lane and position of each vehicle on the corridor in each second."""
        return self.folder / "vehicles.xml"

    @property
    def lamps(self) -> Path:
        """What each signal of the corridor showed in each second."""
        return self.folder / "lamps.xml"

    def of(self, scenario: Scenario) -> tuple[Scenario, Path]:
        """The scenario with the vehicles' record asked for, and an additional file that asks for the lamps'."""
        edges = self.folder / "edges.txt"
        edges.write_text("".join(f"edge:{edge}\n" for edge in self.corridor.edges), encoding="utf-8")
        root = ET.Element("additional")
        for tls in dict.fromkeys(signal.tls for signal in self.corridor.signals):
            ET.SubElement(root, "timedEvent", {"type": "SaveTLSStates", "source": tls, "dest": str(self.lamps)})
        asking = self.folder / "lamps.add.xml"
        ET.ElementTree(root).write(asking, encoding="utf-8", xml_declaration=True)
        options = (
            ("fcd-output", str(self.vehicles)),
            ("fcd-output.filter-edges.input-file", str(edges)),
            ("fcd-output.attributes", "lane,pos"),
            ("fcd-output.skip-empty", "true"),
        )
        return replace(scenario, options=(*scenario.options, *options)), asking


def find_corridor(net: Path) -> Corridor | None:
    """The straight way with the most signals, of those the longest; None where none passes a signal."""
    network = read_network(net, parse_xml(net))
    roads = read_roads(network)
    found = [_corridor(network, _straight(roads, entry)) for entry in roads.entries]
    best = max(found, key=lambda corridor: (len(corridor.signals), corridor.length_m), default=None)
    return best if best is not None and best.signals else None


def _straight(roads: Roads, entry: str) -> list[str]:
    edges = [entry]
    while ahead := [after for after, letter in sorted(roads.turns[edges[-1]].items()) if letter == "s"]:
        if ahead[0] in edges:
            break
        edges.append(ahead[0])
    return edges


def _corridor(network: RoadNetwork, edges: Sequence[str]) -> Corridor:
    lane_of = {lane.edge: lane for lane in network.lanes.values() if lane.carries_vehicles}
    begins_m, at_m = [], 0.0
    signals = []
    for edge, after in pairwise([*edges, ""]):
        begins_m.append(at_m)
        at_m += lane_of[edge].length_m
        signals += [Signal(tls, at_m, links) for tls, links in _links(network, edge, after)]
        joins = [join for join in lane_of[edge].onward if network.lanes[join.lane].edge == after]
        at_m += joins[0].inner_m if joins else 0.0
    return Corridor(tuple(edges), tuple(begins_m), at_m, tuple(signals))


def _links(network: RoadNetwork, edge: str, after: str) -> list[tuple[str, tuple[int, ...]]]:
    found = []
    for tls, movements in network.signals.items():
        indexes = [
            index
            for index, of_link in movements.items()
            for movement in of_link
            if movement.from_lane in network.lanes
            and network.lanes[movement.from_lane].edge == edge
            and movement.to_lane in network.lanes
            and network.lanes[movement.to_lane].edge == after
        ]
        if indexes:
            found.append((tls, tuple(indexes)))
    return found


def read_trace(trace: Trace, begin_s: float, end_s: float) -> dict[str, Any]:
    """What is drawn, as JSON: lines of (time [s], position [m]) and each signal's reds, in `begin_s` to `end_s`."""
    corridor = trace.corridor
    return {
        "begin_s": begin_s,
        "end_s": end_s,
        "length_m": round(corridor.length_m, 1),
        "lines": _lines(trace, begin_s, end_s),
        "signals": [
            {"tls": signal.tls, "at_m": round(signal.at_m, 1), "red_s": _reds(trace.lamps, signal, begin_s, end_s)}
            for signal in corridor.signals
        ],
    }


def _lines(trace: Trace, begin_s: float, end_s: float) -> list[list[list[float]]]:
    begins_m = dict(zip(trace.corridor.edges, trace.corridor.begins_m, strict=True))
    of_vehicle: dict[str, list[list[list[float]]]] = {}
    for _, step in ET.iterparse(trace.vehicles):
        if step.tag != "timestep":
            continue
        now_s = float(step.get("time", "0"))
        if begin_s <= now_s <= end_s and now_s % EVERY_S == 0:
            for vehicle in step.iter("vehicle"):
                begins_at_m = begins_m.get(vehicle.get("lane", "").rpartition("_")[0])
                if begins_at_m is None:
                    continue  # on a junction's own area
                at_m = round(begins_at_m + float(vehicle.get("pos", "0")))
                parts = of_vehicle.setdefault(vehicle.get("id", ""), [])
                if not parts or now_s - parts[-1][-1][0] > BROKEN_S:
                    parts.append([])
                parts[-1].append([now_s, at_m])
        step.clear()
    return [part for parts in of_vehicle.values() for part in parts if len(part) > 1]


def _reds(lamps: Path, signal: Signal, begin_s: float, end_s: float) -> list[list[float]]:
    reds: list[list[float]] = []
    for _, element in ET.iterparse(lamps):
        if element.tag != "tlsState" or element.get("id") != signal.tls:
            continue
        now_s, state = float(element.get("time", "0")), element.get("state", "")
        if begin_s <= now_s < end_s and not any(state[index] in "gG" for index in signal.links):
            if reds and reds[-1][1] == now_s:
                reds[-1][1] = now_s + 1
            else:
                reds.append([now_s, now_s + 1])
    return reds
