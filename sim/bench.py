"""Strategies compared on the same traffic: every strategy on every seed of every scenario, paired by seed.

A mean alone says little where gridlock is near: with it come its 95 % interval and the worst seed, and against the best
other strategy the interval of the paired difference, in which the common luck of a seed cancels out.
"""

from __future__ import annotations

import multiprocessing
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from typing import Any

from scipy.stats import t as student_t

from sim.prepared import prepare
from sim.simulate import SimulationSettings, simulate

CONFIDENCE = 0.95
OnRun = Callable[[int, int, Mapping[str, Any]], None]
"""Is called after each run with (runs done, runs in all, that run's answer)."""

MEASURES = (
    "delay_s", "trip_s", "wait_s", "stops", "worst_approach_s", "longest_red_s", "person_delay_s", "unfinished",
    "undeparted", "invariant_breaks", "realtime_factor",
)  # fmt: skip
"""Of each of these the summary gives mean, interval and each seed's value."""


@dataclass(frozen=True, slots=True)
class BenchSettings:
    """What to compare; `like` says everything that is the same in all runs."""

    scenarios: tuple[str, ...]
    strategies: tuple[str, ...]
    seeds: int = 5
    jobs: int = 1
    like: SimulationSettings = field(default_factory=lambda: SimulationSettings(scenario=""))

    def runs(self) -> list[SimulationSettings]:
        """Every run: scenario by scenario, seed by seed, so that strategies meet the same seed close together."""
        return [
            replace(self.like, scenario=scenario, seed=seed, strategy=strategy)
            for scenario in self.scenarios
            for seed in range(1, self.seeds + 1)
            for strategy in self.strategies
        ]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and half the width of its 95 % interval; no interval from a single value."""

    mean: float
    half_width: float | None

    @property
    def text(self) -> str:
        """As in a table."""
        return f"{self.mean:.1f}" if self.half_width is None else f"{self.mean:.1f} ± {self.half_width:.1f}"


def estimate(values: Sequence[float]) -> Estimate:
    """Mean with its 95 % interval after Student: t(0.975, n - 1) · s / √n.

    >>> estimate([10.0, 12.0, 14.0]).text
    '12.0 ± 5.0'
    """
    mean = statistics.fmean(values)
    if len(values) < 2:
        return Estimate(mean, None)
    factor = float(student_t.ppf((1 + CONFIDENCE) / 2, len(values) - 1))
    return Estimate(mean, factor * statistics.stdev(values) / len(values) ** 0.5)


def bench(settings: BenchSettings, on_run: OnRun = lambda _done, _of, _answer: None) -> dict[str, Any]:
    """Run everything, in `jobs` processes, and sum it up; the answer can be written as JSON.

    Raises what `simulate` raises. Every scenario is read and imported before the first run, so that a mistake in the
    last one is not found after an hour.
    """
    like = settings.like
    for scenario in settings.scenarios:
        prepare(scenario, site=like.site, amber_s=like.amber_s, all_red_s=like.all_red_s)
    runs = settings.runs()
    answers = _in_processes(runs, settings.jobs, on_run) if settings.jobs > 1 else _one_by_one(runs, on_run)
    if len({answer["scenario"] for answer in answers}) < len(set(settings.scenarios)):
        # Two folders of one name: only their paths tell them apart.
        answers = [answer | {"scenario": run.scenario} for run, answer in zip(runs, answers, strict=True)]
    return {
        "strategies": list(settings.strategies),
        "seeds": settings.seeds,
        "confidence": CONFIDENCE,
        "scenarios": summaries(answers),
        "runs": answers,
    }


def _one_by_one(runs: Sequence[SimulationSettings], on_run: OnRun) -> list[dict[str, Any]]:
    answers = []
    for run in runs:
        answers.append(simulate(run))
        on_run(len(answers), len(runs), answers[-1])
    return answers


def _in_processes(runs: Sequence[SimulationSettings], jobs: int, on_run: OnRun) -> list[dict[str, Any]]:
    """One simulation a process at a time: libsumo holds only one. Spawned, because forked threads are not safe."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(jobs, len(runs)), mp_context=context) as pool:
        waiting: dict[Future[dict[str, Any]], int] = {
            pool.submit(simulate, run): place for place, run in enumerate(runs)
        }
        answers: dict[int, dict[str, Any]] = {}
        try:
            for future in as_completed(waiting):
                answers[waiting[future]] = future.result()
                on_run(len(answers), len(runs), answers[waiting[future]])
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [answers[place] for place in range(len(runs))]


