"""Who stands and who comes, lane by lane: queues and arrivals that cannot drift away from what the loops show.

In minus out drifts with every vehicle that changes lanes or is missed, so it is only the rule between anchors:

- nobody stands on the stop-line loop during red, or none has for some seconds of green: the queue is empty;
- somebody stands on it: at least one waits;
- somebody stands on an advance loop, or the stretch before it is full and nobody drives over it any more (it lies
  between two standing vehicles): the queue reaches it, and grows beyond it unseen at the rate of arrival;
- somebody stands on the far loop as well: the queue reaches that;
- nobody passes an advance loop, or few do, or swiftly while no queue goes: it ends before that (`queue_end`).

What leaves a lane and was never counted upstream came by a way without a loop, or changed lanes; what was counted and
never leaves went elsewhere: arrivals are corrected by both, over some minutes.

Shapes: J junctions, N lanes, S stages, R seconds of the arrivals seen on their way.
"""

from __future__ import annotations

import numpy as np

from controller.lanes import JAM_SPACING_M, START_UP_S, LaneLayout
from controller.layout import BoolArray, FloatArray, IntArray
from controller.measure.believed import BelievedLanes, leave_unseen
from controller.measure.discharge import GAP_S, learn_discharge, rates_now, standing_exits
from controller.measure.lane_memory import ON_THEIR_WAY_S, LaneMemory, LoopsOfLanes
from controller.measure.loops import STANDING_RATIO, LoopSecond
from controller.measure.queue_end import COVERED_AFTER_S, HIDDEN_MOST_VEH, anchor_upstream
from controller.state import LaneState, SignalState

DEAF_RATIO = 0.25
"""A near loop that counts less than this share of what leaves the stop line does not see its queue."""
UNSEEN_HEADWAY_S = 20.0
"""A queue not seen to end since t s is at least t / this: what stands outside every loop is not forgotten."""
UNSEEN_MOST_VEH = 12.0
"""And so long it is thought to be at most."""
FAR_COVERED_S = 3.0
"""Somebody stands on the far loop for so long: the queue has reached that too, and grows beyond it unseen."""
ROUND_S = 90.0
DUTY_LEAST_VEH = 2.0
"""A green has done its duty when it has let go what arrives in a usual round, and two at least."""
FLOW_MEMORY_S = 180.0
"""Flows forget within some cycles."""
SPEED_RATIO = 0.9
"""Vehicles approach at this share of the limit on average."""
_SMALL_VEH_S = 0.01


