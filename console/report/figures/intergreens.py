"""Intergreen matrix: from end of green (row) to start of green (column); empty where both may be green together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.report.figures.canvas import SOFT, sheet, style
from console.report.figures.subject import Subject

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CELL_IN = 0.29


def draw(subject: Subject) -> Figure | None:
    """The matrix in seconds; permissive pairs (they cross, the first gives way) bear a dot."""
    from matplotlib.patches import Rectangle

    junction = subject.junction
    names = [group.id for group in junction.groups]
    longest = max((each or 0.0 for row in junction.intergreen_s for each in row), default=0.0) or 1.0
    with style():
        figure = sheet(1.0 + CELL_IN * len(names))
        axes = figure.subplots()
        for ending, row in enumerate(junction.intergreen_s):
            for starting, length_s in enumerate(row):
                shade = "#ffffff" if length_s is None else _tone(length_s / longest)
                axes.add_patch(Rectangle((starting, ending), 1, 1, facecolor=shade, edgecolor="#d5dbe1", linewidth=0.6))
                told = "–" if ending == starting else "" if length_s is None else f"{length_s:g}"
                if (names[ending], names[starting]) in junction.permissive:
                    told = f"{told}•"
                axes.text(starting + 0.5, ending + 0.5, told, ha="center", va="center", fontsize=8)
        axes.set_xlim(-EDGE, max(len(names), WIDE) + EDGE)
        axes.set_ylim(len(names) + EDGE, -EDGE)
        axes.set_xticks([place + 0.5 for place in range(len(names))], names)
        axes.set_yticks([place + 0.5 for place in range(len(names))], names)
        axes.xaxis.tick_top()
        axes.xaxis.set_label_position("top")
        axes.tick_params(length=0)
        dots = f"      {subject.word('gives_way')}" if junction.permissive else ""
        axes.set_xlabel(f"{subject.word('starting')} →  [{subject.word('seconds')}]{dots}", loc="left")
        axes.set_ylabel(f"← {subject.word('ending')}", color=SOFT if not names else "black")
        for spine in axes.spines.values():
            spine.set_visible(False)
        return figure


EDGE = 0.04
"""Cells around the matrix, so that its outermost lines are whole."""
WIDE = 26
"""Cells across the sheet: small junctions keep small cells."""


def _tone(share: float) -> str:
    """White to orange with the length."""
    part = 0.15 + 0.6 * share
    return "#" + "".join(f"{round(255 - part * (255 - end)):02x}" for end in (0xF0, 0xA0, 0x50))
