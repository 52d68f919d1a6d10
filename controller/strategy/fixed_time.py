"""The plan of the hour, second by second, in step with every other junction.

Each junction has a clock that runs through its plan's cycle. In step, the clock reads (local seconds since midnight -
offset) mod cycle, so that all junctions agree without talking. Out of step (another plan, midnight, a clock set
right), the plan's clock waits in green or leaves green seconds out, within bounds, until it is in step again; it
never goes back and never leaves out a second that would cut a minimum.

Methods: dwell waits in the coordinated stage until in step; add-only waits at most `stretch_ratio` of the time;
shortway takes add-only or leaves out at most `shrink_ratio`, whichever arrives earlier (NTCIP 1202 coordination,
correction modes).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self, TypeVar

import numpy as np

from controller.events import Reason
from controller.layout import BoolArray, FloatArray, IntArray, NetworkLayout, ProgrammeTable
from controller.model import PlanChange, StrategyParameters
from controller.state import StageProposal
from controller.strategy.contract import Moment

_Table = TypeVar("_Table", IntArray, BoolArray)

RESYNC_GAP_S = 5
"""After a silence longer than this the plan's clock is set anew rather than run on."""


@dataclass(slots=True)
class FixedTime:
    """A clock for each junction."""

    plan: IntArray  # (J,) the plan that runs, place in `programme.plans`; -1 before the first second
    position_s: IntArray  # (J,) its cycle second
    credit: FloatArray  # (J,) seconds of waiting or leaving out that may be taken now
    last_local_s: IntArray  # (1,) local second of the last step; -1 before the first

    @classmethod
    def start(cls, layout: NetworkLayout, now_s: float) -> Self:
        """No plan yet."""
        del now_s
        n_j = layout.shape[0]
        return cls(np.full(n_j, -1, np.int64), np.zeros(n_j, np.int64), np.zeros(n_j), np.full(1, -1, np.int64))

    def propose(self, moment: Moment, layout: NetworkLayout, parameters: StrategyParameters) -> StageProposal:
        """The stage that the plan wants in this second; no opinion without civil time."""
        table = layout.programme
        if moment.local_s is None or not table.plans:
            return StageProposal(np.zeros_like(self.plan), np.full_like(self.plan, int(Reason.NONE)))
        elapsed = self._elapsed(moment.local_s)
        wanted = _in_step(table, moment.plan, moment.local_s)
        if elapsed is None:
            self.plan, self.position_s = moment.plan.copy(), wanted
        else:
            self._run(elapsed, moment, wanted, table)
        adjusting = self._adjust(moment.local_s, table, parameters)
        lead = np.ceil(layout.commit_s).astype(np.int64)  # a promise delays the change by so much: ask so much earlier
        stage = _look_up(table.stage, self.plan, (self.position_s + lead) % self._cycle(table))
        reason = np.where(adjusting, int(Reason.TRANSITION), int(Reason.PROGRAMME))
        return StageProposal(stage, reason)

    def in_step(self, local_s: int, table: ProgrammeTable) -> BoolArray:
        """(J,) the plan's clock reads what the time of day says."""
        return np.asarray(self.position_s == _in_step(table, self.plan, local_s))

    def _elapsed(self, local_s: int) -> int | None:
        """Seconds since the last step, None where the clock must be set anew."""
        last = int(self.last_local_s[0])
        self.last_local_s[0] = local_s
        elapsed = (local_s - last) % 86400
        return None if last < 0 or elapsed > RESYNC_GAP_S else elapsed

    def _cycle(self, table: ProgrammeTable) -> IntArray:
        return table.cycle_s[self.plan, np.arange(self.plan.size)]

    def _run(self, elapsed: int, moment: Moment, wanted: IntArray, table: ProgrammeTable) -> None:
        """Let the clocks run on, and start the plan of the hour where the present stage allows it."""
        self.position_s = (self.position_s + elapsed) % self._cycle(table)
        changing = np.flatnonzero(moment.plan != self.plan)
        if changing.size == 0:
            return
        showing = _look_up(table.stage, self.plan, self.position_s)[changing]
        steady = _look_up(table.holdable, self.plan, self.position_s)[changing]
        programme = table.stage[moment.plan[changing], changing]  # (n, C)
        begins = (programme == showing[:, None]) & (np.roll(programme, 1, axis=1) != showing[:, None])
        in_step_already = programme[np.arange(changing.size), wanted[changing]] == showing
        shared = begins.any(axis=1)
        start = np.where(in_step_already, wanted[changing], begins.argmax(axis=1))
        start = np.where(shared | in_step_already, start, wanted[changing])
        ready = in_step_already | steady
        rows = changing[ready]
        self.plan[rows], self.position_s[rows], self.credit[rows] = moment.plan[rows], start[ready], 0.0

    def _adjust(self, local_s: int, table: ProgrammeTable, parameters: StrategyParameters) -> BoolArray:
        """One second of getting into step; which junctions are out of it."""
        ahead = (_in_step(table, self.plan, local_s) - self.position_s) % self._cycle(table)
        out = ahead > 0
        if not out.any():
            self.credit[:] = 0.0
            return out
        behind = self._cycle(table) - ahead
        add = np.full(out.size, parameters.transition is not PlanChange.SHORTWAY)
        if parameters.transition is PlanChange.SHORTWAY:
            add = behind * parameters.shrink_ratio <= ahead * parameters.stretch_ratio
        rate = np.where(add, parameters.stretch_ratio, parameters.shrink_ratio)
        if parameters.transition is PlanChange.DWELL:
            rate = np.ones_like(rate)
        self.credit = np.where(out, np.minimum(self.credit + rate, 1.0 + rate), 0.0)
        may = out & (self.credit >= 1.0)
        before = (self.position_s - 1) % self._cycle(table)
        wait = may & add & _look_up(table.holdable, self.plan, before)  # to wait is to stay in the second before
        skip = may & ~add & _look_up(table.skippable, self.plan, self.position_s)
        self.position_s = (self.position_s - wait + skip) % self._cycle(table)
        self.credit = np.where(wait | skip, self.credit - 1.0, self.credit)
        return out


def _in_step(table: ProgrammeTable, plan: IntArray, local_s: int) -> IntArray:
    """(J,) cycle second that the time of day asks for: (local seconds - offset) mod cycle."""
    columns = np.arange(plan.size)
    return (local_s - table.offset_s[plan, columns]) % table.cycle_s[plan, columns]


def _look_up(table: _Table, plan: IntArray, second: IntArray) -> _Table:
    return table[plan, np.arange(plan.size), second]