def measure_lanes(memory: LaneMemory, loops: LoopSecond, signals: SignalState, believed: BelievedLanes) -> LaneState:
    """Queues, arrivals and discharge of every lane after this second."""
    lanes = believed.lanes
    count, occupied = LoopsOfLanes(loops.count), LoopsOfLanes(loops.occupied)
    has_stop = lanes.stop_loop >= 0
    green: BoolArray = np.asarray((signals.green[:, None, :] & lanes.groups).any(axis=2))
    memory.green_s = np.where(green, memory.green_s + 1.0, 0.0)

    stopped_on = has_stop & (occupied.at(lanes.stop_loop) >= STANDING_RATIO)
    entered = count.at(lanes.stop_loop)
    seen_to_go = np.maximum(0.0, entered + memory.standing - stopped_on)
    gone = np.where(has_stop, seen_to_go, leave_unseen(memory, green, signals, lanes))
    busy = has_stop & ((occupied.at(lanes.stop_loop) > 0) | (entered > 0))
    memory.empty_s = np.where(busy, 0.0, memory.empty_s + 1.0)

    memory.on_line_s = np.where(stopped_on, np.where(gone > 0, 0.0, memory.on_line_s) + 1.0, 0.0)
    memory.still_s = np.where(gone > 0, 0.0, memory.still_s + 1.0)
    memory.gone_veh_s += (gone - memory.gone_veh_s) / FLOW_MEMORY_S
    near = _near_share(memory, lanes) * count.at(lanes.near_loop)
    memory.near_veh_s += (near - memory.near_veh_s) / FLOW_MEMORY_S
    at_line = np.where(has_stop, entered, believed.expected_veh)
    arriving, beyond = _come_nearer(memory, near, at_line, count, lanes)
    _grow_unseen(memory, beyond, np.where(lanes.near_loop >= 0, near, at_line), occupied, lanes)
    _count_queue(memory, arriving, gone, near)
    learn_discharge(memory, gone, stopped_on, green, signals, lanes)
    anchor_upstream(memory, count.at(lanes.near_loop), occupied.at(lanes.near_loop), lanes)
    _anchor_at_stop_line(memory, stopped_on, green, lanes)
    memory.standing = stopped_on
    memory.exit_full_s = np.where(loops.occupied >= STANDING_RATIO, memory.exit_full_s + 1.0, 0.0)
    queue = memory.inside_veh + memory.hidden_veh
    memory.credit_veh = np.where(green, memory.credit_veh + gone, 0.0)
    memory.waited_s = wait_on(memory.waited_s, green, stopped_on | (queue >= 1.0), queue < 1.0, memory)

    near_s, exits_full = _travel_s(lanes.near_m, lanes), standing_exits(memory, lanes)
    return LaneState(
        queue_veh=queue,
        near_due=memory.near_due,
        far_due=memory.far_due,
        near_s=near_s,
        far_s=np.where(lanes.far_loop >= 0, _travel_s(lanes.far_m, lanes), near_s),
        flow_veh_s=memory.flow_veh_s,
        rate_veh_s=rates_now(memory, green, exits_full),
        since_clear_s=memory.since_clear_s,
        waited_s=memory.waited_s,
        credit_veh=memory.credit_veh,
        green_s=memory.green_s,
        stalled_s=np.where(exits_full > 0.0, 0.0, memory.stalled_s),
        on_line_s=memory.on_line_s,
        still_s=memory.still_s,
    )


def wait_on(
    waited_s: FloatArray, green: BoolArray, present: BoolArray, gone: BoolArray, memory: LaneMemory
) -> FloatArray:
    """(J, N) one more second of waiting; it ends when a green has let the queue go, or what arrives in `ROUND_S`.

    A green that lets two of twenty go has ended nobody's wait but theirs, and must not look as if it had.
    """
    duty_veh = np.maximum(DUTY_LEAST_VEH, ROUND_S * memory.flow_veh_s)
    done = green & (gone | (memory.credit_veh >= duty_veh))
    waits = np.where(green, waited_s > 0, (waited_s > 0) | present) & ~done
    return np.where(waits, waited_s + 1.0, 0.0)


def _travel_s(distance_m: FloatArray, lanes: LaneLayout) -> IntArray:
    seconds = distance_m / np.maximum(1.0, SPEED_RATIO * lanes.speed_m_s)
    return np.minimum(ON_THEIR_WAY_S - 1, np.rint(seconds)).astype(np.int64)


def _share(memory: LaneMemory, sharing: BoolArray) -> FloatArray:
    """(J, N) what part of a loop's vehicles takes the lane, of the lanes that share it (sharing (J, N, N))."""
    weight = memory.gone_veh_s + _SMALL_VEH_S
    return np.asarray(weight / np.maximum(np.where(sharing, weight[:, None, :], 0.0).sum(axis=2), 1e-9))


def _near_share(memory: LaneMemory, lanes: LaneLayout) -> FloatArray:
    return np.where(lanes.shared_near, _share(memory, lanes.sharing), 1.0)


