"""What a stream discharges that gives way while it is green: through the gaps of who has priority, and at the end.

s_p = v·exp(-v·t_c) / (1 - exp(-v·t_f)), with v the opposing flow, t_c the critical gap and t_f the follow-up time; only
after the opposing queue has gone. Two vehicles a cycle pass at the end of green (HCM 2000, chapter 16, appendix C).
"""

from __future__ import annotations

import math

CRITICAL_GAP_S = 4.5
FOLLOW_UP_S = 2.5
SNEAKERS_VEH = 2.0
"""A cycle, at the end of green (HCM 2000)."""


def filter_flow_veh_h(opposing_veh_h: float) -> float:
    """Saturation flow through the gaps of an opposing flow [veh/h]; at no opposing flow one each follow-up time.

    >>> [round(filter_flow_veh_h(flow)) for flow in (0, 400, 800)]
    [1440, 1000, 690]
    """
    flow_s = opposing_veh_h / 3600
    if flow_s < 1e-9:
        return 3600 / FOLLOW_UP_S
    return opposing_veh_h * math.exp(-flow_s * CRITICAL_GAP_S) / (1 - math.exp(-flow_s * FOLLOW_UP_S))


def yielding_flow_veh_h(
    opposing_veh_h: float, opposing_saturation_veh_h: float, opposing_green_s: float, green_s: float, cycle_s: float
) -> float:
    """What a lane that gives way discharges, as a saturation flow over its whole green [veh/h].

    The opposing queue, gathered over its red, passes first: g_q = v·r / (s - v); sneakers pass at the end.

    >>> round(yielding_flow_veh_h(400, 3600, 40, 40, 80))
    1055
    """
    if green_s <= 0:
        return 0.0
    red_s = max(cycle_s - opposing_green_s, 0.0)
    spare = opposing_saturation_veh_h - opposing_veh_h
    queue_s = opposing_veh_h * red_s / spare if spare > 0 else green_s
    open_s = max(0.0, green_s - queue_s)
    # The rate of arrivals in the open part is that of the whole cycle.
    through_gaps = filter_flow_veh_h(opposing_veh_h) * open_s / green_s
    return through_gaps + SNEAKERS_VEH * 3600 / green_s
