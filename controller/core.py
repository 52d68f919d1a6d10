"""One second of a town: measure, supervise, propose, sequence, permit. Read this to know what happens.

No clock, no socket, no log: `now_s` and the inputs go in, commands and reasons come out, and the same inputs give the
same outputs to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Self

import numpy as np

from controller import interlock
from controller.cabinet_faults import CabinetFaults, hear_faults
from controller.civil import CivilClock, plan_place
from controller.events import (
    CabinetReport,
    ClockReading,
    ControlMode,
    Decision,
    DetectorReading,
    Input,
    LinkChange,
    OperatorRequest,
    Reason,
    Rung,
    StepOverrun,
    StepResult,
)
from controller.lane_view import LaneView, view_lanes
from controller.lanes import build_lanes
from controller.layout import BoolArray, FloatArray, IntArray, NetworkLayout, build_layout
from controller.measure import (
    BelievedLanes,
    LaneInsights,
    LaneMemory,
    LoopMemory,
    LoopSenses,
    believe,
    measure_lanes,
    observe_signals,
    scatter_readings,
)
from controller.model import Network
from controller.operator import ManualState, OperatorWishes, hear_operators, overrule, settle
from controller.plan_choice import PlanChoice, choose_plans
from controller.sequence import StageMemory, sequence_stages
from controller.snapshot import pack, unpack
from controller.state import LaneState, SignalState, StageRequest, TrafficState
from controller.strategy import FALLBACK, STRATEGIES, Moment, Strategy, ask
from controller.succession import OtherTownError, hand_on
from controller.supervise import MODES, Patience, Senses, Supervision, longest, supervise
from controller.triggers import TriggerLayout, TriggerMemory, switch_triggers, triggered_plans, watch_traffic

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

ALWAYS_READY = ("fixed_time", "actuated")
"""Strategies that an operator may choose whatever the site was started with; others take time to make ready."""
MODE_OF_STRATEGY = {
    "fixed_time": ControlMode.FIXED_TIME,
    "actuated": ControlMode.ACTUATED,
    "planner": ControlMode.ADAPTIVE,
}
"""Mode of a junction while the strategy is heard there."""
LaneSight = Callable[[LaneState], LaneState]
"""Makes what the strategies see of the lanes out of what the loops measured in this step."""


def loops_alone(measured: LaneState) -> LaneState:
    """The sight of every real street: what the loops told, and nothing else."""
    return measured


@dataclass(frozen=True, slots=True)
class JunctionView:
    """What may be published of a junction: a picture, not a handle."""

    junction: str
    mode: ControlMode
    stage: int
    stage_since_s: float
    plan: str
    reason: Reason
    aspects: tuple[int, ...]
    aspect_since_s: tuple[float, ...]
    rung: Rung = Rung.DARK
    """Where it stands on the ladder of fallbacks."""
    rung_reason: Reason = Reason.NONE
    """Why it came to that rung."""
    rung_since_s: float = 0.0
    manual: ManualState = ManualState.AUTOMATIC
    manual_until_s: float | None = None
    """When the manual period ends by itself; None where there is none [s]."""


class Controller:
    """The core of a site: five steps and what each remembers."""

    def __init__(
        self,
        network: Network,
        strategy: str = "fixed_time",
        start_s: float = 0.0,
        *,
        sight: LaneSight = loops_alone,
        also: Mapping[str, type[Strategy]] = MappingProxyType({}),
    ) -> None:
        """A controller of `network` that knows nothing yet; `strategy` is a name of `STRATEGIES` or of `also`.

        `sight` and `also` are for yardsticks: what they know beside the loops is in no journal and in no snapshot.
        """
        self._known: Mapping[str, type[Strategy]] = {**STRATEGIES, **also}
        if strategy not in self._known:
            raise ValueError(f"unknown strategy {strategy!r}: one of {', '.join(self._known)}")
        self.network = network
        self.layout = build_layout(network)
        self.strategy = strategy
        self._sight = sight
        self._names = tuple(dict.fromkeys((*ALWAYS_READY, strategy)))
        self._signals = SignalState.unknown(self.layout, start_s)
        self._loops = LoopMemory.empty(self.layout, start_s)
        self._senses = LoopSenses(self.layout, start_s)
        self.lanes = build_lanes(self.layout)
        self._lanes = LaneMemory.empty(self.layout, self.lanes)
        self._insights = LaneInsights(self.lanes)
        self._lane_state: LaneState | None = None
        self._clock = CivilClock.unset()
        self._triggers = TriggerLayout.of(network, self.layout)
        self._trigger_memory = TriggerMemory.start(self._triggers, start_s)
        self._plans = PlanChoice.start(self.layout.shape[0], network.schedule.max_changes_h)
        self._wishes = OperatorWishes.none(self.layout)
        self._supervision = Supervision.start(self.layout, start_s)
        self._patience = Patience.of(self.layout, network.parameters.max_red_s)
        self._strategies: dict[str, Strategy] = {
            name: self._known[name].start(self.layout, start_s) for name in self._names
        }
        self._stages = StageMemory.start(self.layout, start_s)
        self._interlock = interlock.InterlockMemory.start(self.layout, start_s)
        self._faults = CabinetFaults.none(self.layout)
        self._told = _Told.nothing(self.layout, start_s)
        self._make_ready(start_s)

    def step(self, now_s: float, inputs: Sequence[Input]) -> StepResult:
        """Everything that happened since the last step goes in; the commands of this second come out."""
        seen_s = float(self._told.last_step_s[0])  # reports were read right after the last step
        reports = [event for event in inputs if isinstance(event, CabinetReport)]
        for event in inputs:
            if isinstance(event, ClockReading):
                self._clock.hear(event, now_s)

        # measure
        observe_signals(self._signals, reports, self.layout, seen_s)
        readings = [event for event in inputs if isinstance(event, DetectorReading)]
        parameters = self.network.parameters
        loops = scatter_readings(self._loops, readings, self.layout, now_s, parameters.stale_s)
        when = self._clock.local(now_s)
        local_s = when[1] if when else None
        plan = np.maximum(0, self._told.plan)  # the one that runs since the last step
        traffic = self._senses.measure(loops, self._signals, reports, plan, local_s, now_s, parameters.stale_s)
        believed = believe(self.lanes, traffic.loops)
        measured = measure_lanes(self._lanes, loops, self._signals, believed)
        measured = self._insights.measure(measured, self._lanes, loops, traffic.loops, self._signals, believed.lanes)
        lane_state = self._lane_state = self._sight(measured)
        watch_traffic(
            self._trigger_memory, loops.count, loops.told, self._signals.green, self._triggers, self.layout, now_s
        )

        # supervise
        requests = [event for event in inputs if isinstance(event, OperatorRequest)]
        decisions, endings = hear_operators(
            self._wishes, requests, self._stages.stage, self._names, self.layout, parameters, now_s
        )
        links = [event for event in inputs if isinstance(event, LinkChange)]
        self._supervision.health.hear_overrun(overrun=any(isinstance(event, StepOverrun) for event in inputs))
        left_s = self._patience_left_s(traffic)
        overdue = left_s < 0.0
        senses = Senses(traffic.fresh, traffic.impaired, traffic.blind, np.asarray(overdue.any(axis=1)))
        moved, alarms = supervise(
            self._supervision, reports, links, senses, self._wanted_modes(), self.layout, parameters.lease_s, now_s
        )
        decisions += moved
        alarms += endings
        alarms += self._senses.alarms(traffic.loops)
        alarms += hear_faults(self._faults, reports, self.layout)
        commanded = self._supervision.commanded

        # strategy
        plan, changes = self._plan_of_the_hour(now_s)
        decisions += changes
        by_plan = self._heard() == self._names.index(FALLBACK)
        hurried = by_plan & (self._chosen() != self._names.index(FALLBACK))
        called_s = self._supervision.health.called_s
        owed = longest(left_s, called_s, hurried & overdue.any(axis=1))
        presses = self._patience.presses(left_s, called_s)
        overruled = ~(commanded & by_plan) | self._wishes.manual
        moment = Moment(
            now_s, local_s, plan, traffic, self.lanes, lane_state, self._signals,
            self._stages.stage, self._stages.since_s, commanded, overruled, owed, presses,
        )  # fmt: skip
        answers = ask(self._strategies, self._heard(), moment, self.layout, parameters)
        self._supervision.health.judge(answers.fault, answers.plan_answers, now_s)
        decisions += settle(self._wishes, answers.proposal, self.layout)
        proposal = overrule(answers.proposal, self._wishes)

        # sequence
        request = sequence_stages(self._stages, proposal, self._signals, commanded, self.layout, now_s)

        # interlock
        alarms += interlock.hear(self._interlock, reports, self.layout, seen_s)
        commands, refusals = interlock.permit(self._interlock, request, commanded, self.layout, parameters, now_s)
        decisions += self._told.news(request, plan, commanded, self.layout)
        self._told.last_step_s[0] = now_s
        return StepResult(now_s, commands, tuple(decisions), tuple(alarms + refusals))

    def _make_ready(self, now_s: float) -> None:
        """Ask each strategy once, on an instance thrown away: no step ever waits for compilation."""
        loops = scatter_readings(LoopMemory.empty(self.layout, now_s), [], self.layout, now_s, 0.0)
        no_plan = np.zeros(self.layout.shape[0], np.int64)
        traffic = LoopSenses(self.layout, now_s).measure(loops, self._signals, [], no_plan, None, now_s, 0.0)
        lanes = LaneMemory.empty(self.layout, self.lanes)
        lane_state = measure_lanes(lanes, loops, self._signals, BelievedLanes.all(self.lanes))
        lane_state = LaneInsights(self.lanes).measure(
            lane_state, lanes, loops, traffic.loops, self._signals, self.lanes
        )
        nobody = np.zeros(self.layout.shape[0], bool)
        moment = Moment(
            now_s, 0, no_plan, traffic, self.lanes, lane_state, self._signals,
            self._stages.stage, self._stages.since_s, nobody,
        )  # fmt: skip
        for name in self._names:
            self._known[name].start(self.layout, now_s).propose(moment, self.layout, self.network.parameters)

    def snapshot(self) -> bytes:
        """Everything remembered, for `restore`."""
        return pack(self._memories(), self._signature())

    @classmethod
    def restore(cls, network: Network, snapshot: bytes, strategy: str = "fixed_time") -> Self:
        """A controller that goes on where `snapshot` was taken; raises `SnapshotMismatchError` if elsewhere."""
        controller = cls(network, strategy)
        unpack(controller._memories(), controller._signature(), snapshot)
        return controller

    def take_up(self, before: Controller) -> None:
        """Go on where another controller of this town is, which ran it by other plans.

        Raises `OtherTownError` where more than plans, calendar and parameters differ; then nothing was taken.
        """
        if self.strategy != before.strategy:
            raise OtherTownError
        hand_on(before._memories(), self._memories(), (before.network, self.network), (before.layout, self.layout))

    def state_view(self) -> tuple[JunctionView, ...]:
        """What shows and what is wanted at each junction after the last step."""
        plans = self.layout.programme.plans
        return tuple(
            JunctionView(
                junction=junction.id,
                mode=MODES[self._supervision.heard.mode[row]],
                stage=int(self._stages.stage[row]),
                stage_since_s=float(self._stages.since_s[row]),
                plan=plans[self._told.plan[row]] if plans else "",
                reason=Reason(int(self._told.reason[row])),
                aspects=tuple(self._signals.aspect[row, : len(junction.groups)].tolist()),
                aspect_since_s=tuple(self._signals.since_s[row, : len(junction.groups)].tolist()),
                rung=Rung(int(self._supervision.heard.rung[row])),
                rung_reason=Reason(int(self._supervision.ladder.reason[row])),
                rung_since_s=float(self._supervision.ladder.moved_s[row]),
                manual=ManualState(int(self._wishes.manual_state[row])),
                manual_until_s=float(self._wishes.until_s[row]) if self._wishes.manual[row] else None,
            )
            for row, junction in enumerate(self.layout.junctions)
        )

    def links_down(self) -> tuple[str, ...]:
        """Junctions whose link is believed to be lost, since a `LinkChange` said so."""
        up = self._supervision.health.link_up
        return tuple(junction.id for row, junction in enumerate(self.layout.junctions) if not up[row])

    def lane_view(self, junction: str) -> tuple[LaneView, ...]:
        """What was believed of each lane of a junction in the last step; none before the first."""
        row, state = self.layout.junction_index[junction], self._lane_state
        return view_lanes(self.network.junctions[row], row, state) if state is not None else ()

    def _plan_of_the_hour(self, now_s: float) -> tuple[IntArray, list[Decision]]:
        """(J,) the plan that runs, place in `programme.plans`: by hand, by traffic or by the calendar."""
        plans, by_hand = self.layout.programme.plans, self._wishes.plan >= 0
        if not plans or self._clock.local(now_s) is None:
            return np.where(by_hand, self._wishes.plan, 0), []
        decisions = switch_triggers(self._trigger_memory, self._triggers, self.network, now_s)
        place = plan_place(self.network, plans, self._clock, now_s)
        wanted = triggered_plans(self._trigger_memory, self._triggers, place, by_hand.size)
        wanted = np.where(by_hand, self._wishes.plan, wanted)
        decisions += choose_plans(self._plans, wanted, by_hand, self.layout, now_s)
        return self._plans.plan, decisions

    def _chosen(self) -> IntArray:
        """(J,) the strategy to be heard, place in the table of names."""
        return np.where(self._wishes.strategy >= 0, self._wishes.strategy, self._names.index(self.strategy))

    def _wanted_modes(self) -> IntArray:
        modes = np.array([MODES.index(MODE_OF_STRATEGY.get(name, ControlMode.ADAPTIVE)) for name in self._names])
        return np.where(self._wishes.stage > 0, MODES.index(ControlMode.OPERATOR), modes[self._chosen()])

    def _heard(self) -> IntArray:
        """(J,) the strategy that is heard, place in the table of names; the plan from its rung down."""
        fallen = self._supervision.ladder.rung >= Rung.PLAN
        return np.where(fallen, self._names.index(FALLBACK), self._chosen())

    def _patience_left_s(self, traffic: TrafficState) -> FloatArray:
        """(J, G) how long who calls may be let wait yet, inf for who has not waited long or is about to be served [s].

        About to be served: the stage asked for serves him, and nobody takes back a change that has begun.
        """
        health, asked = self._supervision.health, self._stages.stage
        health.hear_calls(traffic.call & ~self._signals.green & self._supervision.commanded[:, None])
        served = self.layout.stage_green[np.arange(asked.size), np.maximum(asked - 1, 0)] & (asked > 0)[:, None]
        return np.asarray(np.where(served, np.inf, self._patience.left_s(health.called_s)))

    def _memories(self) -> dict[str, DataclassInstance]:
        return {
            "signals": self._signals,
            "loops": self._loops,
            **self._senses.memories,
            "lanes": self._lanes,
            **self._insights.memories,
            "clock": self._clock,
            "triggers": self._trigger_memory,
            "plans": self._plans,
            "wishes": self._wishes,
            "health": self._supervision.health,
            "ladder": self._supervision.ladder,
            "heard": self._supervision.heard,
            "stages": self._stages,
            "interlock": self._interlock,
            "faults": self._faults,
            "told": self._told,
            **{f"strategy.{name}": strategy for name, strategy in self._strategies.items()},
        }

    def _signature(self) -> str:
        return f"{self.layout.signature}:{self.strategy}"


@dataclass(slots=True)
class _Told:
    """What was last told of each junction, so that news is told once."""

    stage: IntArray  # (J,)
    reason: IntArray  # (J,)
    plan: IntArray  # (J,)
    last_step_s: FloatArray  # (1,) time of the last step [s]

    @classmethod
    def nothing(cls, layout: NetworkLayout, start_s: float) -> _Told:
        n_j = layout.shape[0]
        return cls(np.zeros(n_j, np.int64), np.zeros(n_j, np.int64), np.full(n_j, -1, np.int64), np.full(1, start_s))

    def news(
        self, request: StageRequest, plan: IntArray, commanded: BoolArray, layout: NetworkLayout
    ) -> list[Decision]:
        """A decision for each commanded junction whose stage or plan is another than told before."""
        stage, reason = request.stage, request.reason
        plans = layout.programme.plans
        decisions = [
            Decision(layout.junctions[row].id, Reason.PLAN_CHANGE, (("plan", plans[plan[row]]),))
            for row in np.flatnonzero(plan != self.plan)
            if plans
        ]
        changed = commanded & (stage != self.stage) & (stage > 0)
        decisions += [
            Decision(
                layout.junctions[row].id,
                Reason(int(reason[row])),
                (("stage", layout.junctions[row].stages[stage[row] - 1].id), ("number", int(stage[row]))),
            )
            for row in np.flatnonzero(changed)
        ]
        self.stage = np.where(commanded, stage, self.stage)
        self.reason, self.plan = reason.copy(), plan.copy()
        return decisions
