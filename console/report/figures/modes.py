"""Who decided over time at each junction, and for which reasons."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from console.report.figures.canvas import AMBER, BLUE, GREEN, PURPLE, SOFT, sheet, style, time_axis
from console.report.figures.subject import Subject
from console.report.tables.modes import mode_spells
from console.sentences import SENTENCES
from controller import ControlMode, Reason

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TONES: Mapping[str, tuple[str, str]] = {
    ControlMode.ADAPTIVE.value: (GREEN, ""),
    ControlMode.ACTUATED.value: (BLUE, "//"),
    ControlMode.FIXED_TIME.value: (SOFT, ""),
    ControlMode.OPERATOR.value: (AMBER, "\\\\"),
    ControlMode.LOCAL.value: (PURPLE, "xx"),
}
MOST_REASONS = 10


def draw(subject: Subject) -> Figure | None:
    """Above: the mode of each junction over time. Below: how often each reason decided, all junctions together."""
    from matplotlib.patches import Patch

    names = [junction.id for junction in subject.record.junctions]
    reasons = _reasons(subject)
    with style():
        figure = sheet(1.6 + 0.2 * len(names) + 0.26 * max(len(reasons), 1))
        axes, below = figure.subplots(2, 1, height_ratios=(0.2 * len(names) + 0.4, 0.26 * max(len(reasons), 1) + 0.3))
        seen: set[str] = set()
        for row, name in enumerate(names):
            for begin_s, end_s, mode in mode_spells(subject.record)[name]:
                colour, hatch = TONES.get(mode, (SOFT, ".."))
                seen.add(mode)
                axes.broken_barh(
                    [(begin_s, end_s - begin_s)], (row - 0.36, 0.72), facecolors=colour, hatch=hatch, edgecolor="white",
                    linewidth=0,
                )  # fmt: skip
        axes.set_yticks(range(len(names)), names, fontsize=7.5)
        axes.set_ylim(len(names) - 0.4, -0.6)
        time_axis(axes, subject.record, subject.record.begin_s, subject.record.end_s, subject.word("time_of_day"))
        handles = [
            Patch(facecolor=colour, hatch=hatch, edgecolor="white", label=subject.word(mode))
            for mode, (colour, hatch) in TONES.items()
            if mode in seen
        ]
        axes.legend(handles=handles, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=5)
        _draw_reasons(below, subject, reasons)
        return figure


def _reasons(subject: Subject) -> list[tuple[Reason, int]]:
    """The most frequent reasons of the site."""
    table = subject.tables["reasons"]
    counts = [
        (reason, int(table["decisions"][table["reason"] == reason.name.lower()].sum()))
        for reason in Reason
        if len(table)
    ]
    return sorted([each for each in counts if each[1]], key=lambda each: -each[1])[:MOST_REASONS]


def _draw_reasons(axes: Axes, subject: Subject, reasons: list[tuple[Reason, int]]) -> None:
    most = max((count for _, count in reasons), default=1)
    for row, (reason, count) in enumerate(reasons):
        axes.barh(row, count, color=BLUE, height=0.5)
        axes.text(
            count + 0.008 * most,
            row,
            f"{count}  {SENTENCES[reason].told_in(subject.language)}",
            va="center",
            fontsize=7.5,
        )
    axes.set_yticks([])
    axes.set_ylim(len(reasons) - 0.4, -0.6)
    axes.set_xlim(0, 1.9 * most)
    axes.set_xlabel(subject.word("decisions"))
