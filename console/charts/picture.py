"""Whole pictures as PNG bytes: a programme as it ran, alone or under a comparison of two runs."""

from __future__ import annotations

import io
from collections.abc import Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from console.charts.fonts import drawable, font_families

if TYPE_CHECKING:
    from collections.abc import Iterator

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from console.charts.shown import ShownProgramme

WIDTH_IN, DPI = 10.0, 120
ROW_IN = 0.19
"""Height of a signal group's row [inch]."""


def programme_picture(shown: ShownProgramme, title: str) -> bytes:
    """One junction's programme as it ran."""
    from console.charts.programme_chart import draw_programme

    with style():
        figure = new_figure(1.7 + ROW_IN * (len(shown.groups) + 1))
        axes = figure.subplots()
        draw_programme(axes, shown)
        _name(axes, shown)
        figure.suptitle(drawable(title), fontsize=11, x=0.012, ha="left")
        return png(figure)


def comparison_picture(
    own: Mapping[str, Any], ours: Mapping[str, Any], shown: ShownProgramme, title: str, names: tuple[str, str]
) -> bytes:
    """Two runs side by side above the programme of one junction as it ran in the second."""
    from console.charts.comparison_chart import COMPARED, draw_comparison
    from console.charts.programme_chart import draw_programme

    with style():
        rows_in = ROW_IN * (len(shown.groups) + 1) + 1.1
        figure = new_figure(2.2 + rows_in)
        halves: Any = figure.subfigures(2, 1, height_ratios=(2.0, rows_in + 0.2))
        upper, lower = halves
        upper.suptitle(title, fontsize=13, x=0.012, ha="left")
        places = upper.subplots(1, len(COMPARED))
        draw_comparison(list(places), own, ours, names)
        axes = lower.subplots()
        draw_programme(axes, shown)
        _name(axes, shown)
        return png(figure)


def _name(axes: Axes, shown: ShownProgramme) -> None:
    """Which junction it is, and what is drawn."""
    heading = drawable("signal programme as it ran  ·  สัญญาณไฟตามที่ทำงานจริง")
    axes.set_title(f"{shown.junction}  {drawable(shown.name)}\n{heading}", fontsize=9, loc="left", pad=6)
    axes.set_xlabel("time of day", fontsize=8)


@contextmanager
def style() -> Iterator[None]:
    """Fonts and lines of all our pictures."""
    import matplotlib as mpl

    with mpl.rc_context({"font.family": font_families(), "axes.linewidth": 0.6, "xtick.labelsize": 8}):
        yield


def new_figure(height_in: float) -> Figure:
    """An empty figure of our width [inch]."""
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH_IN, height_in), dpi=DPI, layout="constrained")


def png(figure: Figure) -> bytes:
    """The figure as PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": "Fai Khiao"})
    return buffer.getvalue()
