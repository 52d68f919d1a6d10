"""Means with their intervals: of one method over the seeds, and of two methods seed by seed."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from scipy.stats import t as student_t

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean and half the width of its 95 % interval; no interval from a single value."""

    mean: float
    half_width: float | None

    @property
    def text(self) -> str:
        """As in a table."""
        return f"{self.mean:.1f}" if self.half_width is None else f"{self.mean:.1f} ± {self.half_width:.1f}"


def estimate(values: Sequence[float]) -> Estimate:
    """Mean with its 95 % interval after Student: t(0.975, n - 1) · s / √n.

    >>> estimate([10.0, 12.0, 14.0]).text
    '12.0 ± 5.0'
    """
    mean = statistics.fmean(values)
    if len(values) < 2:
        return Estimate(mean, None)
    factor = float(student_t.ppf((1 + CONFIDENCE) / 2, len(values) - 1))
    return Estimate(mean, factor * statistics.stdev(values) / len(values) ** 0.5)


def paired(mine: Mapping[int, float], other: Mapping[int, float], method: str) -> dict[str, Any] | None:
    """Ratio of the means and the paired difference of each seed, mine - other; None where no seed is common to both.

    `not_worse`: the interval of the difference includes or lies below 0 (a lone seed: the difference does).
    """
    seeds = sorted(mine.keys() & other.keys())
    if not seeds:
        return None
    found = estimate([mine[seed] - other[seed] for seed in seeds])
    base = statistics.fmean(other[seed] for seed in seeds)
    return {
        "method": method,
        "ratio": statistics.fmean(mine[seed] for seed in seeds) / base if base else None,
        "difference_s": found.mean,
        "half_width_s": found.half_width,
        "not_worse": found.mean - (found.half_width or 0.0) <= 0,
    }
