"""Capacity, control delay and level of service at signals after the Highway Capacity Manual (2000 to 6th edition).

d = d1·PF + d2 + d3, with d1 uniform, d2 incremental and d3 of a queue left over. Times in s, flows in veh/h.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

LEVELS: tuple[tuple[float, str], ...] = ((10, "A"), (20, "B"), (35, "C"), (55, "D"), (80, "E"))
"""Highest control delay [s/veh] of each level of service; above the last it is F."""
PERIOD_H = 0.25
"""Length of the usual analysis period: 15 minutes."""
PRETIMED_K = 0.5
MINIMUM_METERING = 0.09


def capacity_veh_h(saturation_flow_veh_h: float, green_s: float, cycle_s: float) -> float:
    """What a lane group can discharge: c = s·g/C, s summed over its lanes.

    >>> capacity_veh_h(1800, 35, 90)
    700.0
    """
    return saturation_flow_veh_h * green_s / cycle_s


def uniform_delay_s(cycle_s: float, green_s: float, saturation: float) -> float:
    """Delay of even arrivals: d1 = 0.5·C·(1 - g/C)² / (1 - min(1, X)·g/C).

    >>> round(uniform_delay_s(90, 35, 600 / 700), 2)
    25.21
    """
    share = min(green_s / cycle_s, 1.0)
    below = 1 - min(1.0, saturation) * share
    return 0.5 * cycle_s * (1 - share) ** 2 / below if below > 0 else 0.0


def incremental_delay_s(
    saturation: float, capacity_veh_h: float, period_h: float = PERIOD_H, k: float = PRETIMED_K, metering: float = 1.0
) -> float:
    """Delay of chance and of more than capacity: d2 = 900·T·[(X-1) + sqrt((X-1)² + 8·k·I·X/(c·T))].

    T period_h, k of the control (0.5 pretimed), I metering by the junction upstream (1.0 alone).

    >>> round(incremental_delay_s(600 / 700, 700), 2)
    12.86
    """
    over = saturation - 1
    root = math.sqrt(over**2 + 8 * k * metering * saturation / (capacity_veh_h * period_h))
    return 900 * period_h * (over + root)


def progression_factor(on_green: float, green_s: float, cycle_s: float) -> float:
    """How a platoon changes the uniform delay: PF = (1 - P)/(1 - g/C), P the share that arrives on green.

    >>> progression_factor(0.5, 45, 90), progression_factor(0.75, 45, 90)
    (1.0, 0.5)
    """
    share = green_s / cycle_s
    return (1 - on_green) / (1 - share) if share < 1 else 1.0


def metering_factor(saturation_upstream: float) -> float:
    """How evenly the junction upstream lets vehicles through: I = 1 - 0.91·Xu^2.68, at least 0.09.

    >>> [round(metering_factor(x), 3) for x in (0.4, 0.6, 0.8, 1.0)]
    [0.922, 0.769, 0.5, 0.09]
    """
    factor: float = 1 - 0.91 * saturation_upstream**2.68
    return max(MINIMUM_METERING, factor)


def control_delay_s(
    flow_veh_h: float,
    saturation_flow_veh_h: float,
    green_s: float,
    cycle_s: float,
    *,
    on_green: float | None = None,
    period_h: float = PERIOD_H,
    k: float = PRETIMED_K,
    metering: float = 1.0,
    left_over_s: float = 0.0,
) -> float:
    """Mean control delay of a vehicle [s]: d1·PF + d2 + d3; `on_green` the share that arrives on green, if known.

    >>> [round(control_delay_s(v, 1800, 35, 90), 2) for v in (400, 600, 700, 770)]
    [24.98, 38.07, 61.52, 92.18]
    """
    capacity = capacity_veh_h(saturation_flow_veh_h, green_s, cycle_s)
    saturation = flow_veh_h / capacity
    factor = 1.0 if on_green is None else progression_factor(on_green, green_s, cycle_s)
    uniform_s = uniform_delay_s(cycle_s, green_s, saturation)
    return uniform_s * factor + incremental_delay_s(saturation, capacity, period_h, k, metering) + left_over_s


def level_of_service(delay_s: float, saturation: float = 0.0) -> str:
    """A to F by control delay; more than capacity is F whatever the delay.

    >>> [level_of_service(d) for d in (10, 10.1, 35, 80, 81)], level_of_service(20, saturation=1.01)
    (['A', 'B', 'C', 'E', 'F'], 'F')
    """
    if saturation > 1:
        return "F"
    return next((letter for most_s, letter in LEVELS if delay_s <= most_s), "F")


ACTUATED_K = {2.0: 0.04, 3.0: 0.11, 4.0: 0.15, 5.0: 0.23}
"""Least k of an actuated green, by unit extension [s]."""


def actuated_k(saturation: float, unit_extension_s: float) -> float:
    """How an actuated green meets the variation of demand: k = (1 - 2·k_min)·(X - 0.5) + k_min, k_min <= k <= 0.5.

    k_min by the unit extension, between its whole seconds in proportion. ValueError outside 2 to 5 s.

    >>> [round(actuated_k(0.5, extension), 2) for extension in (2, 3, 4, 5)], actuated_k(1.0, 3)
    ([0.04, 0.11, 0.15, 0.23], 0.5)
    """
    if not 2 <= unit_extension_s <= 5:
        raise ValueError(f"a unit extension of {unit_extension_s} s; the table has 2 to 5 s")
    below = float(math.floor(min(unit_extension_s, 4.0)))
    least = ACTUATED_K[below] + (unit_extension_s - below) * (ACTUATED_K[below + 1] - ACTUATED_K[below])
    return min(max((1 - 2 * least) * (saturation - 0.5) + least, least), PRETIMED_K)


def critical_saturation(cycle_s: float, lost_s: float, flow_ratios: Sequence[float]) -> float:
    """Critical degree of saturation of a junction: X_c = C/(C - L)·Σ (v/s) of the critical lane groups.

    >>> round(critical_saturation(90, 12, (0.3, 0.25)), 3)
    0.635
    """
    if lost_s >= cycle_s:
        raise ValueError(f"the lost time of {lost_s} s fills the cycle of {cycle_s} s")
    return cycle_s / (cycle_s - lost_s) * sum(flow_ratios)
