"""How much of its green each lane really uses, and what the start of green really costs.

A second of green is used when somebody stands at the stop line, has passed it in this second, or will pass it in what
is left of one headway of the engineered saturation flow; that is what a degree of saturation means. What the start of
green costs: when the fourth vehicle of a queue passes the line, less four headways of the maximum flow that the
controller believes in.

Shapes: J junctions, N lanes.
"""

from __future__ import annotations

import numpy as np

from controller.layout import BoolArray, FloatArray
from controller.measure.saturation import KEPT, LONGEST_PIECE_S, START_UP_MOST_S, START_UP_VEH
from controller.state import LaneUse

LEAST_STARTS = 5.0
"""Queues of four that tell what their start costs."""


class TrueUse:
    """Greens of every lane, weighed as the controller weighs them."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self._green_s, self._in_use_s = np.zeros(shape), np.zeros(shape)
        self._available_s, self._used_s = np.zeros(shape), np.zeros(shape)
        self._since_s, self._gone_veh, self._queued = np.zeros(shape), np.zeros(shape), np.zeros(shape, bool)
        self._starts, self._lost_s = np.zeros(shape), np.zeros(shape)

    def second(
        self, green: BoolArray, in_use: BoolArray, queue_veh: FloatArray, gone_veh: FloatArray, believed: LaneUse
    ) -> BoolArray:
        """(J, N) lanes whose green has ended with this second, or was long enough to be told in pieces."""
        self._start(green, queue_veh, gone_veh, believed)
        ended: BoolArray = (self._green_s > 0) & (~green | (self._green_s >= LONGEST_PIECE_S))
        self._available_s = np.where(ended, KEPT * self._available_s + self._green_s, self._available_s)
        self._used_s = np.where(ended, KEPT * self._used_s + self._in_use_s, self._used_s)
        self._green_s = np.where(ended, 0.0, self._green_s) + green
        self._in_use_s = np.where(ended, 0.0, self._in_use_s) + (green & in_use)
        return ended

    @property
    def saturation(self) -> FloatArray:
        """(J, N) of the last greens."""
        return self._used_s / np.maximum(self._available_s, 1.0)

    def start_up_s(self) -> tuple[FloatArray, BoolArray]:
        """(J, N) mean loss at the start of green [s], and where enough queues told it."""
        return self._lost_s / np.maximum(self._starts, 1.0), self._starts >= LEAST_STARTS

    def _start(self, green: BoolArray, queue_veh: FloatArray, gone_veh: FloatArray, believed: LaneUse) -> None:
        begins = green & (self._since_s == 0)
        self._since_s = np.where(green, self._since_s + 1.0, 0.0)
        self._queued = np.where(begins, queue_veh + gone_veh >= START_UP_VEH, self._queued & green)
        self._gone_veh = np.where(green, self._gone_veh + gone_veh, 0.0)
        told = self._queued & (self._gone_veh >= START_UP_VEH)
        lost_s = np.clip(self._since_s - 0.5 - self._gone_veh / believed.max_flow_veh_s, 0.0, START_UP_MOST_S)
        self._lost_s += np.where(told, lost_s, 0.0)
        self._starts += told
        self._queued &= ~told
