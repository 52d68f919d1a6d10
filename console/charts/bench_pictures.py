"""The pictures of a comparison as PNG bytes."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from console.charts.palette import Look, looks
from console.charts.picture import new_figure, png, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS = 3

Draw = Callable[["Axes", str], None]
"""Draws what bears a name into its panel."""


def delays_picture(result: Mapping[str, Any]) -> bytes:
    """Delay by scenario and method."""
    from console.charts.delay_chart import draw_delays

    scenarios, seen = result["scenarios"], _looks(result)
    rows = max(len(summary["methods"]) for summary in scenarios.values())
    draw: Draw = lambda axes, name: draw_delays(axes, name, scenarios[name], seen)  # noqa: E731 - a closure in one line
    return _panels(list(scenarios), draw, 0.75 + 0.23 * rows)


def queues_picture(result: Mapping[str, Any]) -> bytes:
    """Queues over time, mean of the seeds."""
    from console.charts.queue_chart import draw_queues

    seen = _looks(result)
    runs: dict[str, list[Mapping[str, Any]]] = {}
    for run in result["runs"]:
        runs.setdefault(run["scenario"], []).append(run)
    draw: Draw = lambda axes, name: draw_queues(axes, name, runs[name], seen)  # noqa: E731 - as above
    return _panels(list(result["scenarios"]), draw, 2.1, legend=True)


def levels_picture(result: Mapping[str, Any]) -> bytes | None:
    """Delay and vehicles left outside as demand grows; None where no network was run at several levels."""
    from console.charts.level_chart import by_level, draw_levels

    seen = _looks(result)
    networks = by_level(result["scenarios"])
    if not networks:
        return None
    with style():
        figure = new_figure(0.5 + 2.3 * len(networks))
        places = figure.subplots(len(networks), 2, squeeze=False)
        for row, (network, levels) in zip(places, networks.items(), strict=True):
            draw_levels(row[0], levels, "delay_s", f"{network}: delay [s/veh]", seen)
            draw_levels(row[1], levels, "undeparted", f"{network}: left outside [veh]", seen)
        _legend(figure, places[0][0])
        return png(figure)


def time_space_picture(trace: Mapping[str, Any]) -> bytes:
    """One time-space diagram."""
    from console.charts.time_space_chart import draw_time_space

    with style():
        figure = new_figure(4.2)
        draw_time_space(figure.subplots(), trace)
        return png(figure)


def _looks(result: Mapping[str, Any]) -> dict[str, Look]:
    return looks(result["methods"], result["judged"])


def _panels(names: Sequence[str], draw: Draw, height_in: float, *, legend: bool = False) -> bytes:
    columns = min(COLUMNS, len(names))
    rows = math.ceil(len(names) / columns)
    with style():
        figure = new_figure(0.4 * legend + height_in * rows)
        places = figure.subplots(rows, columns, squeeze=False).flatten()
        for axes, name in zip(places, names, strict=False):
            draw(axes, name)
        for axes in places[len(names) :]:
            axes.set_visible(False)
        if legend:
            _legend(figure, places[0])
        return png(figure)


def _legend(figure: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=min(6, len(labels)), frameon=False, fontsize=7.5)