def _come_nearer(
    memory: LaneMemory, near: FloatArray, at_line: FloatArray, count: LoopsOfLanes, lanes: LaneLayout
) -> tuple[FloatArray, FloatArray]:
    """Let everybody seen come a second nearer; (J, N) who reaches the stop line now, and who the near loop.

    `at_line` (J, N) came to the stop line in this second; it counts where there is no near loop.
    """
    rows, columns = np.indices(lanes.shape)
    near_s = _travel_s(lanes.near_m, lanes)
    far_s = np.maximum(0, _travel_s(lanes.far_m, lanes) - near_s)
    arriving = memory.near_due[:, :, 0].copy()
    beyond = memory.far_due[:, :, 0].copy()
    for due in (memory.near_due, memory.far_due):
        due[:, :, :-1] = due[:, :, 1:]
        due[:, :, -1] = 0.0
    has_near, has_far = lanes.near_loop >= 0, lanes.far_loop >= 0
    joining = np.where(memory.hidden_veh > 0, 0.0, near)  # the others are counted in the queue already
    memory.near_due[rows, columns, near_s] += joining * has_near
    memory.far_due[rows, columns, far_s] += _share(memory, lanes.sharing_far) * count.at(lanes.far_loop) * has_far
    never_seen = np.maximum(0.0, memory.gone_veh_s - memory.near_veh_s)
    stays = np.minimum(1.0, (memory.gone_veh_s + _SMALL_VEH_S) / (memory.near_veh_s + _SMALL_VEH_S))
    return np.where(has_near, arriving * stays + never_seen, at_line), beyond


def _grow_unseen(
    memory: LaneMemory,
    beyond: FloatArray,
    came: FloatArray,
    occupied: LoopsOfLanes,
    lanes: LaneLayout,
) -> None:
    """Usual flows, and the queue that grows beyond covered loops: by who was seen farther out, or by the usual flow.

    `came` (J, N) passed the near loop in this second, or came to the stop line where there is none.
    """
    has_far = lanes.far_loop >= 0
    covered = memory.covered_s >= COVERED_AFTER_S
    blind = covered & ~has_far
    usual = np.maximum(memory.flow_veh_s, memory.gone_veh_s)  # a covered loop counts nothing, and means not no one
    fresh = np.where(blind, usual, came)
    memory.flow_veh_s += (fresh - memory.flow_veh_s) / FLOW_MEMORY_S
    far_on = has_far & (occupied.at(lanes.far_loop) >= STANDING_RATIO)
    memory.far_covered_s = np.where(far_on, memory.far_covered_s + 1.0, 0.0)
    full = covered & (memory.far_covered_s >= FAR_COVERED_S)
    to_far_veh = np.clip((lanes.far_m - lanes.near_m) / JAM_SPACING_M, 0.0, HIDDEN_MOST_VEH)
    memory.hidden_veh = np.where(full, np.maximum(memory.hidden_veh, to_far_veh), memory.hidden_veh)
    memory.hidden_veh += np.where(blind | full, usual, np.where(covered, beyond, 0.0))


def _count_queue(memory: LaneMemory, arriving: FloatArray, gone: FloatArray, near: FloatArray) -> None:
    """In minus out, between the anchors."""
    passed = np.minimum(memory.hidden_veh, near)
    memory.hidden_veh = memory.hidden_veh - passed
    memory.inside_veh = np.maximum(0.0, memory.inside_veh + passed + arriving - gone)


def _anchor_at_stop_line(memory: LaneMemory, stopped_on: BoolArray, green: BoolArray, lanes: LaneLayout) -> None:
    """What the stop-line loop shows outright."""
    has_stop, has_near = lanes.stop_loop >= 0, lanes.near_loop >= 0
    quiet = has_stop & (memory.empty_s >= GAP_S) & (~green | (memory.green_s > START_UP_S + 1))
    memory.inside_veh = np.where(quiet, 0.0, memory.inside_veh)
    memory.hidden_veh = np.where(quiet, 0.0, memory.hidden_veh)
    memory.beyond &= ~quiet
    memory.since_clear_s = np.where(quiet, 0.0, memory.since_clear_s + 1.0)
    fits_veh = np.minimum(UNSEEN_MOST_VEH, lanes.length_m / JAM_SPACING_M)
    deaf = ~has_near | (memory.near_veh_s < DEAF_RATIO * memory.gone_veh_s)
    unseen = has_stop & deaf & (stopped_on | green)
    at_least = np.where(unseen, np.minimum(fits_veh, memory.since_clear_s / UNSEEN_HEADWAY_S), 0.0)
    at_least = np.maximum(at_least, np.where(stopped_on & ~green, 1.0, 0.0))
    memory.inside_veh = np.maximum(memory.inside_veh, at_least - memory.hidden_veh)
