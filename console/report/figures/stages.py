"""Stage sequence: the stages of the plan in their order, what is green in each, and what passes between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.charts.programme_chart import MARKS
from console.report.figures.canvas import INK, SOFT, sheet, style
from console.report.figures.subject import Subject
from controller import GroupKind, Junction, TimingPlan

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

A_ROW = 6


def draw(subject: Subject) -> Figure | None:
    """Boxes in the order of the plan, arrows with the interstage; None where the journal names no plan."""
    timing = subject.timing
    if timing is None:
        return None
    rows = -(-len(timing.steps) // A_ROW)
    most = max(len(stage.groups) for stage in subject.junction.stages)
    tall = 0.9 + 0.2 * most
    with style():
        figure = sheet(0.5 + rows * (tall + 0.35))
        axes = figure.subplots()
        axes.set_axis_off()
        axes.set_xlim(0, A_ROW * 1.35)
        axes.set_ylim(rows * (tall + 0.35), -0.1)
        for place in range(len(timing.steps)):
            left, top = (place % A_ROW) * 1.35, (place // A_ROW) * (tall + 0.35)
            _draw_stage(axes, subject, timing, place, (left, top, tall))
        cycle = f"{subject.word('cycle')} {subject.seconds(timing.cycle_s)}"
        axes.set_title(f"{subject.word('plan')} {timing.plan}   {cycle}")
        return figure


def _draw_stage(axes: Axes, subject: Subject, timing: TimingPlan, place: int, at: tuple[float, float, float]) -> None:
    from matplotlib.patches import FancyBboxPatch

    left, top, tall = at
    junction, step = subject.junction, timing.steps[place]
    stage = junction.stages[step.stage - 1]
    until_s = timing.steps[(place + 1) % len(timing.steps)].at_s
    length_s = (until_s - step.at_s) % timing.cycle_s or timing.cycle_s
    edge = INK if stage.selectable else SOFT
    axes.add_patch(
        FancyBboxPatch(
            (left + 0.04, top), 0.98, tall, boxstyle="round,pad=0.01,rounding_size=0.06", facecolor="white",
            edgecolor=edge, linewidth=1.4 if stage.selectable else 0.8, linestyle="-" if stage.selectable else "--",
        )
    )  # fmt: skip
    axes.text(left + 0.12, top + 0.22, stage.id, fontsize=11, va="center")
    axes.text(left + 0.96, top + 0.22, subject.seconds(length_s), fontsize=8.5, ha="right", va="center", color=INK)
    index = junction.group_index()
    for number, name in enumerate(stage.groups):
        foot = junction.groups[index[name]].kind is GroupKind.PEDESTRIAN
        height = top + 0.52 + 0.2 * number
        axes.plot(
            left + 0.17, height, marker="s" if foot else "o", color=MARKS["green"].colour, markersize=5,
            markerfacecolor="white" if foot else MARKS["green"].colour,
        )  # fmt: skip
        axes.text(left + 0.25, height, name, fontsize=8, va="center")
    if not stage.groups:
        axes.plot(left + 0.17, top + 0.52, marker="_", color=MARKS["red"].colour, markersize=7)
    following = junction.stages[timing.steps[(place + 1) % len(timing.steps)].stage - 1]
    axes.annotate(
        "", (left + 1.37, top + tall / 2), (left + 1.05, top + tall / 2),
        arrowprops={"arrowstyle": "-|>", "color": INK, "linewidth": 0.9}, annotation_clip=False,
    )  # fmt: skip
    between_s = interstage_s(junction, stage.groups, following.groups)
    told = subject.seconds(between_s, "g")
    axes.text(left + 1.2, top + tall / 2 - 0.1, told, fontsize=7, ha="center", va="bottom")


def interstage_s(junction: Junction, ending: tuple[str, ...], starting: tuple[str, ...]) -> float:
    """The longest intergreen from a group that ends to one that starts [s]; 0 where nothing has to wait."""
    index = junction.group_index()
    lost, gained = set(ending) - set(starting), set(starting) - set(ending)
    pairs = [junction.intergreen_s[index[one]][index[other]] for one in lost for other in gained]
    return max((pair for pair in pairs if pair is not None), default=0.0)
