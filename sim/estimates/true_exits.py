"""Exits that really are full: the last vehicle stands so near their begin that whoever comes stops on the loop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from controller.lanes import LaneLayout
from controller.layout import FloatArray, NetworkLayout
from sim.baselines.truth import STANDING_M_S
from sim.sumo_map import JunctionMap


class RearMost(Protocol):
    """What of a running simulation is looked at."""

    def last_of(self, lane: str) -> tuple[float, float] | None: ...


class TrueExits:
    """The SUMO lanes on which exit loops lie."""

    def __init__(
        self, world: RearMost, layout: NetworkLayout, lanes: LaneLayout, maps: Mapping[str, JunctionMap]
    ) -> None:
        self._world, self._lanes = world, lanes
        self.watched = lanes.exit_loops.any(axis=2)
        """(J, N) lanes of which an exit has a loop."""
        columns = set(lanes.exit_column[lanes.exit_loops].tolist())
        self._places: list[tuple[int, str, float]] = []
        for junction, loops in layout.loop_index.items():
            for loop, column in loops.items():
                if column in columns:
                    at = maps[junction].loops[loop]
                    self._places.append((column, at.lane, at.pos_m + at.length_m))
        self._full = np.zeros(layout.loop_junction.size)

    def full(self) -> FloatArray:
        """(J, N) part of the lane's exits whose last vehicle stands, and with its back before the end of the loop."""
        for column, lane, end_m in self._places:
            last = self._world.last_of(lane)
            self._full[column] = last is not None and last[0] <= end_m and last[1] < STANDING_M_S
        of_exits = np.where(self._lanes.exit_loops, self._full[self._lanes.exit_column], 0.0).sum(axis=2)
        return np.asarray(of_exits / np.maximum(1, self._lanes.exit_loops.sum(axis=2)))
