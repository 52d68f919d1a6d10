"""Purdue coordination diagram: each vehicle a dot, its time of day across, its second since red up.

Dots above the green line came on green. Arrivals stand where they would reach the stop line at free speed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from console.report.figures.canvas import AMBER, GREEN, INK, RED, legend_below, panels, style, time_axis, two_lines
from console.report.figures.subject import Subject
from console.report.record import GroupPlace
from console.report.tables.arrivals import arrivals_of, green_spells, on_green

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MANY_DOTS = 2_000
"""More are drawn as one picture inside the picture, so that a page stays small."""


def draw(subject: Subject) -> Figure | None:
    """A panel for each vehicle group with an advance loop; None where there is none."""
    groups = [place for place in subject.vehicle_groups if arrivals_of(subject.record, place, at_line=True).size]
    if not groups:
        return None
    with style():
        figure, axes = panels(len(groups), 1.45)
        for place, panel in zip(groups, axes, strict=True):
            _draw_group(panel, subject, place)
        for panel in axes:
            time_axis(panel, subject.record, subject.begin_s, subject.end_s, "")
            panel.set_ylabel(two_lines(subject.word("since_red")), fontsize=7)
        axes[-1].set_xlabel(subject.word("time_of_day"))
        legend_below(figure, _keys(subject))
        return figure


def _draw_group(panel: Axes, subject: Subject, place: GroupPlace) -> None:
    """Cycles from red to red: the lines are begin of green, end of green and end of the cycle."""
    greens = subject.tables["greens"]
    mine = greens.where(greens["column"] == place.column)
    red_s, green_s, amber_s = mine["red_s"][:-1], mine["green_s"][1:], mine["closing_s"][1:]
    next_s = mine["red_s"][1:]
    seen = (red_s < subject.end_s) & (next_s > subject.begin_s)
    red_s, green_s, amber_s, next_s = red_s[seen], green_s[seen], amber_s[seen], next_s[seen]
    if not red_s.size:
        return
    at = np.ravel(np.column_stack([red_s, next_s]))
    for level, colour, dash in ((green_s, GREEN, "-"), (amber_s, AMBER, "--"), (next_s, RED, "-")):
        panel.plot(at, np.repeat(level - red_s, 2), color=colour, linestyle=dash, linewidth=1)
    arrivals = arrivals_of(subject.record, place, at_line=True)
    hit = on_green(arrivals, *green_spells(subject.record, place))
    cycle = np.searchsorted(red_s, arrivals, side="right") - 1
    inside = (cycle >= 0) & (arrivals < next_s[np.maximum(cycle, 0)])
    arrivals, hit, cycle = arrivals[inside], hit[inside], cycle[inside]
    panel.scatter(
        arrivals,
        arrivals - red_s[cycle],
        s=2.5,
        color=INK,
        linewidths=0,
        alpha=0.7,
        rasterized=arrivals.size > MANY_DOTS,
    )
    longest = float(np.percentile(next_s - red_s, 99)) if next_s.size else 1.0
    panel.set_ylim(0, 1.08 * longest)
    share = f"{100 * hit.mean():.0f} %" if hit.size else subject.word("none")
    panel.set_title(f"{place.group.id}   {subject.word('on_green').replace(' [%]', '')}: {share}")


def _keys(subject: Subject) -> list[object]:
    from matplotlib.lines import Line2D

    lines: tuple[tuple[str, str, Any], ...] = (
        ("begin_green", GREEN, "-"),
        ("end_green", AMBER, "--"),
        ("end_amber", RED, "-"),
    )
    keys: list[object] = [Line2D([], [], color=c, ls=d, label=subject.word(name)) for name, c, d in lines]
    keys.append(Line2D([], [], color=INK, marker=".", linestyle="", label=subject.word("arrival")))
    return keys
