"""A comparison as a Markdown table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sim.bench.estimates import Estimate
from sim.bench.summary import GRIDLOCK_RATIO, GRIDLOCK_SHARE

_HEAD = (
    "| scenario | method | delay [s/veh] | worst seed | to best rival | paired difference [s] | to oracle | to floor "
    "| gridlocked seeds | worst approach [s] | its ratio | longest red [s] | pedestrian wait [s] | left outside "
    "| breaks/h | step p99 [ms] |"
)

GRIDLOCK = (
    f"A seed is gridlocked where its delay is over {GRIDLOCK_RATIO:g} times the median of the best method there, "
    f"or where more vehicles are left outside than own-plan's mean and {100 * GRIDLOCK_SHARE:g} % of the demand."
)


def markdown(result: Mapping[str, Any]) -> str:
    """The comparison as a Markdown table; the least delay of each scenario in bold, floor and oracle aside."""
    lines = [_HEAD, "|---|---|" + "---:|" * (_HEAD.count("|") - 3)]
    for scenario, summary in result["scenarios"].items():
        lines += [_row(scenario, method, found, summary["best"]) for method, found in summary["methods"].items()]
    return "\n".join([*lines, "", note(result)])


def note(result: Mapping[str, Any]) -> str:
    """What the numbers are."""
    share = round(100 * result["confidence"])
    seeds = max((len(_any(summary)["delay_s"]["by_seed"]) for summary in result["scenarios"].values()), default=1)
    named = "seed 1" if seeds == 1 else f"seeds 1 to {seeds}, mean ± {share} % interval"
    rivals = ", ".join(result["rivals"])
    return (
        f"{named}; complete delay: unfinished trips and vehicles never let in included. Best rival: the least mean "
        f"delay of {rivals}."
    )


def _any(summary: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = max(summary["methods"].values(), key=lambda one: len(one["delay_s"]["by_seed"]))
    return found


def _row(scenario: str, method: str, found: Mapping[str, Any], best: str | None) -> str:
    delay = Estimate(found["delay_s"]["mean"], found["delay_s"]["half_width"]).text
    against = found["against_best_rival"]
    locked = found["gridlocked_seeds"]
    walk = found["pedestrian_wait_s"]
    step = found["decision_ms"]
    cells = [
        scenario,
        method,
        f"**{delay}**" if method == best else delay,
        f"{found['delay_s']['max']:.1f}",
        ratio_text(against),
        Estimate(against["difference_s"], against["half_width_s"]).text if against else "",
        ratio_text(found["against_oracle"]),
        ratio_text(found["against_floor"]),
        f"{len(locked)} of {len(found['delay_s']['by_seed'])}" if locked else "0",
        f"{found['worst_approach_s']['mean']:.1f}",
        "" if found["worst_approach_ratio"] is None else f"{found['worst_approach_ratio']:.2f}",
        f"{found['longest_red_s']['max']:.0f}",
        f"{walk['mean']:.1f} (max {walk['max']:.0f})" if walk else "",
        f"{found['undeparted']['mean']:.0f}",
        f"{found['breaks_h']:.1f}" if found["breaks_h"] else "0",
        f"{step['p99']:.1f}" if step else "",
    ]
    return "| " + " | ".join(cells) + " |"


def ratio_text(against: Mapping[str, Any] | None) -> str:
    """The ratio of two means, empty where there is none."""
    return f"{against['ratio']:.2f}" if against and against["ratio"] is not None else ""