# ----------------------------------------------------------------------------------------------------------- summing up


def summaries(answers: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """{scenario: {strategy: measures}} from single runs."""
    by_scenario: dict[str, dict[str, list[Mapping[str, Any]]]] = {}
    for answer in answers:
        by_scenario.setdefault(answer["scenario"], {}).setdefault(answer["strategy"], []).append(answer)
    return {scenario: _scenario(of_strategies) for scenario, of_strategies in by_scenario.items()}


def _scenario(runs: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
    delay_s = {strategy: _by_seed(of_strategy, "delay_s") for strategy, of_strategy in runs.items()}
    mean_s = {strategy: statistics.fmean(by_seed.values()) for strategy, by_seed in delay_s.items()}
    summary = {}
    for strategy, of_strategy in runs.items():
        found = {name: _measured(of_strategy, name) for name in MEASURES}
        others = {other: mean for other, mean in mean_s.items() if other != strategy}
        if others:
            best = min(others, key=lambda other: others[other])
            found["against_best_other"] = _against(delay_s[strategy], delay_s[best], best)
        summary[strategy] = {"vehicles": of_strategy[0]["vehicles"], **found}
    return summary


def _by_seed(runs: Sequence[Mapping[str, Any]], measure: str) -> dict[int, float]:
    return {run["seed"]: float(run[measure]) for run in runs}


def _measured(runs: Sequence[Mapping[str, Any]], measure: str) -> dict[str, Any]:
    by_seed = _by_seed(runs, measure)
    found = estimate(list(by_seed.values()))
    return {"mean": found.mean, "half_width": found.half_width, "max": max(by_seed.values()), "by_seed": by_seed}


def _against(mine_s: Mapping[int, float], best_s: Mapping[int, float], best: str) -> dict[str, Any]:
    """Ratio of the means, and the paired difference of each seed, mine - best [s]."""
    paired = estimate([mine_s[seed] - best_s[seed] for seed in mine_s.keys() & best_s.keys()])
    mean_s = statistics.fmean(best_s.values())
    return {
        "strategy": best,
        "ratio": statistics.fmean(mine_s.values()) / mean_s if mean_s else None,
        "difference_s": paired.mean,
        "half_width_s": paired.half_width,
    }


# ---------------------------------------------------------------------------------------------------------------- table

_HEAD = (
    "| scenario | strategy | delay [s/veh] | worst seed | to best other | paired difference [s] | worst approach [s] "
    "| longest red [s] | unfinished | never entered | breaks |"
)


def markdown(result: Mapping[str, Any]) -> str:
    """The comparison as a Markdown table; the least delay of each scenario in bold."""
    lines = [_HEAD, "|" + "---|" * (_HEAD.count("|") - 1)]
    for scenario, summary in result["scenarios"].items():
        least = min(summary, key=lambda strategy: summary[strategy]["delay_s"]["mean"])
        lines += [_row(scenario, strategy, found, strategy == least) for strategy, found in summary.items()]
    seeds, share = result["seeds"], round(100 * result["confidence"])
    named = "seed 1" if seeds == 1 else f"seeds 1 to {seeds}, mean ± {share} % interval"
    return "\n".join([*lines, "", f"{named}; complete delay: unfinished trips and vehicles never let in included."])


def _row(scenario: str, strategy: str, found: Mapping[str, Any], least: bool) -> str:  # noqa: FBT001 - a cell's style
    delay = Estimate(found["delay_s"]["mean"], found["delay_s"]["half_width"]).text
    against = found.get("against_best_other")
    cells = [
        scenario,
        strategy,
        f"**{delay}**" if least else delay,
        f"{found['delay_s']['max']:.1f}",
        f"{against['ratio']:.2f}" if against and against["ratio"] is not None else "",
        Estimate(against["difference_s"], against["half_width_s"]).text if against else "",
        f"{found['worst_approach_s']['mean']:.1f}",
        f"{found['longest_red_s']['max']:.0f}",
        f"{found['unfinished']['mean']:.0f}",
        f"{found['undeparted']['mean']:.0f}",
        f"{found['invariant_breaks']['mean'] * len(found['invariant_breaks']['by_seed']):.0f}",
    ]
    return "| " + " | ".join(cells) + " |"
