"""Who waits and when somebody last passed: the demand of each group, from loops and buttons.

A call is set while its group is not green and a loop of the group is touched, and is cleared when the group has green
and nobody stands on its stop-line loops any more. A group without any loop is always called while it is not green:
nobody may be forgotten because nothing can see him (minimum recall).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from controller.events import DetectorReading
from controller.layout import LOOP_ROLES, BoolArray, FloatArray, IntArray, NetworkLayout
from controller.model import LoopRole
from controller.state import SignalState, TrafficState

_CALLING = tuple(
    LOOP_ROLES.index(role) for role in (LoopRole.STOP_LINE, LoopRole.ADVANCE, LoopRole.ENTRY, LoopRole.BUTTON)
)
"""Roles that speak for those who come; an exit loop speaks of those who have gone."""
_COLUMN_CACHE_SIZE = 8
"""A source sends its loops in one order; more orders than this from one junction are not worth remembering."""


@dataclass(slots=True)
class CallMemory:
    """What is remembered between steps."""

    call: BoolArray  # (J, G)
    last_active_s: FloatArray  # (L,) when a vehicle was last seen on the loop [s]
    heard_s: FloatArray  # (J,) when the junction's loops last reported [s]
    columns: dict[str, dict[tuple[str, ...], IntArray]] = field(default_factory=dict)
    """Derived, not state: columns of the loops of a reading, by junction and order."""

    @classmethod
    def empty(cls, layout: NetworkLayout, now_s: float) -> CallMemory:
        """Before any reading. Counts are taken to be fresh until the staleness limit has passed."""
        n_j, n_g, _ = layout.shape
        return cls(
            call=np.zeros((n_j, n_g), bool),
            last_active_s=np.full(layout.loop_junction.size, -np.inf),
            heard_s=np.full(n_j, now_s),
        )


def measure_calls(
    memory: CallMemory,
    readings: Sequence[DetectorReading],
    signals: SignalState,
    layout: NetworkLayout,
    now_s: float,
    stale_s: float,
) -> TrafficState:
    """Calls and gaps of every group after the readings of this step."""
    touched = np.zeros(layout.loop_junction.size, bool)
    if readings:
        columns = np.concatenate([_columns(memory, reading, layout) for reading in readings])
        counts = np.fromiter(chain.from_iterable(r.counts for r in readings), np.int64)
        occupied = np.fromiter(chain.from_iterable(r.occupied_ms for r in readings), np.int64)
        touched[columns[(counts > 0) | (occupied > 0)]] = True
        memory.heard_s[[layout.junction_index[reading.junction] for reading in readings]] = now_s
    memory.last_active_s[touched] = now_s
    speaks = np.isin(layout.loop_role, _CALLING)
    at_line = layout.loop_role == LOOP_ROLES.index(LoopRole.STOP_LINE)
    waiting = _any_loop(touched & speaks, layout)
    standing = _any_loop(touched & at_line, layout)
    unseen = layout.group_exists & ~_any_loop(speaks, layout)
    green = signals.green
    memory.call = np.where(green, memory.call & standing, memory.call | waiting | unseen) & layout.group_exists
    has_loops = np.bincount(layout.loop_junction, minlength=layout.shape[0]) > 0
    return TrafficState(
        call=memory.call.copy(),
        gap_s=now_s - _latest(np.where(speaks, memory.last_active_s, -np.inf), layout),
        fresh=~has_loops | (now_s - memory.heard_s <= stale_s),
    )


def _columns(memory: CallMemory, reading: DetectorReading, layout: NetworkLayout) -> IntArray:
    known = memory.columns.setdefault(reading.junction, {})
    columns = known.get(reading.loops)
    if columns is None:
        if len(known) >= _COLUMN_CACHE_SIZE:
            known.clear()
        index = layout.loop_index[reading.junction]
        columns = known[reading.loops] = np.array([index[loop] for loop in reading.loops], np.int64)
    return columns


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
