"""A plan as numbers that can be changed: for each junction its stages with their splits, and its offset."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from controller.model import Junction, ProgrammeStep, TimingPlan
from plans.checks.programme import MAX_CYCLE_S, MIN_CYCLE_S, programme_faults
from plans.checks.signals import SignalData
from plans.programme import WantedSet


@dataclass(frozen=True, slots=True)
class JunctionShape:
    """One junction."""

    stages: tuple[str, ...]
    splits_s: tuple[int, ...]
    offset_s: int

    @property
    def cycle_s(self) -> int:
        """Sum of the splits [s]."""
        return sum(self.splits_s)

    def timing(self, junction: Junction, plan: str) -> TimingPlan:
        """As the core and the simulation take it."""
        number = {stage.id: place for place, stage in enumerate(junction.stages, start=1)}
        starts = np.concatenate([[0], np.cumsum(self.splits_s)[:-1]])
        steps = tuple(ProgrammeStep(int(at), number[stage]) for at, stage in zip(starts, self.stages, strict=True))
        return TimingPlan(plan, self.cycle_s, self.offset_s, steps)


Shape = Mapping[str, JunctionShape]
"""By junction."""
NO_LIMITS: Mapping[str, int] = MappingProxyType({})


def shape_of(timing: TimingPlan, junction: Junction) -> JunctionShape:
    """The shape of a timing of either form; its second 0 becomes that of its first step."""
    first = timing.steps[0].at_s
    ends = [*(step.at_s for step in timing.steps[1:]), timing.cycle_s + first]
    return JunctionShape(
        tuple(junction.stages[step.stage - 1].id for step in timing.steps),
        tuple(end - step.at_s for step, end in zip(timing.steps, ends, strict=True)),
        (timing.offset_s + first) % timing.cycle_s,
    )


def digest(shape: Shape) -> str:
    """A name for the shape: equal ones have the same, in 16 hex digits."""
    told = json.dumps({name: [one.stages, one.splits_s, one.offset_s] for name, one in sorted(shape.items())})
    return hashlib.sha256(told.encode()).hexdigest()[:16]


def shares_its_cycle(name: str, shape: Shape) -> bool:
    """Whether another junction has this one's cycle, or its double or half."""
    cycle_s = shape[name].cycle_s
    others = {one.cycle_s for other, one in shape.items() if other != name}
    return bool(others & {cycle_s, 2 * cycle_s, cycle_s // 2})


class Neighbourhood:
    """Changes of the plans of one network that break no minimum."""

    def __init__(
        self, junctions: Sequence[Junction], data: Mapping[str, SignalData], longest_s: Mapping[str, int] = NO_LIMITS
    ) -> None:
        """`data` are the signal data of each junction, as `check` judges them; `longest_s` the cycle it may have."""
        self._junctions = {junction.id: junction for junction in junctions}
        self._data = data
        self._longest_s = longest_s
        self._members = {
            junction.id: {stage.id: frozenset(stage.groups) for stage in junction.stages} for junction in junctions
        }

    def lawful(self, name: str, shape: JunctionShape) -> bool:
        """Whether the junction could run it: every split at least 1 s, every green and cycle within its bounds."""
        if min(shape.splits_s) < 1 or not MIN_CYCLE_S <= shape.cycle_s <= self._longest_s.get(name, MAX_CYCLE_S):
            return False
        starts = np.concatenate([[0], np.cumsum(shape.splits_s)[:-1]])
        members = self._members[name]
        sets = tuple(WantedSet(int(at), members[stage]) for at, stage in zip(starts, shape.stages, strict=True))
        return not any(programme_faults(self._data[name], sets, shape.cycle_s, exact=False))

    def scaled(self, shape: Shape, factor: float) -> Shape | None:
        """Every cycle times the factor, even seconds, splits in proportion; None where a minimum forbids it."""
        fresh = {}
        for name, one in shape.items():
            cycle_s = 2 * round(one.cycle_s * factor / 2)
            splits = self._fitted(name, one, cycle_s)
            if splits is None:
                return None
            fresh[name] = replace(one, splits_s=splits, offset_s=round(one.offset_s * factor) % cycle_s)
        return fresh

    def _fitted(self, name: str, one: JunctionShape, cycle_s: int) -> tuple[int, ...] | None:
        """The splits scaled to a cycle; the stages that may be chosen take up what rounding and minimums leave over."""
        free = self.free(name, one)
        fixed = sum(split for place, split in enumerate(one.splits_s) if place not in free)
        spare = cycle_s - fixed
        before = one.cycle_s - fixed
        splits = list(one.splits_s)
        for place in free:
            splits[place] = max(1, round(one.splits_s[place] * spare / before))
        splits[max(free, key=lambda place: splits[place])] += cycle_s - sum(splits)
        for _ in range(2 * cycle_s):
            tried = replace(one, splits_s=tuple(splits))
            if min(splits) >= 1 and self.lawful(name, tried):
                return tried.splits_s
            short = self._short(name, tried)
            if short is None:
                return None
            splits[short] += 1
            others = [place for place in free if place != short] or [short]
            splits[max(others, key=lambda place: splits[place])] -= 1
        return None

    def _short(self, name: str, shape: JunctionShape) -> int | None:
        """A split that a minimum wants longer; None where nothing is said of one."""
        if min(shape.splits_s) < 1:
            return None
        starts = [int(at) for at in np.concatenate([[0], np.cumsum(shape.splits_s)[:-1]])]
        members = self._members[name]
        sets = tuple(WantedSet(at, members[stage]) for at, stage in zip(starts, shape.stages, strict=True))
        for fault in programme_faults(self._data[name], sets, shape.cycle_s, exact=False):
            return starts.index(fault.on_s) if fault.on_s in starts else None
        return None

    def free(self, name: str, one: JunctionShape) -> list[int]:
        """Places of stages that may be chosen; the rest are steps of an interstage, and keep their length."""
        selectable = {stage.id for stage in self._junctions[name].stages if stage.selectable}
        return [place for place, stage in enumerate(one.stages) if stage in selectable] or list(range(len(one.stages)))
