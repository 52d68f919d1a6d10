"""From the second that a plan's clock reads to the one that the time of day asks for: which way, and how fast.

Methods (NTCIP 1202 coordination, correction modes): dwell waits in the coordinated stage until in step; add-only waits
there at most `stretch_ratio` of each cycle; shortway waits, or leaves out what the greens can spare, whichever is in
step earlier.

    to wait d seconds:      e a cycle, e = max(floor(stretch_ratio * C), ceil(d / N)); ceil(d / e) cycles of C + e
    to leave out d seconds: s a cycle, s = what all blocks can spare;                   ceil(d / s) cycles of C - s

N is `transition_cycles`: the bound outranks the ratio, because waiting never cuts a minimum. Leaving out is not chosen
where it would take more than N cycles. Dwell waits all at once, but so that a cycle and its wait stay within the
longest red allowed, where the bound leaves room for that.
"""

from __future__ import annotations

import numpy as np

from controller.layout import IntArray
from controller.model import PlanChange, StrategyParameters

WAIT, IN_STEP, LEAVE_OUT = 1, 0, -1
"""Ways of a transition."""


def choose_way(
    ahead_s: IntArray, cycle_s: IntArray, spare_s: IntArray, parameters: StrategyParameters
) -> tuple[IntArray, IntArray]:
    """(way, seconds to wait in a cycle) of each junction; arrays are (J,).

    `ahead_s`: by how much the time of day is ahead of the plan's clock, 0 to C - 1; `spare_s`: what may be left out of
    one cycle.
    """
    wait_s = (cycle_s - ahead_s) % cycle_s
    allowance_s = allowances(wait_s, cycle_s, parameters)
    way = np.where(ahead_s > 0, WAIT, IN_STEP)
    if parameters.transition is PlanChange.SHORTWAY:
        cycles_waiting = _ceil(wait_s, allowance_s)
        cycles_leaving = _ceil(ahead_s, np.maximum(spare_s, 1))
        earlier = cycles_leaving * (cycle_s - spare_s) < cycles_waiting * (cycle_s + allowance_s)
        leaves = (spare_s > 0) & (cycles_leaving <= parameters.transition_cycles) & earlier
        way = np.where((ahead_s > 0) & leaves, LEAVE_OUT, way)
    return way, allowance_s


def allowances(wait_s: IntArray, cycle_s: IntArray, parameters: StrategyParameters) -> IntArray:
    """(J,) the most that may be waited in one cycle [s], to have waited `wait_s` within the bound."""
    needed_s = _ceil(wait_s, np.full_like(wait_s, parameters.transition_cycles))
    usual_s = np.floor(parameters.stretch_ratio * cycle_s).astype(np.int64)
    if parameters.transition is PlanChange.DWELL:
        usual_s = np.minimum(wait_s, np.maximum(usual_s, int(parameters.max_red_s) - cycle_s))
    return np.asarray(np.maximum(np.maximum(usual_s, needed_s), 1))


def longest_transition_s(cycle_s: int, parameters: StrategyParameters) -> int:
    """Within so many seconds after its plan began a junction is in step [s]: N cycles and the one it began in."""
    cycle = np.array([cycle_s], np.int64)
    worst_s = int(allowances(cycle - 1, cycle, parameters)[0])
    return (parameters.transition_cycles + 1) * (cycle_s + worst_s)


def _ceil(part: IntArray, whole: IntArray) -> IntArray:
    return np.asarray(-(-part // whole))
