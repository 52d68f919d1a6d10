"""How fast we are: whole runs against real time, and one step of a thousand junctions. `make bench-speed` prints it.

    python -m sim.bench_speed [SCENARIO ...] [--minutes M] [--strategy NAME ...]

Scenarios outside the repository are named on the command line or found under FAIKHIAO_SCENARIOS.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from controller import Controller
from sim.generated_town import PretendedTown, generated_network
from sim.loop_record import quantiles
from sim.scenario import SEARCH_VARIABLE, ScenarioError
from sim.simulate import DIRECT, WIRE, SimulationSettings, simulate

TOWN = "udon_thani/midday"
PLANNER = "planner"
TOWN_SITE = Path(__file__).parent / "scenarios" / "udon_thani" / "site"
JUNCTIONS = 1000
STEPS = 300
WARM_UP_STEPS = 30
FEW_JUNCTIONS = 8
STEP_LIMIT_MS: dict[tuple[str, int], float] = {
    ("fixed_time", JUNCTIONS): 100.0, ("actuated", JUNCTIONS): 100.0, (PLANNER, JUNCTIONS): 250.0,
    (PLANNER, FEW_JUNCTIONS): 5.0,
}  # fmt: skip
"""p99 of one step, by strategy and junctions."""
TARGETS: dict[tuple[str, str], float] = {("acosta", DIRECT): 100.0, ("cologne3", DIRECT): 300.0, (TOWN, WIRE): 20.0}
"""Times real time at least, on one core (direct) or two (wire)."""


@dataclass(frozen=True, slots=True)
class Timing:
    """One line of the answer."""

    what: str
    measured: str
    target: str
    """Empty where there is none."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Time everything and print it as it comes."""
    parser = argparse.ArgumentParser(prog="python -m sim.bench_speed", description=__doc__, add_help=True)
    parser.add_argument("scenarios", nargs="*", help=f"folders or names; default: all under {SEARCH_VARIABLE}")
    parser.add_argument("--minutes", type=float, default=60.0, help="simulated minutes of each run (default 60)")
    parser.add_argument(
        "--strategy", action="append", help="fixed_time and actuated where not given, and the planner's step"
    )
    chosen = parser.parse_args(arguments)
    strategies = chosen.strategy or ["fixed_time", "actuated"]
    print(f"{'what':52} {'measured':42} target")
    stepped = chosen.strategy or [*strategies, PLANNER]
    for timing in (
        *(timing for junctions in (FEW_JUNCTIONS, JUNCTIONS) for timing in steps_of(stepped, junctions)),
        *runs_of(chosen.scenarios or outside_scenarios(), strategies, chosen.minutes),
        *runs_of_the_town(strategies, chosen.minutes),
    ):
        print(f"{timing.what:52} {timing.measured:42} {timing.target}", flush=True)


def outside_scenarios() -> list[str]:
    """Folders with a configuration under FAIKHIAO_SCENARIOS."""
    roots = [Path(part) for part in os.environ.get(SEARCH_VARIABLE, "").split(os.pathsep) if part]
    return sorted({str(config.parent) for root in roots for config in root.glob("*/*.sumocfg")})


def steps_of(strategies: Sequence[str], junctions: int, steps: int = STEPS) -> Iterator[Timing]:
    """One step of the core, cabinets and loops faked in memory."""
    for strategy in strategies:
        found = quantiles(step_times(strategy, junctions, steps))
        measured = f"p50 {found['p50']:.1f} ms, p99 {found['p99']:.1f} ms, max {found['max']:.1f} ms"
        limit_ms = STEP_LIMIT_MS.get((strategy, junctions))
        wanted = f"p99 < {limit_ms:g} ms" if limit_ms else ""
        yield Timing(f"one step, {junctions} junctions, {strategy}", measured, wanted)


def step_times(strategy: str, junctions: int, steps: int) -> list[float]:
    """How long each of `steps` steps took [ms]; the first ones, in which caches fill, are not among them."""
    begin_s = 7 * 3600.0
    network = generated_network(junctions)
    town = PretendedTown(network, begin_s=begin_s)
    controller = Controller(network, strategy, begin_s)
    taken = []
    for number in range(WARM_UP_STEPS + steps):
        now_s = begin_s + number
        inputs = town.inputs(now_s)
        began = time.perf_counter()
        result = controller.step(now_s, inputs)
        taken.append(1000 * (time.perf_counter() - began))
        town.obey(result.commands, now_s)
    return taken[WARM_UP_STEPS:]


def runs_of(scenarios: Sequence[str], strategies: Sequence[str], minutes: float) -> Iterator[Timing]:
    """Whole runs of imported scenarios in one process, after the scenario without us."""
    for scenario in scenarios:
        yield run(SimulationSettings(scenario, "own-plan", minutes=minutes))
        for strategy in strategies:
            yield run(SimulationSettings(scenario, strategy, minutes=minutes))


def runs_of_the_town(strategies: Sequence[str], minutes: float) -> Iterator[Timing]:
    """The built-in town with its own site, over both links."""
    for link in (DIRECT, WIRE):
        for strategy in strategies:
            yield run(SimulationSettings(TOWN, strategy, minutes=minutes, link=link, site=TOWN_SITE))


def run(settings: SimulationSettings) -> Timing:
    """One run; what cannot be run says why."""
    name = settings.scenario if settings.scenario == TOWN else Path(settings.scenario).name
    what = f"{name}, {settings.strategy}, {settings.link}"
    target = TARGETS.get((name, settings.link))
    wanted = f"at least {target:g}" if target and settings.strategy != "own-plan" else ""
    began = time.perf_counter()
    try:
        answer = simulate(settings)
    except ScenarioError as error:
        return Timing(what, str(error), wanted)
    start_s = time.perf_counter() - began - answer["wall_s"]
    measured = f"{answer['realtime_factor']:.0f} times real time ({answer['wall_s']:.1f} s; start {start_s:.1f} s)"
    return Timing(what, measured, wanted)


if __name__ == "__main__":
    main()
