"""Bins of time that begin at whole multiples of their length since midnight."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from console.report.record import FloatArray, IntArray, RunRecord

BIN_S = 900.0
"""15 minutes: the analysis period of the Highway Capacity Manual and of signal performance measures."""
SHORT_BIN_S = 300.0
SHORT_RUN_S = 7_200.0
"""Runs up to this are cut into bins of five minutes, else a picture has two points."""

LEAST_OF_BIN = 0.1
"""The last bin counts where the record reaches so far into it."""


@dataclass(frozen=True, slots=True)
class Bins:
    """Bins of `length_s` from `start_s[0]` on."""

    length_s: float
    start_s: FloatArray  # (n_bins,)

    def __len__(self) -> int:
        return self.start_s.size

    def place(self, at_s: FloatArray) -> IntArray:
        """The bin of each time."""
        place: IntArray = np.floor((at_s - self.start_s[0]) / self.length_s).astype(np.int64)
        return place

    def count(self, at_s: FloatArray) -> IntArray:
        """How many times fall into each bin, (n_bins,)."""
        place = self.place(at_s)
        return np.bincount(place[(place >= 0) & (place < len(self))], minlength=len(self))

    def seconds(self, start_s: FloatArray, end_s: FloatArray) -> FloatArray:
        """How much of each bin lies within disjoint stretches sorted by time [s], (n_bins,)."""
        borders = np.append(self.start_s, self.start_s[-1] + self.length_s)
        if not start_s.size:
            return np.zeros(len(self))
        covered = np.concatenate([[0.0], np.cumsum(end_s - start_s)])
        at = np.searchsorted(start_s, borders, side="right") - 1
        inside = np.minimum(borders - start_s[np.maximum(at, 0)], (end_s - start_s)[np.maximum(at, 0)])
        until = np.where(at >= 0, covered[np.maximum(at, 0)] + inside, 0.0)
        found: FloatArray = np.diff(until)
        return found


def bins_of(record: RunRecord, length_s: float | None = None) -> Bins:
    """The bins of a record: a quarter of an hour, five minutes for a short run."""
    if length_s is None:
        length_s = SHORT_BIN_S if record.end_s - record.begin_s <= SHORT_RUN_S else BIN_S
    # A last bin of a few seconds would tell a flow of chance.
    first, last = int(record.begin_s // length_s), int(np.ceil(record.end_s / length_s - LEAST_OF_BIN))
    return Bins(length_s, np.arange(first, max(last, first + 1), dtype=np.float64) * length_s)


def recorded_s(record: RunRecord, bins: Bins) -> FloatArray:
    """How much of each bin the record covers [s], (n_bins,): its first and its last one often in part."""
    return bins.seconds(np.array([record.begin_s]), np.array([record.end_s]))


def heard_s(record: RunRecord, bins: Bins) -> npt.NDArray[np.int64]:
    """Seconds of which each junction's loops were heard, (n_bins, n_junctions)."""
    return _rebinned(record, bins, record.heard)


def counted(record: RunRecord, bins: Bins) -> npt.NDArray[np.int64]:
    """Vehicles on each loop, (n_bins, n_loops)."""
    return _rebinned(record, bins, record.counts)


def _rebinned(record: RunRecord, bins: Bins, values: IntArray) -> IntArray:
    at_s = (np.arange(values.shape[0], dtype=np.float64) + record.first_interval) * record.interval_s
    place = bins.place(at_s)
    inside = (place >= 0) & (place < len(bins))
    summed = np.zeros((len(bins), values.shape[1]), np.int64)
    np.add.at(summed, place[inside], values[inside])
    return summed
