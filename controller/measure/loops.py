"""One second of every loop of the town, scattered from the readings into arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain

import numpy as np

from controller.events import DetectorReading
from controller.layout import BoolArray, FloatArray, IntArray, NetworkLayout

STANDING_RATIO = 0.95
"""A loop occupied for more than this share of a second has somebody standing on it."""
_ORDERS_REMEMBERED = 8
"""A source sends its loops in one order; more orders than this from one junction are not worth remembering."""


@dataclass(slots=True)
class LoopMemory:
    """When each junction's loops were last heard, and in which order they are sent."""

    heard_s: FloatArray  # (J,) [s]
    columns: dict[str, dict[tuple[str, ...], IntArray]] = field(default_factory=dict)
    """Derived, not state: columns of the loops of a reading, by junction and order."""

    @classmethod
    def empty(cls, layout: NetworkLayout, now_s: float) -> LoopMemory:
        """Before any reading. Counts are taken to be fresh until the staleness limit has passed."""
        return cls(heard_s=np.full(layout.shape[0], now_s))


@dataclass(frozen=True, slots=True)
class LoopSecond:
    """What the loops told in this step; zeros where nothing was told."""

    count: FloatArray  # (L,) vehicles that entered
    occupied: FloatArray  # (L,) share of the time told of, 0..1
    told: BoolArray  # (L,)
    fresh: BoolArray  # (J,) the junction's loops were heard within the staleness limit, or it has none

    @property
    def touched(self) -> BoolArray:
        """(L,) somebody was on the loop."""
        return (self.count > 0) | (self.occupied > 0)


def scatter_readings(
    memory: LoopMemory, readings: Sequence[DetectorReading], layout: NetworkLayout, now_s: float, stale_s: float
) -> LoopSecond:
    """The readings of this step as arrays; two readings of one loop add up."""
    n_loops = layout.loop_junction.size
    count, occupied_ms, told_ms = np.zeros(n_loops), np.zeros(n_loops), np.zeros(n_loops)
    if readings:
        columns = np.concatenate([_columns(memory, reading, layout) for reading in readings])
        lengths = [len(reading.loops) for reading in readings]
        counts = np.fromiter(chain.from_iterable(r.counts for r in readings), float)
        presence_ms = np.fromiter(chain.from_iterable(r.occupied_ms for r in readings), float)
        lasted_ms = np.repeat([1000.0 * (r.t1_s - r.t0_s) for r in readings], lengths)
        count, occupied_ms, told_ms = (
            np.asarray(np.bincount(columns, values, n_loops), np.float64) for values in (counts, presence_ms, lasted_ms)
        )
        memory.heard_s[[layout.junction_index[reading.junction] for reading in readings]] = now_s
    has_loops = np.bincount(layout.loop_junction, minlength=layout.shape[0]) > 0
    return LoopSecond(
        count=count,
        occupied=np.minimum(1.0, occupied_ms / np.maximum(1.0, told_ms)),
        told=told_ms > 0,
        fresh=~has_loops | (now_s - memory.heard_s <= stale_s),
    )


def _columns(memory: LoopMemory, reading: DetectorReading, layout: NetworkLayout) -> IntArray:
    known = memory.columns.setdefault(reading.junction, {})
    columns = known.get(reading.loops)
    if columns is None:
        if len(known) >= _ORDERS_REMEMBERED:
            known.clear()
        index = layout.loop_index[reading.junction]
        columns = known[reading.loops] = np.array([index[loop] for loop in reading.loops], np.int64)
    return columns
