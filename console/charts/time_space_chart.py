"""A time-space diagram: a line a vehicle along a corridor, a bar where a signal is red for those who go straight on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

from console.charts.shown import clock

LINE_COLOUR, RED_COLOUR = "#3b4a5a", "#c8372d"


def draw_time_space(axes: Axes, trace: Mapping[str, Any]) -> None:
    """Draw one trace of `bench --trace`."""
    from matplotlib.collections import LineCollection
    from matplotlib.ticker import FuncFormatter, MultipleLocator

    lines = [[tuple(point) for point in line] for line in trace["lines"]]
    axes.add_collection(LineCollection(lines, colors=LINE_COLOUR, linewidths=0.45, alpha=0.8))
    for signal in trace["signals"]:
        for begin_s, end_s in signal["red_s"]:
            axes.plot([begin_s, end_s], [signal["at_m"]] * 2, color=RED_COLOUR, linewidth=3, solid_capstyle="butt")
    axes.set_xlim(trace["begin_s"], trace["end_s"])
    axes.set_ylim(0, trace["length_m"])
    span_s = trace["end_s"] - trace["begin_s"]
    axes.xaxis.set_major_locator(MultipleLocator(60 if span_s <= 900 else 300))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda second, _: clock(second)))
    axes.tick_params(labelsize=7)
    axes.set_ylabel("along the corridor [m]", fontsize=7.5)
    axes.set_title(f"{trace['scenario']}: {trace['method']}, seed {trace['seed']}", fontsize=9, loc="left")
    beside = axes.secondary_yaxis("right")
    beside.set_yticks([signal["at_m"] for signal in trace["signals"]], [signal["tls"] for signal in trace["signals"]])
    beside.tick_params(labelsize=7, length=0)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    beside.spines["right"].set_visible(False)
