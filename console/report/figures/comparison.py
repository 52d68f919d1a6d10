"""Before and after: the difference of each measure with its 95 % interval, a panel a measure, a row a junction.

A filled mark is a difference that its interval sets apart from zero: blue for the better, red for the worse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from console.report.figures.canvas import BLUE, INK, RED, SOFT, sheet, style
from console.report.tables.table import Table
from console.report.words import word
from console.sentences import Language

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MORE_IS_BETTER = frozenset({"arrivals_on_green"})
NEITHER = frozenset({"volume"})
"""More traffic is no fault of the signals."""


def draw_table(table: Table, language: Language) -> Figure | None:
    """Panels beside each other; a filled mark where the interval leaves out zero; None where nothing compares."""
    if not len(table):
        return None
    measures = list(dict.fromkeys(table["measure"].tolist()))
    names = list(dict.fromkeys(table["junction"].tolist()))
    label = "difference"
    if names == [""]:
        names, measures, label = measures, [""], "difference_percent"
        table = _in_percent(table)
    with style():
        figure = sheet(1.5 + 0.25 * len(names))
        every = figure.subplots(1, len(measures), sharey=True, squeeze=False)[0]
        for axes, measure in zip(every, measures, strict=True):
            _draw_measure(axes, table.where(table["measure"] == measure), names)
            axes.set_title(word(measure, language) if measure else "", fontsize=8)
        every[0].set_yticks(range(len(names)), [word(name, language) for name in names])
        every[0].set_ylim(len(names) - 0.5, -0.5)
        figure.supxlabel(word(label, language), fontsize=8.5)
        return figure


def _in_percent(table: Table) -> Table:
    """Measures of one place below each other: of different units, so in per cent of what each was before."""
    before = np.abs(table["before"].astype(float))
    scale = 100 / np.where(before > 0, before, np.nan)
    names = ("difference", "half_width")
    scaled = {name: table[name].astype(float) * scale for name in names}
    return Table(
        "comparison",
        {**table.columns, **scaled, "junction": table["measure"], "measure": np.full(len(table), "")},
    )


def _draw_measure(axes: Axes, table: Table, names: list[str]) -> None:
    axes.axvline(0, color=SOFT, linewidth=0.9)
    columns = (table[name].tolist() for name in ("junction", "measure", "difference", "half_width"))
    for junction, measure, difference, half in zip(*columns, strict=True):
        sure = abs(difference) > half
        colour = _colour(measure, difference) if sure else INK
        axes.errorbar(
            difference, names.index(junction), xerr=None if np.isnan(half) else half, fmt="o", color=colour,
            markerfacecolor=colour if sure else "white", markersize=5, capsize=2.5, linewidth=1.1,
        )  # fmt: skip
    axes.margins(x=0.15)
    axes.locator_params(axis="x", nbins=4)
    axes.grid(axis="y", color="#eef1f4", linewidth=0.6)


def _colour(measure: str, difference: float) -> str:
    if measure in NEITHER:
        return INK
    return BLUE if (difference > 0) == (measure in MORE_IS_BETTER) else RED
