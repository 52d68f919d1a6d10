"""Time-space diagram of a road: junctions where they stand, greens over time, and the bands through all of them.

Up is onward along the road. Each junction has two rows of green: above the line for who drives onward, below it for
who comes back; the bands lean with the free speed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from console.report.figures.canvas import BLUE, GREEN, INK, RED, SOFT, legend_below, sheet, style, time_axis
from console.report.figures.subject import Subject
from console.report.tables.corridors import (
    Band,
    Corridor,
    Spans,
    planned_bands,
    planned_spans,
    run_bands,
    run_spans,
    travel_times_s,
)
from plans.planned_greens import timing_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN_S = 600.0
ONWARD, BACK = BLUE, RED
SECONDS_PLANNED = 3
"""Cycles that the planned diagram shows."""


def draw_planned(subject: Subject) -> Figure | None:
    """Three cycles of the plan; None where the journal names no plan or there is no road."""
    corridor = subject.corridor
    if corridor is None:
        return None
    plan = subject.plan
    cycles = [timing_of(subject.record.junctions[subject.record.row(name)], plan) for name in corridor.junctions]
    if any(timing is None for timing in cycles):
        return None
    own = [timing.cycle_s for timing in cycles if timing]
    shown_s = float(SECONDS_PLANNED * max(own))
    with style():
        figure = sheet(5.0)
        axes = figure.subplots()
        told = []
        for forward in (True, False):
            spans, cycle_s = planned_spans(subject.record, corridor, plan, forward=forward)
            order = own if forward else own[::-1]
            repeated = [
                [
                    (begin + turn * cycle, end + turn * cycle)
                    for begin, end in mine
                    for turn in range(-3, _turns(shown_s, cycle))
                ]
                for mine, cycle in zip(spans, order, strict=True)
            ]
            _draw_greens(axes, corridor, repeated, 0.0, shown_s, forward=forward)
            travel_s = travel_times_s(corridor, forward=forward)
            bands = planned_bands(spans, travel_s, cycle_s, order) if cycle_s else []
            every = [
                Band(band.start_s + turn * cycle_s, band.end_s + turn * cycle_s)
                for band in bands[:1]
                for turn in range(-_turns(float(travel_s[-1]), cycle_s) - 1, SECONDS_PLANNED + 1)
                if cycle_s
            ]
            _draw_bands(axes, corridor, every, forward=forward)
            told.append(_told_plan(subject, corridor, bands, cycle_s, forward=forward))
        _frame(axes, subject, corridor)
        axes.set_xlim(0, shown_s)
        axes.set_xlabel(f"{subject.word('cycle_second')}, {subject.word('plan')} {plan}")
        legend_below(figure, _keys(subject, told), 2)
        return figure


def _turns(span_s: float, cycle_s: float | None) -> int:
    return int(span_s // cycle_s) + 2 if cycle_s else 0


def draw_ran(subject: Subject) -> Figure | None:
    """Ten minutes as they ran; widths and efficiency are those of the whole run."""
    corridor = subject.corridor
    if corridor is None:
        return None
    begin_s, end_s = subject.detail_s, min(subject.detail_s + SHOWN_S, subject.record.end_s)
    with style():
        figure = sheet(5.0)
        axes = figure.subplots()
        told = []
        for forward in (True, False):
            _draw_greens(
                axes, corridor, run_spans(subject.record, corridor, forward=forward), begin_s, end_s, forward=forward
            )
            bands = run_bands(subject.record, corridor, forward=forward)
            late_s = float(travel_times_s(corridor, forward=forward)[-1])
            near = [band for band in bands if band.end_s + late_s > begin_s and band.start_s < end_s]
            _draw_bands(axes, corridor, near, forward=forward)
            whole_s = subject.record.end_s - subject.record.begin_s
            told.append(_told(subject, corridor, bands, whole_s, forward=forward))
        _frame(axes, subject, corridor)
        time_axis(axes, subject.record, begin_s, end_s, subject.word("time_of_day"))
        legend_below(figure, _keys(subject, told), 2)
        return figure


def _draw_greens(
    axes: Axes, corridor: Corridor, spans: Sequence[Spans], begin_s: float, end_s: float, *, forward: bool
) -> None:
    """Green bars beside each junction's line; red is the line itself."""
    high = max(corridor.at_m[-1], 1.0) * 0.018
    places = corridor.at_m if forward else corridor.at_m[::-1]
    for at_m, mine in zip(places, spans, strict=False):
        seen = [(begin, end - begin) for begin, end in mine if end > begin_s and begin < end_s]
        low = at_m + 0.15 * high if forward else at_m - 1.15 * high
        axes.broken_barh([(begin_s - 9999, 99_999)], (low, high), facecolors="#f3ddd3", zorder=1)
        axes.broken_barh(seen, (low, high), facecolors=GREEN, zorder=2)


