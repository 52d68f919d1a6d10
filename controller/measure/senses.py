"""Loops from end to end: scattered readings, judged, replaced where they are not believed, turned into calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from controller.events import Alarm, CabinetReport, Reason
from controller.layout import IntArray, NetworkLayout
from controller.measure.calls import CallMemory, measure_calls
from controller.measure.history import UNTIMED, HistoryMemory, learn, usual_now
from controller.measure.loops import LoopSecond
from controller.measure.peers import LoopPeers, build_peers
from controller.measure.stand_ins import StandInMemory, critical_groups, recall_groups, stand_in
from controller.measure.trust import TrustMemory, judge_loops
from controller.state import LoopFault, LoopState, SignalState, StandIn, TrafficState

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

HOUR_S = 3600


@dataclass(slots=True)
class ToldFaults:
    """What was last told of each loop, so that news is told once."""

    fault: IntArray  # (L,) LoopFault


class LoopSenses:
    """Everything that is remembered of loops, and the one step that takes a second of them."""

    def __init__(self, layout: NetworkLayout, now_s: float) -> None:
        self._layout = layout
        self._peers: LoopPeers = build_peers(layout)
        self._trust = TrustMemory.empty(layout, now_s)
        self._history = HistoryMemory.empty(layout)
        self._stand_ins = StandInMemory.empty(layout)
        self._calls = CallMemory.empty(layout)
        self.last: LoopState | None = None
        """What was believed of each loop in the last second; None before the first."""
        self._told = ToldFaults(np.zeros(layout.loop_junction.size, np.int64))

    @property
    def memories(self) -> dict[str, DataclassInstance]:
        """What a snapshot must hold."""
        return {
            "trust": self._trust,
            "history": self._history,
            "stand_ins": self._stand_ins,
            "calls": self._calls,
            "told_loops": self._told,
        }

    def measure(
        self,
        loops: LoopSecond,
        signals: SignalState,
        reports: Sequence[CabinetReport],
        plan: IntArray,
        local_s: int | None,
        now_s: float,
        stale_s: float,
    ) -> TrafficState:
        """The traffic after this second; `plan` (J,) the plan that runs, `local_s` the second of the day if known."""
        layout, peers = self._layout, self._peers
        hour = UNTIMED if local_s is None else local_s // HOUR_S
        usual = usual_now(self._history, hour)
        verdict = judge_loops(self._trust, loops, signals, reports, self._history, usual, layout, peers, now_s, stale_s)
        state = self.last = stand_in(loops, verdict, usual, layout, peers)
        learn(self._history, loops, verdict.counts, state.trusted & (verdict.fault == int(LoopFault.NONE)), hour)
        recall = recall_groups(self._stand_ins, state, signals, plan, layout, peers, now_s)
        critical = critical_groups(usual, layout)
        return measure_calls(self._calls, loops, state, recall, critical, signals, layout, now_s)

    def alarms(self, state: LoopState) -> list[Alarm]:
        """Loops that are suspected since now, of something else than before, or no more."""
        layout = self._layout
        news = np.flatnonzero(state.fault != self._told.fault)
        before, self._told.fault = self._told.fault, state.fault.copy()
        return [alarm for column in news for alarm in _told(state, before, int(column), layout)]


def _told(state: LoopState, before: IntArray, column: int, layout: NetworkLayout) -> list[Alarm]:
    junction = layout.junctions[layout.loop_junction[column]]
    loop = junction.loops[column - layout.loop_index[junction.id][junction.loops[0].id]]
    alarms = []
    if before[column]:
        was = LoopFault(int(before[column])).name.lower()
        alarms.append(
            Alarm(junction.id, Reason.DETECTOR_FAULT, cleared=True, because=(("loop", loop.id), ("fault", was)))
        )
    if state.fault[column]:
        because = (
            ("loop", loop.id),
            ("fault", LoopFault(int(state.fault[column])).name.lower()),
            ("stand_in", StandIn(int(state.stand_in[column])).name.lower()),
        )
        alarms.append(Alarm(junction.id, Reason.DETECTOR_FAULT, because=because))
    return alarms
