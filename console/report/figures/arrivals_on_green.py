"""Arrivals on green by bin: the share of vehicles that reach the stop line in green, against the green's own share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from console.report.figures.canvas import GREEN, INK, legend_below, panels, style, time_axis
from console.report.figures.series import names_of
from console.report.figures.subject import Subject
from console.report.record import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw(subject: Subject) -> Figure | None:
    """A panel a group with advance loops: bars of arrivals on green, dashes for the green's share; None without."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    table = subject.tables["arrivals_on_green"]
    if not len(table):
        return None
    table = table.of(subject.junction.id)
    names = names_of(table["group"].tolist())
    if not names:
        return None
    with style():
        figure, axes = panels(len(names), 0.95)
        width = subject.bins.length_s
        for name, panel in zip(names, axes, strict=True):
            mine = table.where(table["group"] == name)
            _bars(panel, mine["begin_s"], 100 * mine["share_on_green"], 0.92 * width)
            _dashes(panel, mine["begin_s"], 100 * mine["green_ratio"], width)
            panel.set_ylim(0, 100)
            total = mine["on_green"].sum() / mine["arrivals"].sum()
            green_share = mine["green_s"].sum() / mine["recorded_s"].sum()
            ratio = total / green_share if green_share else 0.0
            panel.set_title(f"{name}   {100 * total:.0f} %   {subject.word('platoon_ratio')} {ratio:.2f}")
            panel.set_ylabel("%")
            time_axis(panel, subject.record, *_span(subject), "")
        axes[-1].set_xlabel(subject.word("time_of_day"))
        keys = [
            Patch(color=GREEN, alpha=0.75, label=subject.word("on_green")),
            Line2D([], [], color=INK, linestyle="--", label=subject.word("green_share")),
        ]
        legend_below(figure, keys)
        return figure


def _bars(panel: Axes, begin_s: FloatArray, height: FloatArray, width_s: float) -> None:
    """Every bar in one path: a week has hundreds in each panel."""
    end_s, ground = begin_s + width_s, np.zeros(height.size)
    panel.fill(
        np.column_stack([begin_s, begin_s, end_s, end_s]).ravel(),
        np.column_stack([ground, height, height, ground]).ravel(),
        color=GREEN, alpha=0.75, linewidth=0,
    )  # fmt: skip


def _dashes(panel: Axes, begin_s: FloatArray, height: FloatArray, width_s: float) -> None:
    """A dashed line over each bin, all in one path."""
    nowhere = np.full(height.size, np.nan)
    across = np.column_stack([begin_s, begin_s + width_s, nowhere]).ravel()
    panel.plot(across, np.repeat(height, 3), color=INK, linewidth=1.4, linestyle="--")


def _span(subject: Subject) -> tuple[float, float]:
    last_s = float(subject.bins.start_s[-1] + subject.bins.length_s)
    return float(subject.bins.start_s[0]), min(last_s, subject.record.end_s)
