"""One run of a scenario under one strategy, and what came of it: what `faikhiao simulate` and `bench` do."""

from __future__ import annotations

import datetime as dt
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from controller import DEFAULT_STRATEGY, STRATEGIES, OperatorRequest
from plans.tuning.demand import DemandError
from plans.zone import utc_at_midnight
from sim.answer import Outcome, answer_of
from sim.baselines import (
    ACTUATED,
    FLOOR,
    SUMO_ACTUATED_BOUNDED,
    SUMO_RUNS,
    YARDSTICKS,
    least_of,
    run_floor,
    without_conflicts,
    write_actuated_programs,
)
from sim.closed_loop import Progress, run_baseline, run_direct, run_wire
from sim.loop_record import LoopRecord
from sim.measures import (
    approach_delays,
    measure,
    read_person_delays,
    read_person_waits,
    read_queues,
    read_trips,
)
from sim.parameters import Change, with_changes
from sim.prepared import Prepared, prepare
from sim.run_settings import RunSettings
from sim.scenario import ScenarioError
from sim.sumo_files import RunFiles
from sim.sumo_world import SumoWorld
from sim.trace import Trace
from sim.tuning.scenario_demand import scenario_demand
from sim.tuning.webster import WEBSTER, webster_plan
from sim.watch import Watch

DIRECT, WIRE = "direct", "wire"
_RUNS = {DIRECT: run_direct, WIRE: run_wire}
LINKS = tuple(_RUNS)
SUMO = "sumo"
"""What stands for the link where SUMO drives its own lamps."""
DEFAULT_DATE = dt.date(2026, 1, 5)
"""A Monday; SUMO's time 0 is its midnight."""


@dataclass(frozen=True, slots=True)
class SimulationSettings:
    """What to run. `None` means: as the scenario says, or as measured in its programs."""

    scenario: str
    strategy: str = DEFAULT_STRATEGY
    seed: int = 1
    begin_s: float | None = None
    minutes: float | None = None
    date: dt.date = DEFAULT_DATE
    link: str = DIRECT
    cold_start: bool = False
    amber_s: float | None = None
    all_red_s: float | None = None
    site: Path | None = None
    """`None`: the folder `site` beside the scenario's, else imported from the network (see sim.prepared.prepare)."""
    journal: Path | None = None
    requests: tuple[tuple[float, OperatorRequest], ...] = ()
    """(second of the scenario, what an operator asks for then), in order; over link direct."""
    gui: bool = False
    broker: tuple[str, int] | None = None
    """Host and port of an MQTT broker for link `wire`; None: an embedded one on loopback."""
    changes: tuple[Change, ...] = ()
    """Parameters of the strategies that differ from the site's, by name: to find out what a part is worth."""
    trace: Trace | None = None
    """Where every vehicle is in each second, and what the lamps show: SUMO's own records of it."""


def strategies() -> tuple[str, ...]:
    """Every strategy that can be run: those of SUMO itself, ours, and the yardsticks."""
    return (*SUMO_RUNS, *STRATEGIES, *YARDSTICKS, WEBSTER)


