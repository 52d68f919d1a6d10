"""Offsets by green bands through a row of signals, as a mixed-integer programme (MAXBAND; MULTIBAND with band widths of
their own between each two signals).

In a cycle of C, a green of signal i begins s_i after its offset o_i and lasts g_i. The middle of the band passes signal
i at τ + T_i (T_i: travel from the first), w_i after the green began there, so that o_i = τ + T_i - s_i - w_i, and

    b/2 <= w_i <= g_i - b/2

and the same for the way back (marked '). Both ways share the offset: with whole numbers m_i

    (τ - τ') + (T_i - T'_i) - (s_i - s'_i) - (w_i - w'_i) = C·m_i

What is greatest is Σ weight·b (Little, Kelson and Gartner 1981; Gartner et al. 1991). A band may be given up: where its
switch is 0, b is 0 and w_i is free. So there is always an answer, be it that one way has no band.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

FloatArray = NDArray[np.float64]

TIME_LIMIT_S = 10.0
"""One band through twenty signals takes some hundredths of a second, bands of their own through six some tenths; what
takes longer than this is given up with the best found."""
OPTIMAL = 0


class BandError(ValueError):
    """No band can be looked for; the text says why."""


@dataclass(frozen=True, slots=True)
class RowSignal:
    """A signal of the row."""

    name: str
    out_s: tuple[float, float]
    """Green along the row: (begin after the offset, length) [s]."""
    back_s: tuple[float, float] | None
    """Green back along the row; None on a one-way road."""


@dataclass(frozen=True, slots=True)
class Bands:
    """Offsets and the bands they open."""

    cycle_s: int
    offsets_s: tuple[int, ...]
    out_s: tuple[float, ...]
    """Width of the band between each two signals [s]; all equal where one band goes through."""
    back_s: tuple[float, ...]
    optimal: bool
    """Whether it is proved that there is none better."""

    @property
    def efficiency(self) -> float:
        """Share of the cycle in which one can drive through: (least width out + back) / (2·C), [0..1]."""
        ways = [min(widths) for widths in (self.out_s, self.back_s) if widths]
        return sum(ways) / (len(ways) * self.cycle_s) if ways else 0.0


def widest_bands(
    signals: Sequence[RowSignal],
    travel_out_s: Sequence[float],
    travel_back_s: Sequence[float],
    cycle_s: int,
    *,
    weight_out: Sequence[float] | float = 1.0,
    weight_back: Sequence[float] | float = 1.0,
    one_band: bool = True,
    time_limit_s: float = TIME_LIMIT_S,
) -> Bands:
    """Whole-second offsets of the widest bands; the first signal's is 0.

    `travel_out_s[i]` from signal i to i + 1, `travel_back_s[i]` from i + 1 to i. Weights are those of the bands between
    each two signals, or one number for all; `one_band`: the same width all along. Raises BandError.
    """
    links = len(signals) - 1
    if links < 1 or len(travel_out_s) != links or len(travel_back_s) != links:
        raise BandError(f"{len(signals)} signals need {max(links, 1)} travel times each way, and two signals at least")
    ways = [_Way([s.out_s for s in signals], np.concatenate([[0.0], np.cumsum(travel_out_s)]), _row(weight_out, links))]
    back = [signal.back_s for signal in signals if signal.back_s is not None]
    if len(back) == len(signals):
        ways.append(_Way(back, -np.concatenate([[0.0], np.cumsum(travel_back_s)]), _row(weight_back, links)))
    bands = _solved(ways, cycle_s, one_band=one_band, time_limit_s=time_limit_s)
    if one_band or bands.optimal:
        return bands
    # Where time ran out, one band through all may still be the better beginning.
    through = _solved(ways, cycle_s, one_band=True, time_limit_s=time_limit_s)
    other = _told(ways, cycle_s, through.offsets_s, one_band=False, optimal=False)
    return max(bands, other, key=lambda found: _weighed_s(ways, found))


def _solved(ways: Sequence[_Way], cycle_s: int, *, one_band: bool, time_limit_s: float) -> Bands:
    programme = _Programme(ways, cycle_s, one_band=one_band)
    found = milp(
        programme.objective(),
        constraints=programme.constraints(),
        bounds=programme.bounds(),
        integrality=programme.integrality(),
        options={"time_limit": time_limit_s},
    )
    if found.x is None:
        raise BandError(f"the solver found no offsets in {time_limit_s:g} s ({found.message})")
    return _told(ways, cycle_s, programme.offsets_s(found.x), one_band=one_band, optimal=bool(found.status == OPTIMAL))


def _told(ways: Sequence[_Way], cycle_s: int, offsets_s: tuple[int, ...], *, one_band: bool, optimal: bool) -> Bands:
    widths = [way.widths_s(offsets_s, cycle_s, one_band=one_band) for way in ways]
    return Bands(cycle_s, offsets_s, widths[0], widths[1] if len(widths) > 1 else (), optimal)


def _weighed_s(ways: Sequence[_Way], bands: Bands) -> float:
    widths = (bands.out_s, bands.back_s)
    return float(sum(way.weights @ np.array(width) for way, width in zip(ways, widths, strict=False)))


def _row(weight: Sequence[float] | float, links: int) -> FloatArray:
    return np.full(links, weight, dtype=float) if isinstance(weight, int | float) else np.array(weight, dtype=float)


@dataclass(frozen=True, slots=True)
class _Way:
    greens_s: Sequence[tuple[float, float]]
    at_s: FloatArray
    """When the band passes each signal, after it passes the first [s], (signals,)."""
    weights: FloatArray

    def widths_s(self, offsets_s: Sequence[int], cycle_s: int, *, one_band: bool) -> tuple[float, ...]:
        """Widths of the bands at whole-second offsets: the widest stretch of departures that meets green throughout."""
        windows = [
            ((offset + begin - float(at)) % cycle_s, length)
            for offset, (begin, length), at in zip(offsets_s, self.greens_s, self.at_s, strict=True)
        ]
        if one_band:
            return (_common_s(windows, cycle_s),) * (len(windows) - 1)
        return tuple(_common_s(windows[place : place + 2], cycle_s) for place in range(len(windows) - 1))


def _common_s(windows: Sequence[tuple[float, float]], cycle_s: int) -> float:
    """The longest stretch that lies in all windows (begin, length), which are cyclic [s]."""
    first_s, first_length_s = windows[0]
    stretches = [(0.0, min(first_length_s, float(cycle_s)))]
    for begin_s, length_s in windows[1:]:
        from_s = (begin_s - first_s) % cycle_s
        # A window may reach the first one from before its begin as well.
        pieces = [(from_s, from_s + length_s), (from_s - cycle_s, from_s - cycle_s + length_s)]
        stretches = [
            (max(low, start), min(high, end))
            for low, high in stretches
            for start, end in pieces
            if min(high, end) > max(low, start)
        ]
    return max((high - low for low, high in stretches), default=0.0)


class _Programme:
    """Columns: τ - τ'; a whole number for each signal; for each way w of each signal, width and switch of each link."""

    def __init__(self, ways: Sequence[_Way], cycle_s: int, *, one_band: bool) -> None:
        self._ways, self._cycle_s, self._one_band = ways, cycle_s, one_band
        self._signals = len(ways[0].greens_s)
        self._links = self._signals - 1
        self._stride = self._signals + 2 * self._links
        self._columns = 1 + self._signals + len(ways) * self._stride

    def _turns(self, signal: int) -> int:
        return 1 + signal

    def _since(self, way: int, signal: int) -> int:
        return 1 + self._signals + way * self._stride + signal

    def _width(self, way: int, link: int) -> int:
        # One band through all has one width and one switch: those of the first link.
        return self._since(way, self._signals) + (0 if self._one_band else link)

    def _switch(self, way: int, link: int) -> int:
        return self._since(way, self._signals) + self._links + (0 if self._one_band else link)

    def objective(self) -> FloatArray:
        """To be least: minus the weighted widths."""
        costs = np.zeros(self._columns)
        for number, way in enumerate(self._ways):
            for link, weight in enumerate(way.weights):
                costs[self._width(number, link)] -= weight
        return costs

    def integrality(self) -> NDArray[np.int64]:
        """Numbers of cycles and switches are whole."""
        whole = np.zeros(self._columns, dtype=np.int64)
        whole[1 : 1 + self._signals] = 1
        for number in range(len(self._ways)):
            whole[[self._switch(number, link) for link in range(self._links)]] = 1
        return whole

    def bounds(self) -> Bounds:
        low, high = np.zeros(self._columns), np.full(self._columns, float(self._cycle_s))
        for signal in range(self._signals):
            middle = self._constant(signal) / self._cycle_s if len(self._ways) > 1 else 0.0
            low[self._turns(signal)], high[self._turns(signal)] = np.floor(middle) - 1, np.ceil(middle) + 2
        for number in range(len(self._ways)):
            high[[self._switch(number, link) for link in range(self._links)]] = 1
        return Bounds(low, high)

    def _constant(self, signal: int) -> float:
        """(T_i - T'_i) - (s_i - s'_i) [s]."""
        out, back = self._ways
        travel_s = float(out.at_s[signal] - back.at_s[signal])
        return travel_s - (out.greens_s[signal][0] - back.greens_s[signal][0])

    def constraints(self) -> LinearConstraint:
        rows: list[FloatArray] = []
        least: list[float] = []
        most: list[float] = []
        for number, way in enumerate(self._ways):
            for signal, (_, length_s) in enumerate(way.greens_s):
                for link in {max(signal - 1, 0), min(signal, self._links - 1)}:
                    for sign, room_s in ((-1.0, 0.0), (1.0, length_s)):
                        row = np.zeros(self._columns)
                        row[self._since(number, signal)], row[self._width(number, link)] = sign, 0.5
                        row[self._switch(number, link)] = self._cycle_s
                        rows.append(row)
                        least.append(-np.inf)
                        most.append(room_s + self._cycle_s)
            for link in range(self._links):
                row = np.zeros(self._columns)
                row[self._width(number, link)], row[self._switch(number, link)] = 1.0, -self._cycle_s
                rows.append(row)
                least.append(-np.inf)
                most.append(0.0)
        if len(self._ways) > 1:
            for signal in range(self._signals):
                row = np.zeros(self._columns)
                row[0], row[self._turns(signal)] = 1.0, -self._cycle_s
                row[self._since(0, signal)], row[self._since(1, signal)] = -1.0, 1.0
                rows.append(row)
                least.append(-self._constant(signal))
                most.append(-self._constant(signal))
        return LinearConstraint(np.array(rows), np.array(least), np.array(most))

    def offsets_s(self, values: FloatArray) -> tuple[int, ...]:
        """Whole seconds, the first 0."""
        way = self._ways[0]
        exact = [
            float(way.at_s[signal]) - way.greens_s[signal][0] - float(values[self._since(0, signal)])
            for signal in range(self._signals)
        ]
        return tuple(round(offset - exact[0]) % self._cycle_s for offset in exact)
