"""Every junction of the town through the search, in compiled code."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from controller.layout import BoolArray, FloatArray, IntArray
from controller.strategy.planner.search import Outlook, best_first_change


class TownOutlook(NamedTuple):
    """What the search is given of every junction: fields of `Outlook` with a leading J, and who is on the way."""

    active: BoolArray  # (J,) junctions to plan for
    n_lanes: IntArray  # (J,)
    n_stages: IntArray  # (J,)
    queue: FloatArray  # (J, N)
    near_due: FloatArray  # (J, N, R) seen on their way, by seconds to the stop line
    far_due: FloatArray  # (J, N, R) seen farther out, by seconds to the near loop
    near_s: IntArray  # (J, N) from the near loop to the stop line [s]
    reach_s: IntArray  # (J, N) how far the loops see; beyond it the flow is expected [s]
    has_near: BoolArray  # (J, N)
    flow: FloatArray  # (J, N) [veh/s]
    rate: FloatArray  # (J, S, N)
    lag: FloatArray  # (J, S, S, N)
    shortest: FloatArray  # (J, S, S)
    longest: FloatArray  # (J, S)
    allowed: BoolArray  # (J, S)
    later: FloatArray  # (J, N)
    current: IntArray  # (J,)
    current_lag: FloatArray  # (J, N)
    current_left: FloatArray  # (J,)
    current_run: FloatArray  # (J,)
    stop_price: float
    end_gain: float


@njit(cache=True)
def plan_town(
    town: TownOutlook, grid: IntArray, horizon: int, moments: IntArray, stages: IntArray, costs: FloatArray
) -> None:
    """Search every active junction.

    Fills `moments` (J,) and `stages` (J,), the place in the grid and the stage of each best plan's first change, and
    `costs` (J, S), see `best_first_change`.
    """
    for j in range(town.active.size):
        if not town.active[j]:
            continue
        n, s = town.n_lanes[j], town.n_stages[j]
        outlook = Outlook(
            town.queue[j, :n],
            _arrivals(town, j, n, horizon),
            town.rate[j, :s, :n],
            town.lag[j, :s, :s, :n],
            town.shortest[j, :s, :s],
            town.longest[j, :s],
            town.allowed[j, :s],
            town.later[j, :n],
            town.current[j],
            town.current_lag[j, :n],
            town.current_left[j],
            town.current_run[j],
            town.stop_price,
            town.end_gain,
        )
        moments[j], stages[j] = best_first_change(outlook, grid, costs[j, :s])


@njit(cache=True)
def _arrivals(town: TownOutlook, j: int, n_lanes: int, horizon: int) -> FloatArray:
    """(N, H) who is expected at the stop line in each second: those seen on their way, then the usual flow."""
    expected = np.zeros((n_lanes, horizon))
    for n in range(n_lanes):
        reach = town.reach_s[j, n] if town.has_near[j, n] else 0
        for h in range(reach, horizon):
            expected[n, h] = town.flow[j, n]
        for r in range(town.near_due.shape[2]):
            if r < horizon:
                expected[n, r] += town.near_due[j, n, r]
            late = r + town.near_s[j, n]
            if late < horizon:
                expected[n, late] += town.far_due[j, n, r]
    return expected
