"""Small towns for tests of the core, and a street that obeys at once: no cabinet, no plan file, no SUMO."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from controller import (
    Aspect,
    CabinetMode,
    CabinetReport,
    ClockReading,
    Controller,
    DayPlan,
    DetectorReading,
    GroupKind,
    Input,
    Junction,
    Lane,
    Loop,
    LoopRole,
    Network,
    ProgrammeStep,
    Schedule,
    SignalGroup,
    Stage,
    StepResult,
    StrategyParameters,
    TimingPlan,
)

BANGKOK_S = 25200
MONDAY_UTC_S = 1767546000.0
"""2026-01-05 00:00 in Thailand."""


def every_day(*entries: tuple[int, str]) -> Schedule:
    """One day plan for all days."""
    return Schedule(("all",) * 7, (DayPlan("all", entries),))


def timing(plan: str, cycle_s: int, offset_s: int, *steps: tuple[int, int]) -> TimingPlan:
    """A plan from (second, stage number)."""
    return TimingPlan(plan, cycle_s, offset_s, tuple(ProgrammeStep(at, stage) for at, stage in steps))


def three_stage_junction(name: str = "J1", timings: Sequence[TimingPlan] = (), min_green_s: float = 5.0) -> Junction:
    """Four groups: K0 and K1 together, K2 alone, K3 alone; a stop-line loop each; intergreen 5 s, amber 3 s."""
    groups = tuple(
        SignalGroup(f"K{k}", GroupKind.VEHICLE, min_green_s=min_green_s, max_green_s=40, amber_s=3) for k in range(4)
    )
    together = {(0, 1), (1, 0)} | {(k, k) for k in range(4)}
    matrix = tuple(tuple(None if (a, b) in together else 5.0 for b in range(4)) for a in range(4))
    return Junction(
        id=name,
        name=name,
        groups=groups,
        stages=(Stage("A", ("K0", "K1")), Stage("B", ("K2",)), Stage("C", ("K3",))),
        intergreen_s=matrix,
        lanes=tuple(Lane(f"l{k}", f"a{k}", (f"K{k}",), 200, 13.9) for k in range(4)),
        loops=tuple(Loop(f"D{k}", LoopRole.STOP_LINE, f"l{k}", (f"K{k}",), 1.0) for k in range(4)),
        timings=tuple(timings) or (timing("own", 60, 0, (0, 1), (25, 2), (42, 3)),),
    )


def town(
    *junctions: Junction, schedule: Schedule | None = None, parameters: StrategyParameters | None = None
) -> Network:
    """A network of these junctions that runs the plan `own` all day."""
    return Network("test", junctions, schedule or every_day((0, "own")), parameters=parameters or StrategyParameters())


class ObedientStreet:
    """Shows each stage in the second it is asked for, and tells the core so in the next."""

    def __init__(self, network: Network, strategy: str = "fixed_time", start_s: float = 0.0) -> None:
        self.controller = Controller(network, strategy, start_s)
        self.now_s = start_s
        self.stage = {junction.id: 1 for junction in network.junctions}
        self.mode = {junction.id: CabinetMode.REMOTE for junction in network.junctions}
        self.silent: set[str] = set()
        """Junctions whose loops say nothing."""
        self.history: list[dict[str, int]] = []
        self._network = network
        self._first = True

    def second(self, *events: Input, busy: Sequence[tuple[str, str]] = ()) -> StepResult:
        """One second: reports, readings (`busy` names (junction, loop) that are occupied), then the core's step."""
        inputs: list[Input] = [self.report(junction) for junction in self._network.junctions]
        inputs += [
            self._reading(junction, busy) for junction in self._network.junctions if junction.id not in self.silent
        ]
        if self._first:
            inputs.append(ClockReading(MONDAY_UTC_S + self.now_s, BANGKOK_S))
            self._first = False
        result = self.controller.step(self.now_s, [*inputs, *events])
        for command in result.commands:
            self.stage[command.junction] = command.stage
        self.history.append(dict(self.stage))
        self.now_s += 1.0
        return result

    def report(self, junction: Junction) -> CabinetReport:
        """What the cabinet says now."""
        stage = self.stage[junction.id]
        lit = set(junction.stages[stage - 1].groups) if stage else set()
        return CabinetReport(
            junction=junction.id,
            mode=self.mode[junction.id],
            mode_reason=0,
            active_stage=stage,
            next_stage=0,
            aspects=tuple(Aspect.GREEN if group.id in lit else Aspect.RED for group in junction.groups),
            uptime_ms=int(self.now_s * 1000),
            active_faults=0,
            latched_faults=0,
            lease_left_s=9.0,
            accepted=True,
            result=1,
            min_green_left_s=0.0,
        )

    def _reading(self, junction: Junction, busy: Sequence[tuple[str, str]]) -> DetectorReading:
        loops = tuple(loop.id for loop in junction.loops)
        touched = tuple((junction.id, loop) in busy for loop in loops)
        return DetectorReading(
            junction.id,
            self.now_s - 1,
            self.now_s,
            loops,
            tuple(int(t) for t in touched),
            tuple(400 * t for t in touched),
        )


def with_plans(junction: Junction, *timings: TimingPlan) -> Junction:
    """The junction with other plans."""
    return replace(junction, timings=timings)
