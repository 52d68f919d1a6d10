"""Cyclic flow profiles: what leaves a green, how it spreads on the way, and what it waits at the next stop line.

Robertson's dispersion (TRANSYT): q_d(t + T') = F·q_u(t) + (1 - F)·q_d(t + T' - 1), F = 1 / (1 + α·T'), T' = β·T, with
T the mean travel time, α 0.35 and β 0.8. A profile has one value a second of the cycle, (cycle_s,), in veh/s.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

ALPHA, BETA = 0.35, 0.8
"""TRANSYT's usual values."""
FULLEST = 0.95
"""A stream beyond this degree of saturation is reckoned as if at it: its queue would never end."""


def dispersion_factor(travel_s: float) -> float:
    """F = 1 / (1 + α·β·T).

    >>> [round(dispersion_factor(travel), 3) for travel in (10, 20, 30, 60)]
    [0.263, 0.152, 0.106, 0.056]
    """
    return 1 / (1 + ALPHA * BETA * travel_s)


def dispersed(profile_veh_s: FloatArray, travel_s: float) -> FloatArray:
    """The profile as it arrives after `travel_s` of driving, in the clock in which it left.

    The recursion is run round the cycle for ever: a kernel F·(1 - F)^k, wrapped.

    >>> arriving = dispersed(np.array([1.0, 0.0, 0.0, 0.0]), 0.0)
    >>> arriving.tolist()
    [1.0, 0.0, 0.0, 0.0]
    """
    cycle_s = len(profile_veh_s)
    factor = dispersion_factor(travel_s)
    kernel = factor * (1 - factor) ** np.arange(cycle_s) / (1 - (1 - factor) ** cycle_s)
    smooth = np.fft.irfft(np.fft.rfft(profile_veh_s) * np.fft.rfft(kernel), cycle_s)
    arriving: FloatArray = np.maximum(np.roll(smooth, round(BETA * travel_s)), 0.0)
    return arriving


def departures(arrivals_veh_s: FloatArray, green: NDArray[np.bool_], saturation_veh_s: float) -> FloatArray:
    """What leaves a stop line each second, (cycle_s,): at saturation while a queue stands, then as it comes."""
    left, _ = queue(arrivals_veh_s[:, None], green, saturation_veh_s)
    return left[:, 0]


def waiting_veh_s(arrivals_veh_s: FloatArray, green: NDArray[np.bool_], saturation_veh_s: float) -> FloatArray:
    """Vehicle seconds waited in one cycle, for each column of `arrivals_veh_s` (cycle_s, columns); (columns,)."""
    _, waited = queue(arrivals_veh_s, green, saturation_veh_s)
    return waited


def queue(
    arrivals_veh_s: FloatArray, green: NDArray[np.bool_], saturation_veh_s: float
) -> tuple[FloatArray, FloatArray]:
    """(departures (cycle_s, columns), vehicle seconds waited (columns,)) of the cycle after one that filled the queue.

    `arrivals_veh_s` (cycle_s, columns), `green` (cycle_s,). More than `FULLEST` of capacity is reckoned as that.
    """
    capacity = saturation_veh_s * float(green.sum())
    total = arrivals_veh_s.sum(axis=0)
    factor = np.minimum(1.0, FULLEST * capacity / np.maximum(total, 1e-12))
    arrivals = arrivals_veh_s * factor
    length = np.zeros(arrivals.shape[1])
    left = np.zeros_like(arrivals)
    waited = np.zeros_like(length)
    for again in range(2):
        waited = np.zeros_like(length)
        for second in range(len(green)):
            length = length + arrivals[second]
            out = np.minimum(length, saturation_veh_s) if green[second] else 0.0
            length = length - out
            if again:
                left[second] = out
            waited += length
    return left / factor, waited / factor


def ideal_offset_s(travel_s: float, queue_veh: float, headway_s: float = 2.0, start_up_s: float = 2.0) -> float:
    """One-way offset at which a platoon meets a queue that has just gone: travel time - (n·h + start-up).

    >>> ideal_offset_s(30, 5)
    18.0
    """
    return travel_s - (queue_veh * headway_s + start_up_s)
