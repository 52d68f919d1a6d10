"""A tuned plan tried in SUMO and bettered: the starts of the search, and its result as a plan with reasons again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from plans import Site, load_junction
from plans.checks.signals import of_junction
from plans.tuning.plan import TunedJunction
from plans.tuning.shapes import JunctionShape, Neighbourhood, Shape, shape_of
from plans.tuning.splits import splits_as, stream_of
from plans.tuning.stage_order import order_of
from sim.baselines.sumo_programs import OWN_PLAN
from sim.bench.kept import code_key, scenario_key
from sim.tuning.jobs import Ground
from sim.tuning.kept_trials import KeptTrials
from sim.tuning.search import Progress, Search, SearchResult, SearchSettings
from sim.tuning.workers import runner

TUNED = "by formula"
STRETCHED = (1.2, 1.4)
"""The busiest junction alone is tried with so much longer cycles: less of the hour is lost in its interstages."""
MOST_MIXED = 3
"""So many junctions, those that gain most, are tuned alone in the mixed starts."""


@dataclass(frozen=True, slots=True)
class RefineSettings:
    """How a plan is tried."""

    ground: Ground
    search: SearchSettings
    workers: int = 1
    cluster: str | None = None
    keep: Path | None = None


def refine(
    site: Site,
    tuned: Mapping[str, TunedJunction],
    settings: RefineSettings,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> tuple[dict[str, TunedJunction], SearchResult]:
    """The plan that SUMO likes best, beginning with the tuned one, the one before it, and mixtures of both.

    Raises sim.scenario.ScenarioError; what was finished is kept in `settings.keep`.
    """
    junctions = {junction.id: junction for junction in site.network.junctions}
    data = {name: of_junction(name, load_junction(site.bundle, name)) for name in tuned}
    around = Neighbourhood([junctions[name] for name in tuned], data)
    kept = KeptTrials(settings.keep, _about(settings))
    with runner(settings.workers, settings.cluster) as run:
        found = Search(settings.ground, around, settings.search, kept, run, on_progress).run(starts(tuned, around))
    note = f"SUMO, seeds {', '.join(map(str, settings.search.seeds))}"
    return {name: one.changed(found.best.shape[name], note) for name, one in tuned.items()}, found


def starts(tuned: Mapping[str, TunedJunction], around: Neighbourhood) -> dict[str, Shape]:
    """Where the search begins: by formula, as before, and as before but for the junctions that gain most."""
    formula: dict[str, JunctionShape] = {name: one.shape for name, one in tuned.items()}
    before = {name: shape_of(one.case.base, one.case.junction) for name, one in tuned.items()}
    found: dict[str, Shape] = {TUNED: formula}
    if not all(around.lawful(name, shape) for name, shape in before.items()):
        return found  # a plan that breaks a minimum is nothing to begin with
    like = f"as {next(iter(tuned.values())).case.base.plan}"
    found[like] = before
    gains = sorted(tuned, key=lambda name: gain_veh_s_h(tuned[name], before[name]), reverse=True)
    for count in range(1, min(MOST_MIXED, len(gains) - 1) + 1):
        some = gains[:count]
        found[f"{like}, {', '.join(some)} by formula"] = before | {name: formula[name] for name in some}
    busiest = max(tuned, key=lambda name: saturation_of(tuned[name], before[name]))
    for factor in STRETCHED:
        longer = around.scaled({busiest: before[busiest]}, factor)
        if longer is not None:
            found[f"{like}, cycle of {busiest} x {factor:g}"] = {**before, **longer}
    return found


def saturation_of(tuned: TunedJunction, shape: JunctionShape) -> float:
    """Highest degree of saturation of a lane under this shape."""
    streams = [stream_of(load) for load in tuned.case.loads]
    return splits_as(order_of(tuned.case.junction, shape.stages), streams, shape.splits_s).saturation


def gain_veh_s_h(tuned: TunedJunction, before: JunctionShape) -> float:
    """How much less delay the formulas expect than under the shape before [pcu·s/h]."""
    case = tuned.case
    order = order_of(case.junction, before.stages)
    was = splits_as(order, [stream_of(load) for load in case.loads], before.splits_s).delay_veh_s_h
    now = splits_as(tuned.choice.splits.order, [stream_of(load) for load in case.loads], tuned.shape.splits_s)
    return was - now.delay_veh_s_h


def told(found: SearchResult, settings: RefineSettings) -> dict[str, Any]:
    """The search as JSON."""
    return {
        "scenario": settings.ground.scenario,
        "seeds": list(settings.search.seeds),
        "trials": found.trials,
        "best": found.best.name,
        "delay_s": round(found.best.delay_s, 3),
        "delay_by_seed_s": {str(seed): round(delay, 3) for seed, delay in found.best.delays_s.items()},
        "starts": {
            name: {"delay_s": round(fmean(one.delays_s.values()), 3), "seeds": len(one.delays_s)}
            for name, one in found.first.items()
        },
        "rounds": [{"best": name, "delay_s": round(delay, 3)} for name, delay in found.history],
    }


def _about(settings: RefineSettings) -> dict[str, Any]:
    """What the results of trials depend on."""
    ground = settings.ground
    return {
        "scenario": scenario_key(ground.scenario, ground.site),
        "begin_s": ground.begin_s,
        "minutes": ground.minutes,
        "code": code_key(OWN_PLAN),
    }
