"""Who waits and when somebody last passed: the demand of each group, from loops and buttons that may be believed.

The gap runs from the last vehicle on any loop of the group. Where an advance loop sees each vehicle first, the
stop-line loop behind it counts only while it is touched: else every vehicle would hold the green twice. Whoever stands
on a loop through seconds of green without going holds nothing: a blocked lane does not use its green, and a loop that
hangs does not get it.

A call is set while its group is not green and a loop of the group is touched, and is cleared when the group has green
and nobody stands on its stop-line loops any more. A group without any loop is always called while it is not green:
nobody may be forgotten because nothing can see him (minimum recall). A group of vehicles that has been red for
`UNHEARD_S` is called although nobody was seen: so long a sleeping loop may starve somebody before anybody suspects it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controller.layout import BoolArray, FloatArray, NetworkLayout
from controller.measure.loops import LoopSecond
from controller.measure.peers import CALLING, STOP_LINE
from controller.measure.stand_ins import Recall, any_loop
from controller.state import LoopState, SignalState, TrafficState

UNHEARD_S = 150.0
"""Within the longest red allowed (liveness L1, 240 s), whatever other stage must end before."""


@dataclass(slots=True)
class CallMemory:
    """What is remembered between steps."""

    call: BoolArray  # (J, G)
    last_active_s: FloatArray  # (L,) when a vehicle was last seen on the loop [s]

    @classmethod
    def empty(cls, layout: NetworkLayout) -> CallMemory:
        """Before any reading."""
        n_j, n_g, _ = layout.shape
        return cls(np.zeros((n_j, n_g), bool), np.full(layout.loop_junction.size, -np.inf))


def measure_calls(
    memory: CallMemory,
    loops: LoopSecond,
    state: LoopState,
    recall: Recall,
    critical: BoolArray,
    signals: SignalState,
    layout: NetworkLayout,
    now_s: float,
) -> TrafficState:
    """Calls and gaps of every group after the readings of this step; `critical` (J, G) must not be blind."""
    touched = state.touched
    memory.last_active_s[touched & ~state.stalled] = now_s
    speaks = np.isin(layout.loop_role, CALLING)
    waiting = any_loop(touched & speaks, layout)
    standing = any_loop(touched & (layout.loop_role == STOP_LINE), layout)
    holding = speaks & (touched | ~layout.loop_foretold)
    unseen = layout.group_exists & ~any_loop(speaks, layout)
    green = signals.green
    unheard = layout.group_exists & ~layout.pedestrian & (now_s - signals.red_since_s >= UNHEARD_S)
    demand = waiting | unseen | recall.call | unheard
    memory.call = np.where(green, memory.call & standing, memory.call | demand) & layout.group_exists
    gap_s = now_s - _latest(np.where(holding, memory.last_active_s, -np.inf), layout)
    impaired = np.bincount(layout.loop_junction, ~state.trusted, layout.shape[0]) > 0
    return TrafficState(
        loops=state,
        call=memory.call.copy(),
        gap_s=np.where(recall.hold, 0.0, gap_s),
        fresh=loops.fresh,
        impaired=impaired,
        blind=np.asarray((recall.blind & critical).any(axis=1)),
    )


def _latest(when_s: FloatArray, layout: NetworkLayout) -> FloatArray:
    """(J, G) the newest of the loops' times, -inf where there is none [s]."""
    n_j, n_g, _ = layout.shape
    latest = np.full((n_j, n_g), -np.inf)
    np.maximum.at(latest, layout.loop_junction, np.where(layout.loop_groups, when_s[:, None], -np.inf))
    return latest