def simulate(settings: SimulationSettings, progress: Progress = lambda _: None) -> dict[str, Any]:
    """Run it; the answer can be written as JSON. `progress` is called each simulated second with the time.

    Raises ScenarioError, sim.importer.ImportRefused, plans.PlanError: what is wrong and what to do; nothing is written.
    """
    _check(settings)
    own_lamps = settings.strategy in SUMO_RUNS
    prepared = prepare(
        settings.scenario,
        site=settings.site,
        amber_s=settings.amber_s,
        all_red_s=settings.all_red_s,
        own_programs=own_lamps,
    )
    if settings.changes:
        prepared = with_changes(prepared, settings.changes)
    if settings.strategy == WEBSTER:
        prepared = _tuned_in_hindsight(prepared, settings)
    begin_s, end_s = prepared.scenario.window(settings.begin_s, settings.minutes)
    watch = Watch(prepared, own_lamps=own_lamps)
    with tempfile.TemporaryDirectory(prefix="faikhiao-") as folder:
        files = RunFiles(Path(folder))
        additional = _programs(prepared, files, settings.strategy)
        scenario = prepared.scenario
        if settings.strategy == FLOOR:
            scenario = without_conflicts(scenario, files.folder)
        if settings.trace is not None:
            scenario, lamps = settings.trace.of(scenario)
            additional.append(lamps)
        with SumoWorld(
            scenario,
            prepared.net,
            files,
            begin_s=begin_s,
            end_s=end_s,
            seed=settings.seed,
            loops=() if own_lamps else prepared.loops,
            buttons=() if own_lamps else prepared.buttons,
            additional=additional,
            gui=settings.gui,
        ) as world:
            record = _run(settings, prepared, world, watch, end_s, progress)
            longest = watch.longest_red(world)
            look = world.last_look()
            version = world.version
        trips = list(read_trips(files.trips, look.vehicle_class, look.entry_of_outside))
        measures = measure(
            trips,
            read_person_delays(files.trips, look.person_waiting_s),
            read_queues(files.seconds),
            approach_delays(files.approaches, prepared.net.approaches, trips),
            read_person_waits(files.trips, look.person_waiting_s),
        )
    outcome = Outcome(
        measures=measures,
        record=record,
        longest_red=longest,
        breaks=watch.monitor.total,
        first_breaks=tuple(watch.monitor.breaks),
        begin_s=begin_s,
        end_s=end_s,
        sumo_version=version,
    )
    return answer_of(
        outcome,
        scenario=prepared.scenario.name,
        strategy=settings.strategy,
        seed=settings.seed,
        link=SUMO if own_lamps else settings.link,
        site=prepared.site.network.site,
        junctions=len(prepared.maps),
        date=settings.date.isoformat(),
    )


def _programs(prepared: Prepared, files: RunFiles, strategy: str) -> list[Path]:
    """What SUMO is to load beside the scenario, where it runs its own actuated type."""
    if strategy not in ACTUATED:
        return []
    least = least_of(prepared.site.network, prepared.maps) if strategy == SUMO_ACTUATED_BOUNDED else None
    return [write_actuated_programs(prepared.scenario, files, least)]


def _check(settings: SimulationSettings) -> None:
    if settings.strategy not in strategies():
        raise ScenarioError(f"unknown strategy {settings.strategy!r}: one of {', '.join(strategies())}")
    if settings.link not in LINKS:
        raise ScenarioError(f"unknown link {settings.link!r}: one of {', '.join(LINKS)}")
    if settings.strategy in SUMO_RUNS and settings.journal is not None:
        raise ScenarioError(f"{settings.strategy} runs in SUMO, without our controller: there is nothing to journal")
    if settings.requests and (settings.link != DIRECT or settings.strategy in SUMO_RUNS):
        raise ScenarioError("what an operator asks for is played over link direct, to our own strategies")
    if settings.changes and (settings.link != DIRECT or settings.journal is not None or settings.strategy in SUMO_RUNS):
        raise ScenarioError("changed parameters are for our own strategies over link direct, without a journal")
    if settings.strategy in YARDSTICKS and (settings.link != DIRECT or settings.journal is not None):
        raise ScenarioError(
            f"{settings.strategy} is a yardstick, which knows what no loop tells: it runs over link direct alone, "
            "and without a journal"
        )


def _tuned_in_hindsight(prepared: Prepared, settings: SimulationSettings) -> Prepared:
    """The site with a fixed plan for the very demand of this run; raises ScenarioError."""
    try:
        demand = scenario_demand(prepared, begin_s=settings.begin_s, minutes=settings.minutes)
        return webster_plan(prepared, demand)
    except DemandError as error:
        raise ScenarioError(f"{prepared.scenario.name}: no fixed plan can be tuned for its demand: {error}") from error


def _run(
    settings: SimulationSettings, prepared: Prepared, world: SumoWorld, watch: Watch, end_s: float, progress: Progress
) -> LoopRecord:
    if settings.strategy == FLOOR:
        return run_floor(world, end_s, progress)
    if settings.strategy in SUMO_RUNS:
        return run_baseline(world, watch, end_s, progress)
    run = RunSettings(
        strategy="fixed_time" if settings.strategy == WEBSTER else settings.strategy,
        begin_s=world.now_s,
        end_s=end_s,
        utc_at_zero_s=utc_at_midnight(prepared.site.network, settings.date),
        cold_start=settings.cold_start,
        journal=settings.journal,
        broker=settings.broker,
        requests=settings.requests,
    )
    if settings.strategy in YARDSTICKS:
        return run_direct(prepared, world, watch, run, progress, YARDSTICKS[settings.strategy](prepared, world, run))
    return _RUNS[settings.link](prepared, world, watch, run, progress)
