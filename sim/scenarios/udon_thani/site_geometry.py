"""Schematic, not surveyed: the ways across each junction of the built network, and how far apart they cross.

The network's own paths stand for the drawing of the junction. A path begins at the stop line and ends where the exit
lane begins; a crossing runs from curb to curb. The conflict point of two paths is where the entering one first comes
within `NEAR_M` of the clearing one; the clearing vehicle must have left all of that spot. Points are taken each half
metre, so distances are right to about a metre: good enough for whole seconds in a schematic, not for a street.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

STEP_M = 0.5
NEAR_M = 2.0
"""Two paths nearer than a vehicle's width and a little are in each other's way."""
HALF_CROSSING_M = 2.0
"""Crossings are 4 m wide."""

Points = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Way:
    """One way through a signal: a turn of vehicles, or a crossing on foot."""

    index: int
    """SUMO's link index."""
    from_lane: str
    to_edge: str
    turn: str
    """SUMO's letter: `s` ahead, `l` left, `r` right; empty for a crossing."""
    shape: tuple[tuple[float, float], ...]
    length_m: float
    """Of a crossing: curb to curb [m]."""

    @property
    def on_foot(self) -> bool:
        return not self.turn

    @cached_property
    def points(self) -> Points:
        """Points each STEP_M along the way, (n, 2) [m]."""
        corners = np.array(self.shape)
        along = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(corners, axis=0).T))))
        at = np.arange(0.0, along[-1] + STEP_M / 2, STEP_M)
        return np.column_stack([np.interp(at, along, corners[:, axis]) for axis in (0, 1)])


@dataclass(frozen=True, slots=True)
class ConflictPoint:
    """Distances [m] from the stop lines (of people on foot: from the curb) to where two ways meet."""

    clearing_m: float
    entering_m: float


def read_ways(net_file: Path) -> dict[str, dict[int, Way]]:
    """By signal and link index, every way that a signal of the network controls."""
    root = ET.parse(net_file).getroot()
    lanes = {lane.attrib["id"]: lane for lane in root.iter("lane")}
    onward = {
        f"{link.attrib['from']}_{link.attrib['fromLane']}": link.attrib["via"]
        for link in root.iter("connection")
        if link.attrib["from"].startswith(":") and "via" in link.attrib
    }
    ways: dict[str, dict[int, Way]] = defaultdict(dict)
    for link in root.iter("connection"):
        if "tl" not in link.attrib:
            continue
        on_foot = "via" not in link.attrib
        inner = [f"{link.attrib['to']}_0" if on_foot else link.attrib["via"]]
        while inner[-1] in onward:
            inner.append(onward[inner[-1]])
        index = int(link.attrib["linkIndex"])
        ways[link.attrib["tl"]][index] = Way(
            index=index,
            from_lane=f"{link.attrib['from']}_{link.attrib['fromLane']}",
            to_edge=link.attrib["to"],
            turn="" if on_foot else link.attrib["dir"],
            shape=tuple(point for lane in inner for point in _corners(lanes[lane].attrib["shape"])),
            length_m=float(lanes[inner[0]].attrib["length"]) if on_foot else 0.0,
        )
    return ways


def _corners(shape: str) -> list[tuple[float, float]]:
    pairs = [point.split(",") for point in shape.split()]
    return [(float(x), float(y)) for x, y, *_ in pairs]


def conflict_point(clearing: Way, entering: Way) -> ConflictPoint | None:
    """Where a vehicle that enters, or somebody who steps off the curb, meets a vehicle that clears; None: nowhere.

    People step off either curb; the nearer one counts.
    """
    near_m = NEAR_M + (HALF_CROSSING_M if entering.on_foot else 0.0)
    near = _distances(clearing.points, entering.points) < near_m
    if not near.any():
        return None
    last = int(np.flatnonzero(near.any(axis=1))[-1])
    first = int(np.flatnonzero(near.any(axis=0))[0])
    if entering.on_foot:
        steps = np.flatnonzero(near.any(axis=0))
        first = min(int(steps[0]), len(entering.points) - 1 - int(steps[-1]))
    else:
        last = int(np.flatnonzero(near[:, first])[-1])
    return ConflictPoint(last * STEP_M, first * STEP_M)


def _distances(one: Points, other: Points) -> Points:
    """Distances between all points of two ways, (n, m) [m]."""
    apart = one[:, None, :] - other[None, :, :]
    return np.asarray(np.hypot(apart[..., 0], apart[..., 1]))


def turn_radius_m(way: Way) -> float:
    """Radius of a turn by the length of its path and the angle between its ends [m]; endless for a straight way."""
    points = way.points
    first, last = points[1] - points[0], points[-1] - points[-2]
    angle = abs(math.remainder(math.atan2(*last[::-1]) - math.atan2(*first[::-1]), 2 * math.pi))
    return math.inf if angle < 0.2 else (len(points) - 1) * STEP_M / angle


def lanes_before(ways: Mapping[int, Way]) -> dict[str, list[Way]]:
    """Approach lane: the ways of vehicles that lead off it."""
    lanes: dict[str, list[Way]] = defaultdict(list)
    for way in ways.values():
        if not way.on_foot:
            lanes[way.from_lane].append(way)
    return dict(lanes)
