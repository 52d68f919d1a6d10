"""How much of its green a lane uses: the degree of saturation that SCATS controls by, from the stop-line loop alone.

    DS = (GT - S + n * SMF) / GT        (Austroads Guide to Traffic Management Part 9, Commentary 8)

GT green [s]; S time in it in which nobody was on the loop [s]; n spaces between vehicles; SMF the space that a vehicle
leaves behind it at maximum flow [s]. What is free beyond the spaces of a dense stream was not used. Because it looks at
space and not at counts it does not go blind at saturation: a lane whose vehicles stand through their green has used all
of it, and counts nobody. Where it could have let go 2.4 times what it counted, and DS is above 0.95, it is congested.

Maximum flow MF and SMF are learned lane by lane from queues that go, out of the headways between the first vehicle
after the start-up and the last before a gap: quickly from denser ones than known, slowly from others, so that they stay
near the densest. So is the loss at the start of green: the time of the fourth vehicle, less four headways (HCM,
chapter 31).

Shapes: J junctions, N lanes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controller.lanes import START_UP_S, LaneLayout
from controller.layout import BoolArray, FloatArray
from controller.measure.stop_line import StopLineSecond
from controller.state import LaneUse

KEPT = 0.6
"""Part of the earlier greens that is kept when another has ended: the last three weigh four fifths."""
LONGEST_PIECE_S = 90.0
"""A green that lasts longer is told in pieces."""
SPACE_SHARE = 0.5
"""Part of the headway at maximum flow that is space, before it was learned: 1.0 s at 1800 veh/h (Commentary 8)."""
SPACE_RANGE = (0.2, 0.8)
"""Learned spaces stay between these shares of the headway."""
FLOW_RANGE = (0.3, 1.3)
"""Learned maximum flows stay between these shares of the saturation flow that was engineered."""
LEAST_DENSE_VEH = 4.0
"""Fewer headways in a row tell no maximum flow (HCM wants queues of eight, of which four are lost)."""
FULL_WEIGHT_VEH = 10.0
DENSER, LESS_DENSE = 0.2, 0.05
"""How far what is known follows one discharge of `FULL_WEIGHT_VEH`, where that is denser, and where it is not."""
CONGESTED_RATIO, CONGESTED_SATURATION = 2.4, 0.95
START_UP_VEH = 4.0
"""So many vehicles bear the loss at the start of green."""
START_UP_MOST_S, START_UP_GREENS = 6.0, 10.0
"""Who loses more was asleep; the mean is that of the last ten greens or so, the first guess one of them."""
_LEAST_S = 1e-6


@dataclass(slots=True)
class SaturationMemory:
    """The green that runs, those before it, and what was learned."""

    green_s: FloatArray  # (J, N) of this green, as far as the loop told of it
    space_s: FloatArray  # (J, N) of it free
    spaces_veh: FloatArray  # (J, N) vehicles that ended a space in it
    used_s: FloatArray  # (J, N) of earlier greens, fading
    available_s: FloatArray  # (J, N)
    counted_veh: FloatArray  # (J, N)
    max_flow_veh_s: FloatArray  # (J, N) MF
    standard_space_s: FloatArray  # (J, N) SMF
    start_up_s: FloatArray  # (J, N)
    starts: FloatArray  # (J, N) greens that told it, at most `START_UP_GREENS`
    started: BoolArray  # (J, N) the loss of this green has been told
    runs: BoolArray  # (J, N) a discharge is being timed
    open_s: FloatArray  # (J, N) since its last vehicle
    open_space_s: FloatArray  # (J, N)
    dense_s: FloatArray  # (J, N) of it, up to its last vehicle
    dense_space_s: FloatArray  # (J, N)
    dense_veh: FloatArray  # (J, N)
    learned_veh: FloatArray  # (J, N) headways that were learned from

    @classmethod
    def empty(cls, lanes: LaneLayout) -> SaturationMemory:
        """No green yet; maximum flow as engineered."""
        n = lanes.shape
        flow = np.maximum(lanes.saturation_veh_s, _LEAST_S)
        return cls(
            green_s=np.zeros(n),
            space_s=np.zeros(n),
            spaces_veh=np.zeros(n),
            used_s=np.zeros(n),
            available_s=np.zeros(n),
            counted_veh=np.zeros(n),
            max_flow_veh_s=flow,
            standard_space_s=SPACE_SHARE / flow,
            start_up_s=np.full(n, START_UP_S),
            starts=np.zeros(n),
            started=np.zeros(n, bool),
            runs=np.zeros(n, bool),
            open_s=np.zeros(n),
            open_space_s=np.zeros(n),
            dense_s=np.zeros(n),
            dense_space_s=np.zeros(n),
            dense_veh=np.zeros(n),
            learned_veh=np.zeros(n),
        )


def used_green_s(
    green_s: FloatArray, space_s: FloatArray, spaces_veh: FloatArray, standard_space_s: FloatArray
) -> FloatArray:
    """GT - S + n * SMF: what of a green was used [s]; all of one shape.

    >>> used_green_s(np.array([30.0, 30.0]), np.array([14.0, 20.0]), np.array([12.0, 15.0]), np.array([1.0, 0.9])) / 30
    array([0.93333333, 0.78333333])
    """
    return np.maximum(0.0, green_s - space_s + spaces_veh * standard_space_s)


def measure_saturation(
    memory: SaturationMemory,
    second: StopLineSecond,
    queue_goes: BoolArray,
    green_s: FloatArray,
    credit_veh: FloatArray,
    lanes: LaneLayout,
) -> LaneUse:
    """Take one second of the stop lines.

    (J, N) each: `queue_goes` the queue of this green has not ended; `green_s` how long the lane has had green, 0 in
    red; `credit_veh` vehicles that it has let go.
    """
    _learn_dense(memory, second, queue_goes & (green_s > START_UP_S), lanes)
    _learn_start_up(memory, queue_goes, green_s, credit_veh)
    _end_greens(memory, second)
    in_green = second.told & second.green
    memory.green_s = memory.green_s + in_green
    memory.space_s = memory.space_s + np.where(in_green, second.space_s, 0.0)
    memory.spaces_veh = memory.spaces_veh + np.where(in_green, second.entered, 0.0)

    saturation = memory.used_s / np.maximum(memory.available_s, _LEAST_S)
    could_veh = memory.used_s * memory.max_flow_veh_s
    return LaneUse(
        saturation=saturation,
        volume_veh_s=saturation * memory.max_flow_veh_s,
        congested=(saturation > CONGESTED_SATURATION) & (could_veh > CONGESTED_RATIO * memory.counted_veh),
        max_flow_veh_s=memory.max_flow_veh_s,
        standard_space_s=memory.standard_space_s,
        start_up_s=memory.start_up_s,
    )


def _end_greens(memory: SaturationMemory, second: StopLineSecond) -> None:
    """Take greens that have ended, or lasted long, to those before."""
    ended = (memory.green_s > 0) & (~second.green | (memory.green_s >= LONGEST_PIECE_S))
    used_s = used_green_s(memory.green_s, memory.space_s, memory.spaces_veh, memory.standard_space_s)
    memory.used_s = np.where(ended, KEPT * memory.used_s + used_s, memory.used_s)
    memory.available_s = np.where(ended, KEPT * memory.available_s + memory.green_s, memory.available_s)
    memory.counted_veh = np.where(ended, KEPT * memory.counted_veh + memory.spaces_veh, memory.counted_veh)
    memory.green_s = np.where(ended, 0.0, memory.green_s)
    memory.space_s = np.where(ended, 0.0, memory.space_s)
    memory.spaces_veh = np.where(ended, 0.0, memory.spaces_veh)


def _learn_dense(memory: SaturationMemory, second: StopLineSecond, goes: BoolArray, lanes: LaneLayout) -> None:
    """Time queues that go from vehicle to vehicle; what follows the last of them belongs to no headway."""
    going = goes & second.told
    timed = going & memory.runs
    open_s = np.where(timed, memory.open_s + 1.0, 0.0)
    open_space_s = np.where(timed, memory.open_space_s + second.space_s, 0.0)
    passes = going & (second.entered > 0)
    told = passes & memory.runs
    memory.dense_s = memory.dense_s + np.where(told, open_s, 0.0)
    memory.dense_space_s = memory.dense_space_s + np.where(told, open_space_s, 0.0)
    memory.dense_veh = memory.dense_veh + np.where(told, second.entered, 0.0)
    memory.open_s, memory.open_space_s = np.where(passes, 0.0, open_s), np.where(passes, 0.0, open_space_s)

    ended = memory.runs & ~going
    memory.runs = going & (memory.runs | passes)
    enough = ended & (memory.dense_veh >= LEAST_DENSE_VEH)
    flow = memory.dense_veh / np.maximum(memory.dense_s, 1.0)
    space_s = memory.dense_space_s / np.maximum(memory.dense_veh, 1.0)
    follow = np.where(flow > memory.max_flow_veh_s, DENSER, LESS_DENSE)
    weight = np.where(enough, follow * np.minimum(1.0, memory.dense_veh / FULL_WEIGHT_VEH), 0.0)
    engineered = np.maximum(lanes.saturation_veh_s, _LEAST_S)
    least, most = FLOW_RANGE
    known = memory.max_flow_veh_s + weight * (flow - memory.max_flow_veh_s)
    memory.max_flow_veh_s = np.clip(known, least * engineered, most * engineered)
    least, most = SPACE_RANGE
    known = memory.standard_space_s + weight * (space_s - memory.standard_space_s)
    memory.standard_space_s = np.clip(known, least / memory.max_flow_veh_s, most / memory.max_flow_veh_s)
    memory.learned_veh = memory.learned_veh + np.where(enough, memory.dense_veh, 0.0)
    memory.dense_s = np.where(ended, 0.0, memory.dense_s)
    memory.dense_space_s = np.where(ended, 0.0, memory.dense_space_s)
    memory.dense_veh = np.where(ended, 0.0, memory.dense_veh)


def _learn_start_up(
    memory: SaturationMemory, queue_goes: BoolArray, green_s: FloatArray, credit_veh: FloatArray
) -> None:
    """The loss of a green whose queue was still going when the fourth vehicle left; seen at the middle of a second."""
    fourth = queue_goes & ~memory.started & (credit_veh >= START_UP_VEH)
    lost_s = np.clip(green_s - 0.5 - credit_veh / memory.max_flow_veh_s, 0.0, START_UP_MOST_S)
    memory.starts = np.minimum(START_UP_GREENS, memory.starts + fourth)
    step = (lost_s - memory.start_up_s) / (memory.starts + 1.0)
    memory.start_up_s = memory.start_up_s + np.where(fourth, step, 0.0)
    memory.started = (green_s > 0) & (memory.started | fourth)
