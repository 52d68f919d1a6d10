"""What the harness needs to know of a SUMO network: signal links, approaches to signals, crossings and their ends."""

from __future__ import annotations

import gzip
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SignalLink:
    """One way through a signal: SUMO's link `index` of program `tls`."""

    tls: str
    index: int
    lane: str
    """Where those who obey it wait: a lane before the stop line, or a walking area's lane."""
    to_edge: str


@dataclass(frozen=True, slots=True)
class Approach:
    """A road towards a signal, followed upstream across joins that only geometry makes."""

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
    function = {edge.get("id", ""): edge.get("function", "normal") for edge in root.iter("edge")}
    ends = {edge.get("id", ""): (edge.get("from", ""), edge.get("to", "")) for edge in root.iter("edge")}
    links: list[SignalLink] = []
    into: dict[str, set[str]] = defaultdict(set)
    out_of: dict[str, set[str]] = defaultdict(set)
    signalled: set[str] = set()
    for connection in root.iter("connection"):
        source, target = connection.get("from", ""), connection.get("to", "")
        turns_back = ends.get(source, ("", ""))[0] != "" and ends[source] == ends.get(target, ("", ""))[::-1]
        if not turns_back:  # a turn back is no other way to go
            into[target].add(source)
            out_of[source].add(target)
        if connection.get("tl"):
            links += _signal_links(connection)
            signalled.add(source)
    approaches = [
        Approach(tls, _upstream(edge, function, into, out_of, signalled))
        for tls, edge in sorted({(link.tls, link.lane.rpartition("_")[0]) for link in links})
        if function.get(edge) == "normal"
    ]
    crossings = {
        edge: tuple(sorted(end for end in into[edge] | out_of[edge] if function.get(end) == "walkingarea"))
        for edge, what in function.items()
        if what == "crossing"
    }
    return SumoNet(tuple(links), tuple(approaches), crossings)


def _signal_links(connection: ET.Element) -> list[SignalLink]:
    lane = f"{connection.get('from')}_{connection.get('fromLane')}"
    indexes = {connection.get("linkIndex", ""), connection.get("linkIndex2", "")} - {"", "-1"}
    return [
        SignalLink(connection.get("tl", ""), int(index), lane, connection.get("to", "")) for index in sorted(indexes)
    ]


def _upstream(
    edge: str,
    function: Mapping[str, str],
    into: Mapping[str, set[str]],
    out_of: Mapping[str, set[str]],
    signalled: set[str],
) -> tuple[str, ...]:
    """The edge and what leads to it alone: one road in, that road leads nowhere else, no signal between."""
    chain = [edge]
    while True:
        sources = {source for source in into.get(chain[-1], ()) if function.get(source) == "normal"}
        if len(sources) != 1:
            return tuple(chain)
        (source,) = sources
        onward = {target for target in out_of.get(source, ()) if function.get(target) == "normal"}
        if source in signalled or source in chain or onward != {chain[-1]}:
            return tuple(chain)
        chain.append(source)
