"""Numbers over bins of time as steps: one line a movement or group, told apart by colour and dash."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from console.report.figures.canvas import DASHES, SERIES
from console.report.record import FloatArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from console.report.figures.subject import Subject


def draw_steps(axes: Axes, subject: Subject, begin_s: FloatArray, values: FloatArray, label: str, number: int) -> None:
    """Each value over its bin; bins without one leave a gap."""
    length_s = subject.bins.length_s
    place = subject.bins.place(begin_s)
    every = np.full(len(subject.bins), np.nan)
    every[place] = values
    axes.stairs(
        every, np.append(subject.bins.start_s, subject.bins.start_s[-1] + length_s), baseline=None, label=label,
        color=SERIES[number % len(SERIES)], linestyle=DASHES[number % len(DASHES)], linewidth=1.3,
    )  # fmt: skip


def beside(axes: Axes, columns: int = 1) -> None:
    """A legend to the right of the panel."""
    axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), ncols=columns, borderaxespad=0)


def names_of(values: Sequence[str]) -> list[str]:
    """Each once, in the order of first appearance."""
    return list(dict.fromkeys(values))
