"""The scenario suite of a plan that shall be deployed: each scenario on ten seeds or more, paired with what runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from field_io.deployment import Paired, Suite, SuiteRun
from field_io.deployment.manifest import LEAST_SEEDS, WORST_APPROACH
from plans import Bundle
from sim.bench.kept import KeptRuns
from sim.bench.runs import OnRun
from sim.comparison import ComparedSite, Comparison, ComparisonSettings, Effect, compare_sites
from sim.simulate import SimulationSettings

MAY_GROW = 1.10
"""Without a limit of its own, the worst approach may wait so many times what it does with the plan that runs."""


@dataclass(frozen=True, slots=True)
class SuiteSettings:
    """What to run."""

    running: Path
    """Folder of the site as it runs."""
    new: Path
    scenarios: tuple[str, ...]
    seeds: int = LEAST_SEEDS
    strategy: str = "fixed_time"
    like: SimulationSettings | None = None
    """Window and date of every run."""
    worst_approach_limit_s: float | None = None
    """Mean delay that no approach may exceed [s/veh]; None: `MAY_GROW` times what the worst has now."""
    jobs: int = 1


def run_suite(
    settings: SuiteSettings, on_run: OnRun = lambda _done, _of, _answer: None, *, kept: KeptRuns | None = None
) -> Suite:
    """Every scenario under both plans; raises what `compare_sites` raises. `on_run` counts over all scenarios."""
    runs: list[SuiteRun] = []
    for place, scenario in enumerate(settings.scenarios):
        told = _counting_on(on_run, place, len(settings.scenarios))
        comparison = compare_sites(_comparison(settings, scenario), told, kept=kept)
        runs.append(judged(comparison, settings.worst_approach_limit_s))
    return Suite(against=Bundle.read(settings.running).digest, runs=tuple(runs))


def judged(comparison: Comparison, worst_approach_limit_s: float | None) -> SuiteRun:
    """A comparison as a manifest tells it."""
    answers = list(comparison.answers["after"].values())
    figures = {effect.measure: _paired(effect) for effect in comparison.effects}
    one = answers[0]
    limit_s = MAY_GROW * figures[WORST_APPROACH].running if worst_approach_limit_s is None else worst_approach_limit_s
    return SuiteRun(
        scenario=comparison.settings.scenario,
        strategy=one["strategy"],
        begin_s=one["begin_s"],
        simulated_s=one["simulated_s"],
        seeds=tuple(sorted(answer["seed"] for answer in answers)),
        sumo_version=one["sumo_version"],
        breaks=comparison.breaks("after"),
        figures=figures,
        worst_approach=max(answers, key=lambda answer: float(answer[WORST_APPROACH]))["worst_approach"],
        worst_approach_limit_s=round(limit_s, 3),
    )


def _paired(effect: Effect) -> Paired:
    half = effect.half_width or 0.0
    numbers = (
        effect.before, effect.after, effect.difference, effect.difference - half, effect.difference + half,
    )  # fmt: skip
    running, new, difference, low, high = (round(number, 4) for number in numbers)
    return Paired(running=running, new=new, difference=difference, low=low, high=high)


def _comparison(settings: SuiteSettings, scenario: str) -> ComparisonSettings:
    return ComparisonSettings(
        before=ComparedSite(settings.running),
        after=ComparedSite(settings.new),
        scenario=scenario,
        seeds=settings.seeds,
        strategy=settings.strategy,
        like=settings.like,
        jobs=settings.jobs,
    )


def _counting_on(on_run: OnRun, place: int, scenarios: int) -> OnRun:
    def told(done: int, of: int, answer: Mapping[str, Any]) -> None:
        on_run(place * of + done, scenarios * of, answer)

    return told
