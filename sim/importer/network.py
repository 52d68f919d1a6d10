"""What a SUMO network says: which links a signal has, who crosses whom, and how lanes join.

Geometry and connections are read by sumolib; the rows of each node's right-of-way matrix (`request`) are read as they
stand in the file, for sumolib answers them only by name.
"""

from __future__ import annotations

import gzip
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sumolib

from controller.model import GroupKind
from sim.importer.report import ImportRefused

_ON_FOOT = frozenset({"pedestrian", "wheelchair"})
_TURNAROUND = frozenset({"t", "T"})


@dataclass(frozen=True, slots=True)
class Movement:
    """A connection under a signal: a turn of vehicles, or a crossing on foot."""

    kind: GroupKind
    node: str
    request: int
    """Its row in the node's right-of-way matrix; -1 where the node has none."""
    from_lane: str
    """Of a crossing: the crossing's own lane."""
    to_lane: str
    length_m: float
    """Of a crossing: curb to curb [m]."""
    off: str
    """SUMO's letter when the signal is dark: `O` has right of way, `o` gives way."""


@dataclass(frozen=True, slots=True)
class Join:
    """A lane that goes on into another one."""

    lane: str
    inner: tuple[tuple[str, float], ...]
    """Ways on the node's own area between the two lanes, in the order of travel: SUMO lane, length [m]."""
    direction: str
    """SUMO's letter of the turn: `s` straight on."""

    @property
    def inner_m(self) -> float:
        """Length of the way on the node's own area [m]."""
        return sum(length_m for _, length_m in self.inner)


@dataclass(frozen=True, slots=True)
class RoadLane:
    """A lane of a road, and what lies before and behind it."""

    id: str
    edge: str
    road: str
    """Name of the road where the network knows it."""
    length_m: float
    speed_m_s: float
    carries_vehicles: bool
    signals: frozenset[str]
    """Signals at its end."""
    feeders: tuple[Join, ...]
    onward: tuple[Join, ...]

    @property
    def feeding(self) -> tuple[Join, ...]:
        """Feeders without those who turn round."""
        return tuple(join for join in self.feeders if join.direction not in _TURNAROUND)


@dataclass(frozen=True, slots=True)
class RoadNetwork:
    """A SUMO network, as far as signals go."""

    path: Path
    left_hand: bool
    lanes: Mapping[str, RoadLane]
    signals: Mapping[str, Mapping[int, tuple[Movement, ...]]]
    """Signal: link index: the movements it controls."""
    requests: Mapping[str, tuple[tuple[str, str], ...]]
    """Node: (foes, response) of each row, bits from the right."""

    def are_foes(self, one: Movement, other: Movement) -> bool:
        """Whether the paths of two movements of one node cross or merge."""
        return self._bit(one, other, 0) or self._bit(other, one, 0)

    def gives_way(self, one: Movement, other: Movement) -> bool:
        """Whether `one` yields to `other` by the node's right of way."""
        return self._bit(one, other, 1)

    def _bit(self, one: Movement, other: Movement, column: int) -> bool:
        rows = self.requests.get(one.node, ())
        if one.node != other.node or not (0 <= one.request < len(rows) and other.request >= 0):
            return False
        bits = rows[one.request][column]
        return other.request < len(bits) and bits[-1 - other.request] == "1"


def parse_xml(path: Path) -> ET.Element:
    """The root element of a plain or gzipped XML file; raises ImportRefused naming the file."""
    try:
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        return ET.fromstring(data)
    except OSError as error:
        raise ImportRefused([f"{path}: cannot be read: {error.strerror or error}; name a file that exists"]) from error
    except (ET.ParseError, EOFError) as error:
        raise ImportRefused([f"{path}: not well-formed XML: {error}; is this the right file?"]) from error


