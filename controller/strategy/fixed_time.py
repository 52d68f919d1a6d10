"""The plan of the hour, second by second, in step with every other junction.

Each junction has a clock that runs through its plan's cycle. In step, the clock reads (local seconds since midnight -
offset) mod cycle, so that all junctions agree without talking. Out of step (another plan, midnight, a clock set right,
somebody else who decided for a while), the plan's clock waits in green or leaves green seconds out, within bounds
(transition.py), until it is in step again; it never goes back and never leaves out a second that would cut a minimum.

Where another strategy has let somebody wait too long, the clock goes to where the plan next serves him, at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self, TypeVar

import numpy as np

from controller.events import Reason
from controller.layout import BoolArray, FloatArray, IntArray, NetworkLayout, ProgrammeTable
from controller.model import StrategyParameters
from controller.state import StageProposal
from controller.strategy.contract import Moment
from controller.strategy.transition import IN_STEP, LEAVE_OUT, WAIT, choose_way

_Table = TypeVar("_Table", IntArray, BoolArray)


@dataclass(slots=True)
class FixedTime:
    """A clock for each junction."""

    plan: IntArray  # (J,) the plan that runs, place in `programme.plans`; -1 where none was begun yet
    position_s: IntArray  # (J,) its cycle second
    way: IntArray  # (J,) of the transition: WAIT, IN_STEP or LEAVE_OUT
    ahead_s: IntArray  # (J,) by how much the time of day is ahead of the clock
    allowance_s: IntArray  # (J,) may be waited in a cycle of this transition
    unused_s: IntArray  # (J,) of it in the present cycle
    last_s: FloatArray  # (1,) control time of the last step [s]; NaN before the first

    @classmethod
    def start(cls, layout: NetworkLayout, now_s: float) -> Self:
        """No plan yet."""
        del now_s
        n_j = layout.shape[0]
        position_s, way, ahead_s, allowance_s, unused_s = (np.zeros(n_j, np.int64) for _ in range(5))
        none = np.full(n_j, -1, np.int64)
        return cls(none, position_s, way, ahead_s, allowance_s, unused_s, np.full(1, np.nan))

    def propose(self, moment: Moment, layout: NetworkLayout, parameters: StrategyParameters) -> StageProposal:
        """The stage that the plan wants in this second; no opinion without civil time."""
        table = layout.programme
        if moment.local_s is None or not table.plans:
            return StageProposal(np.zeros_like(self.plan), np.full_like(self.plan, int(Reason.NONE)))
        if np.isnan(self.last_s[0]):
            self.plan, self.position_s = moment.plan.copy(), _in_step(table, moment.plan, moment.local_s)
            begun = np.ones(self.plan.size, bool)
        else:
            self._run(round(moment.now_s - float(self.last_s[0])), table)
            begun = self._begin_plans(moment, table)
        self.last_s[0] = moment.now_s
        lead = np.ceil(layout.commit_s).astype(np.int64)  # a promise delays the change by so much: ask so much earlier
        if moment.owed.any():
            begun |= self._go_to(moment.owed, lead, layout)
        self._adjust(moment.local_s, begun, table, parameters)
        stage = _look_up(table.stage, self.plan, (self.position_s + lead) % self._cycle(table))
        reason = np.where(self.way == IN_STEP, int(Reason.PROGRAMME), int(Reason.TRANSITION))
        return StageProposal(stage, reason)

    def in_step(self, local_s: int, table: ProgrammeTable) -> BoolArray:
        """(J,) the plan's clock reads what the time of day says."""
        return np.asarray(self.position_s == _in_step(table, self.plan, local_s))

    def _cycle(self, table: ProgrammeTable) -> IntArray:
        return table.cycle_s[self.plan, np.arange(self.plan.size)]

    def _run(self, elapsed_s: int, table: ProgrammeTable) -> None:
        """Let the clocks run on; a new cycle has its own allowance."""
        after = self.position_s + elapsed_s
        cycle = self._cycle(table)
        self.unused_s = np.where(after >= cycle, self.allowance_s, self.unused_s)
        self.position_s = after % cycle

    def _begin_plans(self, moment: Moment, table: ProgrammeTable) -> BoolArray:
        """Start the plan of the hour where the present stage allows it; follow whoever else decides. (J,) where.

        Best is a plan that is in step with the stage as it shows. Else the plan starts where that stage begins in it. A
        clock without a plan (another was deployed) follows the stage that shows; where none does, it starts in step.
        """
        without_plan = self.plan < 0
        overruled = (np.broadcast_to(moment.overruled, self.plan.shape) | without_plan) & (moment.requested > 0)
        changing = moment.plan != self.plan
        if not (overruled | changing).any():
            return np.asarray(changing)
        own = _look_up(table.stage, self.plan, self.position_s)
        showing = np.where(overruled, moment.requested, own)
        wanted = _in_step(table, moment.plan, moment.local_s or 0)
        fits = _look_up(table.stage, moment.plan, wanted) == showing
        shown_s = np.where(showing == moment.requested, moment.now_s - moment.requested_since_s, 0.0)
        fits &= _look_up(table.left_s, moment.plan, wanted) + shown_s >= _look_up(table.shortest_s, moment.plan, wanted)
        programme = table.stage[moment.plan, np.arange(self.plan.size)]  # (J, C)
        begins = (programme == showing[:, None]) & (table.begun_s[moment.plan, np.arange(self.plan.size)] == 0)
        without = (wanted - _look_up(table.begun_s, moment.plan, wanted)) % _cycles(table, moment.plan)
        fits |= without_plan & ~overruled
        start = np.where(fits, wanted, np.where(begins.any(axis=1), begins.argmax(axis=1), without))
        steady = _look_up(table.holdable, self.plan, self.position_s)
        ready = overruled | (changing & (fits | steady))
        self.plan = np.where(ready, moment.plan, self.plan)
        self.position_s = np.where(ready, start, self.position_s)
        self.way = np.where(ready, IN_STEP, self.way)
        return np.asarray(ready)

    def _go_to(self, owed: BoolArray, lead: IntArray, layout: NetworkLayout) -> BoolArray:
        """Put clocks to where their plans next serve a group that is owed (J, G) its green. (J,) where.

        A clock that reads such a second already stays, and one whose plan has none.
        """
        table, rows, cycle = layout.programme, np.arange(self.plan.size), self._cycle(layout.programme)
        programme = table.stage[self.plan, rows]  # (J, C)
        lit = layout.stage_green[rows[:, None], np.maximum(programme - 1, 0)] & (programme > 0)[:, :, None]
        serves = np.asarray((lit & owed[:, None, :]).any(axis=2))
        asked = (self.position_s + lead) % cycle
        until_s = (np.arange(programme.shape[1]) - asked[:, None]) % cycle[:, None]
        until_s = np.where(serves, until_s, programme.shape[1]).min(axis=1)
        goes = (until_s > 0) & serves.any(axis=1)
        self.position_s = np.where(goes, (self.position_s + until_s) % cycle, self.position_s)
        self.way = np.where(goes, IN_STEP, self.way)
        return np.asarray(goes)

    def _adjust(self, local_s: int, begun: BoolArray, table: ProgrammeTable, parameters: StrategyParameters) -> None:
        """One second of getting into step."""
        cycle = self._cycle(table)
        ahead = (_in_step(table, self.plan, local_s) - self.position_s) % cycle
        begins = (ahead > 0) & ((self.way == IN_STEP) | (ahead != self.ahead_s))  # or the time of day itself jumped
        if begins.any():
            way, allowance_s = choose_way(ahead, cycle, _of_cycle(table.spare_s, self.plan), parameters)
            self.way = np.where(begins, way, self.way)
            self.allowance_s = np.where(begins, allowance_s, self.allowance_s)
            self.unused_s = np.where(begins, allowance_s, self.unused_s)
        before = (self.position_s - 1) % cycle  # to wait is to stay in the second before
        waits = (ahead > 0) & (self.way == WAIT) & (self.unused_s > 0) & _look_up(table.holdable, self.plan, before)
        waits &= ~begun  # a plan that begins here was not in the second before
        jump = np.minimum(ahead, _look_up(table.jump_s, self.plan, self.position_s))
        jump = np.where(self.way == LEAVE_OUT, jump, 0)
        self.unused_s = self.unused_s - waits
        self.position_s = (self.position_s - waits + jump) % cycle
        self.ahead_s = (ahead + waits - jump) % cycle
        self.way = np.where(self.ahead_s == 0, IN_STEP, self.way)


def _in_step(table: ProgrammeTable, plan: IntArray, local_s: int) -> IntArray:
    """(J,) cycle second that the time of day asks for: (local seconds - offset) mod cycle."""
    columns = np.arange(plan.size)
    return (local_s - table.offset_s[plan, columns]) % table.cycle_s[plan, columns]


def _cycles(table: ProgrammeTable, plan: IntArray) -> IntArray:
    return _of_cycle(table.cycle_s, plan)


def _of_cycle(values: IntArray, plan: IntArray) -> IntArray:
    return values[plan, np.arange(plan.size)]


def _look_up(table: _Table, plan: IntArray, second: IntArray) -> _Table:
    return table[plan, np.arange(plan.size), second]
