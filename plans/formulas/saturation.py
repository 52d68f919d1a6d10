"""Saturation flow: what a lane discharges while its queue stands at green, by formula and from the field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from statistics import fmean

import numpy as np

HCM_BASE_PC_H = 1900.0
"""Passenger cars an hour and lane (HCM)."""
HCM_SMALL_TOWN_PC_H = 1750.0
HCM_CENTRAL_AREA = 0.90
"""Factor in a central business district (HCM)."""
CARS_FOR_A_FAR_TURN, CARS_FOR_A_NEAR_TURN = 1.05, 1.18
"""Through cars that a protected turn counts as: across the oncoming side (left in the HCM, right in Thailand), and
round the near corner, which is tight (right in the HCM, left in Thailand)."""
FIRST_HEADWAYS = 4
"""Headways that start-up makes longer (field method of the HCM)."""


def hcm_width_factor(width_m: float) -> float:
    """Lane width: 0.96 below 3.0 m, 1.00 to 3.9 m, 1.04 above (HCM 2010).

    >>> hcm_width_factor(2.8), hcm_width_factor(3.3), hcm_width_factor(4.0)
    (0.96, 1.0, 1.04)
    """
    if width_m < 3.0:
        return 0.96
    return 1.0 if width_m <= 3.9 else 1.04


def hcm_heavy_grade_factor(heavy_percent: float, grade_percent: float = 0.0) -> float:
    """Heavy vehicles and grade: (100 - 0.78·P - 0.31·G²)/100 uphill, (100 - 0.79·P - 2.07·G)/100 down (HCM 6).

    >>> round(hcm_heavy_grade_factor(10, 2), 3), round(hcm_heavy_grade_factor(10, -2), 3)
    (0.91, 0.962)
    """
    if grade_percent >= 0:
        return (100 - 0.78 * heavy_percent - 0.31 * grade_percent**2) / 100
    return (100 - 0.79 * heavy_percent - 2.07 * grade_percent) / 100


def hcm_turn_factor(share: float, *, nearside: bool) -> float:
    """A lane of which `share` (0..1) turns protected: 1/(1 + P·(E - 1)), E 1.18 round the near corner, else 1.05 (HCM).

    >>> round(hcm_turn_factor(1.0, nearside=False), 3), round(hcm_turn_factor(1.0, nearside=True), 3)
    (0.952, 0.847)
    """
    if not 0 <= share <= 1:
        raise ValueError(f"a share of {share}: between 0 and 1")
    cars = CARS_FOR_A_NEAR_TURN if nearside else CARS_FOR_A_FAR_TURN
    return 1 / (1 + share * (cars - 1))


def hcm_saturation_pc_h(*factors: float, base_pc_h: float = HCM_BASE_PC_H) -> float:
    """Saturation flow of a lane: s = s0·f·f·... [pc/h] with the factors of width, heavy vehicles, turns, area (HCM).

    >>> round(hcm_saturation_pc_h(hcm_width_factor(2.8), HCM_CENTRAL_AREA))
    1642
    """
    return base_pc_h * prod(factors)


def rr67_saturation_pcu_h(
    width_m: float, *, grade_percent: float = 0.0, nearside: bool = False, turning: float = 0.0, radius_m: float = 0.0
) -> float:
    """Saturation flow of a lane in left-hand traffic: S1 = (S0 - 140·n)/(1 + 1.5·f/r) [pcu/h].

    S0 = 2080 - 42·G uphill + 100·(w - 3.25); w width_m, G grade_percent, n the nearside lane, f the share that turns,
    r its radius [m]. Kimber, McDonald and Hounsell, RR67, 1986.

    >>> rr67_saturation_pcu_h(3.25), round(rr67_saturation_pcu_h(3.0, nearside=True, turning=0.3, radius_m=12), 1)
    (2080.0, 1845.8)
    """
    if turning > 0 and radius_m <= 0:
        raise ValueError(f"{turning:.0%} turn, with a radius of {radius_m} m: it must be above 0")
    straight = 2080 - 42 * max(grade_percent, 0.0) + 100 * (width_m - 3.25)
    beside = straight - (140 if nearside else 0)
    return beside / (1 + 1.5 * turning / radius_m) if turning > 0 else beside


def field_saturation(headways_s: Sequence[float]) -> tuple[float, float]:
    """(saturation flow [veh/h], start-up lost time [s]) from the headways of one queue, the first vehicle's included.

    The mean headway h of the fifth and later vehicles; lost is what the first four take more. ValueError for fewer than
    five. HCM, field method.

    >>> field_saturation([3.8, 3.1, 2.7, 2.4, 2.0, 2.0])
    (1800.0, 4.0)
    """
    if len(headways_s) <= FIRST_HEADWAYS:
        raise ValueError(f"{len(headways_s)} headways: at least {FIRST_HEADWAYS + 1} of one queue are needed")
    headway_s = fmean(headways_s[FIRST_HEADWAYS:])
    if headway_s <= 0:
        raise ValueError(f"a mean headway of {headway_s} s; it must be above 0")
    lost_s = sum(first - headway_s for first in headways_s[:FIRST_HEADWAYS])
    return round(3600 / headway_s, 6), round(lost_s, 6)


def fitted_pcu(saturated_green_s: Sequence[float], vehicles: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """Passenger car units from saturated greens: least squares of t = Σ a_i·n_i, unit of class i = a_i / a_car.

    `saturated_green_s` and each class of `vehicles`: one number a green, as many greens as classes at least; `car` is
    among the classes. ValueError where the greens do not tell the classes apart. After Minh (2003).

    >>> counts = {"car": [10, 6, 8, 2], "motorcycle": [0, 12, 4, 20]}
    >>> {name: round(unit, 2) for name, unit in fitted_pcu([20.0, 19.2, 18.4, 16.0], counts).items()}
    {'car': 1.0, 'motorcycle': 0.3}
    """
    names = list(vehicles)
    table = np.array([vehicles[name] for name in names], dtype=float).T
    if "car" not in vehicles or len(saturated_green_s) != len(table):
        raise ValueError(
            f"{len(saturated_green_s)} greens, and {len(table)} counts of {', '.join(names)}: with cars, equal"
        )
    headways, _, rank, _ = np.linalg.lstsq(table, np.array(saturated_green_s, dtype=float), rcond=None)
    found = {name: float(headway) for name, headway in zip(names, headways, strict=True)}
    if rank < len(names) or found["car"] <= 0:
        raise ValueError("these greens do not tell the classes apart: record more, with other mixtures")
    return {name: headway / found["car"] for name, headway in found.items()}
