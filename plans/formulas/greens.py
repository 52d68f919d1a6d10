"""Minimum greens and passage times by where the loops lie."""

from __future__ import annotations

QUEUED_VEHICLE_M = 7.6
"""25 ft of road for each waiting vehicle (FHWA Signal Timing Manual)."""
HEADWAY_LIMIT_S = 3.0
"""Maximum allowable headway: a longer one says that the queue has gone (FHWA Signal Timing Manual)."""


def minimum_green_s(loop_distance_m: float) -> float:
    """Minimum green that clears the queue between stop line and the nearest loop: 3 + 2n, n = floor(d / 7.6 m) + 1.

    For approaches without a stop-line loop; d loop_distance_m. FHWA Signal Timing Manual.

    >>> [minimum_green_s(distance) for distance in (0, 10, 40)]
    [5.0, 7.0, 15.0]
    """
    if loop_distance_m < 0:
        raise ValueError(f"distance {loop_distance_m} m must be 0 or more")
    return 3.0 + 2.0 * (loop_distance_m // QUEUED_VEHICLE_M + 1)


def passage_time_s(speed_m_s: float, loop_m: float = 2.0, vehicle_m: float = 6.1) -> float:
    """Gap on a loop that ends a green: maximum allowable headway 3 s - (loop + vehicle) / speed. FHWA STM.

    >>> round(passage_time_s(50 / 3.6), 2)
    2.42
    """
    if speed_m_s <= 0:
        raise ValueError(f"speed {speed_m_s} m/s must be above 0")
    return HEADWAY_LIMIT_S - (loop_m + vehicle_m) / speed_m_s
