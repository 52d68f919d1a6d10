"""How greens ended: one dot each, its shape and colour say why. Shared by split monitor and phase termination."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.report.figures.canvas import AMBER, BLUE, GREEN, PURPLE, RED, SKY, SOFT
from console.report.figures.subject import Subject
from console.report.record import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from console.report.tables.table import Table


@dataclass(frozen=True, slots=True)
class Dot:
    """How an ending is drawn."""

    colour: str
    marker: str


DOTS = {
    "gap_out": Dot(GREEN, "o"),
    "max_out": Dot(RED, "s"),
    "force_off": Dot(BLUE, "^"),
    "planner": Dot(PURPLE, "D"),
    "operator": Dot(AMBER, "P"),
    "unknown": Dot(SOFT, "x"),
}
WALK = Dot(SKY, "_")
MANY_DOTS = 4_000


def draw_dots(axes: Axes, greens: Table, heights: FloatArray) -> list[str]:
    """Dots for the rows of `greens` at `heights`; which causes were drawn."""
    drawn = []
    for cause, dot in DOTS.items():
        mine = greens["cause"] == cause
        if mine.any():
            drawn.append(cause)
            axes.scatter(
                greens["closing_s"][mine], heights[mine], s=14, color=dot.colour, marker=dot.marker,
                linewidths=0.7 if dot.marker == "x" else 0, rasterized=len(greens) > MANY_DOTS,
            )  # fmt: skip
    return drawn


def keys(subject: Subject, causes: Iterable[str]) -> list[object]:
    """What the dots mean."""
    from matplotlib.lines import Line2D

    found = set(causes)
    return [
        Line2D([], [], color=dot.colour, marker=dot.marker, linestyle="", markersize=4.5, label=subject.word(cause))
        for cause, dot in DOTS.items()
        if cause in found
    ]
