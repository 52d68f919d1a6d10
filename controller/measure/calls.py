"""Who waits and when somebody last passed: the demand of each group, from loops and buttons.

The gap runs from the last vehicle on any loop of the group. Where an advance loop sees each vehicle first, the
stop-line loop behind it counts only while it is touched: else every vehicle would hold the green twice.

A call is set while its group is not green and a loop of the group is touched, and is cleared when the group has green
and nobody stands on its stop-line loops any more. A group without any loop is always called while it is not green:
nobody may be forgotten because nothing can see him (minimum recall).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controller.layout import LOOP_ROLES, BoolArray, FloatArray, NetworkLayout
from controller.measure.loops import LoopSecond
from controller.model import LoopRole
from controller.state import SignalState, TrafficState

_CALLING = tuple(
    LOOP_ROLES.index(role) for role in (LoopRole.STOP_LINE, LoopRole.ADVANCE, LoopRole.ENTRY, LoopRole.BUTTON)
)
"""Roles that speak for those who come; an exit loop speaks of those who have gone."""


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
    memory: CallMemory, loops: LoopSecond, signals: SignalState, layout: NetworkLayout, now_s: float
) -> TrafficState:
    """Calls and gaps of every group after the readings of this step."""
    touched = loops.touched
    memory.last_active_s[touched] = now_s
    speaks = np.isin(layout.loop_role, _CALLING)
    at_line = layout.loop_role == LOOP_ROLES.index(LoopRole.STOP_LINE)
    waiting = _any_loop(touched & speaks, layout)
    standing = _any_loop(touched & at_line, layout)
    holding = speaks & (touched | ~layout.loop_foretold)
    unseen = layout.group_exists & ~_any_loop(speaks, layout)
    green = signals.green
    memory.call = np.where(green, memory.call & standing, memory.call | waiting | unseen) & layout.group_exists
    return TrafficState(
        call=memory.call.copy(),
        gap_s=now_s - _latest(np.where(holding, memory.last_active_s, -np.inf), layout),
        fresh=loops.fresh,
    )


def _any_loop(touched: BoolArray, layout: NetworkLayout) -> BoolArray:
    """(J, G) groups with at least one touched loop."""
    n_j, n_g, _ = layout.shape
    seen = np.zeros((n_j, n_g), bool)
    np.logical_or.at(seen, layout.loop_junction[touched], layout.loop_groups[touched])
    return seen


def _latest(when_s: FloatArray, layout: NetworkLayout) -> FloatArray:
    """(J, G) the newest of the loops' times, -inf where there is none [s]."""
    n_j, n_g, _ = layout.shape
    latest = np.full((n_j, n_g), -np.inf)
    np.maximum.at(latest, layout.loop_junction, np.where(layout.loop_groups, when_s[:, None], -np.inf))
    return latest
