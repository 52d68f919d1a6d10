"""The planner: what the loops tell, planned ahead anew every second; only a plan's first change is ever asked for.

Its weights were found on real networks and belong to no network: one set for all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from controller.events import Reason
from controller.lanes import JAM_SPACING_M, START_UP_S, LaneLayout, soonest_of_lanes
from controller.layout import BoolArray, FloatArray, IntArray, NetworkLayout
from controller.model import StrategyParameters
from controller.stage_changes import NOT_SERVED_S
from controller.state import LaneState, StageProposal
from controller.strategy.contract import Moment
from controller.strategy.planner.passage import Passage, pausing
from controller.strategy.planner.rounds import SHORTEST_ROUND_S, rounds
from controller.strategy.planner.search import GRID_S, HORIZON_S, NO_DEADLINE_S, TownOutlook, plan_town
from controller.strategy.planner.trapped import sets_out, would_trap
from controller.strategy.planner.turns import in_turn

END_GAIN_S = 2.0
"""Vehicles go on discharging into amber for so long (end gain, Webster)."""
STOP_PRICE_S = 5.0
"""What one stop costs beside the waiting: braking and starting of a car at 50 km/h."""
LATER_S = 40.0
"""What a vehicle that waits at a change of stage is thought to wait yet, when ways to the same state are compared."""
LEFT_S = 20.0
"""What a vehicle left over when every stage has been served once after the horizon is thought to wait yet."""
SERVE_S = 40.0
"""Longest time for which a stage is served after the horizon."""
IMPATIENCE_VEH = 5.0
"""Whoever has waited longer than the junction needs to serve everybody once (`rounds`) costs so many vehicles each
second, four times that half a minute later: nobody starves, also where the queue stands outside every loop."""
CALL_PATIENCE_S = 150.0
"""A group is called and no lane of it holds a queue: a loop that sleeps, or somebody who changed lanes."""
SPILL_PRICE = 5.0
"""What a vehicle costs each second beside its own waiting that stands where the queue threatens the junction before."""
THREATENS_RATIO = 0.4
"""A queue that fills more than this part of the way to the signal upstream threatens it: the estimate has a width, what
arrives must be stopped there, and unsignalled roads join between."""
DUTY_LEAST_VEH = 2.0
QUEUED_VEH = 1.0
"""From so many on somebody waits."""
WALK_VEH = 1.5
"""Somebody who called at a crossing counts as so many vehicles: often more than one person waits there."""
WALK_PATIENCE_S = 60.0
REST_S = 150.0
"""Longest time in one stage; below the cabinet's watchdog for stuck requests (300 s) and the longest red (240 s)."""


