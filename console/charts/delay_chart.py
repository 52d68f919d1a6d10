"""Delay by scenario and method: a panel a scenario, a row a method, a bar for the 95 % interval, a dot a seed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from console.charts.palette import Look

WIDE_RATIO = 8.0
"""With a larger ratio of the slowest to the quickest method the axis is logarithmic: the near ones still show apart."""


def draw_delays(axes: Axes, scenario: str, summary: Mapping[str, Any], looks: Mapping[str, Look]) -> None:
    """Draw one scenario; nobody is left out, however much it lost."""
    methods = [method for method in looks if method in summary["methods"]]
    means = []
    for row, method in enumerate(methods):
        delay = summary["methods"][method]["delay_s"]
        look = looks[method]
        seeds = list(delay["by_seed"].values())
        half = delay["half_width"] or 0.0
        axes.plot(seeds, [row] * len(seeds), ".", color=look.colour, alpha=0.35, markersize=4, zorder=2)
        low = max(delay["mean"] - half, min(seeds) * 0.9)
        axes.plot([low, delay["mean"] + half], [row, row], "-", color=look.colour, linewidth=2.2, zorder=3)
        axes.plot(delay["mean"], row, look.mark, color=look.colour, markersize=6, zorder=4)
        axes.annotate(
            f"{delay['mean']:.1f}", (delay["mean"], row), xytext=(0, 5), textcoords="offset points", ha="center",
            fontsize=7, color=look.colour,
        )  # fmt: skip
        means.append(delay["mean"])
    _axis(axes, means)
    axes.set_yticks(range(len(methods)), methods, fontsize=7.5)
    axes.set_ylim(len(methods) - 0.5, -0.7)
    axes.set_title(scenario, fontsize=9, loc="left")
    axes.set_xlabel("delay [s/veh]", fontsize=7.5)
    axes.grid(axis="x", color="#e4e4e4", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _axis(axes: Axes, means: list[float]) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    least = min(means)
    if least > 0 and max(means) / least > WIDE_RATIO:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda delay_s, _: f"{delay_s:g}"))
        axes.xaxis.set_minor_formatter(NullFormatter())
    else:
        axes.set_xlim(left=0)
    axes.margins(x=0.08)
    axes.tick_params(axis="x", labelsize=7)
