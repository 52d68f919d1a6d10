"""Second step: who decides at each junction, from the health of its cabinet, its loops and the wishes of its operators.

A cabinet that is manual, starting, flashing or faulty is left alone at once (it outranks the centre). One that runs
its own plan is taken over after it has been well for a while. Loops that went silent cost a junction its adaptive
strategy, not its plan; it comes back when they have been heard again for a minute.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from controller.events import (
    Alarm,
    CabinetMode,
    CabinetReport,
    ControlMode,
    Decision,
    LinkChange,
    Reason,
)
from controller.layout import BoolArray, FloatArray, IntArray, NetworkLayout

TAKE_OVER_AFTER_S = 5.0
"""A cabinet on its own plan is taken over when it has been reachable and well for so long (first hold-off, TOPAS)."""
AFTER_MANUAL_S = 60.0
"""After a hand-back by police or a technician the centre waits this long (fault list F39)."""
FRESH_AGAIN_S = 60.0
"""Loops must be heard for so long before an adaptive strategy is trusted again (ladder, rung 2 to 1)."""
REPORT_STALE_S = 3.0
"""A cabinet whose last report is older than this is not commanded: the basis would be refused anyway (20 scans)."""

_COMMANDABLE = np.array(
    [m in {CabinetMode.REMOTE, CabinetMode.LOCAL_COORDINATED, CabinetMode.LOCAL_ISOLATED} for m in CabinetMode]
)
MODES = tuple(ControlMode)
"""Codes of `Supervision.mode` are places in this tuple."""


@dataclass(slots=True)
class Supervision:
    """Health and mode of each junction, remembered between steps."""

    link_up: BoolArray  # (J,)
    cabinet_mode: IntArray  # (J,) CabinetMode codes
    latched: BoolArray  # (J,)
    reported_s: FloatArray  # (J,) -inf before the first report [s]
    take_over_s: FloatArray  # (J,) the centre may command from here on [s]
    fresh_since_s: FloatArray  # (J,) loops have been heard since; +inf while they are silent [s]
    blind: BoolArray  # (J,) loops went silent and are not yet trusted again
    mode: IntArray  # (J,) places in MODES

    @classmethod
    def start(cls, layout: NetworkLayout, now_s: float) -> Supervision:
        """Nothing known: every junction is its cabinet's own until a report comes."""
        n_j = layout.shape[0]
        return cls(
            link_up=np.ones(n_j, bool),
            cabinet_mode=np.full(n_j, int(CabinetMode.DARK), np.int64),
            latched=np.zeros(n_j, bool),
            reported_s=np.full(n_j, -np.inf),
            take_over_s=np.full(n_j, now_s),
            fresh_since_s=np.full(n_j, now_s),
            blind=np.zeros(n_j, bool),
            mode=np.full(n_j, MODES.index(ControlMode.LOCAL), np.int64),
        )


def supervise(
    state: Supervision,
    reports: Sequence[CabinetReport],
    links: Sequence[LinkChange],
    fresh: BoolArray,
    wanted_mode: IntArray,
    layout: NetworkLayout,
    now_s: float,
) -> tuple[list[Decision], list[Alarm]]:
    """Set `state.mode` of every junction; tell each change once. `fresh`, `wanted_mode` (MODES places) are (J,)."""
    alarms = [_hear_link(state, change, layout) for change in links]
    before = state.mode.copy()
    _hear_reports(state, reports, layout, now_s)
    commanded = (
        state.link_up
        & (now_s - state.reported_s <= REPORT_STALE_S)
        & _COMMANDABLE[state.cabinet_mode]
        & ~state.latched
        & (now_s >= state.take_over_s)
    )
    alarms += _watch_loops(state, fresh, layout, now_s)
    fixed, operator = MODES.index(ControlMode.FIXED_TIME), MODES.index(ControlMode.OPERATOR)
    able = np.where(state.blind & (wanted_mode != operator), fixed, wanted_mode)
    state.mode = np.where(commanded, able, MODES.index(ControlMode.LOCAL))
    return _mode_changes(before, state, layout), alarms


def _hear_link(state: Supervision, change: LinkChange, layout: NetworkLayout) -> Alarm:
    state.link_up[layout.junction_index[change.junction]] = change.up
    return Alarm(change.junction, Reason.LINK_DOWN, cleared=change.up, because=(("cause", change.cause),))


def _hear_reports(state: Supervision, reports: Sequence[CabinetReport], layout: NetworkLayout, now_s: float) -> None:
    """Newest word of each cabinet; entering a local mode starts the wait before it may be taken over."""
    newest = {layout.junction_index[report.junction]: report for report in reports}
    if not newest:
        return
    rows = np.fromiter(newest, np.int64, len(newest))
    modes = np.fromiter((int(r.mode) for r in newest.values()), np.int64)
    first = np.isneginf(state.reported_s[rows])
    was_manual = state.cabinet_mode[rows] == int(CabinetMode.MANUAL)
    was_remote = state.cabinet_mode[rows] == int(CabinetMode.REMOTE)
    entered_local = ~first & (modes != int(CabinetMode.REMOTE)) & (state.cabinet_mode[rows] != modes)
    wait = np.where(was_manual, AFTER_MANUAL_S, TAKE_OVER_AFTER_S)
    state.take_over_s[rows] = np.where(
        entered_local & (was_remote | _COMMANDABLE[modes]), now_s + wait, state.take_over_s[rows]
    )
    state.cabinet_mode[rows] = modes
    state.latched[rows] = [report.latched_faults != 0 for report in newest.values()]
    state.reported_s[rows] = now_s


def _watch_loops(state: Supervision, fresh: BoolArray, layout: NetworkLayout, now_s: float) -> list[Alarm]:
    state.fresh_since_s = np.where(fresh, np.minimum(state.fresh_since_s, now_s), np.inf)
    back = state.blind & (now_s - state.fresh_since_s >= FRESH_AGAIN_S)
    gone = ~fresh & ~state.blind
    state.blind = (state.blind | gone) & ~back
    return [
        Alarm(layout.junctions[row].id, Reason.STALE_DETECTORS, cleared=bool(back[row]))
        for row in np.flatnonzero(gone | back)
    ]


def _mode_changes(before: IntArray, state: Supervision, layout: NetworkLayout) -> list[Decision]:
    local, operator = MODES.index(ControlMode.LOCAL), MODES.index(ControlMode.OPERATOR)

    def reason(row: int) -> Reason:
        if state.mode[row] == local:
            return Reason.CABINET_LOCAL if state.link_up[row] else Reason.LINK_DOWN
        if before[row] == local:
            return Reason.CABINET_REMOTE
        if operator in (state.mode[row], before[row]):
            return Reason.OPERATOR
        return Reason.STALE_DETECTORS if state.blind[row] else Reason.DETECTORS_BACK

    return [
        Decision(
            layout.junctions[row].id,
            reason(int(row)),
            (("mode", MODES[state.mode[row]].value), ("before", MODES[before[row]].value)),
        )
        for row in np.flatnonzero(state.mode != before)
    ]
