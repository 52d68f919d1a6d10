"""Where a queue ends upstream: what the near loop (advance loop, some 45 m before the stop line) shows outright.

Somebody stands on it: the queue has reached it. From then on it goes on beyond, unseen, until it is seen to end. In
green its vehicles come over the loop one close behind the other, and the later ones fast: from 150 m back they have
reached their speed before the loop. So speed alone tells nothing of a queue that goes; its end is a gap, or a flow
over the loop of less than a part of what the lane discharges (gap-out, and the "inefficient green" of MOVA).

Shapes: J junctions, N lanes.
"""

from __future__ import annotations

import numpy as np

from controller.lanes import JAM_SPACING_M, START_UP_S, LaneLayout
from controller.layout import BoolArray, FloatArray
from controller.measure.discharge import GAP_S
from controller.measure.lane_memory import LaneMemory
from controller.measure.loops import STANDING_RATIO

COVERED_AFTER_S = 2.0
"""Somebody stands on an advance loop for so long: the queue has reached it."""
NEARLY_FULL_VEH = 0.5
"""A stretch that lacks no more than this is full."""
NEAR_FREE_S = 5.0
"""Nobody on the near loop for so long in red: nobody is queued beyond it. In green, once the starting wave has passed
the loop, the gap that ends a queue at the stop line (`GAP_S`) ends it there too."""
WAVE_M_S = 5.0
"""A standing queue begins to move at this speed, from the stop line upstream (starting waves: 15 to 20 km/h)."""
SWIFT_RATIO = 0.75
"""Vehicles that pass the near loop at this share of the limit come out of no queue, unless one goes just now."""
PASSING_M = 7.0
"""Way during which a car occupies a loop: its own length and the loop's."""
LATELY = 0.7
"""What is kept each second of the sums that tell the speed over the near loop."""
LATELY_LEAST_VEH = 0.3
"""With fewer in that sum nobody has passed of late."""
PACE = 0.85
"""What is kept each second of the flow that tells whether the queue still goes: some seven seconds."""
PACE_RATIO = 0.5
"""It has gone when less than this share of the lane's discharge passes."""
BEYOND_LEAST_VEH = 2.0
"""A queue that goes and was not seen to end is at least so long beyond the loop."""
HIDDEN_MOST_VEH = 40.0
"""A queue beyond the loops is thought to be at most so long (300 m)."""


def anchor_upstream(memory: LaneMemory, counted: FloatArray, on_loop: FloatArray, lanes: LaneLayout) -> None:
    """Correct the queues by the near loop: `counted` (J, N) vehicles, `on_loop` (J, N) share of the second."""
    has_near = lanes.near_loop >= 0
    to_near_veh = lanes.near_m / JAM_SPACING_M
    full = (memory.inside_veh + NEARLY_FULL_VEH >= to_near_veh) & (on_loop == 0) & (memory.green_s == 0)
    covered = has_near & ((on_loop >= STANDING_RATIO) | full)
    memory.covered_s = np.where(covered, memory.covered_s + 1.0, 0.0)
    reached = memory.covered_s >= COVERED_AFTER_S
    memory.inside_veh = np.where(reached, np.maximum(memory.inside_veh, to_near_veh), memory.inside_veh)

    ends = has_near & _ends(memory, counted, on_loop, covered, lanes)
    memory.beyond = (memory.beyond | reached) & ~ends
    at_least = np.where(memory.beyond & (memory.green_s > 0), BEYOND_LEAST_VEH, 0.0)
    memory.hidden_veh = np.where(ends, 0.0, np.clip(memory.hidden_veh, at_least, HIDDEN_MOST_VEH))
    at_most = np.where(has_near, np.maximum(2.0, to_near_veh), np.inf)
    memory.inside_veh = np.minimum(memory.inside_veh, at_most)


def _ends(
    memory: LaneMemory, counted: FloatArray, on_loop: FloatArray, covered: BoolArray, lanes: LaneLayout
) -> BoolArray:
    """(J, N) the queue ends before the near loop: a gap there, swift vehicles, or too few of them."""
    green = memory.green_s > 0
    wave_s = lanes.near_m / WAVE_M_S + START_UP_S
    stands_yet = green & (memory.green_s < wave_s) & memory.beyond  # the loop may lie between two who stand
    memory.near_free_s = np.where((on_loop == 0) & ~covered & ~stands_yet, memory.near_free_s + 1.0, 0.0)
    gap = memory.near_free_s >= np.where(green, GAP_S, NEAR_FREE_S)

    rate_veh_s = memory.rates_veh_s[0].max(axis=1)
    memory.near_busy = LATELY * memory.near_busy + on_loop
    memory.near_lately_veh = LATELY * memory.near_lately_veh + counted
    swift_s = PASSING_M / (SWIFT_RATIO * np.maximum(1.0, lanes.speed_m_s))
    swift = (memory.near_lately_veh > LATELY_LEAST_VEH) & (memory.near_busy < swift_s * memory.near_lately_veh)

    pace = PACE * memory.near_pace_veh_s + (1.0 - PACE) * counted
    memory.near_pace_veh_s = np.where(memory.green_s <= wave_s, rate_veh_s, pace)
    slack = (memory.near_pace_veh_s < PACE_RATIO * rate_veh_s) & (on_loop < STANDING_RATIO)
    return np.asarray(gap | np.where(memory.beyond & green, slack, swift))
