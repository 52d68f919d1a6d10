"""How fast each lane discharges in each stage, learned from queues that go; and which lanes are blocked now.

Learned as saturation headways are measured (HCM, chapter 31; SCATS counts used green in the same spirit): only while a
queue that stood at the begin of green discharges, that is until the first gap of `GAP_S` at the stop line, and not in
the seconds of the start-up. A vehicle that stands on the stop line through its green belongs to the measurement: so
lanes that must give way, and lanes shared by several directions, learn their own rate. The gap itself does not.

A lane that has green, holds a vehicle on its stop-line loop and lets nobody go is blocked, whatever its saturation flow
says; so is one that leads to an exit on which vehicles stand.
"""

from __future__ import annotations

import numpy as np

from controller.lanes import START_UP_S, LaneLayout
from controller.layout import BoolArray, FloatArray
from controller.measure.lane_memory import RATE_MEMORIES_S, LaneMemory
from controller.state import SignalState

GAP_S = 3.0
"""The first empty time at the stop line that ends a queue (MOVA and gap control look for 2 to 4 s)."""
RATE_RANGE = (0.1, 1.3)
"""Learned rates stay between these shares of the saturation flow that was engineered."""
BLOCKED_AFTER_S = 4.0
"""Green, somebody on the stop line, and nobody has gone for so long (a queue discharges every 2 s)."""
BLOCKED_RATIO = 0.05
"""What a blocked lane is still thought to discharge."""
EXIT_FULL_S = 2.0
"""Somebody has stood on an exit loop for so long: who goes there stops on it."""


def learn_discharge(
    memory: LaneMemory,
    gone: FloatArray,
    stopped_on: BoolArray,
    green: BoolArray,
    signals: SignalState,
    lanes: LaneLayout,
) -> None:
    """Learn from this second: `gone` (J, N) left the stop line, `stopped_on` (J, N) somebody stands there."""
    begins = green & (memory.green_s <= 1.0) & (memory.standing | (memory.inside_veh >= 1.0))
    cut = memory.queue_goes & ~green
    memory.queue_goes = (memory.queue_goes | begins) & green & (memory.empty_s < GAP_S)
    timed = memory.queue_goes & (memory.green_s > START_UP_S)
    headway_s = np.where(timed, memory.headway_s + 1.0, np.where(cut, memory.headway_s, 0.0))
    told = (timed & (gone > 0)) | (cut & stopped_on)

    rows = np.flatnonzero(signals.active_stage > 0)
    place = signals.active_stage[rows] - 1
    learned = memory.rates_veh_s[:, rows, place]
    gain = 1.0 / np.array(RATE_MEMORIES_S)[:, None, None]
    step = np.where(told[rows], gain * (gone[rows] - learned * headway_s[rows]), 0.0)
    least, most = RATE_RANGE
    saturation = lanes.saturation_veh_s[rows]
    bounded = np.clip(learned + step, least * saturation, most * saturation)
    memory.rates_veh_s[:, rows, place] = np.where(lanes.served[rows, place] > 0, bounded, 0.0)
    memory.headway_s = np.where(told | cut, 0.0, headway_s)

    stalled = green & stopped_on & (gone == 0) & (memory.green_s > START_UP_S)
    memory.stalled_s = np.where(stalled, memory.stalled_s + 1.0, 0.0)


def rates_now(memory: LaneMemory, green: BoolArray, exits_full: FloatArray) -> FloatArray:
    """(J, S, N) learned discharge, less what is blocked now [veh/s]; exits_full (J, N) see `standing_exits`."""
    blocked = green & (memory.stalled_s >= BLOCKED_AFTER_S)
    free_ratio = 1.0 - (1.0 - BLOCKED_RATIO) * exits_full
    factor = np.where(blocked, BLOCKED_RATIO, 1.0) * free_ratio
    return np.asarray(memory.rate_veh_s * factor[:, None, :])


def standing_exits(memory: LaneMemory, lanes: LaneLayout) -> FloatArray:
    """(J, N) part of the lane's exits on which vehicles stand, 0 where none has a loop: whoever goes there stops."""
    standing = lanes.exit_loops & (memory.exit_full_s[lanes.exit_column] >= EXIT_FULL_S)
    return np.asarray(standing.sum(axis=2) / np.maximum(1, lanes.exit_loops.sum(axis=2)))
