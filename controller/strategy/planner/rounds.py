"""How long a junction needs to serve everybody once, and how much of that its changes of stage take.

The stages of a round are chosen greedily: always the one that serves most of the flow not served yet. Each lasts

    max(shortest, lost + y round / 0.9)        y = max(flow / rate) of the lanes it is chosen for

and the round is their sum (Webster's cycle in the form with minimums; 0.9 is the degree of saturation that a plan is
made for, HCM). Where the flows ask for more than can be served, the round is the longest that is reasonable.

numba keeps compiled code by the file of the function that was called; so these functions stand in one file.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from controller.layout import BoolArray, FloatArray, IntArray
from controller.stage_changes import NOT_SERVED_S

LONGEST_ROUND_S = 150.0
SHORTEST_ROUND_S = 45.0
AIM_RATIO = 0.9
"""Degree of saturation that a round is made for."""
GOOD_RATIO = 0.7
"""A stage that serves a lane at less than this share of its best rate leaves it to another."""
_SOLVE_STEPS = 24
_PRESENT_VEH_S = 0.01
"""Even a lane without flow is to be served once."""


@njit(cache=True)
def rounds(
    flow: FloatArray, rate: FloatArray, lag: FloatArray, shortest: FloatArray, allowed: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """(J,) time of a round, and (J,) how much of it the changes take [s].

    flow (J, N) [veh/s]; rate (J, S, N) [veh/s]; lag (J, S, S, N) until a lane discharges, shortest (J, S, S) until a
    stage may be left [s]; allowed (J, S).
    """
    n_j, n_s = rate.shape[:2]
    round_s, lost_s = np.zeros(n_j), np.zeros(n_j)
    share, lost, least = np.zeros(n_s), np.zeros(n_s), np.zeros(n_s)
    for j in range(n_j):
        chosen = _cover(flow[j], rate[j], allowed[j], share)
        for s in chosen:
            lost[s], least[s] = _way_in(s, rate[j], lag[j], shortest[j], allowed[j])
            lost_s[j] += lost[s]
        total_s = SHORTEST_ROUND_S
        for _ in range(_SOLVE_STEPS):
            needed_s = 0.0
            for s in chosen:
                needed_s += max(least[s], lost[s] + share[s] * total_s / AIM_RATIO)
            total_s = min(needed_s, LONGEST_ROUND_S)
        round_s[j] = total_s
    return round_s, lost_s


@njit(cache=True)
def _cover(flow: FloatArray, rate: FloatArray, allowed: BoolArray, share: FloatArray) -> IntArray:
    """Stages that serve every lane well, and in `share` (S,) the part of the time that each needs for its flows."""
    n_s, n_n = rate.shape
    serves = _serves_well(rate, allowed)
    left = np.ones(n_n, np.bool_)
    chosen = np.zeros(n_s, np.int64)
    count = 0
    while count < n_s:
        stage, most = -1, 0.0
        for s in range(n_s):
            worth = 0.0
            for n in range(n_n):
                if left[n] and serves[s, n]:
                    worth += flow[n] + _PRESENT_VEH_S
            if worth > most:
                stage, most = s, worth
        if stage < 0:
            break
        chosen[count], share[stage] = stage, 0.0
        count += 1
        for n in range(n_n):
            if left[n] and serves[stage, n]:
                left[n] = False
                share[stage] = max(share[stage], flow[n] / rate[stage, n])
    return chosen[:count]


@njit(cache=True)
def _serves_well(rate: FloatArray, allowed: BoolArray) -> BoolArray:
    """(S, N) stages that serve a lane nearly as fast as any does."""
    n_s, n_n = rate.shape
    serves = np.zeros((n_s, n_n), np.bool_)
    for n in range(n_n):
        best = 0.0
        for s in range(n_s):
            if allowed[s]:
                best = max(best, rate[s, n])
        for s in range(n_s):
            serves[s, n] = allowed[s] and best > 0.0 and rate[s, n] >= GOOD_RATIO * best
    return serves


@njit(cache=True)
def _way_in(
    stage: int, rate: FloatArray, lag: FloatArray, shortest: FloatArray, allowed: BoolArray
) -> tuple[float, float]:
    """Least time that a change to the stage takes, and least time until it may be left again [s]."""
    lost, least = np.inf, np.inf
    for before in range(allowed.size):
        if before == stage or not allowed[before]:
            continue
        longest = 0.0
        for n in range(rate.shape[1]):
            if rate[stage, n] > 0.0 and lag[before, stage, n] < NOT_SERVED_S:
                longest = max(longest, lag[before, stage, n])
        lost, least = min(lost, longest), min(least, shortest[before, stage])
    return (lost, least) if lost < np.inf else (0.0, 0.0)
