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

SHIFTS = (0.05, 0.1, 0.2, 0.35)
"""By such a share of its own a split changes, LEAST_SHIFT_S at least: before a long queue two seconds tell nothing."""
LEAST_SHIFT_S = 2
GROWTHS = (0.4, 1.0)
"""By such shares a green becomes longer where most is waited, at the cost of the cycle."""
TAKEN = (0.3,)
"""By such shares it does at the cost of the junction's other greens."""
MOST_PRESSED = 2
"""So many stages are made longer together."""
FURTHER = (1, 2)
"""A change that gained is tried so many times its size further."""
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

    def for_who_waits_most(self, name: str, shape: Shape, waiting: Waiting) -> list[Change]:
        """Longer greens for the stage before which most is waited, and for two that serve others, as far as lawful."""
        one = shape[name]
        pressed = self._pressed(name, one, waiting.get(name, {}))
        found = []
        for places in dict.fromkeys((tuple(pressed), tuple(pressed[:1]))):
            who = " and ".join(one.stages[place] for place in places)
            if not shares_its_cycle(name, shape):
                found += [(f"{who} +{share:.0%}", _lengthened(one, places, share)) for share in GROWTHS]
            others = [place for place in self._around.free(name, one) if place not in places]
            if others:
                found += [
                    (f"{who} +{share:.0%} of the rest", _lengthened(one, places, share, others)) for share in TAKEN
                ]
        return [
            Change(f"{name}: {what}", name, tried)
            for what, tried in found
            if tried != one and self._around.lawful(name, tried)
        ]

    def _pressed(self, name: str, one: JunctionShape, waiting: Mapping[str, float]) -> list[int]:
        """Place of the stage that serves most of the waiting, and of the one that serves most of what it leaves."""
        junction = self._junctions[name]
        free = self._around.free(name, one)
        members = {stage.id: set(stage.groups) for stage in junction.stages}
        found: list[int] = []
        left = dict(waiting)
        while len(found) < MOST_PRESSED and (not found or sum(left.values()) > 0):
            places = [place for place in free if place not in found]
            if not places:
                break
            pressure = self.pressure(name, one, places, left)
            found.append(places[int(pressure.argmax())])
            served = members[one.stages[found[-1]]]
            lanes = [lane for lane in junction.lanes if served & set(lane.groups)]
            left = {
                approach: waited for approach, waited in left.items() if approach not in {x.approach for x in lanes}
            }
        return found

    def further(self, before: Shape, after: Shape) -> dict[str, Shape]:
        """The plan moved on the way that led from one to the other: once and twice as far, where that is lawful."""
        found: dict[str, Shape] = {}
        for times in FURTHER:
            moved = {name: self._moved_on(name, before[name], one, times) for name, one in after.items()}
            if moved != dict(after):
                found[f"{times + 1} times as far"] = moved
        return found

    def _moved_on(self, name: str, before: JunctionShape, after: JunctionShape, times: int) -> JunctionShape:
        if before == after or before.stages != after.stages:
            return after
        splits = tuple(now + times * (now - was) for was, now in zip(before.splits_s, after.splits_s, strict=True))
        if min(splits) < 1:
            return after
        shift_s = after.offset_s - before.offset_s if before.cycle_s == after.cycle_s else 0
        shift_s = (shift_s + after.cycle_s // 2) % after.cycle_s - after.cycle_s // 2  # the shorter way round
        moved = JunctionShape(after.stages, splits, (after.offset_s + times * shift_s) % sum(splits))
        return moved if self._around.lawful(name, moved) else after

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
        splits = list(one.splits_s)
        shift = _seconds(float(chance.choice(SHIFTS)), splits[free[take]])
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
        splits = list(one.splits_s)
        by_s = _seconds(float(chance.choice(SHIFTS)), splits[place]) * (2 if longer else -1)
        splits[place] += by_s
        if min(splits) < 1:
            return "", one
        return f"{one.stages[place]} {by_s:+d} s", replace(
            one, splits_s=tuple(splits), offset_s=one.offset_s % sum(splits)
        )


def _seconds(share: float, split_s: int) -> int:
    return max(LEAST_SHIFT_S, round(share * split_s))


def _lengthened(one: JunctionShape, places: Sequence[int], share: float, payers: Sequence[int] = ()) -> JunctionShape:
    """Splits longer by a share; the cycle too, or the payers give it up in proportion to what they have."""
    splits = list(one.splits_s)
    for place in places:
        splits[place] += _seconds(share, splits[place])
    owed, wealth = sum(splits) - one.cycle_s, sum(splits[place] for place in payers)
    for place in payers:
        splits[place] -= round(owed * one.splits_s[place] / wealth)
    if payers:
        splits[max(payers, key=lambda place: splits[place])] += one.cycle_s - sum(splits)
    if min(splits) < 1:
        return one
    return replace(one, splits_s=tuple(splits), offset_s=one.offset_s % sum(splits))


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
