"""Is a lane's discharge learned at once, and not forgotten by its next green?"""

from __future__ import annotations

import numpy as np
import pytest

from controller.lanes import START_UP_S
from controller.measure.lane_memory import RATE_MEMORIES_S
from tests.unit.controller.test_lane_queues import OneLane

HEADWAY_S = 4
STAGE = 2
"""Place of the stage that serves the lane."""


def leave(lane: OneLane, vehicles: int) -> float:
    """A queue of which somebody goes every `HEADWAY_S` of green; the discharge planned with after it [veh/s]."""
    planned_veh_s = np.nan
    for _ in range(vehicles):
        lane.seconds(HEADWAY_S - 1, covered="S", green=True)
        planned_veh_s = lane.second("S", covered="S", green=True).rate_veh_s[0, STAGE, 3]
    return float(planned_veh_s)


def test_the_discharge_is_the_greater_of_a_short_and_a_long_memory() -> None:
    """n departures h apart bring a rate r from where the first left it to 1/h + (r - 1/h) (1 - h/M)^n."""
    lane = OneLane()
    lane.seconds(10, covered="SA")
    lane.seconds(int(START_UP_S) + 2, covered="S", green=True)
    leave(lane, 1)
    first = lane.memory.rates_veh_s[:, 0, STAGE, 3].copy()
    planned_veh_s = leave(lane, 15)
    short, long = (
        1 / HEADWAY_S + (r - 1 / HEADWAY_S) * (1 - HEADWAY_S / memory_s) ** 15
        for r, memory_s in zip(first, RATE_MEMORIES_S, strict=True)
    )
    assert planned_veh_s == pytest.approx(max(short, long))
    assert short < 0.28
    assert long > 0.4
