"""Lanes by those of their loops that are believed: what a broken loop tells is no measurement of a queue.

A lane whose stop-line loop is not trusted is measured as one that has none: its advance loop tells who arrives, and
where that is not trusted either, whatever stands in for the loop (a neighbour, the same hour's history). Nobody sees
who leaves it then: its queue is thought to go by its discharge as long as it has green.

Shapes: J junctions, N lanes, L loops.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from controller.lanes import START_UP_S, LaneLayout
from controller.layout import BoolArray, FloatArray, IntArray
from controller.measure.lane_memory import LaneMemory, LoopsOfLanes
from controller.state import LoopState, SignalState


@dataclass(frozen=True, slots=True)
class BelievedLanes:
    """What lanes can be measured by in this second."""

    lanes: LaneLayout
    """Without the loops that are not trusted."""
    expected_veh: FloatArray  # (J, N) thought to arrive in this second where no loop of the lane tells

    @classmethod
    def all(cls, lanes: LaneLayout) -> BelievedLanes:
        """Every loop is trusted."""
        return cls(lanes, np.zeros(lanes.shape))


def believe(lanes: LaneLayout, loops: LoopState) -> BelievedLanes:
    """Leave out what is not trusted; nothing is copied where everything is."""
    if loops.trusted.all():
        return BelievedLanes.all(lanes)
    trusted = np.append(loops.trusted, False)  # the last for column -1: no loop
    stop, near, far = (_kept(column, trusted) for column in (lanes.stop_loop, lanes.near_loop, lanes.far_loop))
    lost = (lanes.stop_loop >= 0) & (stop < 0)
    expected_veh = np.where(lost, LoopsOfLanes(loops.count).at(lanes.stop_loop), 0.0)
    exits = lanes.exit_loops & trusted[lanes.exit_column]
    return BelievedLanes(replace(lanes, stop_loop=stop, near_loop=near, far_loop=far, exit_loops=exits), expected_veh)


def leave_unseen(memory: LaneMemory, green: BoolArray, signals: SignalState, lanes: LaneLayout) -> FloatArray:
    """(J, N) vehicles thought to leave in this second where no stop-line loop tells; 0 elsewhere."""
    stage = signals.active_stage
    rate_veh_s = memory.rate_veh_s[np.arange(stage.size), np.maximum(stage - 1, 0)]
    goes = green & (memory.green_s > START_UP_S) & (stage > 0)[:, None] & (lanes.stop_loop < 0) & ~lanes.walk
    return np.where(goes, np.minimum(memory.inside_veh + memory.hidden_veh, rate_veh_s), 0.0)


def _kept(column: IntArray, trusted: BoolArray) -> IntArray:
    return np.where(trusted[column], column, -1)
