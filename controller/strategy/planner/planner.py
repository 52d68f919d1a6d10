"""The planner: what the loops tell, planned ahead anew every second; only a plan's first change is ever asked for.

Its weights were found on real networks and belong to no network: one set for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from controller.events import Reason
from controller.lanes import NOT_SERVED_S, START_UP_S
from controller.layout import BoolArray, FloatArray, IntArray, NetworkLayout
from controller.model import StrategyParameters
from controller.state import StageProposal
from controller.strategy.contract import Moment
from controller.strategy.planner.search import GRID_S, HORIZON_S, TownOutlook, plan_town

END_GAIN_S = 2.0
"""Vehicles go on discharging into amber for so long (end gain, Webster)."""
STOP_PRICE_S = 5.0
"""What one stop costs beside the waiting: braking and starting of a car at 50 km/h."""
LATER_S = 40.0
"""What a vehicle left over at the end of the horizon is thought to wait yet."""
PATIENCE_S = 120.0
"""A queue that has not been seen to end for longer than this has waited too long already: so much more it costs to
leave it over, up to `LONGEST_S`. Nobody is forgotten, also where the queue stands outside every loop."""
LONGEST_S = 300.0
REST_S = 150.0
"""Longest time in one stage; below the cabinet's watchdog for stuck requests (300 s) and the longest red (240 s)."""


@dataclass(slots=True)
class Planner:
    """The stage asked for, the one before it, and since when."""

    stage: IntArray  # (J,) number; 0 before the first
    before: IntArray  # (J,)
    since_s: FloatArray  # (J,) [s]

    @classmethod
    def start(cls, layout: NetworkLayout, now_s: float) -> Self:
        """Nothing asked for yet."""
        n_j = layout.shape[0]
        return cls(np.zeros(n_j, np.int64), np.zeros(n_j, np.int64), np.full(n_j, now_s))

    def propose(self, moment: Moment, layout: NetworkLayout, parameters: StrategyParameters) -> StageProposal:
        """The stage that the cheapest plan of each junction begins with."""
        del parameters  # gaps and transitions are those of other strategies
        self._follow(moment)
        first = layout.selectable.argmax(axis=1) + 1
        shown = np.where(self.stage > 0, self.stage, first)
        n_j, _, n_s = layout.shape
        moments, stages = np.full(n_j, -1, np.int64), shown - 1
        costs = np.full((n_j, n_s), np.inf)
        town = self._outlook(moment, layout, shown - 1)
        plan_town(town, GRID_S, HORIZON_S, moments, stages, costs)
        stage = np.where(town.active & (moments == 0), stages + 1, shown)
        tired = town.active & (town.current_run >= REST_S) & (stage == shown)
        stage = np.where(tired, _cheapest_other(costs, shown, layout.selectable), stage)
        return StageProposal(stage, np.full(n_j, int(Reason.PLANNER)))

    def _follow(self, moment: Moment) -> None:
        """What was asked for in the end, by us or by others."""
        asked = np.where(moment.requested > 0, moment.requested, moment.signals.active_stage)
        changed = (asked != self.stage) & (asked > 0)
        self.before = np.where(changed, np.where(self.stage > 0, self.stage, asked), self.before)
        self.since_s = np.where(changed, moment.requested_since_s, self.since_s)
        self.stage = np.where(changed, asked, self.stage)

    def _outlook(self, moment: Moment, layout: NetworkLayout, current: IntArray) -> TownOutlook:
        """Everything that the search is given."""
        lanes, state = moment.lanes, moment.lane_state
        rows = np.arange(current.size)
        run_s = moment.now_s - self.since_s
        before = np.where(self.before > 0, self.before - 1, current)
        overdue_s = np.where(state.queue_veh > 0, np.maximum(0.0, state.since_clear_s - PATIENCE_S), 0.0)
        return TownOutlook(
            active=moment.commanded,
            n_lanes=lanes.exists.sum(axis=1),
            n_stages=layout.n_stages,
            queue=state.queue_veh,
            near_due=state.near_due,
            far_due=state.far_due,
            near_s=state.near_s,
            reach_s=state.far_s,
            has_near=lanes.near_loop >= 0,
            flow=state.flow_veh_s,
            rate=state.rate_veh_s,
            lag=lanes.lag_s + START_UP_S,
            shortest=lanes.shortest_s,
            longest=lanes.longest_s,
            allowed=layout.selectable,
            later=LATER_S + np.minimum(LONGEST_S, overdue_s),
            current=current,
            current_lag=_lag_left(lanes.lag_s[rows, before, current], state.green_s, run_s),
            current_left=np.maximum(0.0, lanes.shortest_s[rows, before, current] - run_s),
            current_run=run_s,
            stop_price=STOP_PRICE_S,
            end_gain=END_GAIN_S,
        )


def _lag_left(lag_s: FloatArray, green_s: FloatArray, run_s: FloatArray) -> FloatArray:
    """(J, N) until each lane discharges in the stage asked for: intergreen and start-up that have not run yet [s]."""
    waiting = np.maximum(1.0, lag_s - run_s[:, None]) + START_UP_S
    starting = np.maximum(0.0, START_UP_S - green_s)
    return np.where(lag_s >= NOT_SERVED_S, NOT_SERVED_S, np.where(green_s > 0, starting, waiting))


def _cheapest_other(costs: FloatArray, shown: IntArray, selectable: BoolArray) -> IntArray:
    """(J,) number of the cheapest stage but the one shown; that one where there is no other."""
    own = np.arange(costs.shape[1]) == (shown - 1)[:, None]
    open_to = selectable & ~own
    others = np.where(open_to, np.minimum(costs, 1e12), np.inf)
    return np.where(open_to.any(axis=1), others.argmin(axis=1) + 1, shown)
