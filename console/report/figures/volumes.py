"""Approach volumes: a panel an approach, a line for each of its movements, as counted at the stop lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.report.figures.canvas import panels, style, time_axis, two_lines
from console.report.figures.series import beside, draw_steps, names_of
from console.report.figures.subject import Subject

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(subject: Subject) -> Figure | None:
    """Flow of each movement by bin; None where no lane is counted."""
    table = subject.tables["volumes"]
    table = table.of(subject.junction.id) if len(table) else table
    approaches = names_of(table["approach"].tolist())
    if not approaches:
        return None
    highest = float(table["flow_veh_h"].max())
    with style():
        figure, axes = panels(len(approaches), 0.95)
        for approach, panel in zip(approaches, axes, strict=True):
            mine = table.where(table["approach"] == approach)
            for number, movement in enumerate(names_of(mine["movement"].tolist())):
                line = mine.where(mine["movement"] == movement)
                draw_steps(panel, subject, line["begin_s"], line["flow_veh_h"], movement, number)
            panel.set_ylim(0, 1.1 * max(highest, 1.0))
            panel.set_title(approach)
            panel.set_ylabel(two_lines(subject.word("flow")), fontsize=7)
            beside(panel)
            begin_s = float(subject.bins.start_s[0])
            time_axis(panel, subject.record, begin_s, float(subject.bins.start_s[-1] + subject.bins.length_s), "")
        axes[-1].set_xlabel(subject.word("time_of_day"))
        return figure
