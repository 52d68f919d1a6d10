"""Ring-and-barrier view of the junction's vehicle groups, where they map to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from console.report.figures.canvas import GREEN, INK, SKY, sheet, style
from console.report.figures.subject import Subject
from console.report.tables.ring_barrier import MAX_RINGS, RingBarrier, ring_barrier
from controller import SignalGroup
from plans.planned_greens import planned_greens

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw(subject: Subject) -> Figure | None:
    """Rings as rows, barriers as double lines, green under each group; a sentence where the junction does not map."""
    view = ring_barrier(subject.junction, subject.timing)
    with style():
        figure = sheet(0.8 if view.refused else 1.75)
        axes = figure.subplots()
        axes.set_axis_off()
        if view.refused:
            axes.text(0, 0.5, subject.word("no_rings").format(view.refused), va="center", fontsize=9)
            axes.set_xlim(0, 10)
        else:
            _draw(axes, subject, view)
        return figure


def _draw(axes: Axes, subject: Subject, view: RingBarrier) -> None:
    lengths = _greens(subject)
    coordinated = set(subject.timing.coordinated) if subject.timing else set()
    rings = max((len(side.rings) for side in view.sides), default=1)
    at = 0.0
    for side in view.sides:
        width = max(len(ring) for ring in side.rings)
        for number, ring in enumerate(side.rings):
            share = width / len(ring)
            for place, group in enumerate(ring):
                marked = group.id in coordinated
                _draw_group(axes, (at + place * share, number, share), group, lengths.get(group.id), marked=marked)
        at += width
        axes.plot([at + 0.03, at + 0.03], [-0.08, rings + 0.0], color=INK, linewidth=1)
        axes.plot([at + 0.07, at + 0.07], [-0.08, rings + 0.0], color=INK, linewidth=1)
        at += 0.1
    for number in range(min(rings, MAX_RINGS)):
        axes.text(-0.08, number + 0.46, f"{subject.word('ring')} {number + 1}", ha="right", va="center")
    notes = [f"★ {subject.word('coordinated')}"] if coordinated else []
    if view.overlaps:
        notes.append(f"{subject.word('overlaps')}: {', '.join(group.id for group in view.overlaps)}")
    notes = [f"|| {subject.word('barrier')}", subject.word("green_and_amber"), *notes]
    axes.text(0, rings + 0.18, "    ".join(notes), va="top", fontsize=7.5)
    axes.set_xlim(-0.75, max(at, 6))
    axes.set_ylim(rings + 0.5, -0.15)


def _draw_group(
    axes: Axes, at: tuple[float, float, float], group: SignalGroup, green_s: float | None, *, marked: bool
) -> None:
    from matplotlib.patches import Rectangle

    left, top, width = at
    fill = "#d8f0e7" if marked else "#eef4f8"
    axes.add_patch(
        Rectangle((left + 0.03, top + 0.03), width - 0.06, 0.88, facecolor=fill, edgecolor=GREEN if marked else SKY)
    )
    axes.text(left + width / 2, top + 0.33, f"{group.id}{' ★' if marked else ''}", ha="center", fontsize=10)
    told = "" if green_s is None else f"{green_s:.0f} + {group.amber_s:g}"
    axes.text(left + width / 2, top + 0.68, told, ha="center", va="center", fontsize=7.5)


def _greens(subject: Subject) -> dict[str, float]:
    if subject.timing is None:
        return {}
    return {green.group.id: green.length_s for green in planned_greens(subject.junction, subject.timing)}