def _draw_bands(axes: Axes, corridor: Corridor, bands: Sequence[Band], *, forward: bool) -> None:
    from matplotlib.patches import Polygon

    travel_s = travel_times_s(corridor, forward=forward).tolist()
    at_m = list(corridor.at_m if forward else corridor.at_m[::-1])
    colour = ONWARD if forward else BACK
    for band in bands:
        early = [(band.start_s + late, place) for late, place in zip(travel_s, at_m, strict=True)]
        late = [(band.end_s + late, place) for late, place in zip(travel_s, at_m, strict=True)]
        hatch = "" if forward else "///"
        axes.add_patch(
            Polygon([*early, *late[::-1]], facecolor=colour, alpha=0.22, hatch=hatch, edgecolor=colour, zorder=3)
        )
        axes.plot(*zip(*early, strict=True), color=colour, linewidth=1, linestyle="-" if forward else "--", zorder=4)
        axes.plot(*zip(*late, strict=True), color=colour, linewidth=1, linestyle="-" if forward else "--", zorder=4)


def _frame(axes: Axes, subject: Subject, corridor: Corridor) -> None:
    metres = subject.word("metres")
    names = [f"{name}\n{at_m:.0f} {metres}" for name, at_m in zip(corridor.junctions, corridor.at_m, strict=True)]
    axes.set_yticks(corridor.at_m, names, fontsize=8)
    for at_m in corridor.at_m:
        axes.axhline(at_m, color=SOFT, linewidth=0.5, zorder=0)
    axes.set_title(corridor.name)
    spare = 0.06 * corridor.at_m[-1]
    axes.set_ylim(-spare, corridor.at_m[-1] + spare)
    axes.set_ylabel(subject.word("distance"), color=INK)


def _direction(subject: Subject, corridor: Corridor, *, forward: bool) -> str:
    ends = (corridor.junctions[0], corridor.junctions[-1])[:: 1 if forward else -1]
    return subject.word("forward").format(*ends)


def _told_plan(
    subject: Subject, corridor: Corridor, bands: Sequence[Band], cycle_s: int | None, *, forward: bool
) -> str:
    """The widest band of the plan."""
    where = _direction(subject, corridor, forward=forward)
    if cycle_s is None:
        return f"{where}: {subject.word('cycles_differ')}"
    if not bands:
        return f"{where}: {subject.word('no_band')}"
    share = 100 * bands[0].width_s / cycle_s
    width = f"{subject.word('width')} {subject.seconds(bands[0].width_s)}"
    return f"{where}: {width}, {subject.word('efficiency')} {share:.0f} %"


def _told(subject: Subject, corridor: Corridor, bands: Sequence[Band], whole_s: float, *, forward: bool) -> str:
    where = _direction(subject, corridor, forward=forward)
    if not bands:
        return f"{where}: {subject.word('no_band')}"
    total_s = sum(band.width_s for band in bands)
    mean = f"{subject.word('mean_width')} {subject.seconds(total_s / len(bands))}"
    return f"{where}: {mean}, {subject.word('efficiency')} {100 * total_s / whole_s:.0f} %"


def _keys(subject: Subject, told: Sequence[str]) -> list[object]:
    from matplotlib.patches import Patch

    hatches = ("", "///")
    return [
        Patch(facecolor=colour, alpha=0.35, hatch=hatch, edgecolor=colour, label=f"{text} ({subject.word('at_speed')})")
        for colour, hatch, text in zip((ONWARD, BACK), hatches, told, strict=True)
    ]
