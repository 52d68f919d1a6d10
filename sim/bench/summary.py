"""What single runs come to: each method of each scenario over its seeds, against the best rival and the targets.

A mean alone says little where gridlock is near: with it come its 95 % interval and the worst seed, and against the best
rival the interval of the paired difference, in which the common luck of a seed cancels out.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from sim.bench.estimates import estimate, paired
from sim.bench.methods import FLOOR, ORACLE, OWN_PLAN, in_hindsight, known_as
from sim.bench.runs import Case
from sim.bench.study import Fairness
from sim.bench.verdict import verdict

MEASURES = (
    "delay_s", "trip_s", "wait_s", "stops", "worst_approach_s", "longest_red_s", "person_delay_s", "unfinished",
    "undeparted", "invariant_breaks", "realtime_factor",
)  # fmt: skip
"""Of each of these the summary gives mean, interval and each seed's value."""
GRIDLOCK_RATIO = 2.0
"""A seed is gridlocked with a delay over so many times the median of the best method there,"""
GRIDLOCK_SHARE = 0.05
"""or with more vehicles left outside than the own plan's mean and this share of the demand."""

Runs = Mapping[str, Sequence[Mapping[str, Any]]]
"""By method, its answers."""


def summaries(
    answers: Sequence[Mapping[str, Any]], cases: Sequence[Case], judged: str, fair: Fairness
) -> dict[str, dict[str, Any]]:
    """{scenario: summary} from single runs, in the order of the cases."""
    found = {}
    for case in cases:
        runs: dict[str, list[Mapping[str, Any]]] = {}
        for answer in answers:
            if answer["scenario"] == case.name:
                runs.setdefault(answer["method"], []).append(answer)
        if runs:
            found[case.name] = _scenario(runs, case, judged, fair)
    return found


def _scenario(runs: Runs, case: Case, judged: str, fair: Fairness) -> dict[str, Any]:
    delay_s = {method: _by_seed(of_method, "delay_s") for method, of_method in runs.items()}
    mean_s = {method: statistics.fmean(by_seed.values()) for method, by_seed in delay_s.items()}
    limits = _gridlock_limits(runs, delay_s)
    methods = {}
    for method, of_method in runs.items():
        rival = _best({other: mean for other, mean in mean_s.items() if other in case.rivals and other != method})
        base = known_as(method)
        methods[method] = {
            **{name: _measured(of_method, name) for name in MEASURES},
            **_of_all_seeds(of_method),
            "gridlocked_seeds": _gridlocked(of_method, limits),
            "against_best_rival": paired(delay_s[method], delay_s[rival], rival) if rival else None,
            "against_oracle": _gap(method, ORACLE, delay_s),
            "against_floor": _gap(method, FLOOR, delay_s),
            "against_whole": _gap(method, base if base in delay_s else judged, delay_s),
        }
        methods[method]["worst_approach_ratio"] = _ratio(
            methods[method]["worst_approach_s"]["mean"], runs.get(rival or ""), "worst_approach_s"
        )
    return {
        "vehicles": statistics.fmean(answer["vehicles"] for answer in next(iter(runs.values()))),
        "best_rival": _best({method: mean for method, mean in mean_s.items() if method in case.rivals}),
        "best": _best({method: mean for method, mean in mean_s.items() if not in_hindsight(method)}),
        "gridlock_limit_s": limits[0],
        "gridlock_limit_outside_veh": limits[1],
        "must": case.must,
        "goal": case.goal,
        "remark": case.remark,
        "methods": methods,
        "verdict": verdict(methods, judged, case, fair),
    }


def _best(mean_s: Mapping[str, float]) -> str | None:
    return min(mean_s, key=lambda method: mean_s[method], default=None)


def _by_seed(runs: Sequence[Mapping[str, Any]], measure: str) -> dict[int, float]:
    return {run["seed"]: float(run[measure]) for run in runs}


def _measured(runs: Sequence[Mapping[str, Any]], measure: str) -> dict[str, Any]:
    by_seed = _by_seed(runs, measure)
    found = estimate(list(by_seed.values()))
    return {"mean": found.mean, "half_width": found.half_width, "max": max(by_seed.values()), "by_seed": by_seed}


def _of_all_seeds(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Pedestrians, breaks an hour and decision times; the slowest step of all seeds."""
    hours = sum(run["simulated_s"] for run in runs) / 3600
    timed = [run["decision_ms"] for run in runs if run["decision_ms"]]
    walked = [run["pedestrian_wait_s"] for run in runs if "pedestrian" in run["by_class"]]
    return {
        "breaks_h": sum(run["invariant_breaks"] for run in runs) / hours if hours else 0.0,
        "pedestrian_wait_s": {
            "mean": statistics.fmean(wait["mean"] for wait in walked),
            "max": max(wait["max"] for wait in walked),
        }
        if walked
        else None,
        "decision_ms": {
            "p50": statistics.fmean(one["p50"] for one in timed),
            "p99": max(one["p99"] for one in timed),
            "max": max(one["max"] for one in timed),
        }
        if timed
        else None,
        "worst_approach": max(runs, key=lambda run: run["worst_approach_s"])["worst_approach"],
        "longest_red": max(runs, key=lambda run: run["longest_red_s"])["longest_red"],
    }


def _gap(method: str, other: str, delay_s: Mapping[str, Mapping[int, float]]) -> dict[str, Any] | None:
    if other == method or other not in delay_s:
        return None
    return paired(delay_s[method], delay_s[other], other)


def _ratio(mine: float, of_rival: Sequence[Mapping[str, Any]] | None, measure: str) -> float | None:
    if not of_rival:
        return None
    theirs = statistics.fmean(run[measure] for run in of_rival)
    return mine / theirs if theirs else None


# ------------------------------------------------------------------------------------------------------------ gridlock


def _gridlock_limits(runs: Runs, delay_s: Mapping[str, Mapping[int, float]]) -> tuple[float | None, float | None]:
    """(delay [s], vehicles left outside) above which a seed counts as gridlocked; None where nothing tells."""
    medians = [statistics.median(by_seed.values()) for method, by_seed in delay_s.items() if not in_hindsight(method)]
    longest_s = GRIDLOCK_RATIO * min(medians) if medians else None
    own = runs.get(OWN_PLAN)
    if not own:
        return longest_s, None
    demand = statistics.fmean(run["vehicles"] for run in own)
    return longest_s, statistics.fmean(run["undeparted"] for run in own) + GRIDLOCK_SHARE * demand


def _gridlocked(runs: Sequence[Mapping[str, Any]], limits: tuple[float | None, float | None]) -> list[int]:
    longest_s, outside = limits
    return [
        run["seed"]
        for run in runs
        if (longest_s is not None and run["delay_s"] > longest_s)
        or (outside is not None and run["undeparted"] > outside)
    ]
