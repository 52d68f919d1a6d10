"""Traffic without SUMO: vehicles come by chance, stand in a queue for each lane, and go when their lamp is green.

Demand is real: a queue that gets no green grows, and its loops say so. All lanes of the town are arrays; one second
costs some dozens of array operations, whatever the size of the town.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from controller.model import Aspect, Junction, LoopRole, Network

SATURATION_VEH_S = 0.5
"""1800 veh/h and lane."""
START_UP_LOST_S = 2.0
TRAVEL_S = 7
"""From the advance loop to the stop line, 80 m at 40 km/h."""
ADVANCE_HOLDS_VEH = 11
"""A queue of so many stands on the advance loop (80 m at 7.5 m a vehicle)."""
LONGEST_QUEUE_VEH = 40.0
PASSING_MS, DISCHARGING_MS, STANDING_MS, PRESS_MS = 300, 600, 1000, 200
BY_DAY_VEH_S, BY_NIGHT_VEH_S, ON_FOOT_S = 0.07, 0.015, 0.01
"""Arrivals: vehicles a lane by day and by night, people at each button."""
BATCH_S = 256

Floats = NDArray[np.float64]
GOES = frozenset({Aspect.GREEN, Aspect.FLASHING_AMBER, Aspect.FLASHING_RED, Aspect.DARK})
"""Where signals flash or are out, people go when they can."""


@dataclass(frozen=True, slots=True)
class LoopSecond:
    """What every loop of one junction saw in a second, in the order of its file."""

    counts: tuple[int, ...]
    occupied_ms: tuple[int, ...]


class Traffic:
    """Lanes (and buttons, as lanes that one press of a button empties) of a whole town."""

    def __init__(self, network: Network, seed: int) -> None:
        self._chance = np.random.default_rng(seed)
        self._junctions = network.junctions
        self._green: dict[str, tuple[Aspect, ...]] = {}
        rows: list[tuple[int, int, int]] = []  # stop-line or button loop, advance loop or -1, group
        spans: dict[str, slice] = {}
        self._lanes: dict[str, slice] = {}
        self._group_of: dict[str, list[int]] = {}
        n_loops = 0
        for junction in network.junctions:
            first = len(rows)
            rows += [(n_loops + stop, n_loops + near if near >= 0 else -1, g) for stop, near, g in _lanes(junction)]
            self._lanes[junction.id] = slice(first, len(rows))
            self._group_of[junction.id] = [group for _, _, group in rows[first:]]
            spans[junction.id] = slice(n_loops, n_loops + len(junction.loops))
            n_loops += len(junction.loops)
        table = np.array(rows, np.int64)
        self._spans = spans
        self._firsts = [lanes.start for lanes in self._lanes.values()]
        self._stop, self._has_near = table[:, 0], table[:, 1] >= 0
        self._near = table[self._has_near, 1]
        n = len(rows)
        self.queue_veh: Floats = np.zeros(n)
        """Who stands at each lane's stop line, or has pressed the button."""
        self.waiting_s: Floats = np.zeros(n)
        """How long each lane has had somebody waiting and nobody going [s]."""
        self.served_veh = 0.0
        self._share: Floats = np.ones(n)
        self._on_the_way = np.zeros((TRAVEL_S, n), bool)
        self._lit = np.zeros(n, bool)
        self._green_s = np.zeros(n)
        self._credit = np.zeros(n)
        self._count, self._occupied = np.zeros(n_loops, np.int64), np.zeros(n_loops, np.int64)
        self._drawn, self._place = np.zeros((0, n), np.float32), 0

    def thin_out(self, junction: str, group: str, share: float) -> None:
        """From now on only this share of the others' vehicles comes to a group's lanes."""
        index = next(one for one in self._junctions if one.id == junction).group_index()[group]
        lanes = self._lanes[junction]
        of_group = np.array(self._group_of[junction]) == index
        self._share[lanes] = np.where(of_group, share, self._share[lanes])

    def show(self, junction: str, aspects: Sequence[Aspect]) -> None:
        """The lamps of a junction; the same object as before costs nothing."""
        if self._green.get(junction) is aspects:
            return
        self._green[junction] = tuple(aspects)
        lit = [aspects[group] in GOES for group in self._group_of[junction]]
        self._lit[self._lanes[junction]] = lit

    def second(self, number: int, *, by_day: bool) -> None:
        """Let one second pass."""
        rate = np.where(self._has_near, BY_DAY_VEH_S if by_day else BY_NIGHT_VEH_S, ON_FOOT_S) * self._share
        coming = self._draw() < rate
        slot = number % TRAVEL_S
        arrived = np.where(self._has_near, self._on_the_way[slot], coming)
        self._on_the_way[slot] = coming
        foot = ~self._has_near
        queue = self.queue_veh
        queue += arrived
        np.minimum(queue, np.where(foot, 1.0, LONGEST_QUEUE_VEH), out=queue)
        self._green_s = np.where(self._lit, self._green_s + 1.0, 0.0)
        flowing = self._lit & (self._green_s > START_UP_LOST_S)
        self._credit = np.where(flowing, np.minimum(self._credit + SATURATION_VEH_S, 1.0), 0.0)
        gone = flowing & (queue >= 1.0) & ((self._credit >= 1.0) | (queue < 2.0))
        self._credit = np.where(gone, 0.0, self._credit)
        queue -= gone
        standing = queue >= 1.0
        self.waiting_s = np.where(standing & ~gone & ~self._lit, self.waiting_s + 1.0, 0.0)
        self.served_veh += float(gone.sum())
        self._count[self._stop] = np.where(foot, arrived, gone)
        at_line = np.where(standing, np.where(gone, DISCHARGING_MS, STANDING_MS), np.where(gone, PASSING_MS, 0))
        self._occupied[self._stop] = np.where(foot, np.where(arrived, PRESS_MS, 0), at_line)
        near = coming[self._has_near]
        covered = queue[self._has_near] >= ADVANCE_HOLDS_VEH
        self._count[self._near] = near
        self._occupied[self._near] = np.where(covered, STANDING_MS, np.where(near, PASSING_MS, 0))

    def seen(self) -> Mapping[str, LoopSecond]:
        """What the loops of each junction saw in the last second."""
        count, occupied = self._count.tolist(), self._occupied.tolist()
        return {
            junction: LoopSecond(tuple(count[span]), tuple(occupied[span])) for junction, span in self._spans.items()
        }

    def waits(self) -> Mapping[str, float]:
        """How long somebody has waited at each junction's worst lane without green [s]."""
        worst = np.maximum.reduceat(self.waiting_s, self._firsts).tolist()
        return dict(zip(self._lanes, worst, strict=True))

    def forget_waits(self, junction: str) -> None:
        """The lamps are out of anybody's hands: waiting is counted anew afterwards."""
        self.waiting_s[self._lanes[junction]] = 0.0

    def _draw(self) -> NDArray[np.float32]:
        """(N,) of [0, 1); drawn in batches."""
        if self._place >= len(self._drawn):
            self._drawn, self._place = self._chance.random((BATCH_S, self.queue_veh.size), np.float32), 0
        self._place += 1
        drawn: NDArray[np.float32] = self._drawn[self._place - 1]
        return drawn


def _lanes(junction: Junction) -> list[tuple[int, int, int]]:
    """(stop-line or button loop, advance loop or -1, group) of each lane and each button, places in the file."""
    group = junction.group_index()
    near = {loop.lane: place for place, loop in enumerate(junction.loops) if loop.role is LoopRole.ADVANCE}
    return [
        (place, near.get(loop.lane, -1) if loop.role is LoopRole.STOP_LINE else -1, group[loop.groups[0]])
        for place, loop in enumerate(junction.loops)
        if loop.role in (LoopRole.STOP_LINE, LoopRole.BUTTON)
    ]
