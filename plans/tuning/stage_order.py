"""A cyclic order of stages as arithmetic: which stages make up each group's green, and what the interstages take."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.model import Junction

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Span:
    """One green of a group: asked for with its first stage, held to the end of the last."""

    group: str
    first: int
    """Place in the order of stages."""
    stages: int
    """How many stages it lasts."""
    gap_s: float
    """From asking for it to its begin: red-amber, and the intergreens of who ended before."""
    behind: str
    """The group whose intergreen holds it; empty where none does."""
    min_green_s: float
    closing_s: float

    @property
    def least_s(self) -> float:
        """Shortest time from request to end [s]."""
        return self.gap_s + self.min_green_s


@dataclass(frozen=True, slots=True)
class StageOrder:
    """Stages in their cyclic order."""

    stages: tuple[str, ...]
    spans: tuple[Span, ...]
    always: frozenset[str]
    """Groups that are green in every stage."""
    floors_s: tuple[int, ...]
    """Shortest split of each stage, whole seconds, such that every span reaches its minimum."""

    @property
    def shortest_cycle_s(self) -> int:
        """Sum of the floors [s]."""
        return sum(self.floors_s)

    def matrix(self) -> FloatArray:
        """Which stages a span is made of, (spans, stages)."""
        rows = np.zeros((len(self.spans), len(self.stages)))
        for row, span in enumerate(self.spans):
            rows[row, [(span.first + step) % len(self.stages) for step in range(span.stages)]] = 1.0
        return rows


def order_of(junction: Junction, stages: Sequence[str], least_s: Sequence[int] = ()) -> StageOrder:
    """The arithmetic of these stages of a junction in this cyclic order, each at least `least_s` long (else 1 s)."""
    groups_of = {stage.id: frozenset(stage.groups) for stage in junction.stages}
    sets = [groups_of[stage] for stage in stages]
    always = frozenset.intersection(*sets)
    least = [float(shortest) for shortest in least_s] or [1.0] * len(stages)
    chosen = frozenset(stage.id for stage in junction.stages if stage.selectable)
    growing = [place for place, stage in enumerate(stages) if stage in chosen] or list(range(len(stages)))
    floors = least
    spans: tuple[Span, ...] = ()
    # Floors follow from gaps, and a gap may reach back over a stage that is shorter than an intergreen: twice is enough
    # where one stage is reached over, and a third pass changes nothing that two did not.
    for _ in range(3):
        spans = tuple(_spans(junction, sets, always, floors))
        floors = _floors(spans, least, growing)
    return StageOrder(tuple(stages), spans, always, tuple(math.ceil(floor - 1e-9) for floor in floors))


def _spans(
    junction: Junction, sets: Sequence[frozenset[str]], always: frozenset[str], floors: Sequence[float]
) -> list[Span]:
    count = len(sets)
    found = []
    for group in junction.groups:
        if group.id in always:
            continue
        for first in range(count):
            if group.id not in sets[first] or group.id in sets[first - 1]:
                continue
            length = next(step for step in range(1, count + 1) if group.id not in sets[(first + step) % count])
            gap_s, behind = _gap(junction, sets, group.id, first, floors)
            gap_s = max(gap_s, group.red_amber_s)
            found.append(Span(group.id, first, length, gap_s, behind, group.min_green_s, group.closing_s))
    return found


def _gap(
    junction: Junction, sets: Sequence[frozenset[str]], group: str, first: int, floors: Sequence[float]
) -> tuple[float, str]:
    """The longest intergreen that still runs when the group is asked for, and whose it is."""
    index = junction.group_index()
    worst, behind = 0.0, ""
    since_end_s = 0.0
    for back in range(len(sets)):
        at = (first - back) % len(sets)
        for ended in sets[at - 1] - sets[at]:
            intergreen_s = junction.intergreen_s[index[ended]][index[group]]
            if intergreen_s is not None and intergreen_s - since_end_s > worst:
                worst, behind = intergreen_s - since_end_s, ended
        since_end_s += floors[at - 1]
        if group in sets[at - 1]:
            break
    return worst, behind


def _floors(spans: Sequence[Span], least: Sequence[float], growing: Sequence[int]) -> list[float]:
    """Splits that give every span its minimum: single stages first, then what longer spans lack in their last stage.

    Sets on the way are lengthened only where nothing else is there (`growing` names the places of the others).
    """
    floors = list(least)
    stages = len(floors)

    def lengthen(places: Sequence[int], by_s: float) -> None:
        floors[next((place for place in reversed(places) if place in growing), places[-1])] += by_s

    for span in sorted(spans, key=lambda span: span.stages):
        places = [(span.first + step) % stages for step in range(span.stages)]
        missing = span.least_s - sum(floors[place] for place in places)
        if missing > 0:
            lengthen(places, missing)
    # Red must be seen between two greens of a group: longer than its closing time (MUTCD 4D).
    for span in spans:
        end = (span.first + span.stages) % stages
        following = min(((other.first - end) % stages for other in spans if other.group == span.group), default=0)
        places = [(end + step) % stages for step in range(following)]
        missing = span.closing_s + 1 - sum(floors[place] for place in places)
        if places and missing > 0:
            lengthen(places, missing)
    return [math.ceil(floor - 1e-9) for floor in floors]
