"""Queues over a run: vehicles at a stand, and those that wait outside, minute by minute, mean of the seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from console.charts.palette import Look


def draw_queues(axes: Axes, scenario: str, runs: Sequence[Mapping[str, Any]], looks: Mapping[str, Look]) -> None:
    """Draw one scenario: a line a method (vehicles at a stand and outside together), a thin one for outside alone."""
    for method, look in looks.items():
        minutes = [run["by_minute"] for run in runs if run["method"] == method]
        if not minutes:
            continue
        inside, outside = (_mean([one[key] for one in minutes]) for key in ("queue_veh", "outside_veh"))
        at_min = [number + 0.5 for number in range(len(inside))]
        together = [one + other for one, other in zip(inside, outside, strict=True)]
        axes.plot(at_min, together, color=look.colour, linewidth=1.4, label=method)
        if max(outside, default=0) >= 1:
            axes.plot(at_min, outside, color=look.colour, linewidth=0.9, linestyle=":")
    axes.set_title(scenario, fontsize=9, loc="left")
    axes.set_xlabel("minute of the run", fontsize=7.5)
    axes.set_ylabel("vehicles", fontsize=7.5)
    axes.tick_params(labelsize=7)
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.grid(color="#e4e4e4", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _mean(series: Sequence[Sequence[float]]) -> list[float]:
    return [sum(values) / len(series) for values in zip(*series, strict=True)]
