"""Who stands and who comes, lane by lane: queues and arrivals that cannot drift away from what the loops show.

In minus out drifts with every vehicle that changes lanes or is missed, so it is only the rule between anchors:

- nobody stands on the stop-line loop during red, or none has for some seconds of green: the queue is empty;
- somebody stands on it: at least one waits;
- somebody stands on an advance loop: the queue reaches it, and grows beyond it unseen at the rate of arrival;
- vehicles pass an advance loop freely: the queue ends before it.

A lane that has green, holds a vehicle on its stop-line loop and lets nobody go is blocked, whatever its saturation flow
says; so is one that leads to an exit on which vehicles stand. Discharge is learned for each stage and lane from the
seconds in which a queue discharges, which covers lanes that must give way and lanes shared by several directions.

Shapes: J junctions, N lanes, S stages, R seconds of the arrivals seen on their way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controller.lanes import START_UP_S, LaneLayout
from controller.layout import BoolArray, FloatArray, IntArray, NetworkLayout
from controller.measure.loops import LoopSecond
from controller.state import LaneState, SignalState

ON_THEIR_WAY_S = 30
"""R: a vehicle seen upstream is expected at the stop line within this; farther loops are clipped to it."""
JAM_SPACING_M = 7.5
"""A standing car with its gap."""
STANDING_RATIO = 0.95
"""A loop occupied for more than this share of a second has somebody standing on it."""
EMPTY_AFTER_S = 3.0
"""An empty stop-line loop for so long means an empty queue: longer than any gap in a discharging one."""
COVERED_AFTER_S = 2.0
"""Somebody stands on an advance loop for so long: the queue has reached it."""
BLOCKED_AFTER_S = 4.0
"""Green, somebody on the stop line, and nobody has gone for so long (a queue discharges every 2 s)."""
DEAF_RATIO = 0.25
"""A near loop that counts less than this share of what leaves the stop line does not see its queue."""
NEAR_FREE_S = 5.0
"""Nobody on the near loop for so long: nobody is queued beyond it (the starting wave takes some seconds to pass it)."""
BLOCKED_RATIO = 0.05
"""What a blocked lane is still thought to discharge."""
UNSEEN_HEADWAY_S = 20.0
"""A queue not seen to end since t s is at least t / this: what stands outside every loop is not forgotten."""
UNSEEN_MOST_VEH = 12.0
"""And so long it is thought to be at most."""
FLOW_MEMORY_S = 180.0
"""Flows forget within some cycles."""
RATE_MEMORY_S = 30.0
"""A learned discharge forgets over so many seconds of discharging."""
SPEED_RATIO = 0.9
"""Vehicles approach at this share of the limit on average."""


@dataclass(slots=True)
class LaneMemory:
    """What is remembered of every lane."""

    inside_veh: FloatArray  # (J, N) queued between the near loop and the stop line
    hidden_veh: FloatArray  # (J, N) queued beyond the near loop
    near_due: FloatArray  # (J, N, R) passed the near loop, at the stop line in r s
    far_due: FloatArray  # (J, N, R) passed the far loop, at the near loop in r s
    flow_veh_s: FloatArray  # (J, N) arrivals, smoothed
    gone_veh_s: FloatArray  # (J, N) departures, smoothed: the lane's share of a loop that several lanes share
    since_clear_s: FloatArray  # (J, N) since the queue was last known to be empty
    rate_veh_s: FloatArray  # (J, S, N) learned discharge while the stage shows
    standing: BoolArray  # (J, N) somebody stood on the stop-line loop at the end of the last second
    empty_s: FloatArray  # (J, N) how long the stop-line loop has been empty
    near_veh_s: FloatArray  # (J, N) vehicles over the near loop, smoothed
    near_free_s: FloatArray  # (J, N) how long nobody has been on the near loop
    covered_s: FloatArray  # (J, N) how long the near loop has been covered
    stalled_s: FloatArray  # (J, N) how long green has moved nobody although somebody stands there
    green_s: FloatArray  # (J, N) how long the lane has had green, 0 in red
    exit_full_s: FloatArray  # (L,) how long somebody has stood on the loop

    @classmethod
    def empty(cls, layout: NetworkLayout, lanes: LaneLayout) -> LaneMemory:
        """An empty town with the discharge that was engineered."""
        shape = lanes.shape
        return cls(
            inside_veh=np.zeros(shape),
            hidden_veh=np.zeros(shape),
            near_due=np.zeros((*shape, ON_THEIR_WAY_S)),
            far_due=np.zeros((*shape, ON_THEIR_WAY_S)),
            flow_veh_s=np.full(shape, 0.05),
            gone_veh_s=np.full(shape, 0.05),
            since_clear_s=np.zeros(shape),
            rate_veh_s=lanes.served * lanes.saturation_veh_s[:, None, :],
            standing=np.zeros(shape, bool),
            empty_s=np.zeros(shape),
            near_veh_s=np.full(shape, 0.05),
            near_free_s=np.zeros(shape),
            covered_s=np.zeros(shape),
            stalled_s=np.zeros(shape),
            green_s=np.zeros(shape),
            exit_full_s=np.zeros(layout.loop_junction.size),
        )


class _Look:
    """Reads a (L,) array at (J, N) columns, -1 meaning no loop."""

    def __init__(self, values: FloatArray) -> None:
        self._padded = np.append(values, 0.0)

    def at(self, columns: IntArray) -> FloatArray:
        """(J, N) values; 0 where there is no loop."""
        return self._padded[columns]


def measure_lanes(memory: LaneMemory, loops: LoopSecond, signals: SignalState, lanes: LaneLayout) -> LaneState:
    """Queues, arrivals and discharge of every lane after this second."""
    count, occupied = _Look(loops.count), _Look(loops.occupied)
    has_stop, has_near = lanes.stop_loop >= 0, lanes.near_loop >= 0
    green: BoolArray = np.asarray((signals.green[:, None, :] & lanes.groups).any(axis=2))
    memory.green_s = np.where(green, memory.green_s + 1.0, 0.0)

    stopped_on = has_stop & (occupied.at(lanes.stop_loop) >= STANDING_RATIO)
    entered = count.at(lanes.stop_loop)
    gone = np.maximum(0.0, entered + memory.standing - stopped_on)
    busy = has_stop & ((occupied.at(lanes.stop_loop) > 0) | (entered > 0))
    memory.empty_s = np.where(busy, 0.0, memory.empty_s + 1.0)

    memory.gone_veh_s += (gone - memory.gone_veh_s) / FLOW_MEMORY_S
    share = _shares(memory, lanes)
    memory.near_veh_s += (share * count.at(lanes.near_loop) - memory.near_veh_s) / FLOW_MEMORY_S
    arriving = _arrive(memory, count, share, lanes)
    _count_queue(memory, arriving, gone, share * count.at(lanes.near_loop))
    _learn(memory, gone, stopped_on, green, signals, lanes)
    _anchor(memory, stopped_on, occupied, green, has_stop, has_near, lanes)
    memory.standing = stopped_on

    queue = memory.inside_veh + memory.hidden_veh
    full = loops.occupied >= STANDING_RATIO
    memory.exit_full_s = np.where(full, memory.exit_full_s + 1.0, 0.0)
    near_s = _travel_s(lanes.near_m, lanes)
    return LaneState(
        queue_veh=queue,
        near_due=memory.near_due,
        far_due=memory.far_due,
        near_s=near_s,
        far_s=np.where(lanes.far_loop >= 0, _travel_s(lanes.far_m, lanes), near_s),
        flow_veh_s=memory.flow_veh_s,
        rate_veh_s=_rates_now(memory, green, lanes),
        since_clear_s=memory.since_clear_s,
        green_s=memory.green_s,
    )


def _travel_s(distance_m: FloatArray, lanes: LaneLayout) -> IntArray:
    seconds = distance_m / np.maximum(1.0, SPEED_RATIO * lanes.speed_m_s)
    return np.minimum(ON_THEIR_WAY_S - 1, np.rint(seconds)).astype(np.int64)


def _shares(memory: LaneMemory, lanes: LaneLayout) -> FloatArray:
    """(J, N) what part of its near loop's vehicles takes the lane: 1 where the loop is its own."""
    weight = memory.gone_veh_s + 0.01
    total = np.where(lanes.sharing, weight[:, None, :], 0.0).sum(axis=2)
    return np.where(lanes.shared_near, weight / np.maximum(total, 1e-9), 1.0)


