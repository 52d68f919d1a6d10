"""Where a site's junctions, lanes and loops lie, from its SUMO network: in metres, and on the Earth."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import sumolib

from controller import Junction
from plans.exchange import JunctionGeometry
from sim.importer.network import parse_xml
from sim.sumo_map import JunctionMap

TURN_OF_DIRECTION = {"s": "T", "l": "L", "L": "L", "r": "R", "R": "R", "t": "U", "T": "U"}
"""SUMO's letters of a turn; partly left and partly right count as turns."""

Point = tuple[float, float]


class LayoutError(ValueError):
    """The network cannot tell what is asked; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A network, as far as places go."""

    net: Any
    """sumolib's."""
    to_earth: Any
    """pyproj's projection of the network; None where nobody knows where on Earth it lies."""
    offset_m: Point
    """What the network's own coordinates are shifted by."""

    def point(self, lane: str, pos_m: float) -> Point:
        """The point on a SUMO lane, `pos_m` after its begin [m]."""
        found = self._lane(lane)
        stretch = found.getLength() / max(1e-9, _length_m(found.getShape()))
        x, y = sumolib.geomhelper.positionAtShapeOffset(found.getShape(), pos_m / stretch)[:2]
        return float(x), float(y)

    def line(self, lane: str) -> list[Point]:
        """The lane's middle."""
        return [(float(x), float(y)) for x, y, *_ in self._lane(lane).getShape()]

    def heading_deg(self, lane: str) -> float:
        """Where traffic is heading at the lane's end, degrees from north, clockwise."""
        (x0, y0), (x1, y1) = self.line(lane)[-2:]
        return math.degrees(math.atan2(x1 - x0, y1 - y0)) % 360

    def stop_line(self, lane: str) -> tuple[Point, Point]:
        """From edge to edge across the lane's end."""
        half_m = float(self._lane(lane).getWidth()) / 2
        x, y = self.line(lane)[-1]
        across = math.radians(self.heading_deg(lane) + 90)
        dx, dy = half_m * math.sin(across), half_m * math.cos(across)
        return (x - dx, y - dy), (x + dx, y + dy)

    def on_earth(self, points: Iterable[Point]) -> tuple[Point, ...]:
        """Longitude and latitude of points; raises LayoutError where nobody knows where the network lies."""
        if self.to_earth is None:
            raise LayoutError(
                "the network is not tied to the Earth (its projection is `!`): say where its point 0,0 lies with "
                "--origin LON,LAT"
            )
        pairs = [self.to_earth(x - self.offset_m[0], y - self.offset_m[1], inverse=True) for x, y in points]
        return tuple((float(longitude), float(latitude)) for longitude, latitude in pairs)

    def geometry(self, junctions: Iterable[Junction], maps: Mapping[str, JunctionMap]) -> dict[str, JunctionGeometry]:
        """What UTDF wants to know of each junction that lies in the network."""
        return {junction.id: self._junction(junction, maps[junction.id]) for junction in junctions if junction.lanes}

    def centre(self, where: JunctionMap) -> Point:
        """The middle of a junction's nodes."""
        nodes = {self._lane(lanes[0]).getEdge().getToNode() for lanes in where.lanes.values()}
        points = [node.getCoord()[:2] for node in nodes]
        if not points:
            raise LayoutError(f"{where.junction}: sumo.yaml names no lane of it: nobody can tell where it lies")
        return (sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points))

    def _junction(self, junction: Junction, where: JunctionMap) -> JunctionGeometry:
        x_m, y_m = self.centre(where)
        last = {lane: lanes[0] for lane, lanes in where.lanes.items()}
        headings = {lane.approach: self.heading_deg(last[lane.id]) for lane in junction.lanes if lane.id in last}
        turns: dict[tuple[str, str], set[str]] = defaultdict(set)
        for sumo_lane, index, direction in self._controlled(where):
            group = where.links[index].group
            for lane, at_line in last.items():
                if at_line == sumo_lane and group is not None and direction in TURN_OF_DIRECTION:
                    turns[lane, where.groups[group]].add(TURN_OF_DIRECTION[direction])
        return JunctionGeometry(x_m, y_m, headings, {key: frozenset(found) for key, found in turns.items()})

    def _controlled(self, where: JunctionMap) -> list[tuple[str, int, str]]:
        """(SUMO lane, link, direction) of everything that the signal controls."""
        try:
            connections = self.net.getTLS(where.tls).getConnections()
        except KeyError:
            return []
        return [
            (from_lane.getID(), int(index), str(turn.getDirection()))
            for from_lane, to_lane, index in connections
            for turn in from_lane.getOutgoing()
            if turn.getToLane() is to_lane and int(index) == turn.getTLLinkIndex()
        ]

    def _lane(self, lane: str) -> Any:
        try:
            return self.net.getLane(lane)
        except KeyError as error:
            raise LayoutError(
                f"the network has no lane {lane}: is it another one than the site was made of?"
            ) from error


def read_layout(path: Path, origin: tuple[float, float] | None = None) -> Layout:
    """Read a SUMO network; `origin` is longitude and latitude of its point 0,0, in place of its own projection.

    Raises LayoutError, ImportRefused for a file that is none.
    """
    root = parse_xml(path)
    if root.tag != "net":
        raise LayoutError(f"{path}: begins with <{root.tag}>, not <net>: name a SUMO network (*.net.xml)")
    try:
        net = sumolib.net.readNet(str(path), withInternal=True)
    except (KeyError, ValueError, IndexError) as error:
        raise LayoutError(
            f"{path}: SUMO's own reader stumbles over it ({error!r}): write it anew with netconvert"
        ) from error
    location = root.find("location")
    told = location.get("projParameter", "!") if location is not None else "!"
    if origin is not None:
        return Layout(net, _projection(f"+proj=aeqd +lat_0={origin[1]} +lon_0={origin[0]} +datum=WGS84"), (0.0, 0.0))
    if told in {"!", "-", "."} or location is None:
        return Layout(net, None, (0.0, 0.0))
    x_m, y_m = (float(part) for part in location.get("netOffset", "0,0").split(","))
    return Layout(net, _projection(told), (x_m, y_m))


def _projection(words: str) -> Any:
    try:
        import pyproj  # noqa: PLC0415 - only a map needs it
    except ImportError as error:
        raise LayoutError("places on the Earth need pyproj: install the extra `sim`") from error
    try:
        return pyproj.Proj(words)
    except pyproj.exceptions.CRSError as error:
        raise LayoutError(f"the network's projection {words!r} is none: {error}") from error


def _length_m(shape: Sequence[Sequence[float]]) -> float:
    return sum(math.dist(one[:2], other[:2]) for one, other in pairwise(shape))
