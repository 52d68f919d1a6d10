"""What all diagrams share: the sheet, the axes of time, the colours, and how a figure becomes a file."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from console.charts.fonts import font_families
from console.charts.shown import clock
from console.report.record import DAY_S, RunRecord

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN, DPI = 10.0, 110
GREEN, AMBER, RED, INK, SOFT = "#009E73", "#E0A800", "#D55E00", "#1f2933", "#9aa5b1"
BLUE, SKY, PURPLE = "#0072B2", "#56B4E9", "#7b4fa3"
"""Okabe and Ito's colours: told apart without red and green sight; shape and line style differ too."""
SERIES = (BLUE, RED, GREEN, PURPLE, AMBER, SKY, INK, SOFT)
DASHES: Sequence[Any] = ("-", "--", "-.", ":", (0, (5, 1, 1, 1)), (0, (1, 1)), "-", "--")


@contextmanager
def style() -> Iterator[None]:
    """The report's style; letters become paths, so that a picture needs no font where it is looked at."""
    import matplotlib as mpl

    with mpl.rc_context(
        {
            "font.family": font_families(),
            "font.size": 8.5,
            "axes.linewidth": 0.6,
            "axes.titlesize": 9,
            "axes.titlelocation": "left",
            "axes.spines.top": False,
            "axes.spines.right": False,
            "legend.fontsize": 7.5,
            "legend.frameon": False,
            "svg.fonttype": "path",
            "svg.hashsalt": "fai-khiao",
            "hatch.linewidth": 0.6,
        }
    ):
        yield


def sheet(height_in: float) -> Figure:
    """An empty figure of the report's width."""
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH_IN, height_in), dpi=DPI, layout="constrained")


def panels(rows: int, each_in: float, base_in: float = 0.9) -> tuple[Figure, list[Axes]]:
    """A figure with panels below each other over one axis of time."""
    figure = sheet(base_in + each_in * rows)
    axes = figure.subplots(rows, 1, sharex=True, squeeze=False)
    return figure, [row[0] for row in axes]


def as_svg(figure: Figure) -> bytes:
    """The figure as SVG, the same bytes each time."""
    from matplotlib.backends.backend_svg import FigureCanvasSVG

    buffer = io.BytesIO()
    canvas: Any = FigureCanvasSVG(figure)  # whose methods carry no types
    with style():
        # `savefig` would draw it twice, first without a trace; these are the same bytes.
        canvas.print_svg(buffer, metadata={"Date": None, "Creator": "Fai Khiao"})
    return buffer.getvalue()


def as_png(figure: Figure) -> bytes:
    """The figure as PNG."""
    buffer = io.BytesIO()
    with style():
        figure.savefig(buffer, format="png", metadata={"Software": "Fai Khiao"})
    return buffer.getvalue()


def time_axis(axes: Axes, record: RunRecord, begin_s: float, end_s: float, label: str) -> None:
    """Local time to the right; the date stands at midnights of runs longer than a day."""
    from matplotlib.ticker import FuncFormatter, MultipleLocator

    span_s = end_s - begin_s
    steps = (10, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200)
    step_s = next((step for step in steps if span_s / step <= 10), DAY_S)
    axes.set_xlim(begin_s, end_s)
    axes.xaxis.set_major_locator(MultipleLocator(step_s))

    def told(second: float, _place: object) -> str:
        if span_s > DAY_S and second % DAY_S == 0:
            return (record.date + dt.timedelta(days=second // DAY_S)).strftime("%d.%m.")
        return clock(second)

    axes.xaxis.set_major_formatter(FuncFormatter(told))
    axes.grid(axis="x", color="#e3e7eb", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.set_xlabel(label)


def two_lines(label: str) -> str:
    r"""A label with its unit on a line of its own, for low panels.

    >>> two_lines("flow [veh/h]")
    'flow\n[veh/h]'
    """
    return label.replace(" [", "\n[")


def legend_below(figure: Figure, handles: Sequence[Any], columns: int = 6) -> None:
    """One legend for all panels, under them."""
    if handles:
        figure.legend(handles=handles, loc="outside lower left", ncols=columns, frameon=False, fontsize=7.5)
