"""What happens as demand grows: delay and vehicles left outside over demand as a share of capacity."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from console.charts.palette import Look

_LEVEL = re.compile(r"(?P<network>.+)-(?P<percent>\d{3})")
"""How `networks make` names a scenario: `grid-dense-115` has a demand of 1.15 of capacity."""

Levels = Mapping[float, Mapping[str, Any]]
"""Summary of the scenario at each level."""


def by_level(scenarios: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[float, Mapping[str, Any]]]:
    """{network: {level: summary}} of those with at least two levels."""
    found: dict[str, dict[float, Mapping[str, Any]]] = {}
    for name, summary in scenarios.items():
        if match := _LEVEL.fullmatch(name.rpartition("/")[2]):
            found.setdefault(match["network"], {})[int(match["percent"]) / 100] = summary
    return {network: dict(sorted(levels.items())) for network, levels in found.items() if len(levels) > 1}


def draw_levels(axes: Axes, levels: Levels, measure: str, title: str, looks: Mapping[str, Look]) -> None:
    """Draw one measure of one network, a line a method, with its 95 % interval."""
    for method, look in looks.items():
        points = [(level, one["methods"][method][measure]) for level, one in levels.items() if method in one["methods"]]
        if points:
            axes.errorbar(
                [level for level, _ in points],
                [value["mean"] for _, value in points],
                yerr=[value["half_width"] or 0.0 for _, value in points],
                color=look.colour, marker=look.mark, markersize=4, linewidth=1.3, capsize=2, label=method,
            )  # fmt: skip
    axes.set_title(title, fontsize=9, loc="left")
    axes.set_xlabel("demand as a share of capacity", fontsize=7.5)
    axes.set_xticks(list(levels), [f"{level:g}" for level in levels], fontsize=7)
    axes.set_ylim(bottom=0)
    axes.tick_params(axis="y", labelsize=7)
    axes.grid(color="#e4e4e4", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
