"""A town of any size in memory, with cabinets and loops that only pretend: to time the core's step, not traffic.

Each junction has eight vehicle groups and four crossings in four stages, two loops a lane on eight lanes and an exit
loop on each road; plans of different cycles; arrivals by chance with a fixed seed.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from controller import (
    Aspect,
    CabinetMode,
    CabinetReport,
    ClockReading,
    CommandKind,
    DayPlan,
    DetectorReading,
    GroupKind,
    Input,
    Junction,
    Lane,
    Loop,
    LoopRole,
    Network,
    PermittedCommand,
    ProgrammeStep,
    Schedule,
    SignalGroup,
    Stage,
    StrategyParameters,
    TimingPlan,
)

AMBER_S, ALL_RED_S = 3.0, 2.0
WALK_S, CLEARANCE_S = 7.0, 8.0
STAGES: tuple[tuple[str, ...], ...] = (("N1", "S1", "FE", "FW"), ("N2", "S2"), ("E1", "W1", "FN", "FS"), ("E2", "W2"))
"""Through and pedestrians beside it, turns, and the same for the other road."""
ROADS = ("N", "E", "S", "W")
CYCLES_S = (80, 90, 100, 120)


def generated_network(junctions: int) -> Network:
    """A network of `junctions` equal junctions in a row, with plans of four cycles and growing offsets."""
    return Network(
        site="generated",
        junctions=tuple(_junction(number) for number in range(junctions)),
        schedule=Schedule(("all",) * 7, (DayPlan("all", ((0, "own"),)),)),
        parameters=StrategyParameters(),
    )


def _junction(number: int) -> Junction:
    groups = tuple(
        SignalGroup(f"{road}{turn}", GroupKind.VEHICLE, min_green_s=6.0, max_green_s=45.0, amber_s=AMBER_S)
        for road in ROADS
        for turn in (1, 2)
    ) + tuple(
        SignalGroup(f"F{road}", GroupKind.PEDESTRIAN, min_green_s=WALK_S, max_green_s=30.0, clearance_s=CLEARANCE_S)
        for road in ROADS
    )
    cycle_s = CYCLES_S[number % len(CYCLES_S)]
    share_s = cycle_s // len(STAGES)
    neighbours = tuple(f"J{other:04}" for other in (number - 1, number + 1) if other >= 0)
    return Junction(
        id=f"J{number:04}",
        name=f"Generated {number}",
        groups=groups,
        stages=tuple(Stage(letter, names) for letter, names in zip("ABCD", STAGES, strict=True)),
        intergreen_s=_intergreens(groups),
        lanes=tuple(
            Lane(f"{road}_{turn}", road, (f"{road}{turn}",), length_m=220.0, speed_m_s=13.9)
            for road in ROADS
            for turn in (1, 2)
        ),
        loops=_loops(),
        timings=(
            TimingPlan(
                "own",
                cycle_s,
                7 * number % cycle_s,
                tuple(ProgrammeStep(n * share_s, n + 1) for n in range(len(STAGES))),
            ),
        ),
        number=number + 1,
        cabinet_number=1001 + number,
        neighbours=neighbours,
    )


def _intergreens(groups: Sequence[SignalGroup]) -> tuple[tuple[float | None, ...], ...]:
    """Groups of one stage are compatible, all others conflict."""
    together = {(one, other) for stage in STAGES for one in stage for other in stage}
    return tuple(
        tuple(
            None if (ending.id, starting.id) in together or ending is starting else ending.closing_s + ALL_RED_S
            for starting in groups
        )
        for ending in groups
    )


def _loops() -> tuple[Loop, ...]:
    loops = []
    for road in ROADS:
        for turn in (1, 2):
            lane, group = f"{road}_{turn}", (f"{road}{turn}",)
            loops.append(Loop(f"{road}{turn}s", LoopRole.STOP_LINE, lane, group, distance_m=1.0))
            loops.append(Loop(f"{road}{turn}a", LoopRole.ADVANCE, lane, group, distance_m=60.0))
        loops.append(Loop(f"{road}x", LoopRole.EXIT, None, (f"{road}1",), distance_m=40.0))
    return tuple(loops)


@dataclass(slots=True)
class PretendedCabinet:
    """Changes to what is asked for: closing, then all red, then the new stage. No safety of its own."""

    junction: Junction
    stage: int = 1
    wanted: int = 1
    changed_s: float = -60.0

    def hear(self, command: PermittedCommand, now_s: float) -> None:
        """Take a stage request; anything else keeps the stage."""
        asked = command.kind in {CommandKind.REQUEST_STAGE, CommandKind.HOLD_STAGE}
        if asked and command.stage not in {0, self.wanted}:
            self.stage, self.wanted, self.changed_s = self.wanted, command.stage, now_s

    def report(self, now_s: float) -> CabinetReport:
        """What it would say now."""
        since_s = now_s - self.changed_s
        closing = {name for name in STAGES[self.stage - 1] if name not in STAGES[self.wanted - 1]}
        lit = set(STAGES[self.wanted - 1])
        done = self.stage == self.wanted or since_s >= CLEARANCE_S + ALL_RED_S
        if done:
            self.stage = self.wanted
        aspects = tuple(self._aspect(group, since_s, closing, lit, done=done) for group in self.junction.groups)
        return CabinetReport(
            junction=self.junction.id,
            mode=CabinetMode.REMOTE,
            mode_reason=0,
            active_stage=self.wanted if done else 0,
            next_stage=0 if done else self.wanted,
            aspects=aspects,
            uptime_ms=int(now_s * 1000) & 0xFFFF_FFFF,
            active_faults=0,
            latched_faults=0,
            lease_left_s=9.0,
            accepted=True,
            result=1,
        )

    @staticmethod
    def _aspect(group: SignalGroup, since_s: float, closing: set[str], lit: set[str], *, done: bool) -> Aspect:
        if done:
            return Aspect.GREEN if group.id in lit else Aspect.RED
        if group.id not in closing or since_s >= group.closing_s:
            return Aspect.RED
        return Aspect.AMBER if group.kind is GroupKind.VEHICLE else Aspect.FLASHING_GREEN


class PretendedTown:
    """Cabinets and loops of a generated network; `inputs` is what a step gets, `obey` takes what it said."""

    def __init__(self, network: Network, *, begin_s: float, seed: int = 1) -> None:
        self._network = network
        self._begin_s = begin_s
        self._chance = random.Random(seed)
        self._cabinets = {junction.id: PretendedCabinet(junction) for junction in network.junctions}
        self._loops = tuple(loop.id for loop in network.junctions[0].loops)

    def inputs(self, now_s: float) -> list[Input]:
        """A report and a reading of every junction; the civil time at the begin."""
        events: list[Input] = []
        if now_s == self._begin_s:
            events.append(ClockReading(1_767_546_000.0 + now_s, self._network.utc_offset_s))
        events += [cabinet.report(now_s) for cabinet in self._cabinets.values()]
        events += [self._reading(junction, now_s) for junction in self._cabinets]
        return events

    def obey(self, commands: Sequence[PermittedCommand], now_s: float) -> None:
        """Give each command to its cabinet."""
        for command in commands:
            self._cabinets[command.junction].hear(command, now_s)

    def _reading(self, junction: str, now_s: float) -> DetectorReading:
        """Some 500 vehicles an hour over each loop."""
        counts = tuple(1 if self._chance.random() < 0.14 else 0 for _ in self._loops)
        edges = tuple(
            edge
            for loop, count in zip(self._loops, counts, strict=True)
            if count
            for edge in ((200, loop, True), (700, loop, False))
        )
        return DetectorReading(
            junction,
            now_s - 1.0,
            now_s,
            self._loops,
            counts,
            tuple(500 * count for count in counts),
            tuple(sorted(edges, key=lambda edge: edge[0])),
        )
