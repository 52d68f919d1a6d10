"""What each loop has counted in the same hour of the day before, and what it counts these minutes.

The hour's mean is learned from trusted seconds alone: the first days count fully, later ones fade in, so that it
follows a season and forgets a festival. It goes into the snapshot, and so outlives a restart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from controller.layout import BoolArray, FloatArray, NetworkLayout
from controller.measure.loops import LoopSecond

KNOWN_AFTER_S = 900.0
"""An hour's mean is used once so many seconds of it were learned (one interval of traffic counts, HCM)."""
MEMORY_S = 5 * 3600.0
"""Afterwards the mean follows as over five days."""
RECENT_S = 900.0
"""Time constant of the recent rate."""
UNTIMED = -1
"""Before civil time is known nothing is learned or recalled."""


@dataclass(slots=True)
class HistoryMemory:
    """Counts by hour of the day, and recent."""

    hour_veh_s: npt.NDArray[np.float32]  # (24, L) mean of the hour
    hour_learned_s: npt.NDArray[np.float32]  # (24, L) seconds that it stands on
    recent_veh_s: FloatArray  # (L,) mean of the last quarter of an hour in which the loop counted at all
    recent_s: FloatArray  # (L,) seconds told that it stands on, at most `RECENT_S`

    @classmethod
    def empty(cls, layout: NetworkLayout) -> HistoryMemory:
        """Nothing known of any hour."""
        n_loops = layout.loop_junction.size
        return cls(
            np.zeros((24, n_loops), np.float32),
            np.zeros((24, n_loops), np.float32),
            np.zeros(n_loops),
            np.zeros(n_loops),
        )


@dataclass(frozen=True, slots=True)
class Usual:
    """What is usual at this hour."""

    known: BoolArray  # (L,)
    veh_s: FloatArray  # (L,) 0 where it is not known


def usual_now(memory: HistoryMemory, hour: int) -> Usual:
    """The same hour's mean of each loop; `hour` 0..23 or UNTIMED.

    A mean of nobody is what a dead loop learns before it is found: it is no knowledge of the hour.
    """
    if hour == UNTIMED:
        nothing = np.zeros(memory.recent_veh_s.size)
        return Usual(nothing > 0, nothing)
    known = (memory.hour_learned_s[hour] >= KNOWN_AFTER_S) & (memory.hour_veh_s[hour] > 0)
    return Usual(known, np.where(known, memory.hour_veh_s[hour], 0.0))


def learn(memory: HistoryMemory, loops: LoopSecond, counts: BoolArray, trusted: BoolArray, hour: int) -> None:
    """Take one second: x' = x + (count - x) / n, n the seconds learned, at most `MEMORY_S`.

    `counts` (L,): what the loop says is a count of something; a mean of chatter would outlast the chatter by an hour.
    """
    told = loops.told & counts
    memory.recent_s = np.minimum(RECENT_S, memory.recent_s + told)
    memory.recent_veh_s += np.where(told, (loops.count - memory.recent_veh_s) / np.maximum(1.0, memory.recent_s), 0.0)
    if hour == UNTIMED:
        return
    learned_s, mean = memory.hour_learned_s[hour], memory.hour_veh_s[hour]
    use = told & trusted
    learned_s[:] = np.where(use, np.minimum(MEMORY_S, learned_s + 1.0), learned_s)
    mean[:] = np.where(use, mean + (loops.count - mean) / np.maximum(1.0, learned_s), mean)
