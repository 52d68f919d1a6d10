"""Small changes of a plan that are worth a trial: of the junctions where most is waited, for those who wait there most.

Each change is of one junction, so that what several changes gain alone can be put together into one plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from controller.model import Junction
from plans.tuning.shapes import JunctionShape, Neighbourhood, Shape, shares_its_cycle

FloatArray = NDArray[np.float64]
Waiting = Mapping[str, Mapping[str, float]]
"""What the vehicles of each junction wait, by approach, in any unit."""

SHIFTS_S = (2, 3, 5, 8)
"""By so much a split changes."""
OFFSET_SHIFTS_S = (2, 4, 7, 12, 20)
STRETCHES = (0.7, 0.85, 1.2, 1.4)
"""Factors of the cycle of a junction that shares its cycle with nobody."""
EVERYWHERE = 0.2
"""This share of the changes falls on all junctions and stages alike; the rest goes where most is waited."""
TRIES = 30
"""So many draws for each change that is wanted: some break a minimum, some were drawn before."""


@dataclass(frozen=True, slots=True)
class Change:
    """Another timing of one junction."""

    name: str
    junction: str
    shape: JunctionShape


class Moves:
    """Draws changes; the same chance draws the same."""

    def __init__(self, around: Neighbourhood, junctions: Sequence[Junction]) -> None:
        self._around = around
        self._junctions = {junction.id: junction for junction in junctions}

    def drawn(self, shape: Shape, waiting: Waiting, count: int, chance: np.random.Generator) -> list[Change]:
        """So many lawful changes that differ from the plan and from each other; fewer where no more are found."""
        names = sorted(shape)
        weights = shares([sum(waiting.get(name, {}).values()) for name in names])
        found: dict[tuple[str, JunctionShape], Change] = {}
        for _ in range(TRIES * count):
            if len(found) == count:
                break
            name = names[int(chance.choice(len(names), p=weights))]
            what, tried = self._tried(name, shape, waiting.get(name, {}), chance)
            if tried != shape[name] and self._around.lawful(name, tried):
                found.setdefault((name, tried), Change(f"{name}: {what}", name, tried))
        return list(found.values())

    def _tried(
        self, name: str, shape: Shape, waiting: Mapping[str, float], chance: np.random.Generator
    ) -> tuple[str, JunctionShape]:
        one = shape[name]
        free = self._around.free(name, one)
        kind = float(chance.random())
        if not shares_its_cycle(name, shape):
            if kind < 0.15:
                factor = float(chance.choice(STRETCHES))
                stretched = self._around.scaled({name: one}, factor)
                return f"cycle x {factor:g}", one if stretched is None else stretched[name]
            if kind < 0.5:
                return self._grown(one, free, self.pressure(name, one, free, waiting), chance)
        if kind < 0.8 and len(free) > 1:
            return self._resplit(one, free, self.pressure(name, one, free, waiting), chance)
        return _moved(one, chance)

    def pressure(
        self, name: str, one: JunctionShape, places: Sequence[int], waiting: Mapping[str, float]
    ) -> FloatArray:
        """Share of the waiting that each of these splits could serve, (places,)."""
        junction = self._junctions[name]
        by_group: dict[str, float] = {}
        for approach, waited in waiting.items():
            groups = {group for lane in junction.lanes if lane.approach == approach for group in lane.groups}
            for group in groups:
                by_group[group] = by_group.get(group, 0.0) + waited
        members = {stage.id: stage.groups for stage in junction.stages}
        return shares([sum(by_group.get(group, 0.0) for group in members[one.stages[place]]) for place in places])

    @staticmethod
    def _resplit(
        one: JunctionShape, free: Sequence[int], pressure: FloatArray, chance: np.random.Generator
    ) -> tuple[str, JunctionShape]:
        """Seconds from a stage that few wait for to one that many wait for."""
        take = int(chance.choice(len(free), p=pressure))
        spare = pressure.max() - pressure + EVERYWHERE / len(free)
        spare[take] = 0.0
        give = int(chance.choice(len(free), p=spare / spare.sum()))
        shift = int(chance.choice(SHIFTS_S))
        splits = list(one.splits_s)
        splits[free[give]] -= shift
        splits[free[take]] += shift
        what = f"{shift} s from {one.stages[free[give]]} to {one.stages[free[take]]}"
        return what, replace(one, splits_s=tuple(splits))

    @staticmethod
    def _grown(
        one: JunctionShape, free: Sequence[int], pressure: FloatArray, chance: np.random.Generator
    ) -> tuple[str, JunctionShape]:
        """A longer cycle for the sake of one stage, or a shorter one at its cost."""
        longer = bool(chance.random() < 2 / 3)
        spare = pressure.max() - pressure + EVERYWHERE / len(free)
        place = free[int(chance.choice(len(free), p=pressure if longer else spare / spare.sum()))]
        by_s = int(chance.choice(SHIFTS_S[1:])) * (2 if longer else -1)
        splits = list(one.splits_s)
        splits[place] += by_s
        if min(splits) < 1:
            return "", one
        return f"{one.stages[place]} {by_s:+d} s", replace(
            one, splits_s=tuple(splits), offset_s=one.offset_s % sum(splits)
        )


def _moved(one: JunctionShape, chance: np.random.Generator) -> tuple[str, JunctionShape]:
    shift = int(chance.choice(OFFSET_SHIFTS_S)) * (1 if chance.random() < 0.5 else -1)
    return f"offset {shift:+d} s", replace(one, offset_s=(one.offset_s + shift) % one.cycle_s)


def shares(weights: Sequence[float]) -> FloatArray:
    """Probabilities, most of them by weight and the rest alike; all alike where nothing weighs.

    >>> shares([3.0, 1.0]).round(2).tolist(), shares([0.0, 0.0]).tolist()
    ([0.7, 0.3], [0.5, 0.5])
    """
    told = np.array(weights, dtype=float)
    alike: FloatArray = np.full(len(told), 1 / len(told))
    return alike if told.sum() <= 0 else (1 - EVERYWHERE) * told / told.sum() + EVERYWHERE * alike