def _arrive(memory: LaneMemory, count: _Look, share: FloatArray, lanes: LaneLayout) -> FloatArray:
    """Let everybody seen come a second nearer; (J, N) who reaches the back of the queue now."""
    rows, columns = np.indices(lanes.shape)
    near_s = _travel_s(lanes.near_m, lanes)
    far_s = np.maximum(0, _travel_s(lanes.far_m, lanes) - near_s)
    arriving = memory.near_due[:, :, 0].copy()
    beyond = memory.far_due[:, :, 0].copy()
    for due in (memory.near_due, memory.far_due):
        due[:, :, :-1] = due[:, :, 1:]
        due[:, :, -1] = 0.0
    has_near, has_far = lanes.near_loop >= 0, lanes.far_loop >= 0
    seen = share * count.at(lanes.near_loop)
    joining = np.where(memory.hidden_veh > 0, 0.0, seen)  # the others are counted in the queue already
    memory.near_due[rows, columns, near_s] += joining * has_near
    memory.far_due[rows, columns, far_s] += share * count.at(lanes.far_loop) * has_far
    covered = memory.covered_s >= COVERED_AFTER_S
    memory.hidden_veh += np.where(covered, beyond, 0.0)  # who should be at a covered loop stands behind it
    seen_first = np.where(has_near, seen, count.at(lanes.stop_loop))
    fresh = np.where(covered & ~has_far, memory.flow_veh_s, seen_first)  # a covered loop counts nothing: not no one
    memory.flow_veh_s += (fresh - memory.flow_veh_s) / FLOW_MEMORY_S
    memory.hidden_veh += np.where(covered & ~has_far, memory.flow_veh_s, 0.0)
    return np.where(has_near, arriving, count.at(lanes.stop_loop))


