"""Pairs of an estimate and the truth, lane by lane, kept as sums."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from controller.layout import BoolArray, FloatArray


@dataclass(frozen=True, slots=True)
class Agreement:
    """How well an estimate agrees with the truth; in the estimate's unit but for the correlation."""

    samples: int
    truth: float
    """Mean of the truth."""
    bias: float
    """Mean of estimate - truth."""
    error: float
    """Mean absolute error."""
    correlation: float | None
    """Pearson's, over all samples of all lanes; None where one of the two never changes."""
    worst_lane: str
    worst_error: float
    """Mean absolute error on the lane where it is largest."""

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


class Pairs:
    """Sums over pairs for each lane: n, e, t, |e - t|, e², t², e t."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._sums = np.zeros((7, *shape))

    def add(self, estimate: FloatArray, truth: FloatArray, where: BoolArray) -> None:
        """One more pair for each lane `where` (J, N) there is one."""
        e, t = np.where(where, estimate, 0.0), np.where(where, truth, 0.0)
        self._sums += np.stack([where.astype(np.float64), e, t, np.abs(e - t), e * e, t * t, e * t])

    def agreement(self, names: list[list[str]]) -> Agreement | None:
        """Over all lanes; `names` of what was compared, row by row. None where there is no pair.

        >>> pairs = Pairs((1, 2))
        >>> for e, t in ((1.0, 2.0), (3.0, 4.0)):
        ...     pairs.add(np.array([[e, 0.0]]), np.array([[t, 0.0]]), np.array([[True, False]]))
        >>> pairs.agreement([["north", "south"]])
        Agreement(samples=2, truth=3.0, bias=-1.0, error=1.0, correlation=1.0, worst_lane='north', worst_error=1.0)
        """
        n, e, t, gap, ee, tt, et = (float(total) for total in self._sums.reshape(7, -1).sum(axis=1))
        if n == 0:
            return None
        spread = np.sqrt(max(0.0, n * ee - e * e) * max(0.0, n * tt - t * t))
        by_lane = (self._sums[3] / np.maximum(1.0, self._sums[0])).reshape(len(names), -1)
        row, column = np.unravel_index(int(by_lane.argmax()), by_lane.shape)
        return Agreement(
            samples=int(n),
            truth=t / n,
            bias=(e - t) / n,
            error=gap / n,
            correlation=float((n * et - e * t) / spread) if spread > 1e-9 else None,
            worst_lane=names[int(row)][int(column)],
            worst_error=float(by_lane[row, column]),
        )


BANDS = ((0.75, "much: 0.75 and more"), (0.4, "half: 0.4 to 0.75"), (0.0, "little: below 0.4"))
"""How far an estimate is trusted, from so much on."""


class Trusted:
    """Pairs by how far the estimate was trusted when it was made."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        self._bands = [Pairs(shape) for _ in BANDS]

    def add(self, trust: FloatArray, estimate: FloatArray, truth: FloatArray, where: BoolArray) -> None:
        """As `Pairs.add`; trust (J, N)."""
        left = where
        for (least, _), pairs in zip(BANDS, self._bands, strict=True):
            pairs.add(estimate, truth, left & (trust >= least))
            left = left & (trust < least)

    def agreements(self, names: list[list[str]]) -> list[tuple[str, Agreement]]:
        """Each band in which there was something."""
        found = [(told, pairs.agreement(names)) for (_, told), pairs in zip(BANDS, self._bands, strict=True)]
        return [(told, agreement) for told, agreement in found if agreement is not None]
