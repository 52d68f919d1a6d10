"""How far each estimate of a lane may be trusted, 0 to 1: its loops, what last held it in place, what was learned.

    queue       stop-line loop * (half of it stands on the advance loop) * how long ago an anchor held
    flow        advance loop, less while it is covered; without one the stop-line loop, which sees departures only
    rate        stop-line loop * half as engineered, half learned
    saturation  stop-line loop * seconds of green told of * half as engineered, half learned

An advance loop that a lane shares with its neighbours is a substitute: which of its vehicles take the lane is a guess.
Where a junction has not been heard of late nothing is trusted. Shapes: J junctions, N lanes, L loops.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controller.lanes import START_UP_S, LaneLayout
from controller.layout import BoolArray, FloatArray
from controller.measure.lane_memory import LaneMemory, LoopsOfLanes
from controller.measure.queue_end import COVERED_AFTER_S
from controller.measure.queues import FAR_COVERED_S, FLOW_MEMORY_S
from controller.measure.saturation import SaturationMemory
from controller.measure.stop_line import StopLineSecond
from controller.state import LaneTrust, LoopState

ANCHOR_HALF_S = 120.0
"""In minus out is worth half as much when no anchor has held for so long: a long cycle."""
UNANCHORED_LEAST = 0.25
"""And so much at least: somebody on the stop line still means that one waits."""
SUBSTITUTE = 0.7
"""An advance loop that several lanes share."""
DEPARTURES = 0.7
"""Arrivals taken from who leaves: right over minutes, late by a red."""
COVERED = 0.5
"""Arrivals while the loop that should count them is covered."""
ENGINEERED = 0.5
"""What no discharge has confirmed yet."""
LEARNED_S, LEARNED_VEH = 60.0, 30.0
"""From so much on it counts as learned."""
TOLD_GREEN_S = 20.0
"""From so much green on, the last ones weighing most, a share of it means something."""


@dataclass(slots=True)
class LaneTrustMemory:
    """How long each lane has gone without an anchor, and how much was learned."""

    unanchored_s: FloatArray  # (J, N) since something held the queue outright
    heard_s: FloatArray  # (J, N) told of, at most `FLOW_MEMORY_S`
    timed_s: FloatArray  # (J, N) seconds of discharge that were learned from, at most `LEARNED_S`

    @classmethod
    def empty(cls, lanes: LaneLayout) -> LaneTrustMemory:
        """Nothing heard, nothing learned."""
        return cls(np.zeros(lanes.shape), np.zeros(lanes.shape), np.zeros(lanes.shape))


def trust_lanes(
    memory: LaneTrustMemory,
    of_lanes: LaneMemory,
    of_green: SaturationMemory,
    second: StopLineSecond,
    believed: LoopState,
    fresh: BoolArray,
    lanes: LaneLayout,
) -> LaneTrust:
    """Trust after this second; `fresh` (J,) the junction was heard within the staleness limit."""
    loops = LoopsOfLanes(believed.trust.astype(np.float64))
    heard = (lanes.exists & ~lanes.walk & fresh[:, None]).astype(np.float64)
    stop = heard * loops.at(lanes.stop_loop)
    near = heard * loops.at(lanes.near_loop) * np.where(lanes.shared_near, SUBSTITUTE, 1.0)
    has_near, has_far = lanes.near_loop >= 0, lanes.far_loop >= 0

    covered = of_lanes.covered_s >= COVERED_AFTER_S
    between = covered & has_far & (of_lanes.far_covered_s < FAR_COVERED_S)
    held = (of_lanes.since_clear_s == 0) | between
    memory.unanchored_s = np.where(held, 0.0, memory.unanchored_s + 1.0)
    anchored = UNANCHORED_LEAST + (1.0 - UNANCHORED_LEAST) * 0.5 ** (memory.unanchored_s / ANCHOR_HALF_S)
    memory.heard_s = np.minimum(FLOW_MEMORY_S, memory.heard_s + (heard > 0))
    goes = of_lanes.queue_goes & (of_lanes.green_s > START_UP_S) & second.told
    memory.timed_s = np.minimum(LEARNED_S, memory.timed_s + goes)

    counted = np.where(has_near, near * np.where(covered & ~has_far, COVERED, 1.0), DEPARTURES * stop)
    of_headways = np.minimum(1.0, of_green.learned_veh / LEARNED_VEH)
    return LaneTrust(
        queue=stop * (0.5 + 0.5 * near) * anchored,
        flow=counted * memory.heard_s / FLOW_MEMORY_S,
        rate=stop * _half_learned(memory.timed_s / LEARNED_S),
        saturation=stop * np.minimum(1.0, of_green.available_s / TOLD_GREEN_S) * _half_learned(of_headways),
    )


def _half_learned(learned: FloatArray) -> FloatArray:
    return ENGINEERED + (1.0 - ENGINEERED) * learned
