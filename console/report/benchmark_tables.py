"""The tables of a comparison that its pages share: targets, levels of demand, ablations, decision times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from console.charts.level_chart import by_level
from sim.bench.estimates import Estimate
from sim.bench.methods import known_as
from sim.bench.table import ratio_text

Table = tuple[tuple[str, ...], list[tuple[str, ...]]]
"""Head and rows."""


def delays(result: Mapping[str, Any]) -> Table:
    """Delay of every method on every scenario, the best in bold, and the judged one to the best rival."""
    methods, judged = [method for method in result["methods"] if ":" not in method], result["judged"]
    rows: list[tuple[str, ...]] = []
    for scenario, summary in result["scenarios"].items():
        cells = [_delay(summary["methods"].get(method), best=method == summary["best"]) for method in methods]
        mine = summary["methods"].get(judged)
        against = mine["against_best_rival"] if mine else None
        difference = Estimate(against["difference_s"], against["half_width_s"]).text if against else ""
        rival = f"{ratio_text(against)} × {against['method']}" if against else ""
        rows.append((scenario, f"{summary['vehicles']:.0f}", *cells, rival, difference))
    return ("scenario", "vehicles", *methods, f"{judged} to best rival", "difference [s]"), rows


def _delay(found: Mapping[str, Any] | None, *, best: bool) -> str:
    if found is None:
        return ""
    text = Estimate(found["delay_s"]["mean"], found["delay_s"]["half_width"]).text
    locked = len(found["gridlocked_seeds"])
    text = f"**{text}**" if best else text
    return f"{text} ({locked} locked)" if locked else text


def gaps(result: Mapping[str, Any]) -> Table:
    """Every method to the best rival (itself aside), the oracle and the floor; its gridlocked seeds and breaks."""
    rows: list[tuple[str, ...]] = []
    for scenario, summary in result["scenarios"].items():
        for method, found in summary["methods"].items():
            against, seeds = found["against_best_rival"], len(found["delay_s"]["by_seed"])
            difference = Estimate(against["difference_s"], against["half_width_s"]).text if against else ""
            rows.append(
                (
                    scenario,
                    method,
                    f"{ratio_text(against)} × {against['method']}" if against else "",
                    difference,
                    ratio_text(found["against_oracle"]),
                    ratio_text(found["against_floor"]),
                    f"{len(found['gridlocked_seeds'])} of {seeds}",
                    f"{found['breaks_h']:.1f}",
                )
            )
    head = (
        "scenario", "method", "to best rival", "difference [s]", "to oracle", "to floor", "gridlocked seeds",
        "breaks/h",
    )  # fmt: skip
    return head, rows


def targets(result: Mapping[str, Any]) -> Table:
    """Every target of every scenario: what was asked, what was found."""
    rows: list[tuple[str, ...]] = [
        (
            scenario,
            line["what"],
            f"{line['limit']:.2f}",
            f"{line['found']:.2f}",
            "met" if line["met"] else f"missed by {abs(line['found'] - line['limit']):.2f}",
        )
        for scenario, summary in result["scenarios"].items()
        for line in summary["verdict"]
    ]
    return ("scenario", "target", "limit", "found", ""), rows


def levels(result: Mapping[str, Any]) -> dict[str, Table]:
    """Of each network run at several levels of demand: delay and vehicles left outside."""
    methods = [method for method in result["methods"] if ":" not in method]
    tables = {}
    for network, summaries in by_level(result["scenarios"]).items():
        rows = [
            (
                f"{level:.2f}",
                *(_delay_and_outside(summary["methods"].get(method)) for method in methods),
            )
            for level, summary in summaries.items()
        ]
        tables[network] = (("demand", *methods), rows)
    return tables


def _delay_and_outside(found: Mapping[str, Any] | None) -> str:
    return f"{found['delay_s']['mean']:.1f} s / {found['undeparted']['mean']:.0f}" if found else ""


def ablations(result: Mapping[str, Any]) -> Table:
    """What a method loses with a part changed, paired by seed: one row for a variant and scenario."""
    rows: list[tuple[str, ...]] = []
    for scenario, summary in result["scenarios"].items():
        for method, found in summary["methods"].items():
            whole = found["against_whole"]
            if whole is not None and is_variant(result, method):
                difference = Estimate(whole["difference_s"], whole["half_width_s"]).text
                rows.append((scenario, method, ratio_text(whole), difference))
    return ("scenario", "variant", "delay to the whole", "difference [s]"), rows


def is_variant(result: Mapping[str, Any], method: str) -> bool:
    """Whether a method is another one with parameters changed, by its writing or by a study's name for it."""
    return known_as(method) != method or method in result.get("variants", {})


def fairness(result: Mapping[str, Any]) -> Table:
    """What no mean shows, of every method."""
    rows: list[tuple[str, ...]] = []
    for scenario, summary in result["scenarios"].items():
        for method, found in summary["methods"].items():
            walk = found["pedestrian_wait_s"]
            ratio = found["worst_approach_ratio"]
            rows.append(
                (
                    scenario,
                    method,
                    f"{found['worst_approach_s']['mean']:.1f}",
                    "" if ratio is None else f"{ratio:.2f}",
                    f"{found['longest_red_s']['max']:.0f}",
                    f"{walk['mean']:.1f}" if walk else "",
                    f"{walk['max']:.0f}" if walk else "",
                    f"{found['undeparted']['mean']:.0f}",
                    f"{found['breaks_h']:.1f}",
                )
            )
    head = (
        "scenario", "method", "worst approach [s/veh]", "to best rival's", "longest red [s]", "pedestrian wait [s]",
        "its longest [s]", "left outside", "breaks/h",
    )  # fmt: skip
    return head, rows


def steps(result: Mapping[str, Any]) -> Table:
    """How long a step of the controller took, over all scenarios: mean of the medians, highest p99 and maximum."""
    rows: list[tuple[str, ...]] = []
    for method in result["methods"]:
        timed = _timed(result["scenarios"].values(), method)
        if timed:
            p50 = sum(one["p50"] for one in timed) / len(timed)
            p99, longest = max(one["p99"] for one in timed), max(one["max"] for one in timed)
            rows.append((method, f"{p50:.2f}", f"{p99:.2f}", f"{longest:.1f}"))
    return ("method", "p50 [ms]", "p99 [ms]", "max [ms]"), rows


def _timed(summaries: Any, method: str) -> Sequence[Mapping[str, float]]:
    found = [summary["methods"][method]["decision_ms"] for summary in summaries if method in summary["methods"]]
    return [one for one in found if one]
