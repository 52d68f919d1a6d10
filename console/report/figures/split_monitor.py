"""Split monitor: how long each green was, why it ended, and what the plan had promised it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from console.report.figures.canvas import INK, legend_below, panels, style, time_axis
from console.report.figures.endings import draw_dots, keys
from console.report.figures.subject import Subject

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(subject: Subject) -> Figure | None:
    """A panel a vehicle group; None where no green was seen."""
    from matplotlib.lines import Line2D

    greens = subject.tables["greens"]
    greens = greens.where((greens["green_s"] < subject.end_s) & (greens["closing_s"] > subject.begin_s))
    groups = [place for place in subject.vehicle_groups if (greens["column"] == place.column).any()]
    if not groups:
        return None
    with style():
        figure, axes = panels(len(groups), 1.15)
        drawn: set[str] = set()
        for place, panel in zip(groups, axes, strict=True):
            mine = greens.where(greens["column"] == place.column)
            panel.step(mine["green_s"], mine["planned_s"], where="post", color=INK, linewidth=1.0, zorder=1)
            drawn.update(draw_dots(panel, mine, mine["length_s"]))
            highest = float(np.nanmax(np.concatenate([mine["length_s"], mine["planned_s"], [10.0]])))
            panel.set_ylim(0, 1.15 * highest)
            panel.set_ylabel(subject.word("length"), fontsize=7)
            mean = subject.seconds(mine["length_s"].mean(), ".1f")
            panel.set_title(f"{place.group.id}   {subject.word('mean')} {mean}")
            time_axis(panel, subject.record, subject.begin_s, subject.end_s, "")
        axes[-1].set_xlabel(subject.word("time_of_day"))
        line = Line2D([], [], color=INK, label=subject.word("planned"))
        legend_below(figure, [*keys(subject, drawn), line], 7)
        return figure
