"""Yellow change, red clearance and intergreens: how the junction is emptied before somebody else may enter."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

GRAVITY_M_S2 = 9.81
REACTION_S = 1.0
"""Perception and reaction of drivers (ITE, NCHRP 731)."""
DECELERATION_M_S2 = 3.05
"""10 ft/s² (ITE)."""
VEHICLE_LENGTH_M = 6.1
"""20 ft (ITE)."""
MIN_YELLOW_S, MAX_YELLOW_S = 3.0, 6.0
"""MUTCD 4D.26."""


def kinematic_yellow_s(speed_m_s: float, grade: float = 0.0) -> float:
    """Yellow change by the kinematic formula: Y = t + V / (2·(a + g·G)), before any rounding.

    V speed_m_s, 85th percentile of approach; G grade as a decimal, uphill positive; t 1 s, a 3.05 m/s², g 9.81 m/s².
    ITE; NCHRP Report 731.

    >>> round(kinematic_yellow_s(50 / 3.6), 2)
    3.28
    """
    return turning_yellow_s(speed_m_s, speed_m_s, grade)


def turning_yellow_s(approach_m_s: float, turn_m_s: float, grade: float = 0.0) -> float:
    """Yellow change where traffic slows to turn: Y = t + (V - V_E)/(a + g·G) + V_E / (2·(a + g·G)).

    V approach_m_s, V_E turn_m_s (at most V); grade as in `kinematic_yellow_s`. ITE RP-040B, 2020.

    >>> round(turning_yellow_s(50 / 3.6, 25 / 3.6), 2)
    4.42
    """
    braking_m_s2 = DECELERATION_M_S2 + GRAVITY_M_S2 * grade
    if braking_m_s2 <= 0:
        raise ValueError(f"on a grade of {grade:+.0%} nobody could brake; at least -30 %")
    if not 0 < turn_m_s <= approach_m_s:
        raise ValueError(f"turning speed {turn_m_s} m/s must be above 0 and at most the approach's {approach_m_s} m/s")
    return REACTION_S + (approach_m_s - turn_m_s) / braking_m_s2 + turn_m_s / (2 * braking_m_s2)


def maryland_yellow_s(speed_km_h: float, grade: float = 0.0) -> float:
    """Yellow change by Maryland's rule, rounded up to half seconds and held to 3 to 6 s: an independent second opinion.

    Y = 1.0 + 0.733·S/(D + 0.32·G%), S in mile/h, D 10 ft/s² (COMAR 11.04.14.03).

    >>> maryland_yellow_s(50), maryland_yellow_s(80)
    (3.5, 5.0)
    """
    yellow_s = 1.0 + 0.733 * (speed_km_h / 1.609344) / (10 + 0.32 * grade * 100)
    return displayed_yellow_s(yellow_s, step_s=0.5)


def displayed_yellow_s(yellow_s: float, step_s: float = 0.1) -> float:
    """A computed yellow as a cabinet shows it: rounded up to steps of `step_s`, and 3 to 6 s (MUTCD 4D.26).

    >>> displayed_yellow_s(2.82), displayed_yellow_s(3.28), displayed_yellow_s(7.5)
    (3.0, 3.3, 6.0)
    """
    return min(max(round_up(yellow_s, step_s), MIN_YELLOW_S), MAX_YELLOW_S)


def round_up(time_s: float, step_s: float) -> float:
    """The next multiple of the step [s]; a multiple stays (to a millionth of a second).

    >>> round_up(4.02, 1.0), round_up(3.3, 0.1)
    (5.0, 3.3)
    """
    return round(math.ceil(time_s / step_s - 1e-6) * step_s, 6)


RILSA_YELLOW_S = ((50.0, 3.0), (60.0, 4.0), (70.0, 5.0))
"""Highest permitted speed [km/h] and yellow [s]."""


def rilsa_yellow_s(speed_km_h: float) -> float:
    """German yellow by the permitted speed: 3 s to 50 km/h, 4 s to 60, 5 s to 70 (RiLSA); ValueError above.

    >>> [rilsa_yellow_s(speed) for speed in (30, 50, 60, 70)]
    [3.0, 3.0, 4.0, 5.0]
    """
    for most_km_h, yellow_s in RILSA_YELLOW_S:
        if speed_km_h <= most_km_h:
            return yellow_s
    raise ValueError(f"{speed_km_h:g} km/h: above {RILSA_YELLOW_S[-1][0]:g} km/h no signal may stand (RiLSA)")


def red_clearance_s(width_m: float, speed_m_s: float, start_up_s: float = 0.0) -> float:
    """All-red after yellow: R = (W + Lv) / V - t_s, not below 0.

    W width_m from the stop line to the far edge of the last conflicting lane or crossing; Lv 6.1 m; V speed_m_s (of
    turning traffic its turning speed); t_s start_up_s that the next traffic needs, 0 to 1 s (NCHRP 731: 1 s with
    R >= 1.0 s). ITE.

    >>> [round(red_clearance_s(width, 50 / 3.6), 2) for width in (15, 20, 30)]
    [1.52, 1.88, 2.6]
    """
    if speed_m_s <= 0:
        raise ValueError(f"speed {speed_m_s} m/s must be above 0")
    return max((width_m + VEHICLE_LENGTH_M) / speed_m_s - start_up_s, 0.0)


@dataclass(frozen=True, slots=True)
class ClearingTraffic:
    """Who leaves the junction (RiLSA): overrun into yellow [s], speed of clearing [m/s], length of the vehicle [m]."""

    overrun_s: float
    speed_m_s: float
    length_m: float


THROUGH = ClearingTraffic(3.0, 10.0, 6.0)
"""At 50 km/h or less, with 3 s of yellow."""
TURNING = ClearingTraffic(2.0, 7.0, 6.0)
TIGHT_TURNING = ClearingTraffic(2.0, 5.0, 6.0)
TRAM = ClearingTraffic(3.0, 10.0, 15.0)
BICYCLE = ClearingTraffic(1.0, 4.0, 0.0)
PEDESTRIAN = ClearingTraffic(0.0, 1.2, 0.0)
ENTERING_VEHICLE_M_S = 40 / 3.6
"""Flying start of vehicles (RiLSA)."""
ENTERING_BICYCLE_M_S = 5.0
ENTERING_PEDESTRIAN_M_S = 1.5


def intergreen_s(
    clearing: ClearingTraffic,
    clearing_distance_m: float,
    entering_distance_m: float,
    entering_m_s: float = ENTERING_VEHICLE_M_S,
) -> float:
    """Intergreen of one ordered pair at one conflict point, not rounded: t_z = t_ü + (s_0 + l) / v_r - s_e / v_e.

    t_ü, v_r, l are those of who clears; s_0 clearing_distance_m from his stop line, s_e entering_distance_m from the
    stop line of who enters, both to the conflict point; v_e entering_m_s. RiLSA 2015. The largest over all conflict
    points, rounded up to whole seconds (`whole_intergreen_s`), goes into the matrix.

    >>> round(intergreen_s(THROUGH, 15, 12), 2)
    4.02
    """
    clearing_s = (clearing_distance_m + clearing.length_m) / clearing.speed_m_s
    return clearing.overrun_s + clearing_s - entering_distance_m / entering_m_s


def whole_intergreen_s(times_s: Sequence[float], closing_s: float, red_amber_s: float = 0.0) -> float:
    """The intergreen for the matrix: the worst conflict point, rounded up, never below the closing time + red-amber.

    >>> whole_intergreen_s([4.02, 3.1], closing_s=3)
    5.0
    """
    return max(round_up(max(times_s), 1.0), closing_s + red_amber_s)


UK_AHEAD_M = (9, 18, 27, 37, 46, 55, 64, 74)
UK_TURNING_M = (9, 13, 20, 27, 34, 40)
UK_SHORTEST_S = 5
"""Upper ends of the distance classes for 5, 6, 7, ... s (Traffic Signs Manual chapter 6)."""


def uk_intergreen_s(difference_m: float, *, turning: bool = False) -> int:
    """British intergreen by the difference of the losing and gaining paths to the conflict point [m].

    5 s up to 9 m, then a second more for each class of distance; `turning` traffic has shorter classes. Traffic Signs
    Manual chapter 6, TAL 1/06. Raises ValueError beyond the table (74 m, turning 40 m).

    >>> uk_intergreen_s(-3), uk_intergreen_s(20), uk_intergreen_s(20, turning=True), uk_intergreen_s(65)
    (5, 7, 7, 12)
    """
    classes = UK_TURNING_M if turning else UK_AHEAD_M
    if difference_m > classes[-1]:
        raise ValueError(f"{difference_m} m is beyond the table, which ends at {classes[-1]} m; use intergreen_s")
    return UK_SHORTEST_S + bisect_left(classes, difference_m)
