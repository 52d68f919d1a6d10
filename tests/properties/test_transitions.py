"""After any history of plan changes: is the offset reached within the bound, and is no stage ever cut too short?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.lanes import build_lanes
from controller.layout import NetworkLayout, build_layout
from controller.model import PlanChange, StrategyParameters, TimingPlan
from controller.state import LaneState, SignalState, TrafficState
from controller.strategy import FixedTime, Moment
from controller.strategy.transition import longest_transition_s
from tests.towns import three_stage_junction, timing, town

INTERGREEN_S, MIN_GREEN_S = 5, 5


@st.composite
def plans(draw: st.DrawFn, name: str) -> TimingPlan:
    """Three stages in any order, each at least as long as its intergreen and its minimum."""
    order = draw(st.permutations((1, 2, 3)))
    lengths = draw(st.lists(st.integers(INTERGREEN_S + MIN_GREEN_S, 45), min_size=3, max_size=3))
    starts = (0, lengths[0], lengths[0] + lengths[1])
    return timing(name, sum(lengths), draw(st.integers(0, sum(lengths) - 1)), *zip(starts, order, strict=True))


class Clockwork:
    """The plan's clocks alone, asked second by second; what they ask for is what shows."""

    def __init__(self, layout: NetworkLayout, parameters: StrategyParameters, local_s: int) -> None:
        self.layout, self.parameters = layout, parameters
        self.clocks = FixedTime.start(layout, 0.0)
        self.lanes = build_lanes(layout)
        self.signals = SignalState.unknown(layout, 0.0)
        self.now_s, self.local_s = 0, local_s
        self.stage, self.since_s = np.zeros(1, np.int64), np.zeros(1)
        self.runs: list[int] = []

    def second(self, plan: int, *, manual: int = 0) -> None:
        """One second under a plan; `manual` is a stage that a person holds."""
        moment = _moment(self, plan, overruled=manual > 0)
        asked = self.clocks.propose(moment, self.layout, self.parameters).stage
        stage = np.full(1, manual) if manual else asked
        if stage[0] != self.stage[0]:
            self.runs.append(self.now_s - int(self.since_s[0]))
            self.stage, self.since_s = stage, np.full(1, float(self.now_s))
        self.now_s += 1
        self.local_s = (self.local_s + 1) % 86400

    @property
    def in_step(self) -> bool:
        before_s = (self.local_s - 1) % 86400
        return bool(self.clocks.in_step(before_s, self.layout.programme)[0])


def _moment(clockwork: Clockwork, plan: int, *, overruled: bool) -> Moment:
    return Moment(
        now_s=float(clockwork.now_s),
        local_s=clockwork.local_s,
        plan=np.full(1, plan, np.int64),
        traffic=_TRAFFIC,
        lanes=clockwork.lanes,
        lane_state=_LANE_STATE,
        signals=clockwork.signals,
        requested=clockwork.stage,
        requested_since_s=clockwork.since_s,
        commanded=np.ones(1, bool),
        overruled=np.full(1, overruled),
    )


_TRAFFIC: TrafficState = object.__new__(TrafficState)
_LANE_STATE: LaneState = object.__new__(LaneState)
"""The plan looks at no traffic: a moment needs some, and what is in it is never read."""


@settings(max_examples=25, deadline=None)
@given(
    first=plans("a"),
    second=plans("b"),
    history=st.lists(st.tuples(st.sampled_from((0, 1)), st.integers(1, 400)), max_size=6),
    method=st.sampled_from(PlanChange),
    most_cycles=st.integers(2, 6),
    local_s=st.integers(0, 86399),
)
def test_any_history_of_plan_changes(
    first: TimingPlan,
    second: TimingPlan,
    history: Sequence[tuple[int, int]],
    method: PlanChange,
    most_cycles: int,
    local_s: int,
) -> None:
    """The bound: one cycle of the plan before, with its wait, until the new one may begin, then that of the new one."""
    parameters = StrategyParameters(transition=method, transition_cycles=most_cycles)
    layout = build_layout(town(three_stage_junction(timings=[first, second]), parameters=parameters))
    clockwork = Clockwork(layout, parameters, local_s)
    plan = 0
    for plan, lasts_s in history:
        for _ in range(lasts_s):
            clockwork.second(plan)
    bound_s = sum(longest_transition_s(timing.cycle_s, parameters) for timing in (first, second))
    quiet_s = 0
    for _ in range(bound_s + 200):
        before_midnight = clockwork.local_s
        clockwork.second(plan)
        quiet_s = 0 if clockwork.local_s < before_midnight else quiet_s + 1  # at midnight every clock is set anew
        if quiet_s > bound_s:
            assert clockwork.in_step
    assert all(run >= INTERGREEN_S + MIN_GREEN_S for run in clockwork.runs[2:])


@settings(max_examples=20, deadline=None)
@given(
    own=plans("a"),
    holds=st.lists(st.tuples(st.sampled_from((1, 2, 3)), st.integers(10, 300), st.integers(1, 300)), max_size=4),
    method=st.sampled_from(PlanChange),
)
def test_any_history_of_manual_periods(
    own: TimingPlan, holds: Sequence[tuple[int, int, int]], method: PlanChange
) -> None:
    """Each hand-back goes on from the stage that shows, keeps its minimum, and is in step within the bound."""
    parameters = StrategyParameters(transition=method)
    layout = build_layout(town(three_stage_junction(timings=[own]), parameters=parameters))
    clockwork = Clockwork(layout, parameters, 0)
    for stage, held_s, free_s in holds:
        for _ in range(held_s):
            clockwork.second(0, manual=stage)
        before = len(clockwork.runs)
        for _ in range(free_s):
            clockwork.second(0)
        assert all(run >= INTERGREEN_S + MIN_GREEN_S for run in clockwork.runs[before + 1 :])
    for _ in range(longest_transition_s(own.cycle_s, parameters) + 1):
        clockwork.second(0)
    assert clockwork.in_step
