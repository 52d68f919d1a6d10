"""Detector health: how many loops of each junction are in order, and what speaks against the others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from console.report.figures.canvas import AMBER, GREEN, INK, PURPLE, RED, SKY, SOFT, sheet, style
from console.report.figures.subject import Subject
from console.report.tables.detectors import FINDINGS, OK

if TYPE_CHECKING:
    from matplotlib.figure import Figure

TONES = {
    OK: (GREEN, ""),
    "no_data": (INK, "xx"),
    "stuck_on": (RED, "//"),
    "erratic": (PURPLE, ".."),
    "silent": (AMBER, "\\\\"),
    "missing": (SKY, "--"),
}
"""Colour and hatch of each finding."""
ON_PLAIN: Mapping[str, Any] = {"color": "white"}
ON_HATCHED: Mapping[str, Any] = {"color": INK, "bbox": {"facecolor": "white", "pad": 1.2, "linewidth": 0}}
"""Numbers on a bar: hatching would cross out white ones."""


def draw(subject: Subject) -> Figure | None:
    """Bars of counts, a row a junction; None without loops."""
    table = subject.tables["detectors"]
    if not len(table):
        return None
    names = [junction.id for junction in subject.record.junctions]
    with style():
        figure = sheet(1.1 + 0.24 * len(names))
        axes = figure.subplots()
        left = [0] * len(names)
        for finding in (OK, *FINDINGS):
            counts = [int(((table["junction"] == name) & (table["finding"] == finding)).sum()) for name in names]
            if any(counts):
                colour, hatch = TONES[finding]
                bars = axes.barh(
                    range(len(names)), counts, left=left, color=colour, hatch=hatch, edgecolor="white", height=0.7,
                    label=subject.word(finding), linewidth=0,
                )  # fmt: skip
                axes.bar_label(
                    bars,
                    [str(count) if count else "" for count in counts],
                    label_type="center",
                    fontsize=7,
                    **(ON_PLAIN if finding == OK else ON_HATCHED),
                )
            left = [before + count for before, count in zip(left, counts, strict=True)]
        axes.set_yticks(range(len(names)), names)
        axes.set_ylim(len(names) - 0.4, -0.6)
        axes.set_xlabel(subject.word("loops"))
        axes.tick_params(axis="y", length=0, color=SOFT)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=6)
        return figure
