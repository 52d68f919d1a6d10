"""Minimum greens and passage times by where the loops lie."""

from __future__ import annotations

QUEUED_VEHICLE_M = 7.6
"""25 ft of road for each waiting vehicle (FHWA Signal Timing Manual)."""
HEADWAY_LIMIT_S = 3.0
"""Maximum allowable headway: a longer one says that the queue has gone (FHWA Signal Timing Manual)."""


DRIVER_EXPECTATION_S = {
    "major arterial above 65 km/h": (10.0, 15.0),
    "major arterial": (7.0, 15.0),
    "minor arterial": (4.0, 10.0),
    "local or driveway": (2.0, 10.0),
    "turn": (2.0, 5.0),
}
"""Minimum greens that drivers expect, least and most [s] (FHWA Signal Timing Manual)."""


def maximum_green_s(critical_green_s: float) -> tuple[float, float]:
    """Usual maximum greens, least and most: 1.25 to 1.5 times the green of the critical flow. FHWA STM.

    >>> maximum_green_s(30)
    (37.5, 45.0)
    """
    return 1.25 * critical_green_s, 1.5 * critical_green_s


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
