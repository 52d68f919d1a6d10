"""A tuned plan tried in SUMO and bettered: the starts of the search, and its result as a plan with reasons again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np

from plans import Site, load_junction
from plans.checks.programme import MIN_CYCLE_S, USUAL_CYCLE_S
from plans.checks.signals import of_junction
from plans.tuning.junction_tuning import splits_of_order
from plans.tuning.moves import Change, Moves
from plans.tuning.plan import TunedJunction
from plans.tuning.shapes import JunctionShape, Neighbourhood, Shape, shape_of
from plans.tuning.splits import Aim
from sim.baselines.sumo_programs import OWN_PLAN
from sim.bench.kept import code_key, scenario_key
from sim.tuning.jobs import Ground
from sim.tuning.kept_trials import KeptTrials
from sim.tuning.search import Progress, Search, SearchResult, SearchSettings
from sim.tuning.workers import runner

TUNED = "by formula"
ALONE = "each by itself"
STRETCHED = (1.4, 0.7)
"""Each junction is tried with so many times its own cycle, its splits in proportion: in a longer one less is lost in
interstages, in a shorter one queues stay within their roads."""
CYCLE_STEPS = 12
"""Cycles that are computed through for a junction by itself."""


@dataclass(frozen=True, slots=True)
class RefineSettings:
    """How a plan is tried."""

    ground: Ground
    search: SearchSettings
    workers: int = 1
    cluster: str | None = None
    keep: Path | None = None
    longest_cycle_s: int = USUAL_CYCLE_S
    """No cycle becomes longer; one that is longer already may stay."""


def refine(
    site: Site,
    tuned: Mapping[str, TunedJunction],
    settings: RefineSettings,
    on_progress: Callable[[Progress], None] = lambda _: None,
) -> tuple[dict[str, TunedJunction], SearchResult]:
    """The plan that SUMO likes best, beginning with the one before and the tuned one; never a worse one than before.

    Raises sim.scenario.ScenarioError; what was finished is kept in `settings.keep`.
    """
    junctions = {junction.id: junction for junction in site.network.junctions}
    data = {name: of_junction(name, load_junction(site.bundle, name)) for name in tuned}
    longest = {name: max(settings.longest_cycle_s, one.case.base.cycle_s) for name, one in tuned.items()}
    around = Neighbourhood([junctions[name] for name in tuned], data, longest)
    moves = Moves(around, [junctions[name] for name in tuned])
    kept = KeptTrials(settings.keep, _about(settings))
    with runner(settings.workers, settings.cluster) as run:
        search = Search(settings.ground, around, moves, settings.search, kept, run, on_progress)
        own = by_itself(tuned, around, longest)
        found = search.run(starts(tuned, around, own), alternatives(tuned, around, own))
    note = f"SUMO, seeds {', '.join(map(str, settings.search.seeds))}"
    return {name: one.changed(found.best.shape[name], note) for name, one in tuned.items()}, found


def by_itself(
    tuned: Mapping[str, TunedJunction], around: Neighbourhood, longest_s: Mapping[str, int]
) -> dict[str, JunctionShape]:
    """Each junction with its stages in their order and the cycle of least delay by formula, minding no neighbour."""
    found = {}
    for name, one in tuned.items():
        order = one.case.orders[0]
        least_s = max(MIN_CYCLE_S, order.shortest_cycle_s)
        evenly = np.linspace(least_s, max(least_s, longest_s[name]), CYCLE_STEPS)
        cycles = sorted({least_s, *(2 * round(cycle_s / 2) for cycle_s in evenly)})
        tried = [splits_of_order(one.case, order, cycle_s, Aim.LEAST_DELAY) for cycle_s in cycles]
        best = min((splits for splits in tried if splits is not None), key=lambda splits: splits.delay_veh_s_h)
        before = shape_of(one.case.base, one.case.junction)
        shape = JunctionShape(order.stages, best.splits_s, begin_of(before, order.stages[0]) % best.cycle_s)
        if around.lawful(name, shape):
            found[name] = shape
    return found


def begin_of(shape: JunctionShape, stage: str) -> int:
    """When in the clock's cycle the stage begins for the first time [s]: the offset of a plan that begins with it."""
    return (shape.offset_s + sum(shape.splits_s[: shape.stages.index(stage)])) % shape.cycle_s


def starts(
    tuned: Mapping[str, TunedJunction], around: Neighbourhood, own: Mapping[str, JunctionShape]
) -> dict[str, Shape]:
    """Where the search begins: as before, by formula, and `own`; what is found has to beat the first of them."""
    formula: dict[str, JunctionShape] = {name: one.shape for name, one in tuned.items()}
    before = {name: shape_of(one.case.base, one.case.junction) for name, one in tuned.items()}
    if not all(around.lawful(name, shape) for name, shape in before.items()):
        return {TUNED: formula, ALONE: {**formula, **own}}  # a plan that breaks a minimum is nothing to begin with
    like = f"as {next(iter(tuned.values())).case.base.plan}"
    return {like: before, TUNED: formula, ALONE: {**before, **own}}


def alternatives(
    tuned: Mapping[str, TunedJunction], around: Neighbourhood, own: Mapping[str, JunctionShape]
) -> list[Change]:
    """Other timings of each junction alone: by formula, as before, with its own stages by formula, stretched."""
    found = []
    for name, one in tuned.items():
        before = shape_of(one.case.base, one.case.junction)
        shapes = {TUNED: one.shape, "as before": before}
        splits = splits_of_order(one.case, one.case.orders[0], before.cycle_s, Aim.LEAST_DELAY)
        if splits is not None:
            begin_s = begin_of(before, splits.order.stages[0])
            shapes["splits by formula"] = JunctionShape(splits.order.stages, splits.splits_s, begin_s)
        if name in own:
            shapes["by itself"] = own[name]
        for factor in STRETCHED:
            stretched = around.scaled({name: before}, factor)
            if stretched is not None:
                shapes[f"cycle x {factor:g}"] = stretched[name]
        found += [
            Change(f"{name}: {what}", name, shape) for what, shape in shapes.items() if around.lawful(name, shape)
        ]
    return found


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
        "fresh_seeds": {
            str(seed): {"before_s": round(before, 3), "after_s": round(after, 3)}
            for seed, (before, after) in found.confirmed.items()
        },
        "gain": None if found.gain is None else round(found.gain, 4),
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