@dataclass(slots=True)
class Planner:
    """Where each junction is on its way, and how long people have called."""

    stage: IntArray  # (J,) fields of `Passage`, laid out flat for the snapshot
    before: IntArray  # (J,)
    since_s: FloatArray  # (J,) [s]
    via: IntArray  # (J,)
    until_s: FloatArray  # (J,) [s]
    called_s: FloatArray  # (J, G) how long somebody has called in red [s]
    began_s: FloatArray  # (J, G) begin of the last green [s]

    @classmethod
    def start(cls, layout: NetworkLayout, now_s: float) -> Self:
        """Nothing asked for yet."""
        begin = Passage.start(layout, now_s)
        shape = layout.shape[:2]
        return cls(
            begin.stage, begin.before, begin.since_s, begin.via, begin.until_s, np.zeros(shape), np.full(shape, now_s)
        )  # fmt: skip

    def propose(self, moment: Moment, layout: NetworkLayout, parameters: StrategyParameters) -> StageProposal:
        """The stage that the cheapest plan of each junction begins with."""
        del parameters  # gaps and transitions are those of other strategies
        passage = Passage(self.stage, self.before, self.since_s, self.via, self.until_s)
        asked = np.where(moment.requested > 0, moment.requested, moment.signals.active_stage)
        passage.follow(asked, moment.requested_since_s)
        green = moment.signals.green
        self.called_s = np.where(moment.traffic.call & ~green, self.called_s + 1.0, 0.0)
        self.began_s = np.where(green, moment.signals.since_s, self.began_s)
        first = layout.selectable.argmax(axis=1) + 1
        shown = np.where(passage.stage > 0, passage.stage, first)
        n_j, _, n_s = layout.shape
        moments, stages = np.full(n_j, -1, np.int64), shown - 1
        costs = np.full((n_j, n_s), np.inf)
        town = self._outlook(moment, layout, passage, shown - 1)
        due = town.active & (town.current_left <= 0.0)  # before, no plan could begin now, and only that is ever done
        plan_town(town._replace(active=due), GRID_S, HORIZON_S, moments, stages, costs)
        stage = np.where(moments == 0, stages + 1, shown)
        state = moment.lane_state
        stage = np.where(would_trap(state.stalled_s, state.green_s, state.still_s), shown, stage)
        pressed, open_to = must_serve(moment, layout, shown, town.allowed)
        leaves = due & ((town.current_run >= REST_S) & (stage == shown) | pressed)
        stage = np.where(leaves, _cheapest_other(costs, shown, open_to), stage)
        stand = sets_out(state.stalled_s, state.green_s)
        stage = passage.ask(stage, moment.lanes, moment.now_s, stand, state.on_line_s)
        self.stage, self.before, self.since_s = passage.stage, passage.before, passage.since_s
        self.via, self.until_s = passage.via, passage.until_s
        return StageProposal(stage, np.full(n_j, int(Reason.PLANNER)))

    def _outlook(self, moment: Moment, layout: NetworkLayout, passage: Passage, current: IntArray) -> TownOutlook:
        """Everything that the search is given."""
        lanes, state = moment.lanes, moment.lane_state
        rows = np.arange(current.size)
        run_s = moment.now_s - passage.since_s
        before = np.where(passage.before > 0, passage.before - 1, current)
        called_s = np.where(lanes.groups, self.called_s[:, None, :], 0.0).max(axis=2, initial=0.0)
        queue = np.where(lanes.walk, (called_s > 0) * WALK_VEH, state.queue_veh)
        flow = np.where(lanes.walk, 0.0, state.flow_veh_s)
        served = lanes.served * lanes.saturation_veh_s[:, None, :]
        rate = np.where(lanes.walk[:, None, :], served, state.rate_veh_s)
        allowed = _open_stages(moment, layout)
        lag = lanes.lag_s + START_UP_S
        round_s, changes_s = rounds(flow, rate, lag - END_GAIN_S, lanes.shortest_s, layout.selectable)
        allowed = self._in_turn(allowed, queue, current, round_s, changes_s, moment, layout)
        lag, clears = pausing(lag, lanes.clears_s, lanes, current, sets_out(state.stalled_s, state.green_s))
        group_barred_s = _barred(moment, layout, current)
        barred_s = soonest_of_lanes(lanes.groups, group_barred_s)
        starts_s = np.where(state.green_s > 0, 0.0, barred_s + START_UP_S)
        shortest_s = lanes.shortest_s[rows, before, current]
        ending = lanes.lag_s[rows, before, current] > 0
        goes_on_s = lanes.held_s[rows, before, current] + END_GAIN_S - run_s[:, None]
        return TownOutlook(
            active=moment.commanded & (passage.via == 0),
            n_lanes=lanes.exists.sum(axis=1),
            n_stages=layout.n_stages,
            queue=queue,
            deadline=_deadlines(lanes, state, called_s, round_s),
            duty=np.maximum(DUTY_LEAST_VEH, flow * round_s[:, None]),
            credit=state.credit_veh,
            full=np.where(lanes.walk, np.inf, THREATENS_RATIO * lanes.upstream_m / JAM_SPACING_M),
            near_due=state.near_due,
            far_due=state.far_due,
            near_s=state.near_s,
            reach_s=state.far_s,
            flow=flow,
            rate=rate,
            lag=lag,
            clears=clears,
            held=lanes.held_s,
            shortest=lanes.shortest_s,
            longest=lanes.longest_s,
            allowed=allowed,
            current=current,
            before=before,
            barred=barred_s,
            current_lag=np.maximum(_lag_left(lanes.lag_s[rows, before, current], state.green_s, run_s), starts_s),
            current_end=np.maximum(0.0, np.where(ending, goes_on_s, 0.0)),
            current_left=np.maximum(_minimum_left(moment, layout, current, group_barred_s), shortest_s - run_s),
            current_run=run_s,
            prices=np.array(
                [STOP_PRICE_S, LATER_S, LEFT_S, SERVE_S, IMPATIENCE_VEH, END_GAIN_S, START_UP_S, SPILL_PRICE]
            ),
        )

    def _in_turn(
        self,
        allowed: BoolArray,
        queue: FloatArray,
        current: IntArray,
        round_s: FloatArray,
        changes_s: FloatArray,
        moment: Moment,
        layout: NetworkLayout,
    ) -> BoolArray:
        """(J, S) stages that may be chosen, at full junctions only those whose turn it is."""
        lanes, green = moment.lanes, moment.signals.green
        stands = queue >= QUEUED_VEH
        waits: BoolArray = np.asarray((stands[:, :, None] & lanes.groups).any(axis=1))
        ended_s = np.where(green, moment.now_s, moment.signals.red_since_s)
        return in_turn(allowed, layout.stage_green, waits, self.began_s, ended_s, current, round_s, changes_s)


