"""People on foot: how long they need to cross, and how long they are let go."""

from __future__ import annotations

WALKING_SPEED_M_S = 1.07
"""3.5 ft/s (MUTCD 4E.06)."""
SLOW_WALKING_SPEED_M_S = 0.91
"""3.0 ft/s, of the cross-check from the push button (MUTCD 4E.06)."""
PEDESTRIAN_BUFFER_S = 3.0
"""Between the end of flashing green and the first conflicting vehicle (MUTCD figure 4E-2)."""


def pedestrian_clearance_s(crossing_m: float, walking_m_s: float = WALKING_SPEED_M_S) -> float:
    """Time to finish crossing: PCT = D / v_w, D crossing_m from curb to far side.

    v_w 1.07 m/s; slower near schools, hospitals and markets. MUTCD 4E.06.

    >>> [round(pedestrian_clearance_s(crossing), 2) for crossing in (9, 14, 21)]
    [8.41, 13.08, 19.63]
    """
    if walking_m_s <= 0:
        raise ValueError(f"walking speed {walking_m_s} m/s must be above 0")
    return crossing_m / walking_m_s


def walk_s(crossing_m: float, behind_curb_m: float = 1.8, least_s: float = 7.0) -> float:
    """Walk that also passes the slow cross-check: W + PCT >= (D + d) / 0.91, and W >= least_s; not rounded.

    D crossing_m; d behind_curb_m, from the push button or 1.8 m behind the curb; least_s 7, 4 where few people cross.
    MUTCD 4E.06.

    >>> walk_s(21)
    7.0
    """
    slow_s = (crossing_m + behind_curb_m) / SLOW_WALKING_SPEED_M_S
    return max(least_s, slow_s - pedestrian_clearance_s(crossing_m))


def pedestrian_intergreen_s(clearance_s: float, crossing_m: float, walking_m_s: float = WALKING_SPEED_M_S) -> float:
    """Intergreen from the end of walk to a conflicting vehicle: clearance + buffer >= PCT, buffer >= 3 s; not rounded.

    clearance_s is the flashing green, which may be shorter than PCT by what the buffer then makes up. MUTCD 4E.06.

    >>> pedestrian_intergreen_s(9, 9), round(pedestrian_intergreen_s(5, 9), 2)
    (12.0, 8.41)
    """
    return max(clearance_s + PEDESTRIAN_BUFFER_S, pedestrian_clearance_s(crossing_m, walking_m_s))
