"""Hours of faults from one seed: what happened, what broke, and the shortest story that breaks it again.

    python -m sim.faults --seeds 10 --hours 24

Each hour has fifty minutes of faults of the groups A to E and ten of peace, in which everything must come back (L2).
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from controller.events import CabinetMode
from field_io.registers import ResultCode
from sim.faults.checker import Breach
from sim.faults.fault import Fault
from sim.faults.kinds import KINDS, told
from sim.faults.liveness import HOLD_OFF_S, PEACE_S, RECOVER_S, not_recovered
from sim.faults.nemesis import CYCLE_S, STORM_S, Nemesis, schedule
from sim.faults.world import World, WorldSettings

MODE_OF = {"fixed_time": "fixed_time", "actuated": "actuated", "planner": "adaptive"}
TRIALS = 24
"""Runs that may be spent on making a story shorter."""


@dataclass(frozen=True, slots=True)
class CampaignSettings:
    """One seed of a campaign."""

    seed: int = 1
    hours: float = 2.0
    strategy: str = "actuated"
    junctions: int = 20
    kinds: tuple[str, ...] = tuple(KINDS)
    journal: bool = False
    """Whether the controller keeps its journal in real files, for S8 and L4."""

    @property
    def seconds(self) -> int:
        return round(3600 * self.hours)


@dataclass(frozen=True, slots=True)
class CampaignResult:
    """What happened in the hours of one seed."""

    settings: CampaignSettings
    faults: Counter[str]
    """Faults injected, by kind."""
    breaches: tuple[Breach, ...]
    worst_wait_s: float
    answers: Counter[int]
    """Blocks by what became of them: result code, or minus the Modbus exception."""
    believed_wrongly: int
    """Commands that a centre took for accepted and that the cabinet had not taken."""
    modes: Counter[str]
    """Minutes of cabinets in each mode, and of junctions on each rung: that the rare ones were reached."""
    cpu_s: float
    journal: Counter[str]
    """What was written, read again and compared; empty where no journal was kept."""
    recoveries: Counter[str]
    """Junctions at the end of each hour's peace: `asked` whether they are back (L2), or still in their `hold-off`."""

    @property
    def blocks(self) -> tuple[int, int]:
        """Blocks that cabinets accepted, and that they did not."""
        accepted = self.answers[int(ResultCode.ACCEPTED)]
        return accepted, self.answers.total() - accepted

    @property
    def breaches_by_invariant(self) -> Counter[str]:
        """How often each was broken."""
        return Counter(breach.invariant for breach in self.breaches)

    @property
    def realtime_factor(self) -> float:
        """Simulated seconds in a second of this processor."""
        return self.settings.seconds / self.cpu_s if self.cpu_s else 0.0


Progress = Callable[[World], None]


def run_campaign(settings: CampaignSettings, progress: Progress = lambda _: None) -> CampaignResult:
    """All hours of one seed."""
    faults = faults_of(settings)
    began = time.process_time()
    world, modes, recoveries = _run(settings, faults, settings.seconds, progress)
    watches = [place.watch for place in world.places.values()]
    return CampaignResult(
        settings=settings,
        faults=Counter(fault.kind for fault in faults),
        breaches=tuple(world.breaches),
        worst_wait_s=max(one.worst_wait_s for one in world.liveness.values()),
        answers=sum((watch.answers for watch in watches), Counter()),
        believed_wrongly=sum(place.believed_wrongly for place in world.places.values()),
        modes=modes,
        cpu_s=time.process_time() - began,
        journal=world.journal.told if world.journal is not None else Counter(),
        recoveries=recoveries,
    )


def faults_of(settings: CampaignSettings) -> list[Fault]:
    """The story that the seed tells."""
    junctions = [f"J{number:02}" for number in range(1, settings.junctions + 1)]
    return schedule(settings.seed, junctions, settings.seconds, settings.kinds)


