"""Control delay by approach and bin, over the bands of the levels of service A to F (Highway Capacity Manual)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from console.report.figures.canvas import sheet, style, time_axis
from console.report.figures.series import beside, draw_steps, names_of
from console.report.figures.subject import Subject
from console.report.tables.table import Table
from plans.formulas.hcm import LEVELS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TONES = ("#e5f5ef", "#f1f8e6", "#fbf6dc", "#fdebd0", "#fbdcc8", "#f5c6b8")
LEAST_TOP_S = 60.0


def draw(subject: Subject) -> Figure | None:
    """A line an approach, weighted over its movements by flow; None where nothing was counted."""
    table = subject.tables["delay"]
    table = table.of(subject.junction.id) if len(table) else table
    approaches = names_of(table["approach"].tolist())
    if not approaches:
        return None
    with style():
        figure = sheet(3.1)
        axes = figure.subplots()
        highest = 0.0
        for number, approach in enumerate(approaches):
            begin_s, delay_s = by_bin(table.where(table["approach"] == approach))
            highest = max(highest, float(np.nanmax(delay_s, initial=0.0)))
            draw_steps(axes, subject, begin_s, delay_s, approach, number)
        top = max(LEAST_TOP_S, 1.08 * highest)
        _draw_levels(axes, top)
        axes.set_ylim(0, top)
        axes.set_ylabel(subject.word("delay"))
        beside(axes)
        begin = float(subject.bins.start_s[0])
        end = float(subject.bins.start_s[-1] + subject.bins.length_s)
        time_axis(axes, subject.record, begin, end, subject.word("time_of_day"))
        return figure


def by_bin(
    table: Table,
) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], np.ndarray[tuple[int], np.dtype[np.float64]]]:
    """(begin of bin, mean delay of its movements by flow) [s]."""
    begins, place = np.unique(table["begin_s"].astype(float), return_inverse=True)
    flow = table["flow_veh_h"].astype(float)
    weight = np.bincount(place, flow, minlength=begins.size)
    total = np.bincount(place, flow * table["delay_s"].astype(float), minlength=begins.size)
    return begins, np.where(weight > 0, total / np.maximum(weight, 1e-9), np.nan)


def _draw_levels(axes: Axes, top: float) -> None:
    borders = [0.0, *(most for most, _ in LEVELS), top]
    letters = [letter for _, letter in LEVELS] + ["F"]
    for low, high, letter, tone in zip(borders, borders[1:], letters, TONES, strict=False):
        if low < top:
            axes.axhspan(low, min(high, top), color=tone, zorder=0)
            axes.text(
                0.006,
                (low + min(high, top)) / 2,
                letter,
                transform=axes.get_yaxis_transform(),
                va="center",
                fontsize=8,
                zorder=5,
                bbox={"facecolor": tone, "edgecolor": "none", "pad": 0.8},
            )