def read_network(path: Path, root: ET.Element) -> RoadNetwork:
    """Read the network whose file begins with `root`; raises ImportRefused when it is none that SUMO 1.x wrote."""
    if root.tag != "net":
        raise ImportRefused([f"{path}: begins with <{root.tag}>, not <net>; name a SUMO network (*.net.xml)"])
    try:
        net = sumolib.net.readNet(str(path), withInternal=True, withPedestrianConnections=True)
    except (KeyError, ValueError, IndexError) as error:
        reason = f"{path}: SUMO's own reader stumbles over it ({error!r}); write it anew with netconvert 1.28"
        raise ImportRefused([reason]) from error
    return RoadNetwork(
        path=path,
        left_hand=root.get("lefthand") in {"true", "1", "yes"},
        lanes=_lanes(net),
        signals=_signals(net),
        requests={str(node.get("id")): _rows(node) for node in root.iter("junction")},
    )


def _rows(node: ET.Element) -> tuple[tuple[str, str], ...]:
    rows = sorted(node.iter("request"), key=lambda row: int(row.get("index", "0")))
    return tuple((row.get("foes", ""), row.get("response", "")) for row in rows)


def _roads(net: Any) -> list[Any]:
    return [edge for edge in net.getEdges(withInternal=False) if edge.getFunction() == ""]


def _lanes(net: Any) -> dict[str, RoadLane]:
    onward: dict[str, list[Join]] = defaultdict(list)
    feeders: dict[str, list[Join]] = defaultdict(list)
    signals: dict[str, set[str]] = defaultdict(set)
    lanes = [lane for edge in _roads(net) for lane in edge.getLanes()]
    for lane in lanes:
        for turn in lane.getOutgoing():
            if turn.getTo().getFunction() != "":
                continue
            inner, direction = _inner_ways(net, turn.getViaLaneID()), str(turn.getDirection())
            onward[lane.getID()].append(Join(turn.getToLane().getID(), inner, direction))
            feeders[turn.getToLane().getID()].append(Join(lane.getID(), inner, direction))
            if turn.getTLSID():
                signals[lane.getID()].add(turn.getTLSID())
    return {
        lane.getID(): RoadLane(
            id=lane.getID(),
            edge=lane.getEdge().getID(),
            road=lane.getEdge().getName() or "",
            length_m=float(lane.getLength()),
            speed_m_s=float(lane.getSpeed()),
            carries_vehicles=bool(set(lane.getPermissions()) - _ON_FOOT),
            signals=frozenset(signals[lane.getID()]),
            feeders=tuple(feeders[lane.getID()]),
            onward=tuple(onward[lane.getID()]),
        )
        for lane in lanes
    }


def _inner_ways(net: Any, via: str) -> tuple[tuple[str, float], ...]:
    """The way across a node; it is cut in pieces where vehicles wait on the node itself."""
    ways = []
    while via:
        lane = net.getLane(via)
        ways.append((via, float(lane.getLength())))
        beyond = lane.getOutgoing()
        via = beyond[0].getViaLaneID() if beyond else ""
    return tuple(ways)


def _signals(net: Any) -> dict[str, dict[int, tuple[Movement, ...]]]:
    links: dict[str, dict[int, list[Movement]]] = defaultdict(lambda: defaultdict(list))
    for edge in net.getEdges(withInternal=True):
        for lane in edge.getLanes():
            for turn in lane.getOutgoing():
                if not turn.getTLSID():
                    continue
                movement = _movement(turn)
                for index in {turn.getTLLinkIndex(), turn.getTLLinkIndex2()}:
                    if index >= 0:
                        links[turn.getTLSID()][index].append(movement)
    return {tls: {index: tuple(found) for index, found in sorted(by.items())} for tls, by in links.items()}


def _movement(turn: Any) -> Movement:
    crossing = next((edge for edge in (turn.getTo(), turn.getFrom()) if edge.getFunction() == "crossing"), None)
    node = turn.getJunction() if crossing is None else turn.getTo().getFromNode()
    return Movement(
        kind=GroupKind.VEHICLE if crossing is None else GroupKind.PEDESTRIAN,
        node=node.getID(),
        request=int(node.getLinkIndex(turn)),
        from_lane=turn.getFromLane().getID() if crossing is None else crossing.getLane(0).getID(),
        to_lane=turn.getToLane().getID(),
        length_m=0.0 if crossing is None else float(crossing.getLane(0).getLength()),
        off="O" if turn.getState() in {"O", "M"} else "o",
    )
