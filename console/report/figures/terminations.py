"""Purdue phase termination: a row a group, a dot for each green that ended, its shape says why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from console.report.figures.canvas import SKY, legend_below, sheet, style, time_axis
from console.report.figures.endings import draw_dots, keys
from console.report.figures.subject import Subject

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(subject: Subject) -> Figure | None:
    """Vehicle groups, with the walks of pedestrian groups as dashes above; None where no green was seen."""
    from matplotlib.lines import Line2D

    greens = subject.tables["greens"]
    greens = greens.where(
        (greens["junction"] == subject.junction.id)
        & (greens["green_s"] < subject.end_s)
        & (greens["closing_s"] > subject.begin_s)
    )
    if not len(greens):
        return None
    place_of = {place.column: place.number for place in subject.groups}
    rows = np.array([place_of[column] for column in greens["column"].tolist()], np.float64)
    walks = greens["pedestrian"].astype(bool)
    with style():
        figure = sheet(1.3 + 0.26 * len(subject.groups))
        axes = figure.subplots()
        drawn = draw_dots(axes, greens.where(~walks), rows[~walks])
        axes.scatter(greens["green_s"][walks], rows[walks], s=26, color=SKY, marker="_", linewidths=1.6)
        axes.set_yticks([place.number for place in subject.groups], [place.group.id for place in subject.groups])
        axes.set_ylim(len(subject.groups) + 0.6, 0.4)
        axes.grid(axis="y", color="#eef1f4", linewidth=0.6)
        axes.set_ylabel(subject.word("group"))
        time_axis(axes, subject.record, subject.begin_s, subject.end_s, subject.word("time_of_day"))
        walk = Line2D([], [], color=SKY, marker="_", linestyle="", markersize=7, label=subject.word("pedestrian"))
        legend_below(figure, [*keys(subject, drawn), *([walk] if walks.any() else [])], 7)
        return figure
