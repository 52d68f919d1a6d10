"""Are the alternatives to a plan those of the search itself, and is the chosen plan the one that it chose?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.strategy.planner.alternatives import Weighing, weigh
from controller.strategy.planner.search import GRID_S, HORIZON_S, STAY, TownOutlook, plan_town

PRICES = np.array([5.0, 40.0, 20.0, 40.0, 5.0, 2.0, 2.0, 5.0])


def town(queue: list[float], *, left_s: float = 0.0, active: bool = True) -> TownOutlook:
    """One junction, a lane for each stage that discharges 0.5 veh/s; the first stage has shown for 10 s."""
    n = len(queue)
    lag = np.where(np.eye(n, dtype=bool)[None, :, :], 5.0, 999.0) * np.ones((n, 1, 1))
    return TownOutlook(
        active=np.array([active]),
        n_lanes=np.array([n]),
        n_stages=np.array([n]),
        queue=np.array([queue], float),
        deadline=np.full((1, n), 1e9),
        duty=np.full((1, n), 100.0),
        credit=np.zeros((1, n)),
        full=np.full((1, n), np.inf),
        near_due=np.zeros((1, n, 30)),
        far_due=np.zeros((1, n, 30)),
        near_s=np.zeros((1, n), np.int64),
        reach_s=np.zeros((1, n), np.int64),
        flow=np.full((1, n), 0.05),
        rate=0.5 * np.eye(n)[None],
        lag=lag[None],
        clears=np.zeros((1, n, n, n)),
        held=np.zeros((1, n, n, n)),
        shortest=np.full((1, n, n), 10.0),
        longest=np.full((1, n), 60.0),
        allowed=np.ones((1, n), bool),
        current=np.array([0]),
        before=np.array([0]),
        barred=np.zeros((1, n)),
        current_lag=np.where(np.arange(n) == 0, 0.0, 999.0)[None],
        current_end=np.zeros((1, n)),
        current_left=np.array([left_s]),
        current_run=np.array([10.0]),
        prices=PRICES,
    )


def weighed(given_town: TownOutlook) -> Weighing:
    found = weigh(given_town, 0)
    assert found is not None
    return found


queues = st.lists(st.integers(0, 15).map(float), min_size=2, max_size=4)


@given(queues, st.integers(0, 8))
@settings(max_examples=30, deadline=None)
def test_the_plan_told_is_the_one_the_planner_chose(queue: list[float], left_s: int) -> None:
    given_town = town(queue, left_s=left_s)
    moments, stages = np.zeros(1, np.int64), np.zeros(1, np.int64)
    costs = np.full((1, len(queue)), np.inf)
    plan_town(given_town, GRID_S, HORIZON_S, moments, stages, costs)
    found = weighed(given_town)
    first = found.chosen.turns[0] if found.chosen.turns else None
    assert (STAY if first is None else first.asked_in_s) == (STAY if moments[0] == STAY else GRID_S[moments[0]])
    assert first is None or first.stage == stages[0] + 1
    assert found.chosen.cost_veh_s == costs.min()
    assert [course.begins for course in found.others].count(found.chosen.begins) == 0
    assert all(turn.asked_in_s >= left_s for course in (found.chosen, *found.others) for turn in course.turns)


def test_every_stage_is_an_alternative_now_and_later() -> None:
    found = weighed(town([0, 9, 3]))
    assert found.chosen.begins == (2, True)
    assert {course.begins for course in found.others} == {(0, False), (2, False), (3, True), (3, False)}
    assert all(course.cost_veh_s > found.chosen.cost_veh_s for course in found.others)


def test_nothing_is_asked_for_before_a_minimum_has_run() -> None:
    found = weighed(town([0, 9], left_s=4))
    assert found.left_s == 4
    assert {course.begins for course in found.others} == {(0, False)}
    assert found.chosen.turns[0].asked_in_s == 4


def test_who_is_not_planned_for_has_no_alternatives() -> None:
    assert weigh(town([0, 9], active=False), 0) is None


def test_a_price_paid_by_hand() -> None:
    """Four vehicles wait for the second lane and nothing else moves: staying keeps them waiting to the horizon."""
    still = town([0, 4])._replace(flow=np.zeros((1, 2)))
    found = {course.begins: course.cost_veh_s for course in weighed(still).others}
    # 4 veh x 90 s; then the second stage: 5 s of intergreen, 8 s of discharge in which 2 wait on average
    assert found[0, False] == pytest.approx(4 * 90 + 4 * 5 + 2 * 8)
