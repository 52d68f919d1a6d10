"""Splits of a cycle over stages in whole seconds: equal degrees of saturation (Webster), or least delay (HCM).

Both begin with the floors and give away what is left of the cycle second by second to the stage where it does most
good, then move single seconds between stages as long as that helps. For greens that do not overlap the first pass is
already the optimum, because both measures are convex in the greens.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from plans.tuning.lane_loads import LaneLoad
from plans.tuning.stage_order import StageOrder

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

PERIOD_H = 1.0
"""Period of analysis: a plan runs an hour and more (HCM: T)."""
PRETIMED_K = 0.5
ROUNDS = 200
"""Far more single seconds than ever have to be moved."""


class Aim(StrEnum):
    """What the splits are made for."""

    EQUAL_SATURATION = "equal-saturation"
    LEAST_DELAY = "least-delay"


class LaneStream(NamedTuple):
    """A lane as the splits see it."""

    flow_pcu_h: float
    saturation_flow_pcu_h: float
    groups: tuple[str, ...]
    """All of them must be green for it to flow."""


@dataclass(frozen=True, slots=True)
class Splits:
    """Whole seconds of each stage, and what they make of the traffic."""

    order: StageOrder
    cycle_s: int
    splits_s: tuple[int, ...]
    saturation: float
    """Highest degree of saturation of a lane."""
    delay_veh_s_h: float
    """Sum of flow times control delay over the lanes [pcu·s/h]."""

    def green_s(self) -> dict[str, float]:
        """Green of each group in the cycle [s]."""
        greens = self.order.matrix() @ np.array(self.splits_s, dtype=float) - [span.gap_s for span in self.order.spans]
        found = dict.fromkeys(self.order.always, float(self.cycle_s))
        for span, green in zip(self.order.spans, greens, strict=True):
            found[span.group] = found.get(span.group, 0.0) + max(0.0, float(green))
        return found


class SplitJudge:
    """Degrees of saturation and delay of many splits of one order at once."""

    def __init__(self, order: StageOrder, streams: Sequence[LaneStream]) -> None:
        self._order = order
        self._matrix = order.matrix()
        self._gaps = np.array([span.gap_s for span in order.spans])
        self._groups = list(dict.fromkeys([*(span.group for span in order.spans), *sorted(order.always)]))
        self._of_group = np.array(
            [[span.group == group for span in order.spans] for group in self._groups], dtype=float
        )
        self._always = np.array([group in order.always for group in self._groups])
        flowing = [stream for stream in streams if stream.flow_pcu_h > 0]
        self._flow = np.array([stream.flow_pcu_h for stream in flowing])
        self._saturation = np.array([stream.saturation_flow_pcu_h for stream in flowing])
        width = max((len(stream.groups) for stream in flowing), default=1)
        self._held_by = np.array(
            [
                [self._groups.index((*stream.groups, *stream.groups[:1] * width)[i]) for i in range(width)]
                for stream in flowing
            ],
            dtype=np.int64,
        ).reshape(len(flowing), width)

    def greens_s(self, splits_s: FloatArray) -> FloatArray:
        """Green of each lane (candidates, lanes) for `splits_s` (candidates, stages)."""
        cycle_s = splits_s.sum(axis=1, keepdims=True)
        of_spans = np.maximum(splits_s @ self._matrix.T - self._gaps, 0.0)
        of_groups = np.where(self._always, cycle_s, of_spans @ self._of_group.T)
        greens: FloatArray = of_groups[:, self._held_by].min(axis=2)
        return greens

    def saturation(self, splits_s: FloatArray) -> FloatArray:
        """Degree of saturation of each lane, (candidates, lanes): X = q·C / (s·g)."""
        cycle_s = splits_s.sum(axis=1, keepdims=True)
        capacity = self._saturation * np.maximum(self.greens_s(splits_s), 1e-3) / cycle_s
        found: FloatArray = self._flow / np.maximum(capacity, 1e-6)
        return found

    def delay_veh_s_h(self, splits_s: FloatArray) -> FloatArray:
        """Sum over lanes of flow times control delay, (candidates,): d = d1 + d2 (HCM)."""
        if not self._flow.size:
            return np.zeros(len(splits_s))
        cycle_s = splits_s.sum(axis=1, keepdims=True)
        share = np.clip(self.greens_s(splits_s) / cycle_s, 1e-4, 1.0)
        capacity = self._saturation * share
        x = self._flow / capacity
        # A little below 1 keeps a green that never ends from 0/0.
        uniform = 0.5 * cycle_s * (1 - share) ** 2 / np.maximum(1 - np.minimum(1, x) * share, 1e-6)
        over = x - 1
        more = 900 * PERIOD_H * (over + np.sqrt(over**2 + 8 * PRETIMED_K * x / (capacity * PERIOD_H)))
        total: FloatArray = ((uniform + more) * self._flow).sum(axis=1)
        return total

    def cost(self, splits_s: FloatArray, aim: Aim) -> FloatArray:
        """What is to be least, (candidates,)."""
        if aim is Aim.LEAST_DELAY or not self._flow.size:
            return self.delay_veh_s_h(splits_s)
        ordered = np.sort(self.saturation(splits_s), axis=1)[:, ::-1]
        # The worst lane decides, the next ones where it is equal.
        weights = 1e-3 ** np.arange(min(3, ordered.shape[1]))
        found: FloatArray = ordered[:, : len(weights)] @ weights
        return found


def best_splits(order: StageOrder, streams: Sequence[LaneStream], cycle_s: int, aim: Aim) -> Splits | None:
    """The splits of an order of stages in this cycle; None where the floors do not fit into it."""
    spare_s = cycle_s - order.shortest_cycle_s
    if spare_s < 0:
        return None
    judge = SplitJudge(order, streams)
    splits = np.array(order.floors_s, dtype=float)
    one_more = np.eye(len(splits))
    for _ in range(spare_s):
        splits = splits + one_more[int(judge.cost(splits + one_more, aim).argmin())]
    splits = _moved(judge, splits, np.array(order.floors_s, dtype=float), aim)
    return splits_as(order, streams, [int(split) for split in splits])


def splits_as(order: StageOrder, streams: Sequence[LaneStream], splits_s: Sequence[int]) -> Splits:
    """These splits and what they make of the traffic, whoever chose them."""
    judge = SplitJudge(order, streams)
    row = np.array([splits_s], dtype=float)
    return Splits(
        order,
        sum(splits_s),
        tuple(splits_s),
        float(judge.saturation(row).max(initial=0.0)),
        float(judge.delay_veh_s_h(row)[0]),
    )


def _moved(judge: SplitJudge, splits: FloatArray, floors: FloatArray, aim: Aim) -> FloatArray:
    """Single seconds moved between stages until no move helps."""
    count = len(splits)
    moves = np.array(
        [np.eye(count)[to] - np.eye(count)[away] for away in range(count) for to in range(count) if away != to]
    ).reshape(-1, count)
    cost = float(judge.cost(splits[None, :], aim)[0])
    for _ in range(ROUNDS):
        tried = splits + moves
        tried = tried[(tried >= floors).all(axis=1)]
        if not len(tried):
            break
        costs = judge.cost(tried, aim)
        best = int(costs.argmin())
        if costs[best] >= cost - 1e-9:
            break
        splits, cost = tried[best], float(costs[best])
    return splits


def stream_of(load: LaneLoad, saturation_flow_pcu_h: float | None = None) -> LaneStream:
    """A lane with its load as a stream."""
    saturation = load.saturation_pcu_h if saturation_flow_pcu_h is None else saturation_flow_pcu_h
    return LaneStream(load.flow_pcu_h, saturation, load.holding_groups)