def _run(
    settings: CampaignSettings, faults: Sequence[Fault], seconds: int, progress: Progress
) -> tuple[World, Counter[str], Counter[str]]:
    """The world at the end; how long it was in each mode; how many junctions L2 was asked of."""
    world = World(WorldSettings(settings.seed, settings.junctions, settings.strategy, journal=settings.journal))
    nemesis = Nemesis(world, faults)
    modes: Counter[str] = Counter()
    recoveries: Counter[str] = Counter()
    for second in range(seconds):
        nemesis.second()
        world.second()
        if second % 60 == 0:
            modes.update(place.cabinet.mode.name for place in world.places.values())
            if world.centre is not None:
                modes.update(f"rung {rung}" for rung in world.centre.rungs().values())
            progress(world)
        if second % CYCLE_S == STORM_S + PEACE_S:
            recoveries += _check_recovery(world, MODE_OF[settings.strategy])
    world.end()
    return world, modes, recoveries


def _check_recovery(world: World, wanted: str) -> Counter[str]:
    """L2: long after the last fault every junction is under control again, by the strategy that was chosen.

    Who has fallen again and again may be waiting still. Answers how many were asked, and how many were not.
    """
    centre, now_s = world.centre, float(world.now_s)
    if centre is None:
        world.breaches.append(Breach(now_s, "", "L2", "no controller"))
        return Counter()
    waits_s = {junction: RECOVER_S + HOLD_OFF_S * 2.0**flaps for junction, flaps in centre.flaps().items()}
    modes = centre.modes()
    for junction, place in world.places.items():
        if modes[junction] == wanted and place.cabinet.mode is not CabinetMode.REMOTE:
            modes[junction] = f"{wanted}, so the centre believes, and the cabinet in {place.cabinet.mode.name}"
    world.breaches += not_recovered(now_s, modes, wanted, waits_s)
    return Counter("asked" if wait_s < PEACE_S else "hold-off" for wait_s in waits_s.values())


@dataclass(frozen=True, slots=True)
class Story:
    """The fewest faults found that lead to a breach, and the breach."""

    settings: CampaignSettings
    breach: Breach
    faults: tuple[Fault, ...]

    def __str__(self) -> str:
        breach, asked = self.breach, self.settings
        at_s = breach.at_s - WorldSettings().begin_s
        numbers = ",".join(str(fault.number) for fault in self.faults) or "none"
        again = (
            f"  again: python -m sim.faults --seed {asked.seed} --hours {asked.hours:g} "
            f"--strategy {asked.strategy} --junctions {asked.junctions}{' --journal' if asked.journal else ''} "
            f"--only {numbers}"
        )
        head = f"{breach.invariant} at {breach.junction}, {at_s:.1f} s after the begin: {breach.seen}"
        return "\n".join([head, *(f"  {told(fault)}" for fault in self.faults), again])


def shortest_story(settings: CampaignSettings, breach: Breach) -> Story:
    """Leave out faults, a half at a time and then one by one, for as long as the same breach still comes."""
    faults = [fault for fault in faults_of(settings) if fault.begin_s <= breach.at_s - WorldSettings().begin_s]
    found, trials, size = breach, 0, max(1, len(faults) // 2)
    while trials < TRIALS and faults:
        shorter = None
        for start in range(0, len(faults), size):
            trial = faults[:start] + faults[start + size :]
            trials += 1
            again = _same_breach(settings, trial, breach)
            if again is not None:
                shorter, found = trial, again
                break
            if trials >= TRIALS:
                break
        if shorter is not None:
            faults = shorter
        elif size == 1:
            break
        size = max(1, min(size, len(faults)) // (1 if shorter is not None else 2))
    return Story(settings, found, tuple(faults))


def _same_breach(settings: CampaignSettings, faults: Sequence[Fault], breach: Breach) -> Breach | None:
    seconds = int(breach.at_s) + 2 - WorldSettings().begin_s
    world, *_ = _run(settings, faults, seconds, lambda _: None)
    same = [one for one in world.breaches if (one.junction, one.invariant) == (breach.junction, breach.invariant)]
    return same[0] if same else None


def replay(settings: CampaignSettings, numbers: Sequence[int]) -> tuple[Breach, ...]:
    """A part of a seed's story again; answers its breaches."""
    faults = [fault for fault in faults_of(settings) if fault.number in set(numbers)]
    world, *_ = _run(settings, faults, settings.seconds, lambda _: None)
    return tuple(world.breaches)
