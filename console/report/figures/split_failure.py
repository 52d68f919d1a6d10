"""Purdue split failure: occupancy of the stop line in green and in the first five seconds of red."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.report.figures.canvas import BLUE, RED, SOFT, legend_below, panels, style, time_axis, two_lines
from console.report.figures.subject import Subject
from console.report.tables.split_failures import OCCUPANCY_LIMIT

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MANY_DOTS = 4_000


def draw(subject: Subject) -> Figure | None:
    """A panel a group with stop-line loops; None where there is none."""
    from matplotlib.lines import Line2D

    table = subject.tables["split_failures"]
    if not len(table):
        return None
    table = table.of(subject.junction.id)
    table = table.where((table["green_s"] < subject.end_s) & (table["at_s"] > subject.begin_s))
    names = list(dict.fromkeys(table["group"].tolist()))
    if not names:
        return None
    with style():
        figure, axes = panels(len(names), 1.05)
        for name, panel in zip(names, axes, strict=True):
            mine = table.where(table["group"] == name)
            many = len(mine) > MANY_DOTS
            failed = mine["green_s"][mine["failed"].astype(bool)]
            panel.vlines(failed, 0, 100, color="#f0b49b", linewidth=1.2, zorder=1)
            for column, colour, marker in (("green_occupancy", BLUE, "^"), ("red_occupancy", RED, "o")):
                panel.scatter(
                    mine["green_s"], 100 * mine[column].astype(float), s=8, color=colour, marker=marker, linewidths=0,
                    rasterized=many, zorder=2,
                )  # fmt: skip
            panel.axhline(100 * OCCUPANCY_LIMIT, color=SOFT, linewidth=0.8, linestyle="--")
            panel.set_ylim(-4, 104)
            panel.set_ylabel(two_lines(subject.word("occupancy")), fontsize=7)
            panel.set_title(f"{name}   {subject.word('failures')}: {len(failed)} / {len(mine)}")
            time_axis(panel, subject.record, subject.begin_s, subject.end_s, "")
        axes[-1].set_xlabel(subject.word("time_of_day"))
        keys = [
            Line2D([], [], color=BLUE, marker="^", linestyle="", label=subject.word("in_green")),
            Line2D([], [], color=RED, marker="o", linestyle="", label=subject.word("in_red")),
            Line2D([], [], color="#f0b49b", label=subject.word("failed")),
        ]
        legend_below(figure, keys)
        return figure
