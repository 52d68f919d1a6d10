"""One second at the stop line of every lane: who came upon its loop, who left it, and how long it was free.

Shapes: J junctions, N lanes, L loops.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controller.lanes import LaneLayout
from controller.layout import BoolArray, FloatArray
from controller.measure.lane_memory import LoopsOfLanes
from controller.measure.loops import STANDING_RATIO, LoopSecond


@dataclass(slots=True)
class StopLineMemory:
    """Who stood there when the last second ended."""

    stood: BoolArray  # (J, N)

    @classmethod
    def empty(cls, lanes: LaneLayout) -> StopLineMemory:
        """Nobody."""
        return cls(np.zeros(lanes.shape, bool))


@dataclass(frozen=True, slots=True)
class StopLineSecond:
    """What the loops at the stop lines told; zeros where a lane has none, or it told nothing."""

    told: BoolArray  # (J, N)
    entered: FloatArray  # (J, N) vehicles that came upon the loop: each ends a space
    gone: FloatArray  # (J, N) vehicles that left it
    space_s: FloatArray  # (J, N) how long nobody was on it [s]
    green: BoolArray  # (J, N) a group of the lane shows green


def look_at_stop_lines(
    memory: StopLineMemory, loops: LoopSecond, green: BoolArray, lanes: LaneLayout
) -> StopLineSecond:
    """Read the stop-line loops of this second; `green` (J, N) a group of the lane shows green."""
    column = lanes.stop_loop
    told: BoolArray = (column >= 0) & (LoopsOfLanes(loops.told.astype(np.float64)).at(column) > 0)
    occupied, entered = LoopsOfLanes(loops.occupied).at(column), LoopsOfLanes(loops.count).at(column)
    stands = told & (occupied >= STANDING_RATIO)
    gone = np.maximum(0.0, entered + (told & memory.stood) - stands)
    memory.stood = np.where(told, stands, memory.stood)
    return StopLineSecond(told, np.where(told, entered, 0.0), gone, np.where(told, 1.0 - occupied, 0.0), green)
