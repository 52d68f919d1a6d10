"""What the harness needs to know of a SUMO network: signal links, approaches to signals, crossings and their ends."""

from __future__ import annotations

import gzip
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

NEAR_M = 100.0
"""So far upstream of a stop line a road counts as its approach even if some turn off before it [m]."""


@dataclass(frozen=True, slots=True)
class SignalLink:
    """One way through a signal: SUMO's link `index` of program `tls`."""

    tls: str
    index: int
    lane: str
    """Where those who obey it wait: a lane before the stop line, or a walking area's lane."""
    to_edge: str
    to_lane: str
    """The lane that it leads to."""


@dataclass(frozen=True, slots=True)
class Approach:
    """The roads towards a stop line, up to the next signal: what leads nowhere else, and all within `NEAR_M` of it."""

    tls: str
    edges: tuple[str, ...]
    """SUMO edges, the one with the stop line first."""

    @property
    def id(self) -> str:
        return f"{self.tls}/{self.edges[0]}"


@dataclass(frozen=True, slots=True)
class SumoNet:
    """The signals of a network."""

    links: tuple[SignalLink, ...]
    approaches: tuple[Approach, ...]
    crossings: Mapping[str, tuple[str, ...]]
    """Walking areas at the ends of each crossing."""


def read_net(path: Path) -> SumoNet:
    """Read a SUMO network file (`.net.xml`, may be gzipped)."""
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    root = ET.fromstring(data)
    roads = _Roads(root)
    links = [link for connection in root.iter("connection") for link in _signal_links(connection)]
    stop_lines = sorted({(link.tls, link.lane.rpartition("_")[0]) for link in links})
    return SumoNet(
        links=tuple(links),
        approaches=tuple(Approach(tls, roads.towards(edge)) for tls, edge in stop_lines if edge in roads.length_m),
        crossings=_crossings(root),
    )


def _signal_links(connection: ET.Element) -> list[SignalLink]:
    """Links of one connection; a crossing may have one for each direction."""
    tls = connection.get("tl")
    if not tls:
        return []
    lane = f"{connection.get('from')}_{connection.get('fromLane')}"
    indexes = {connection.get("linkIndex", ""), connection.get("linkIndex2", "")} - {"", "-1"}
    to_edge = connection.get("to", "")
    to_lane = f"{to_edge}_{connection.get('toLane')}"
    return [SignalLink(tls, int(index), lane, to_edge, to_lane) for index in sorted(indexes)]


def _crossings(root: ET.Element) -> dict[str, tuple[str, ...]]:
    function = {edge.get("id", ""): edge.get("function", "") for edge in root.iter("edge")}
    ends: dict[str, set[str]] = {edge: set() for edge, what in function.items() if what == "crossing"}
    for connection in root.iter("connection"):
        source, target = connection.get("from", ""), connection.get("to", "")
        for crossing, area in ((source, target), (target, source)):
            if crossing in ends and function.get(area) == "walkingarea":
                ends[crossing].add(area)
    return {crossing: tuple(sorted(areas)) for crossing, areas in ends.items()}


class _Roads:
    """Roads of a network and which lead into which; turning back is no way to go."""

    def __init__(self, root: ET.Element) -> None:
        roads = [edge for edge in root.iter("edge") if edge.get("function", "normal") == "normal"]
        self.length_m = {
            edge.get("id", ""): max((float(lane.get("length", "0")) for lane in edge.iter("lane")), default=0.0)
            for edge in roads
        }
        ends = {edge.get("id", ""): (edge.get("from", ""), edge.get("to", "")) for edge in roads}
        self._into: dict[str, set[str]] = {edge: set() for edge in ends}
        self._out_of: dict[str, set[str]] = {edge: set() for edge in ends}
        self._signalled: set[str] = set()
        for connection in root.iter("connection"):
            source, target = connection.get("from", ""), connection.get("to", "")
            if source not in ends or target not in ends:
                continue
            if connection.get("tl"):
                self._signalled.add(source)
            if ends[source] != ends[target][::-1]:
                self._into[target].add(source)
                self._out_of[source].add(target)

    def towards(self, stop_line: str) -> tuple[str, ...]:
        """Edges of the approach to a stop line, that with the stop line first."""
        end_m = {stop_line: 0.0}  # way from the end of each edge to the stop line
        waiting = [stop_line]
        while waiting:
            edge = waiting.pop(0)
            begins_m = end_m[edge] + self.length_m[edge]
            for source in sorted(self._into[edge] - self._signalled - end_m.keys()):
                if begins_m < NEAR_M or self._out_of[source] <= end_m.keys():
                    end_m[source] = begins_m
                    waiting.append(source)
        return tuple(end_m)
