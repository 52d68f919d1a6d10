"""Two runs of the same traffic side by side: a pair of bars for each measure, with the numbers on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

OWN_COLOUR, OURS_COLOUR = "#8a96a3", "#1b6e9e"


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of a result that is compared: less is better for all of them."""

    key: str
    title: str
    unit: str
    decimals: int = 1


COMPARED = (
    Measure("delay_s", "delay", "s/vehicle"),
    Measure("stops", "stops", "per vehicle", 2),
    Measure("worst_approach_s", "worst approach", "s/vehicle"),
    Measure("person_delay_s", "delay", "s/person"),
)


def draw_comparison(
    places: Sequence[Axes], own: Mapping[str, Any], ours: Mapping[str, Any], names: tuple[str, str]
) -> None:
    """Draw one measure into each of `places`."""
    for axes, measure in zip(places, COMPARED, strict=False):
        values = [float(own[measure.key]), float(ours[measure.key])]
        bars = axes.barh([0, 1], values, color=[OWN_COLOUR, OURS_COLOUR], height=0.66)
        axes.bar_label(bars, [f"{value:.{measure.decimals}f}" for value in values], padding=3, fontsize=8)
        axes.set_title(f"{measure.title} [{measure.unit}]", fontsize=8.5, loc="left")
        axes.set_xlim(0, 1.28 * max(*values, 1e-9))
        axes.set_ylim(1.6, -0.6)
        axes.set_xticks([])
        axes.set_yticks([0, 1], names if axes is places[0] else ["", ""], fontsize=8)
        axes.tick_params(axis="y", length=0)
        for side in ("top", "right", "bottom"):
            axes.spines[side].set_visible(False)
