"""The runs of a comparison: every method meets every seed of every scenario, in as many processes as asked for."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from typing import Any

from sim.bench.kept import KeptRuns
from sim.bench.methods import RIVALS, Method, read_method
from sim.bench.study import Fairness, Study
from sim.prepared import prepare
from sim.scenario import ScenarioError, scenarios_in
from sim.simulate import SimulationSettings, simulate

OnRun = Callable[[int, int, Mapping[str, Any]], None]
"""Is called after each run with (runs done, runs in all, that run's answer); `kept` is in it where it was not made."""


@dataclass(frozen=True, slots=True)
class Case:
    """One scenario; `like` says everything that is the same in all its runs."""

    scenario: str
    name: str
    methods: tuple[Method, ...]
    seeds: int
    like: SimulationSettings
    rivals: tuple[str, ...] = RIVALS
    must: float | None = None
    goal: float | None = None
    remark: str = ""


@dataclass(frozen=True, slots=True)
class BenchSettings:
    """What to compare; `judged` is held against the best rival and the targets."""

    cases: tuple[Case, ...]
    judged: str = "planner"
    fair: Fairness = field(default_factory=Fairness)
    jobs: int = 1
    title: str = "Benchmark"
    variants: Mapping[str, str] = field(default_factory=dict)
    """Names of methods with parameters changed, and what they stand for."""
    fresh: bool = True
    """Each run in a process of its own: SUMO keeps something of one network in the same process for the next."""


@dataclass(frozen=True, slots=True)
class Run:
    """One of them."""

    case: Case
    method: Method
    settings: SimulationSettings


def plain_cases(
    scenarios: Sequence[str], methods: Sequence[str], seeds: int, like: SimulationSettings
) -> tuple[Case, ...]:
    """The same methods and seeds on each scenario; a folder of scenarios stands for all in it. Raises ScenarioError."""
    chosen = tuple(read_method(method) for method in dict.fromkeys(methods))
    found = [scenario for named in scenarios for scenario in scenarios_in(named)]
    return tuple(Case(scenario, "", chosen, seeds, replace(like, scenario=scenario)) for scenario in found)


def study_cases(study: Study, like: SimulationSettings) -> tuple[Case, ...]:
    """The cases of a study; what it says of a scenario wins over `like`. Raises ScenarioError."""
    return tuple(
        Case(
            scenario=scenario,
            name=told.name or "",
            methods=tuple(
                read_method(method, study.variants)
                for method in dict.fromkeys((*study.methods, *told.also, *told.rivals_also))
            ),
            seeds=told.seeds or study.seeds,
            like=replace(
                like,
                scenario=scenario,
                amber_s=like.amber_s if told.amber_s is None else told.amber_s,
                all_red_s=like.all_red_s if told.all_red_s is None else told.all_red_s,
                site=told.site or like.site,
                minutes=told.minutes or like.minutes,
            ),
            rivals=(*study.rivals, *told.rivals_also),
            must=told.must,
            goal=told.goal,
            remark=told.remark,
        )
        for told in study.scenarios
        for scenario in scenarios_in(told.scenario)
    )


def named_apart(cases: Sequence[Case]) -> tuple[Case, ...]:
    """Cases with the names of their scenarios; two folders of one name are told apart by their paths.

    Every scenario is read and imported here, before the first run, so that a mistake in the last one is not found after
    an hour. Raises what `prepare` raises.
    """
    names = [case.name or prepare_case(case) for case in cases]
    if not names:
        raise ScenarioError("there is no scenario to compare on: name one")
    return tuple(
        replace(case, name=name if names.count(name) == 1 else case.scenario)
        for case, name in zip(cases, names, strict=True)
    )


def prepare_case(case: Case) -> str:
    """Read and import a case's scenario; answers its name."""
    like = case.like
    return prepare(case.scenario, site=like.site, amber_s=like.amber_s, all_red_s=like.all_red_s).scenario.name


def runs_of(cases: Sequence[Case]) -> list[Run]:
    """Every run: scenario by scenario, seed by seed, so that methods meet the same seed close together."""
    return [
        Run(case, method, replace(case.like, seed=seed, strategy=method.strategy, changes=method.changes))
        for case in cases
        for seed in range(1, case.seeds + 1)
        for method in case.methods
    ]


def answers_of(
    runs: Sequence[Run], jobs: int, kept: KeptRuns, on_run: OnRun, *, fresh: bool = False
) -> list[dict[str, Any]]:
    """The answer of each run, those that are kept not made again; `jobs` 0: one at a time for each core.

    `fresh`: each in a process of its own, also one after the other.
    """
    answers: dict[int, dict[str, Any]] = {}

    def done(place: int, answer: dict[str, Any], *, made: bool) -> None:
        run = runs[place]
        if made:
            kept.keep(run.settings, answer)
        answers[place] = answer | {"scenario": run.case.name, "method": run.method.label, "kept": not made}
        on_run(len(answers), len(runs), answers[place])

    missing = []
    for place, run in enumerate(runs):
        found = kept.of(run.settings)
        if found is None:
            missing.append(place)
        else:
            done(place, found, made=False)
    workers = min(jobs or os.cpu_count() or 1, max(1, len(missing)))
    make = _in_processes if workers > 1 or (fresh and len(missing) > 1) else _one_by_one
    make([(place, runs[place].settings) for place in missing], workers, lambda place, got: done(place, got, made=True))
    return [answers[place] for place in range(len(runs))]


def _one_by_one(
    runs: Sequence[tuple[int, SimulationSettings]], _workers: int, done: Callable[[int, dict[str, Any]], None]
) -> None:
    for place, settings in runs:
        done(place, simulate(settings))


def _in_processes(
    runs: Sequence[tuple[int, SimulationSettings]], workers: int, done: Callable[[int, dict[str, Any]], None]
) -> None:
    """Every simulation in a process of its own, so many at a time."""
    with ThreadPoolExecutor(workers) as pool:
        waiting: dict[Future[dict[str, Any]], int] = {
            pool.submit(_in_a_fresh_process, settings): place for place, settings in runs
        }
        try:
            for future in as_completed(waiting):
                done(waiting[future], future.result())
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _in_a_fresh_process(settings: SimulationSettings) -> dict[str, Any]:
    """Spawned, because forked threads are not safe; the result of a run then hangs on nothing that ran before it."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(simulate, settings).result()
