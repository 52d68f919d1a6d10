"""A signal programme as it ran: a row for each signal group, time to the right (after the German Signalzeitenplan).

Not by colour alone: green is a high bar, amber a middle one, red a thin line, flashing is hatched.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from console.charts.shown import ShownProgramme, clock
from console.sentences import Language, Phrase

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True)
class Mark:
    """How an aspect is drawn: height of the bar as a share of its row."""

    colour: str
    height: float
    hatch: str = ""
    label: Phrase | None = None


MARKS = {
    "green": Mark("#1b9e5a", 0.72, label=Phrase("green", "ไฟเขียว")),
    "flashing_green": Mark("#9bd8b6", 0.72, "////", Phrase("flashing green", "ไฟเขียวกะพริบ")),
    "amber": Mark("#f2b90f", 0.46, label=Phrase("amber", "ไฟเหลือง")),
    "red_amber": Mark("#e87722", 0.46, label=Phrase("red-amber", "ไฟแดงพร้อมเหลือง")),
    "red": Mark("#c8372d", 0.10, label=Phrase("red", "ไฟแดง")),
    "pedestrian_blackout": Mark("#555555", 0.10),
    "flashing_amber": Mark("#f2b90f", 0.46, "////", Phrase("flashing amber", "ไฟเหลืองกะพริบ")),
    "flashing_red": Mark("#c8372d", 0.46, "////", Phrase("flashing red", "ไฟแดงกะพริบ")),
    "dark": Mark("#bbbbbb", 0.05, label=Phrase("dark", "ไฟดับ")),
    "unknown": Mark("#e8e8e8", 0.72, "xx", Phrase("unknown", "ไม่ทราบ")),
}
STAGE = Phrase("stage", "จังหวะ")
STAGE_TONES = ("#dfe5ec", "#c3cedb")


def draw_programme(axes: Axes, shown: ShownProgramme, language: Language = Language.ENGLISH) -> None:
    """Draw one junction into `axes`; the stages that were asked for stand in the first row."""
    rows = len(shown.groups)
    drawn = set()
    for row in range(rows):
        for spell in shown.spells(row):
            mark = MARKS[spell.what]
            drawn.add(spell.what)
            axes.broken_barh(
                [(spell.start_s, spell.end_s - spell.start_s)],
                (row + 0.5 - mark.height / 2, mark.height),
                facecolors=mark.colour,
                hatch=mark.hatch,
                edgecolor="white" if mark.hatch else "none",
                linewidth=0,
            )
    _draw_stages(axes, shown)
    axes.set_ylim(rows, -1)
    axes.set_xlim(shown.times_s[0], shown.times_s[-1] + 1)
    axes.set_yticks([-0.5, *(row + 0.5 for row in range(rows))], [STAGE.told_in(language), *shown.groups], fontsize=8)
    axes.tick_params(axis="y", length=0)
    _time_axis(axes, shown)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    _legend(axes, drawn, language)


def _draw_stages(axes: Axes, shown: ShownProgramme) -> None:
    for place, spell in enumerate(shown.stages):
        width = spell.end_s - spell.start_s
        axes.broken_barh([(spell.start_s, width)], (-0.86, 0.72), facecolors=STAGE_TONES[place % 2])
        if width >= 4 * len(spell.what):  # only where it fits
            axes.text(spell.start_s + width / 2, -0.5, spell.what, ha="center", va="center", fontsize=7)


def _time_axis(axes: Axes, shown: ShownProgramme) -> None:
    from matplotlib.ticker import FuncFormatter, MultipleLocator

    span_s = shown.times_s[-1] - shown.times_s[0]
    step_s = next((step for step in (10, 30, 60, 120, 300, 600) if span_s / step <= 9), 1800)
    axes.xaxis.set_major_locator(MultipleLocator(step_s))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda second, _: clock(second)))
    axes.grid(axis="x", color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)


def _legend(axes: Axes, drawn: set[str], language: Language) -> None:
    from matplotlib.patches import Patch

    patches = [
        Patch(facecolor=mark.colour, hatch=mark.hatch, edgecolor="white", label=mark.label.told_in(language))
        for name, mark in MARKS.items()
        if name in drawn and mark.label
    ]
    axes.legend(
        handles=patches, loc="lower right", bbox_to_anchor=(1, 1), ncols=len(patches), frameon=False, fontsize=7,
        handlelength=1.2, borderaxespad=0.2,
    )  # fmt: skip
