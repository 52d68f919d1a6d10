"""Turning counts over the run: each approach's movements as bars, with vehicles an hour on them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.report.figures.canvas import SERIES, sheet, style
from console.report.figures.subject import Subject

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(subject: Subject) -> Figure | None:
    """A bar a movement; None where no lane is counted."""
    table = subject.tables["volumes"]
    table = table.of(subject.junction.id) if len(table) else table
    if not len(table):
        return None
    pairs = list(dict.fromkeys(zip(table["approach"].tolist(), table["movement"].tolist(), strict=True)))
    approaches = list(dict.fromkeys(approach for approach, _ in pairs))
    with style():
        figure = sheet(0.9 + 0.27 * len(pairs))
        axes = figure.subplots()
        flows = []
        for row, (approach, movement) in enumerate(pairs):
            mine = table.where((table["approach"] == approach) & (table["movement"] == movement))
            flow = 3600 * mine["vehicles"].sum() / mine["heard_s"].sum()
            flows.append(float(flow))
            axes.barh(row, flow, color=SERIES[approaches.index(approach) % len(SERIES)], height=0.72)
            axes.text(flow, row, f" {flow:.0f}  ({mine['vehicles'].sum()})", va="center", fontsize=7.5)
        axes.set_yticks(range(len(pairs)), [f"{approach}  {movement}" for approach, movement in pairs])
        axes.set_ylim(len(pairs) - 0.4, -0.6)
        axes.set_xlim(0, 1.18 * max(*flows, 1.0))
        axes.set_xlabel(f"{subject.word('flow')}  ({subject.word('vehicles')})")
        axes.tick_params(axis="y", length=0)
        return figure
