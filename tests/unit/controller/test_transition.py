"""Does a transition take the way, the time and the cycles that the engineer's bounds say?"""

from __future__ import annotations

import numpy as np
import pytest

from controller import ControlMode, OperatorAction, OperatorRequest, PlanChange, StrategyParameters
from controller.layout import build_layout
from controller.strategy.transition import LEAVE_OUT, WAIT, allowances, choose_way, longest_transition_s
from tests.towns import ObedientStreet, three_stage_junction, timing, town

C100 = np.array([100], np.int64)


def way_of(ahead_s: int, method: PlanChange, spare_s: int = 15) -> tuple[int, int]:
    """(way, seconds to wait in a cycle) at a cycle of 100 s, stretched by 20 % at most."""
    way, allowance_s = choose_way(
        np.array([ahead_s], np.int64), C100, np.array([spare_s], np.int64), StrategyParameters(transition=method)
    )
    return int(way[0]), int(allowance_s[0])


@pytest.mark.parametrize(
    ("method", "ahead_s", "way"),
    [
        # 40 s to wait are 2 cycles of 120 s; 60 s to leave out are 4 cycles of 85 s: 240 s against 340 s
        (PlanChange.SHORTWAY, 60, (WAIT, 20)),
        # 80 s to wait are 4 cycles of 120 s; 20 s to leave out are 2 cycles of 85 s: 480 s against 170 s
        (PlanChange.SHORTWAY, 20, (LEAVE_OUT, 20)),
        # add-only waits them all
        (PlanChange.ADD_ONLY, 20, (WAIT, 20)),
        # dwell waits 40 s at once; 80 s would make a cycle of 180 s, less than the longest red of 240 s
        (PlanChange.DWELL, 60, (WAIT, 40)),
        (PlanChange.DWELL, 20, (WAIT, 80)),
    ],
)
def test_ways_worked_by_hand(method: PlanChange, ahead_s: int, way: tuple[int, int]) -> None:
    assert way_of(ahead_s, method) == way


def test_where_no_green_can_spare_anything_shortway_waits() -> None:
    assert way_of(1, PlanChange.SHORTWAY, spare_s=0) == (WAIT, 20)


def test_the_bound_of_cycles_outranks_the_ratio() -> None:
    """99 s within 2 cycles are 50 s a cycle, not 20; leaving out 45 s at 15 s a cycle would take 3 cycles: too long."""
    two = StrategyParameters(transition_cycles=2)
    assert allowances(np.array([99], np.int64), C100, two).tolist() == [50]
    way, allowance_s = choose_way(np.array([45], np.int64), C100, np.array([15], np.int64), two)
    assert (way.tolist(), allowance_s.tolist()) == ([WAIT], [28])


def test_what_a_plan_can_spare() -> None:
    """60 s: 25, 17 and 18 s with 5 s of intergreen and 5 s of minimum; 15 % of each, rounded down: 3 + 2 + 2."""
    table = build_layout(town(three_stage_junction())).programme
    assert table.spare_s.tolist() == [[7]]
    assert table.shortest_s[0, 0, [0, 25, 42]].tolist() == [22, 15, 16]
    tight = three_stage_junction(timings=[timing("own", 30, 0, (0, 1), (10, 2), (20, 3))])  # 5 + 5 s, none to spare
    assert build_layout(town(tight)).programme.spare_s.tolist() == [[0]]


def test_add_only_takes_the_cycles_worked_by_hand() -> None:
    """From offset 0 to 40 at 100 s: 20 s more in two cycles, 240 s in all, and not a second before."""
    old, new = (timing(name, 100, offset, (0, 1), (50, 2), (75, 3)) for name, offset in (("own", 0), ("new", 40)))
    parameters = StrategyParameters(transition=PlanChange.ADD_ONLY)
    street = ObedientStreet(town(three_stage_junction(timings=[old, new]), parameters=parameters))
    for _ in range(100):
        street.second()
    street.second(OperatorRequest(OperatorAction.PLAN, None, plan="new"))
    for _ in range(500):
        street.second()
    stages = [second["J1"] for second in street.history]
    starts = [t for t in range(1, 600) if stages[t] == 1 and stages[t - 1] != 1]
    assert starts == [100, 220, 340, 440, 540]


def test_after_a_manual_hold_the_plan_goes_on_from_the_stage_that_shows() -> None:
    """B was held for 200 s: next come the rest of B and then C, never a jump to where the time of day is."""
    street = ObedientStreet(town(three_stage_junction()))
    for _ in range(30):
        street.second()
    street.second(OperatorRequest(OperatorAction.HOLD, "J1", stage=2))
    for _ in range(200):
        street.second()
    assert street.controller.state_view()[0].mode is ControlMode.OPERATOR
    street.second(OperatorRequest(OperatorAction.RELEASE, "J1"))
    for _ in range(500):
        street.second()
    stages = [second["J1"] for second in street.history]
    after = [stages[t] for t in range(231, 700) if stages[t] != stages[t - 1]]
    assert after[:4] == [3, 1, 2, 3]
    expected = [1 if c < 25 else 2 if c < 42 else 3 for c in (s % 60 for s in range(600, 660))]
    assert stages[600:660] == expected


def test_the_bound_in_seconds() -> None:
    """N + 1 cycles of 100 s, each with 20 s waited."""
    assert longest_transition_s(100, StrategyParameters()) == 720
