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
from controller.measure.peers import STOP_LINE
from controller.measure.stand_ins import Recall, any_loop, most_of_loops
from controller.state import LoopState, SignalState, TrafficState

UNHEARD_S = 150.0
"""Within the longest red allowed (liveness L1, 240 s), whatever other stage must end before."""
MOST_LOST = 0.25
"""A junction that has lost a larger part of its loops sees too little to be better than its plan (quality bound Q1)."""


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
    speaks = layout.loop_calls
    at_line = touched & (layout.loop_role == STOP_LINE)
    waiting, standing, has_loops = any_loop(np.stack([touched & speaks, at_line, speaks]), layout)
    holding = speaks & (touched | ~layout.loop_foretold)
    unseen = layout.group_exists & ~has_loops
    green = signals.green
    unheard = layout.group_exists & ~layout.pedestrian & (now_s - signals.red_since_s >= UNHEARD_S)
    demand = waiting | unseen | recall.call | unheard
    memory.call = np.where(green, memory.call & standing, memory.call | demand) & layout.group_exists
    gap_s = now_s - most_of_loops(np.where(holding, memory.last_active_s, -np.inf), layout, -np.inf)
    lost, loops_of = (np.bincount(layout.loop_junction, which, layout.shape[0]) for which in (~state.trusted, speaks))
    lost_speaking = np.bincount(layout.loop_junction, ~state.trusted & speaks, layout.shape[0])
    blind = (recall.blind & critical).any(axis=1) | (lost_speaking > MOST_LOST * loops_of)
    return TrafficState(
        loops=state,
        call=memory.call.copy(),
        gap_s=np.where(recall.hold, 0.0, gap_s),
        fresh=loops.fresh,
        impaired=np.asarray(lost > 0),
        blind=np.asarray(blind),
    )
