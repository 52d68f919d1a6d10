"""Two sites, or two plans of one, on the same scenario and seeds: the runs, and what they come to."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from plans import Bundle, Site, dump_yaml, load_site, write_site
from plans.differences import Difference, site_differences
from plans.findings import Finding, PlanError, Severity
from plans.reading import CALENDAR
from plans.schema import WEEKDAYS, CalendarFile
from sim.bench.kept import KeptRuns
from sim.bench.methods import read_method
from sim.bench.runs import Case, OnRun, Run, answers_of, prepare_case
from sim.comparison.effects import DECISIVE, Effect, Verdict, effects_of
from sim.simulate import SimulationSettings

BEFORE, AFTER = "before", "after"


@dataclass(frozen=True, slots=True)
class ComparedSite:
    """One side: a site's folder, and the plan that runs all day in place of its calendar."""

    folder: Path
    plan: str | None = None
    """None: what the calendar says."""

    @property
    def label(self) -> str:
        """How a table names it."""
        return f"{self.folder}" + (f" ({self.plan})" if self.plan else "")


@dataclass(frozen=True, slots=True)
class ComparisonSettings:
    """What to compare, on what."""

    before: ComparedSite
    after: ComparedSite
    scenario: str
    seeds: int = 10
    strategy: str = "fixed_time"
    """Who runs the signals in both: plans show under `fixed_time`, loops and minimums under the others."""
    like: SimulationSettings | None = None
    """Window, date and link of every run; the rest of it is not read."""
    jobs: int = 1
    """Simulations at the same time; 0: one a core."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What changed and what it does."""

    settings: ComparisonSettings
    sites: tuple[Site, Site]
    """Before, after."""
    differences: tuple[Difference, ...]
    effects: tuple[Effect, ...]
    answers: Mapping[str, Mapping[int, Mapping[str, Any]]]
    """`before`, `after`: seed: what `simulate` answered."""

    @property
    def worse(self) -> tuple[Effect, ...]:
        """Decisive measures that are surely worse; none of them: the change does no harm that these seeds can show."""
        return tuple(e for e in self.effects if e.measure in DECISIVE and e.verdict is Verdict.WORSE)

    @property
    def better(self) -> tuple[Effect, ...]:
        """Decisive measures that are surely better."""
        return tuple(e for e in self.effects if e.measure in DECISIVE and e.verdict is Verdict.BETTER)

    def breaks(self, side: str) -> int:
        """Breaks of the safety rules S1-S4 in all runs of a side (`before` or `after`)."""
        return sum(int(answer["invariant_breaks"]) for answer in self.answers[side].values())


def compare_sites(
    settings: ComparisonSettings,
    on_run: OnRun = lambda _done, _of, _answer: None,
    *,
    kept: KeptRuns | None = None,
) -> Comparison:
    """Run both sides on every seed; `on_run` is called after each run.

    Raises what `simulate` raises: plans.PlanError, ScenarioError, ImportRefused; PlanError too for a plan that a site
    does not have.
    """
    like = replace(settings.like or SimulationSettings(scenario=""), scenario=settings.scenario)
    method = read_method(settings.strategy)
    sides = {BEFORE: settings.before, AFTER: settings.after}
    with ExitStack() as stack:
        bundles = {side: _bundle(given) for side, given in sides.items()}
        folders = {
            side: given.folder if given.plan is None else _written(bundles[side], stack)
            for side, given in sides.items()
        }
        cases = {
            side: Case(settings.scenario, side, (method,), settings.seeds, replace(like, site=at))
            for side, at in folders.items()
        }
        for case in cases.values():
            prepare_case(case)
        runs = [
            Run(case, method, replace(case.like, seed=seed, strategy=method.strategy, changes=method.changes))
            for seed in range(1, settings.seeds + 1)
            for case in cases.values()
        ]
        answers = answers_of(runs, settings.jobs, kept or KeptRuns(None), on_run)
    by_side = {side: {a["seed"]: a for a in answers if a["scenario"] == side} for side in sides}
    sites = load_site(bundles[BEFORE]), load_site(bundles[AFTER])
    plans = settings.before.plan, settings.after.plan
    differences = site_differences(*sites, (plans[0], plans[1]) if plans[0] and plans[1] else None)
    return Comparison(settings, sites, differences, effects_of(by_side[BEFORE], by_side[AFTER]), by_side)


def _bundle(given: ComparedSite) -> Bundle:
    bundle = Bundle.read(given.folder)
    return bundle if given.plan is None else with_plan(bundle, given.plan)


def with_plan(bundle: Bundle, plan: str) -> Bundle:
    """The site with one plan all day, every day; raises PlanError where it has no such plan."""
    if f"timings/{plan}.yaml" not in bundle.files:
        known = ", ".join(name[8:-5] for name in bundle.files if name.startswith("timings/"))
        message = f"the site has no such plan: one of {known}"
        raise PlanError([Finding(f"timings/{plan}.yaml", 1, 1, Severity.ERROR, "", message)])
    calendar = CalendarFile.model_validate(
        {"day_plans": {"every-day": [{"at": "00:00", "plan": plan}]}, "weekdays": dict.fromkeys(WEEKDAYS, "every-day")}
    )
    return Bundle({**bundle.files, CALENDAR: dump_yaml(calendar)})


def _written(bundle: Bundle, stack: ExitStack) -> Path:
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faikhiao-"))) / "site"
    return write_site(bundle, folder)
