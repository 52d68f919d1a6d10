"""Vehicle actuation: green while somebody comes, at most so long; then the next stage that somebody waits for.

A stage runs its minimum greens. Then it stays while a vehicle comes more often than every `gap_s` (extension), until
nobody does (gap out) or until its longest maximum green has run against somebody who waits (max out). Only groups that
would lose their green hold it: traffic that stays green in the next stage holds nobody up. The next stage is the first
in the order of the junction that serves a call not served now; stages that nobody calls are skipped.
With nobody waiting the green rests where it is, but not for ever: after `REST_S` it moves on, so that a sleeping
detector starves nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from controller.events import Reason
from controller.layout import BoolArray, FloatArray, IntArray, NetworkLayout
from controller.model import StrategyParameters
from controller.state import StageProposal
from controller.strategy.contract import Moment

REST_S = 120.0
"""Longest rest in one stage without any call elsewhere; half of the longest red allowed (liveness L1, 240 s)."""


@dataclass(slots=True)
class Actuated:
    """The stage that each junction is in, and how long somebody has waited for another one."""

    stage: IntArray  # (J,) number, 0 before the first
    entered_s: FloatArray  # (J,) when it was asked for [s]
    opposed_s: FloatArray  # (J,) since when it is green and somebody waits elsewhere [s]; inf while nobody does

    @classmethod
    def start(cls, layout: NetworkLayout, now_s: float) -> Self:
        """No stage yet: the first second takes over what shows."""
        n_j = layout.shape[0]
        return cls(np.zeros(n_j, np.int64), np.full(n_j, now_s), np.full(n_j, np.inf))

    def propose(self, moment: Moment, layout: NetworkLayout, parameters: StrategyParameters) -> StageProposal:
        """Stay or go on, for every junction at once."""
        self._follow(moment, layout)
        lit = _rows(layout.stage_green, self.stage)  # (J, G) green in the present stage
        opposing = moment.traffic.call & ~lit & layout.group_exists
        opposed = opposing.any(axis=1)
        served = self._served(lit, moment, layout)
        self.opposed_s = np.where(opposed & served, np.minimum(self.opposed_s, moment.now_s), np.inf)
        losing = lit & ~_rows(layout.stage_green, self._next(opposing, layout))
        extending = (losing & (moment.traffic.gap_s < parameters.gap_s) & ~layout.pedestrian).any(axis=1)
        longest_s = np.where(losing, layout.max_green_s, 0.0).max(axis=1, initial=0.0)
        max_out = opposed & (moment.now_s - self.opposed_s >= longest_s)
        rested = ~opposed & (moment.now_s - self.entered_s >= REST_S)
        go = served & moment.commanded & ((opposed & ~extending) | max_out | rested)
        following = self._next(opposing | (rested[:, None] & ~lit), layout)
        go &= following > 0
        self.stage = np.where(go, following, self.stage)
        self.entered_s = np.where(go, moment.now_s, self.entered_s)
        self.opposed_s = np.where(go, np.inf, self.opposed_s)
        reason = np.full(opposed.size, int(Reason.REST), np.int64)
        for why, holds in (
            (Reason.EXTENSION, opposed),
            (Reason.MINIMUM_GREEN, opposed & ~served),
            (Reason.GAP_OUT, go),
            (Reason.DEMAND, go & rested),
            (Reason.MAX_OUT, go & max_out),
        ):
            reason[holds] = int(why)
        return StageProposal(self.stage.copy(), reason)

    def _follow(self, moment: Moment, layout: NetworkLayout) -> None:
        """Where somebody else decided, or nothing was decided yet, start from the stage that was last asked for."""
        shown = np.where(moment.requested > 0, moment.requested, moment.signals.active_stage)
        lost = (self.stage == 0) | ((moment.requested > 0) & (moment.requested != self.stage))
        unable = lost & (shown == 0)
        first = layout.selectable.argmax(axis=1) + 1
        self.stage = np.where(lost, np.where(unable, first, shown), self.stage)
        self.entered_s = np.where(lost, moment.now_s, self.entered_s)
        self.opposed_s = np.where(lost, np.inf, self.opposed_s)

    def _served(self, lit: BoolArray, moment: Moment, layout: NetworkLayout) -> BoolArray:
        """(J,) every group of the stage has green and has had its minimum."""
        age_s = moment.now_s - moment.signals.since_s
        done = moment.signals.green & (age_s >= layout.min_green_s)
        return np.asarray((done | ~lit).all(axis=1))

    def _next(self, wanted: BoolArray, layout: NetworkLayout) -> IntArray:
        """(J,) number of the first selectable stage after the present one that serves a wanted group, else 0."""
        n_j, _, n_s = layout.shape
        serves = (layout.stage_green & wanted[:, None, :]).any(axis=2) & layout.selectable
        order = (self.stage[:, None] + np.arange(n_s)) % np.maximum(1, layout.n_stages)[:, None]
        in_order = np.take_along_axis(serves, order, axis=1) & (np.arange(n_s) < layout.n_stages[:, None] - 1)
        first = in_order.argmax(axis=1)
        return np.where(in_order.any(axis=1), order[np.arange(n_j), first] + 1, 0)


def _rows(stage_green: BoolArray, stage: IntArray) -> BoolArray:
    """(J, G) the groups of each junction's stage; none for stage 0."""
    lit = stage_green[np.arange(stage.size), np.maximum(stage - 1, 0)]
    return lit & (stage > 0)[:, None]
