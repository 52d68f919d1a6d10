"""Delay and level of service of every junction over the run: a bar for its mean, a mark for its worst approach."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.report.figures.canvas import BLUE, RED, sheet, style
from console.report.figures.delay import TONES
from console.report.figures.subject import Subject
from plans.formulas.hcm import LEVELS, level_of_service

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(subject: Subject) -> Figure | None:
    """A row a junction, its mean and letter beside its name; None where nothing was counted."""
    table = subject.tables["delay_summary"]
    if not len(table):
        return None
    whole = table.where(table["approach"] == "")
    parts = table.where(table["approach"] != "")
    names = whole["junction"].tolist()
    with style():
        figure = sheet(1.0 + 0.26 * len(names))
        axes = figure.subplots()
        top = 1.15 * float(table["delay_s"].max())
        borders = [0.0, *(most for most, _ in LEVELS), max(1.12 * top, LEVELS[-1][0])]
        for low, high, tone in zip(borders, borders[1:], TONES, strict=False):
            axes.axvspan(low, high, color=tone, zorder=0)
        means_s = whole["delay_s"].tolist()
        for row, (name, delay_s) in enumerate(zip(names, means_s, strict=True)):
            axes.barh(row, delay_s, color=BLUE, height=0.55, zorder=2)
            mine = parts.of(name)
            worst = int(mine["delay_s"].argmax())
            worst_s = float(mine["delay_s"][worst])
            axes.plot(worst_s, row, marker="D", color=RED, markersize=4.5, zorder=3)
            axes.text(
                worst_s + 0.012 * top,
                row,
                f"{mine['approach'][worst]} {level_of_service(worst_s)}",
                va="center",
                fontsize=6.5,
            )
        told = [f"{mean_s:.1f} {level_of_service(mean_s)}" for mean_s in means_s]  # a short bar has no room for it
        axes.set_yticks(range(len(names)), [f"{name}  {each:>6}" for name, each in zip(names, told, strict=True)])
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.set_xlim(0, top * 1.12)
        axes.set_xlabel(f"{subject.word('delay')}   ◆ {subject.word('worst_approach_s')}")
        axes.tick_params(axis="y", length=0)
        return figure
