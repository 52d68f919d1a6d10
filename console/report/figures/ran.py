"""Signal programme as it ran: some minutes of what every group showed and which stages were asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.charts.programme_chart import draw_programme
from console.report.figures.canvas import sheet, style
from console.report.figures.subject import Subject

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SHOWN_S = 480.0


def draw(subject: Subject) -> Figure | None:
    """Eight minutes; None where no cabinet reported."""
    shown = subject.record.shown(subject.row, subject.detail_s, subject.detail_s + SHOWN_S)
    if shown is None:
        return None
    with style():
        figure = sheet(1.2 + 0.22 * (len(shown.groups) + 1))
        axes = figure.subplots()
        draw_programme(axes, shown, subject.language)
        axes.set_xlabel(subject.word("time_of_day"))
        return figure
