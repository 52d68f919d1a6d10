"""Signal programme as planned (RiLSA's Signalzeitenplan): a row a group, one cycle, the second of each switch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.charts.programme_chart import MARKS
from console.report.figures.canvas import INK, sheet, style
from console.report.figures.subject import Subject
from controller import GroupKind, TimingPlan
from plans.planned_greens import PlannedGreen, planned_greens

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw(subject: Subject) -> Figure | None:
    """The plan that applied; None where the journal names none."""
    timing = subject.timing
    if timing is None:
        return None
    groups = subject.junction.groups
    with style():
        figure = sheet(1.3 + 0.27 * (len(groups) + 1))
        axes = figure.subplots()
        for row in range(len(groups)):
            axes.broken_barh([(0, timing.cycle_s)], (row + 0.44, 0.12), facecolors=MARKS["red"].colour)
        for green in planned_greens(subject.junction, timing):
            _draw_green(axes, green, timing.cycle_s)
        _draw_steps(axes, subject, timing)
        axes.set_xlim(0, timing.cycle_s)
        axes.set_ylim(len(groups), -1)
        axes.set_yticks(
            [-0.5, *(row + 0.5 for row in range(len(groups)))],
            [subject.word("stage"), *(group.id for group in groups)],
        )
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel(subject.word("cycle_second"))
        axes.grid(axis="x", color="#e3e7eb", linewidth=0.6)
        axes.set_axisbelow(True)
        told = f"{subject.word('plan')} {timing.plan}   {subject.word('cycle')} {subject.seconds(timing.cycle_s)}"
        axes.set_title(f"{told}   {subject.word('offset')} {subject.seconds(timing.offset_s)}")
        return figure


def _draw_green(axes: Axes, green: PlannedGreen, cycle_s: int) -> None:
    """Green and closing, around the end of the cycle, with the seconds at which they begin and end."""
    foot = green.group.kind is GroupKind.PEDESTRIAN
    closing = MARKS["flashing_green" if foot else "amber"]
    row = green.column + 0.5
    always = green.length_s >= cycle_s
    pieces = [(green.start_s, green.length_s, MARKS["green"])]
    if not always:
        pieces.append((green.end_s, green.group.closing_s, closing))
    if green.group.red_amber_s:
        pieces.append((green.start_s - green.group.red_amber_s, green.group.red_amber_s, MARKS["red_amber"]))
    for start_s, length_s, mark in pieces:
        for turn in (-cycle_s, 0, cycle_s):
            axes.broken_barh(
                [(start_s + turn, length_s)], (row - mark.height / 2, mark.height),
                facecolors=mark.colour, hatch=mark.hatch, edgecolor="white" if mark.hatch else "none", linewidth=0,
            )  # fmt: skip
    if always:
        return
    begin_s, end_s = green.start_s % cycle_s, green.end_s % cycle_s
    axes.text(begin_s + 0.004 * cycle_s, row, f"{begin_s:.0f}", ha="left", va="center", fontsize=7, color="white")
    axes.text(end_s - 0.004 * cycle_s, row, f"{end_s:.0f}", ha="right", va="center", fontsize=7, color="white")


def _draw_steps(axes: Axes, subject: Subject, timing: TimingPlan) -> None:
    stages = subject.junction.stages
    for place, step in enumerate(timing.steps):
        until_s = timing.steps[place + 1].at_s if place + 1 < len(timing.steps) else timing.cycle_s
        axes.axvline(step.at_s, color=INK, linewidth=0.5, linestyle=":")
        name = stages[step.stage - 1].id
        if (until_s - step.at_s) / timing.cycle_s > 0.012 * len(name):
            axes.text((step.at_s + until_s) / 2, -0.5, name, ha="center", va="center", fontsize=7.5)