def _open_stages(moment: Moment, layout: NetworkLayout) -> BoolArray:
    """(J, S) stages that may be chosen: with their crossings where somebody called, else without them."""
    without = moment.lanes.without_walks
    called = layout.stage_green & (layout.pedestrian & moment.traffic.call)[:, None, :]
    idle = layout.selectable & (without >= 0) & ~called.any(axis=2)
    allowed = layout.selectable & ~idle
    rows, stages = np.nonzero(idle)
    allowed[rows, without[rows, stages]] = True
    return np.asarray(allowed)


def must_serve(
    moment: Moment, layout: NetworkLayout, shown: IntArray, allowed: BoolArray
) -> tuple[BoolArray, BoolArray]:
    """(J,) junctions whose stage has to give way to whom it does not serve and nobody may let wait any longer.

    And (J, S) the stages that may follow, there only those that serve him.
    """
    presses: BoolArray = np.broadcast_to(moment.presses, layout.stage_green[:, 0].shape)
    serves: BoolArray = np.asarray((layout.stage_green & presses[:, None, :]).any(axis=2))
    own: BoolArray = np.asarray(serves[np.arange(shown.size), shown - 1])
    pressed: BoolArray = np.asarray(presses.any(axis=1) & ~own)
    open_to: BoolArray = np.asarray(pressed[:, None])
    some: BoolArray = np.asarray((allowed & serves).any(axis=1))
    follow = np.where(some[:, None], allowed & serves, layout.selectable & serves)
    return pressed, np.where(open_to, follow, allowed)


def _deadlines(lanes: LaneLayout, state: LaneState, called_s: FloatArray, round_s: FloatArray) -> FloatArray:
    """(J, N) when whoever waits longest loses patience, `NO_DEADLINE_S` where nobody waits [s from now]."""
    patience_s = np.where(
        lanes.walk,
        np.maximum(WALK_PATIENCE_S, round_s[:, None]),
        np.maximum(SHORTEST_ROUND_S, round_s)[:, None],
    )
    waited_s = np.where(lanes.walk, called_s, state.waited_s)
    seen = np.where(waited_s > 0, patience_s - waited_s, NO_DEADLINE_S)
    called = np.where(called_s > 0, CALL_PATIENCE_S - called_s, NO_DEADLINE_S)
    return np.minimum(seen, called)


def _barred(moment: Moment, layout: NetworkLayout, current: IntArray) -> FloatArray:
    """(J, G) until every conflicting group that has ended, or ends on the way to stage `current`, is clear [s].

    A crossing clears for long: who follows must wait for it also if another stage showed between.
    """
    green = moment.signals.green
    stays = green & layout.stage_green[np.arange(current.size), current]
    ended_s = np.where(green, moment.now_s, moment.signals.red_since_s)
    left_s = (ended_s - moment.now_s)[:, :, None] + layout.intergreen_s
    return np.asarray(np.where(layout.conflict & ~stays[:, :, None], left_s, 0.0).max(axis=1, initial=0.0))


def _minimum_left(moment: Moment, layout: NetworkLayout, current: IntArray, barred_s: FloatArray) -> FloatArray:
    """(J,) until every group of stage `current` has had its minimum [s]."""
    green, serves = moment.signals.green, layout.stage_green[np.arange(current.size), current]
    run_s = np.where(green, moment.now_s - moment.signals.since_s, -barred_s)
    return np.asarray(np.where(serves, layout.min_green_s - run_s, 0.0).max(axis=1, initial=0.0))


def _lag_left(lag_s: FloatArray, green_s: FloatArray, run_s: FloatArray) -> FloatArray:
    """(J, N) until each lane discharges in the stage asked for: intergreen and start-up that have not run yet [s]."""
    waiting = np.maximum(1.0, lag_s - run_s[:, None]) + START_UP_S
    starting = np.maximum(0.0, START_UP_S - green_s)
    return np.where(lag_s >= NOT_SERVED_S, NOT_SERVED_S, np.where(green_s > 0, starting, waiting))


def _cheapest_other(costs: FloatArray, shown: IntArray, open_to: BoolArray) -> IntArray:
    """(J,) number of the cheapest stage but the one shown; that one where there is no other."""
    own = np.arange(costs.shape[1]) == (shown - 1)[:, None]
    others = np.where(open_to & ~own, np.minimum(costs, 1e12), np.inf)
    return np.where((open_to & ~own).any(axis=1), others.argmin(axis=1) + 1, shown)
