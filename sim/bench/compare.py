"""A whole comparison: the runs, what they come to, and the traces that diagrams are drawn from."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sim.bench.estimates import CONFIDENCE
from sim.bench.kept import KeptRuns
from sim.bench.methods import Method
from sim.bench.runs import BenchSettings, Case, OnRun, answers_of, named_apart, runs_of
from sim.bench.summary import summaries
from sim.scenario import ScenarioError, read_scenario
from sim.simulate import simulate
from sim.trace import Trace, find_corridor, read_trace


@dataclass(frozen=True, slots=True)
class TracePlace:
    """A time-space diagram that is wanted: seed 1 of one scenario under some methods, in these minutes of the run."""

    scenario: str
    methods: tuple[str, ...]
    begin_min: float = 20.0
    minutes: float = 10.0


def bench(
    settings: BenchSettings,
    on_run: OnRun = lambda _done, _of, _answer: None,
    *,
    kept: KeptRuns | None = None,
    traces: Sequence[TracePlace] = (),
) -> dict[str, Any]:
    """Run everything and sum it up; the answer can be written as JSON. Raises what `simulate` raises."""
    cases = named_apart(settings.cases)
    wanted = list(_wanted(cases, traces))
    answers = answers_of(runs_of(cases), settings.jobs, kept or KeptRuns(None), on_run, fresh=settings.fresh)
    return {
        "title": settings.title,
        "methods": list(dict.fromkeys(method.label for case in cases for method in case.methods)),
        "variants": dict(settings.variants),
        "judged": settings.judged,
        "rivals": list(dict.fromkeys(rival for case in cases for rival in case.rivals)),
        "confidence": CONFIDENCE,
        "sumo_version": next((answer["sumo_version"] for answer in answers), ""),
        "scenarios": summaries(answers, cases, settings.judged, settings.fair),
        "traces": [_traced(case, method, place) for case, method, place in wanted],
        "runs": answers,
    }


def _wanted(cases: Sequence[Case], traces: Sequence[TracePlace]) -> Iterator[tuple[Case, Method, TracePlace]]:
    for place in traces:
        case = next((case for case in cases if place.scenario in {case.name, case.scenario}), None)
        if case is None:
            known = ", ".join(case.name for case in cases)
            raise ScenarioError(f"no scenario {place.scenario!r} is compared: one of {known}")
        for label in place.methods:
            method = next((method for method in case.methods if method.label == label), None)
            if method is None:
                raise ScenarioError(f"{case.name}: {label!r} is not compared there")
            yield case, method, place


def _traced(case: Case, method: Method, place: TracePlace) -> dict[str, Any]:
    """One run again, with SUMO's records of it."""
    scenario = read_scenario(case.scenario)
    corridor = find_corridor(scenario.net)
    if corridor is None:
        raise ScenarioError(f"{case.name}: no street leads straight through a signal: there is no corridor to draw")
    begin_s, end_s = scenario.window(case.like.begin_s, case.like.minutes)
    from_s = min(begin_s + 60 * place.begin_min, max(begin_s, end_s - 60 * place.minutes))
    to_s = min(end_s, from_s + 60 * place.minutes)
    with tempfile.TemporaryDirectory(prefix="faikhiao-") as folder:
        trace = Trace(Path(folder), corridor)
        run = replace(
            case.like, strategy=method.strategy, changes=method.changes, seed=1, trace=trace, begin_s=begin_s,
            minutes=(to_s - begin_s) / 60,
        )  # fmt: skip
        answer = simulate(run)
        drawn = read_trace(trace, from_s, to_s)
    return {"scenario": case.name, "method": method.label, "seed": answer["seed"], **drawn}
