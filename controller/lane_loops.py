"""Which loops watch which lane: the one at its stop line, an advance loop, and an entry loop farther out.

A lane without an advance loop of its own looks at that of its approach, where its lanes are still one; so it does with
the entry loop that lists its groups.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controller.layout import BoolArray, FloatArray, IntArray, NetworkLayout
from controller.model import Junction, LoopRole

_PLACE = {LoopRole.STOP_LINE: "stop", LoopRole.ADVANCE: "near", LoopRole.ENTRY: "far"}
SHARES_FROM_M = 40.0
"""A lane shorter than this has parted from its neighbours too late to look at their loop."""
FAR_BEYOND_M = 10.0
"""An entry loop nearer to the advance loop than this tells nothing new."""


@dataclass(frozen=True, slots=True)
class LaneLoops:
    """Columns of loops, -1 where there is none, and their distances from the stop line. N lanes."""

    column: dict[str, IntArray]  # "stop", "near", "far": (J, N)
    distance_m: dict[str, FloatArray]  # "near", "far": (J, N)
    shared_near: BoolArray  # (J, N) the near loop belongs to several lanes
    sharing_near: BoolArray  # (J, N, N) lanes that share one near loop, itself included
    sharing_far: BoolArray  # (J, N, N)


def find_lane_loops(layout: NetworkLayout, approach: IntArray, length_m: FloatArray) -> LaneLoops:
    """Look for each lane's loops; approach (J, N) is the number of the lane's approach, -1 for what is no lane."""
    shape = approach.shape
    column = {name: np.full(shape, -1, np.int64) for name in ("stop", "near", "far")}
    distance_m = {name: np.zeros(shape) for name in ("near", "far")}
    for row, junction in enumerate(layout.junctions):
        index = layout.loop_index[junction.id]
        for place, lane in enumerate(junction.lanes):
            _watch(junction, index, lane.id, row, place, column, distance_m)
        _share_near(row, approach, length_m, column, distance_m)
        _share_far(junction, index, row, approach, column, distance_m)
    near, far = (_same_loop(column[name]) for name in ("near", "far"))
    return LaneLoops(column, distance_m, near.sum(axis=2) > 1, near, far)


def _watch(
    junction: Junction,
    index: dict[str, int],
    lane: str,
    row: int,
    place: int,
    column: dict[str, IntArray],
    distance_m: dict[str, FloatArray],
) -> None:
    """The lane's own loops; of several with one role the nearest."""
    own = (loop for loop in junction.loops if loop.lane == lane and loop.role in _PLACE)
    for loop in sorted(own, key=lambda loop: loop.distance_m):
        name = _PLACE[loop.role]
        if column[name][row, place] < 0:
            column[name][row, place] = index[loop.id]
            if name in distance_m:
                distance_m[name][row, place] = loop.distance_m


def _share_near(
    row: int,
    approach: IntArray,
    length_m: FloatArray,
    column: dict[str, IntArray],
    distance_m: dict[str, FloatArray],
) -> None:
    own = column["near"][row].copy()
    for place in np.flatnonzero((approach[row] >= 0) & (own < 0) & (length_m[row] >= SHARES_FROM_M)):
        others = np.flatnonzero((own >= 0) & (approach[row] == approach[row, place]))
        if others.size:
            source = others[np.abs(others - place).argmin()]
            column["near"][row, place] = own[source]
            distance_m["near"][row, place] = distance_m["near"][row, source]


def _share_far(
    junction: Junction,
    index: dict[str, int],
    row: int,
    approach: IntArray,
    column: dict[str, IntArray],
    distance_m: dict[str, FloatArray],
) -> None:
    far, near = column["far"][row], column["near"][row]
    place_of = {lane.id: place for place, lane in enumerate(junction.lanes)}
    for place, lane in enumerate(junction.lanes):
        for loop in junction.loops:
            if loop.role is not LoopRole.ENTRY or loop.lane is None or far[place] >= 0 or near[place] < 0:
                continue
            if set(lane.groups) <= set(loop.groups) and approach[row, place_of[loop.lane]] == approach[row, place]:
                far[place], distance_m["far"][row, place] = index[loop.id], loop.distance_m
    far[distance_m["far"][row] < distance_m["near"][row] + FAR_BEYOND_M] = -1


def _same_loop(column: IntArray) -> BoolArray:
    """(J, N, N) lanes that look at the same loop; each lane at its own."""
    same = (column[:, :, None] == column[:, None, :]) & (column >= 0)[:, :, None]
    return np.asarray(same | np.eye(column.shape[1], dtype=bool))
