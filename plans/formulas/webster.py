"""Webster: cycle, greens and delay of fixed-time control (Road Research Technical Paper 39, 1958)."""

from __future__ import annotations

from collections.abc import Sequence

WEBSTER_LIMIT = 0.95
"""Above this sum of flow ratios the formulas have no meaning."""
PRACTICAL_SATURATION = 0.90
START_UP_S = 2.0
"""Lost when a queue starts."""
END_GAIN_S = 2.0
"""Used of the amber after green."""


def webster_cycle_s(lost_s: float, flow_ratio: float) -> float:
    """Cycle of least delay: C0 = (1.5·L + 5) / (1 - Y); between 0.75 and 1.5 of it costs little.

    L lost_s, lost time of all stages; Y flow_ratio, the sum of the stages' critical q/s. ValueError at Y >= 0.95.

    >>> webster_cycle_s(16, 0.5), round(webster_cycle_s(12, 0.7), 1)
    (58.0, 76.7)
    """
    return (1.5 * lost_s + 5) / (1 - _bounded(flow_ratio))


def minimum_cycle_s(lost_s: float, flow_ratio: float) -> float:
    """Shortest cycle that just carries the flow: L / (1 - Y).

    >>> minimum_cycle_s(16, 0.6)
    40.0
    """
    return lost_s / (1 - _bounded(flow_ratio))


def practical_cycle_s(lost_s: float, flow_ratio: float, saturation: float = PRACTICAL_SATURATION) -> float:
    """Shortest cycle that keeps the degree of saturation: L·Xp / (Xp - Y).

    Raises ValueError where Y is not below Xp.

    >>> round(practical_cycle_s(16, 0.6), 1)
    48.0
    """
    if not 0 <= flow_ratio < saturation:
        raise ValueError(f"flow ratio {flow_ratio:.3f} must be below the degree of saturation {saturation:.3f}")
    return lost_s * saturation / (saturation - flow_ratio)


def webster_greens_s(cycle_s: float, lost_s: float, flow_ratios: Sequence[float]) -> tuple[float, ...]:
    """Effective green of each stage in proportion to its critical flow ratio: g_i = (y_i / Y)·(C - L).

    >>> webster_greens_s(60, 10, (0.3, 0.2))
    (30.0, 20.0)
    """
    total = sum(flow_ratios)
    if total <= 0:
        raise ValueError("no stage has any flow; set the greens to their minimums")
    return tuple(ratio / total * (cycle_s - lost_s) for ratio in flow_ratios)


def displayed_green_s(
    effective_s: float,
    amber_s: float,
    all_red_s: float,
    start_up_s: float = START_UP_S,
    end_gain_s: float = END_GAIN_S,
) -> float:
    """Green that shows for an effective green: G = g + l_1 + l_2 - amber - all-red, l_2 = amber + all-red - end gain.

    >>> displayed_green_s(30, amber_s=3, all_red_s=2)
    30.0
    """
    lost_at_end_s = amber_s + all_red_s - end_gain_s
    return effective_s + start_up_s + lost_at_end_s - amber_s - all_red_s


def webster_delay_s(cycle_s: float, green_s: float, flow_veh_h: float, saturation_flow_veh_h: float) -> float:
    """Mean delay of a vehicle: uniform + random - 0.65·(C/q²)^(1/3)·x^(2+5λ), for x below 1.

    C cycle_s, g green_s effective, λ = g/C, q flow_veh_h, s saturation_flow_veh_h, x = q/(λ·s).
    uniform = C(1-λ)² / (2(1-λx)); random = x² / (2q(1-x)), q in veh/s. ValueError at x >= 1.

    >>> round(webster_delay_s(90, 35, 600, 1800), 1)
    35.4
    """
    return sum(webster_delay_terms_s(cycle_s, green_s, flow_veh_h, saturation_flow_veh_h))


def webster_delay_terms_s(
    cycle_s: float, green_s: float, flow_veh_h: float, saturation_flow_veh_h: float
) -> tuple[float, float, float]:
    """The three terms of `webster_delay_s`: uniform, random, and the correction, which is negative.

    >>> [round(term, 2) for term in webster_delay_terms_s(90, 35, 600, 1800)]
    [25.21, 15.43, -5.24]
    """
    share = green_s / cycle_s
    flow_veh_s = flow_veh_h / 3600
    saturation = flow_veh_h / (share * saturation_flow_veh_h)
    if not 0 < saturation < 1:
        raise ValueError(f"degree of saturation {saturation:.3f} must lie between 0 and 1: the queue never ends")
    uniform_s = cycle_s * (1 - share) ** 2 / (2 * (1 - share * saturation))
    random_s = saturation**2 / (2 * flow_veh_s * (1 - saturation))
    correction_s: float = 0.65 * (cycle_s / flow_veh_s**2) ** (1 / 3) * saturation ** (2 + 5 * share)
    return uniform_s, random_s, -correction_s


def _bounded(flow_ratio: float) -> float:
    if not 0 <= flow_ratio < WEBSTER_LIMIT:
        raise ValueError(f"flow ratio {flow_ratio:.3f} must lie between 0 and {WEBSTER_LIMIT}: no cycle carries more")
    return flow_ratio
