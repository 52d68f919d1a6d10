"""The calendar as a picture: a row for each day, the hours to the right, a colour for each plan, names beside the row.

Not by colour alone: where a run is long enough, the plan's name stands in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.charts.fonts import drawable
from console.charts.picture import ROW_IN, new_figure, png, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from controller import Network
    from plans import DayLine

COLOURS = ("#8fb8de", "#d7c5e8", "#cfd8dc", "#6f86a6", "#c79fc4", "#a9cfc9", "#e3cfa4", "#b3a394", "#dfb6b0", "#93a8ac")
"""Quiet tones, none of a lamp's: green here would not mean green."""
MOST_LABELLED = 62
"""With more days than this the rows get thin and only the months are named."""
SHORTEST_NAMED_H = 1.6
KINDS = {"special": "special day", "holiday": "holiday", "term": "term", "week": ""}


def calendar_picture(network: Network, lines: Sequence[DayLine]) -> bytes:
    """The days as PNG."""
    labelled = len(lines) <= MOST_LABELLED
    row_in = ROW_IN if labelled else max(0.02, 11.0 / len(lines))
    with style():
        figure = new_figure(1.5 + row_in * len(lines))
        axes = figure.subplots()
        _draw(axes, lines, named=labelled)
        figure.suptitle(
            drawable(f"{network.site}: plans from {lines[0].day} to {lines[-1].day}  ·  แผนสัญญาณไฟตามปฏิทิน"),
            fontsize=11, x=0.012, ha="left",
        )  # fmt: skip
        return png(figure)


def _draw(axes: Axes, lines: Sequence[DayLine], *, named: bool) -> None:
    plans = sorted({run.plan for line in lines for run in line.runs})
    colour = {plan: COLOURS[place % len(COLOURS)] for place, plan in enumerate(plans)}
    for row, line in enumerate(lines):
        begin_s = line.runs[0].begin_s
        for run in line.runs:
            start_h, length_h = (run.begin_s - begin_s) / 3600, (run.end_s - run.begin_s) / 3600
            height = 0.82 if named else 1.0
            axes.broken_barh(
                [(start_h, length_h)], (row + 0.5 - height / 2, height), facecolors=colour[run.plan], linewidth=0
            )
            if named and length_h >= max(SHORTEST_NAMED_H, 0.19 * len(run.plan)):
                middle = (start_h + length_h / 2, row + 0.52)
                axes.annotate(run.plan, middle, ha="center", va="center", fontsize=6.5, color="#222222")
    _time_axis(axes, lines)
    _days_axis(axes, lines, named=named)
    _legend(axes, colour)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)


def _time_axis(axes: Axes, lines: Sequence[DayLine]) -> None:
    longest_h = max((line.runs[-1].end_s - line.runs[0].begin_s) / 3600 for line in lines)
    axes.set_xlim(0, longest_h)
    axes.set_xticks(range(0, 25, 2), [f"{hour:02}:00" for hour in range(0, 25, 2)], fontsize=7.5)
    axes.set_xlabel("hours since local midnight  ·  เวลา" if longest_h != 24 else "time of day  ·  เวลา", fontsize=8)
    axes.grid(axis="x", color="#ffffff", linewidth=0.5, alpha=0.7)


def _days_axis(axes: Axes, lines: Sequence[DayLine], *, named: bool) -> None:
    rows = range(len(lines))
    axes.set_ylim(len(lines), 0)
    axes.tick_params(axis="y", length=0)
    if named:
        axes.set_yticks([row + 0.5 for row in rows], [f"{line.day:%a %d %b %Y}" for line in lines], fontsize=7)
        for row, line in enumerate(lines):
            if line.days is not None and line.days.kind.value != "term":
                text = drawable(f" {line.days.name or KINDS[line.days.kind.value]}")
                axes.annotate(
                    text, (1.0, row + 0.5), xycoords=("axes fraction", "data"), va="center", fontsize=6.5,
                    annotation_clip=False,
                )  # fmt: skip
        return
    months = [row for row in rows if row == 0 or lines[row].day.day == 1]
    axes.set_yticks(months, [f"{lines[row].day:%b %Y}" for row in months], fontsize=7.5, va="top")
    for row in months[1:]:
        axes.axhline(row, color="white", linewidth=1.0)


def _legend(axes: Axes, colour: dict[str, str]) -> None:
    from matplotlib.patches import Patch

    patches = [Patch(facecolor=shade, label=plan) for plan, shade in colour.items()]
    axes.legend(
        handles=patches, loc="lower left", bbox_to_anchor=(0, 1), ncols=min(8, len(patches)), frameon=False, fontsize=8,
        handlelength=1.2, borderaxespad=0.3,
    )  # fmt: skip
