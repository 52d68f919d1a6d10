"""Where junctions lie and how traffic turns there: what a site's own files do not say, and a network does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from controller.model import Junction

DIRECTIONS: Mapping[str, float] = {
    "NB": 0.0, "NE": 45.0, "EB": 90.0, "SE": 135.0, "SB": 180.0, "SW": 225.0, "WB": 270.0, "NW": 315.0,
}  # fmt: skip
"""Where traffic of an approach is heading, degrees from north, clockwise."""
USUAL_ORDER = ("NB", "EB", "SB", "WB", "NE", "SE", "SW", "NW")
"""Names given in the order of the approaches where nobody knows how they lie."""
TURNS = ("L2", "L", "T", "R", "R2", "U")
"""Turns of an approach in the order of a file's columns."""


@dataclass(frozen=True, slots=True)
class JunctionGeometry:
    """One junction in the plane, in m."""

    x_m: float
    y_m: float
    heading_deg: Mapping[str, float] = field(default_factory=dict)
    """Approach: where its traffic is heading at the stop line, degrees from north, clockwise."""
    turns: Mapping[tuple[str, str], frozenset[str]] = field(default_factory=dict)
    """(lane, group): `L`, `T`, `R`, `U`."""


Geometry = Mapping[str, JunctionGeometry]
"""By junction; empty where nothing is known."""


def approach_names(junction: Junction, geometry: JunctionGeometry | None) -> dict[str, str]:
    """A direction for each approach (`NB`, `EB`, ...), each once: the nearest that is free, or one after the other.

    Approaches beyond the eight that the format has get none.
    """
    approaches = list(dict.fromkeys(lane.approach for lane in junction.lanes))
    if geometry is None or not set(approaches) <= geometry.heading_deg.keys():
        return dict(zip(approaches, USUAL_ORDER, strict=False))
    choices = sorted(
        (_apart_deg(geometry.heading_deg[approach], degrees), approaches.index(approach), approach, name)
        for approach in approaches
        for name, degrees in DIRECTIONS.items()
    )
    names: dict[str, str] = {}
    for _, _, approach, name in choices:
        if approach not in names and name not in names.values():
            names[approach] = name
    return names


def turns_of(junction: Junction, geometry: JunctionGeometry | None) -> dict[tuple[str, str], tuple[str, ...]]:
    """(lane, group): its turns. Without geometry the first group of an approach goes straight on, the next left, ..."""
    told = geometry.turns if geometry is not None else {}
    turns = {}
    for approach in dict.fromkeys(lane.approach for lane in junction.lanes):
        lanes = [lane for lane in junction.lanes if lane.approach == approach]
        groups = list(dict.fromkeys(group for lane in lanes for group in lane.groups))
        known = all((lane.id, group) in told for lane in lanes for group in lane.groups)
        guessed = dict(zip(groups, ("T", "L", "R", "L2", "R2", "U"), strict=False))
        for lane in lanes:
            for group in lane.groups:
                mine = told[lane.id, group] if known else _one(guessed.get(group))
                turns[lane.id, group] = tuple(turn for turn in TURNS if turn in mine)
    return turns


def _one(turn: str | None) -> Iterable[str]:
    return () if turn is None else (turn,)


def _apart_deg(one: float, other: float) -> float:
    """The angle between two headings, 0 to 180 degrees."""
    return abs((one - other + 180) % 360 - 180)