def _count_queue(memory: LaneMemory, arriving: FloatArray, gone: FloatArray, seen: FloatArray) -> None:
    """In minus out, between the anchors."""
    passed = np.minimum(memory.hidden_veh, seen)
    memory.hidden_veh = memory.hidden_veh - passed
    memory.inside_veh = np.maximum(0.0, memory.inside_veh + passed + arriving - gone)


def _learn(
    memory: LaneMemory,
    gone: FloatArray,
    stopped_on: BoolArray,
    green: BoolArray,
    signals: SignalState,
    lanes: LaneLayout,
) -> None:
    """Discharge of the stage that shows, from the seconds in which a queue discharges."""
    discharging = green & (memory.green_s > START_UP_S + 1) & (memory.inside_veh + memory.hidden_veh > 1.5)
    rows = np.flatnonzero(signals.active_stage > 0)
    place = signals.active_stage[rows] - 1
    learned = memory.rate_veh_s[rows, place]
    step = np.where(discharging[rows], (gone[rows] - learned) / RATE_MEMORY_S, 0.0)
    bounded = np.clip(learned + step, 0.1 * lanes.saturation_veh_s[rows], 1.3 * lanes.saturation_veh_s[rows])
    memory.rate_veh_s[rows, place] = np.where(lanes.served[rows, place] > 0, bounded, 0.0)
    stalled = green & stopped_on & (gone == 0) & (memory.green_s > START_UP_S)
    memory.stalled_s = np.where(stalled, memory.stalled_s + 1.0, 0.0)


def _anchor(
    memory: LaneMemory,
    stopped_on: BoolArray,
    occupied: _Look,
    green: BoolArray,
    has_stop: BoolArray,
    has_near: BoolArray,
    lanes: LaneLayout,
) -> None:
    """What the loops show outright."""
    to_near_veh = lanes.near_m / JAM_SPACING_M
    covered = has_near & (occupied.at(lanes.near_loop) >= STANDING_RATIO)
    memory.covered_s = np.where(covered, memory.covered_s + 1.0, 0.0)
    reached = memory.covered_s >= COVERED_AFTER_S
    memory.inside_veh = np.where(reached, np.maximum(memory.inside_veh, to_near_veh), memory.inside_veh)
    free = has_near & ~covered & (occupied.at(lanes.near_loop) == 0)
    memory.near_free_s = np.where(free, memory.near_free_s + 1.0, 0.0)
    memory.hidden_veh = np.where(memory.near_free_s >= NEAR_FREE_S, 0.0, memory.hidden_veh)
    at_most = np.where(has_near, np.maximum(2.0, to_near_veh), np.inf)
    memory.inside_veh = np.minimum(memory.inside_veh, at_most)
    beyond_m = np.maximum(0.0, lanes.length_m - lanes.near_m)
    memory.hidden_veh = np.minimum(memory.hidden_veh, np.maximum(6.0, beyond_m / JAM_SPACING_M))
    quiet = has_stop & (memory.empty_s >= EMPTY_AFTER_S) & (~green | (memory.green_s > START_UP_S + 1))
    memory.inside_veh = np.where(quiet, 0.0, memory.inside_veh)
    memory.hidden_veh = np.where(quiet, 0.0, memory.hidden_veh)
    memory.since_clear_s = np.where(quiet, 0.0, memory.since_clear_s + 1.0)
    fits_veh = lanes.length_m / JAM_SPACING_M
    at_least = np.minimum(np.minimum(UNSEEN_MOST_VEH, fits_veh), memory.since_clear_s / UNSEEN_HEADWAY_S)
    deaf = ~has_near | (memory.near_veh_s < DEAF_RATIO * memory.gone_veh_s)
    at_least = np.where(has_stop & deaf & (stopped_on | green), at_least, 0.0)
    at_least = np.maximum(at_least, np.where(stopped_on & ~green, 1.0, 0.0))
    memory.inside_veh = np.maximum(memory.inside_veh, at_least - memory.hidden_veh)


def _rates_now(memory: LaneMemory, green: BoolArray, lanes: LaneLayout) -> FloatArray:
    """(J, S, N) learned discharge, less what is blocked now."""
    blocked = green & (memory.stalled_s >= BLOCKED_AFTER_S)
    standing = lanes.exit_loops & (memory.exit_full_s[lanes.exit_column] >= 2.0)
    n_exits = np.maximum(1, lanes.exit_loops.sum(axis=2))
    free_ratio = 1.0 - (1.0 - BLOCKED_RATIO) * standing.sum(axis=2) / n_exits
    factor = np.where(blocked, BLOCKED_RATIO, 1.0) * free_ratio
    return np.asarray(memory.rate_veh_s * factor[:, None, :])
