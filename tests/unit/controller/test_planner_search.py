"""Does the search ask for the stage that a traffic engineer would, and never for what may not be yet?"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.layout import FloatArray
from controller.strategy.planner.search import GRID_S, HORIZON_S, NO_DEADLINE_S, STAY, Outlook, best_first_change

LOST_S = 5.0
"""Intergreen and start-up of every change in these tests."""


def outlook(
    queue: list[float],
    *,
    flow: list[float] | None = None,
    current: int = 0,
    left_s: float = 0.0,
    run_s: float = 10.0,
    deadline_s: list[float] | None = None,
    full_veh: list[float] | None = None,
    barred_s: list[float] | None = None,
    clears: FloatArray | None = None,
) -> Outlook:
    """A lane for each stage, each discharging 0.5 veh/s; stages may be left 10 s after they were asked for."""
    n = len(queue)
    arrivals = np.zeros((n, HORIZON_S))
    arrivals[:, 5:] = np.array(flow or [0.0] * n)[:, None]
    rate = 0.5 * np.eye(n)
    lag = np.where(np.eye(n, dtype=bool)[None, :, :], LOST_S, 999.0) * np.ones((n, 1, 1))
    return Outlook(
        queue=np.array(queue, float),
        deadline=np.array(deadline_s or [NO_DEADLINE_S] * n, float),
        duty=np.full(n, 100.0),
        credit=np.zeros(n),
        full=np.full(n, np.inf) if full_veh is None else np.array(full_veh, float),
        arrivals=arrivals,
        rate=rate,
        lag=lag,
        clears=np.zeros((n, n, n)) if clears is None else clears,
        held=np.zeros((n, n, n)),
        shortest=np.full((n, n), 10.0),
        longest=np.full(n, 60.0),
        allowed=np.ones(n, bool),
        flow=np.array(flow or [0.0] * n),
        current=current,
        before=current,
        barred=np.array(barred_s or [0.0] * n, float),
        current_lag=np.where(np.arange(n) == current, 0.0, 999.0),
        current_end=np.zeros(n),
        current_left=left_s,
        current_run=run_s,
        prices=np.array([5.0, 40.0, 20.0, 40.0, 5.0, 2.0, 2.0, 5.0]),
    )


def first_change(given: Outlook) -> tuple[float, int]:
    """(seconds from now, stage) of the best plan's first change; (inf, current) for none."""
    costs = np.zeros(given.allowed.size)
    moment, stage = best_first_change(given, GRID_S, costs)
    return (np.inf if moment == STAY else float(GRID_S[moment])), int(stage)


def test_an_empty_junction_stays() -> None:
    """Nothing to gain, nothing changes."""
    assert first_change(outlook([0, 0])) == (np.inf, 0)


def test_who_waits_alone_is_served_at_once() -> None:
    """Nobody has use for the present green, somebody waits at the third lane: that one, now."""
    assert first_change(outlook([0, 0, 3])) == (0.0, 2)


def test_a_queue_is_discharged_before_the_next_is_served() -> None:
    """Eight vehicles discharge in 16 s; the change comes when they have gone, give or take the grid."""
    at_s, stage = first_change(outlook([8, 4]))
    assert stage == 1
    assert 12 <= at_s <= 16


def test_steady_traffic_does_not_put_a_queue_off_for_ever() -> None:
    """A queue of twelve against a lightly loaded green: planning anew each second still asks for the change now."""
    assert first_change(outlook([0, 12], flow=[0.15, 0.0])) == (0.0, 1)


def test_what_has_waited_too_long_outweighs_throughput() -> None:
    """Two vehicles against a loaded lane are put off; once they have lost patience they are served sooner."""
    patient, _ = first_change(outlook([20, 2], flow=[0.4, 0.0]))
    urgent, stage = first_change(outlook([20, 2], flow=[0.4, 0.0], deadline_s=[NO_DEADLINE_S, -60.0]))
    assert stage == 1
    assert urgent < patient


def test_a_queue_that_reaches_the_junction_upstream_is_served_sooner() -> None:
    """Sixteen against sixteen: the one whose road holds no more comes first, whichever that is."""
    at_s, stage = first_change(outlook([0, 16, 16], full_veh=[np.inf, np.inf, 8]))
    assert (at_s, stage) == (0.0, 2)
    at_s, stage = first_change(outlook([0, 16, 16], full_veh=[np.inf, 8, np.inf]))
    assert (at_s, stage) == (0.0, 1)


def test_a_few_vehicles_let_go_relieve_nobody() -> None:
    """Twenty are overdue: letting two of them go and leaving is worth less where that is not all the duty."""
    given = outlook([20, 20], current=1, deadline_s=[NO_DEADLINE_S, -30.0])
    light, heavy = (given._replace(duty=np.array([veh, veh])) for veh in (2.0, 18.0))
    leaves_light_s, _ = first_change(light)
    leaves_heavy_s, _ = first_change(heavy)
    assert leaves_heavy_s >= leaves_light_s
    costs = [np.zeros(2), np.zeros(2)]
    best_first_change(light, GRID_S, costs[0])
    best_first_change(heavy, GRID_S, costs[1])
    assert costs[1].min() >= costs[0].min()


def test_a_crossing_that_still_clears_is_waited_for_in_the_stage_that_has_use_of_its_green() -> None:
    """Four go in 8 s, then only who comes has use for the green: the change is due. Barred for 18 s more, the next
    lane could go at 20 s with its start-up, and a change takes 5 s: nothing is won before 15 s.
    """
    free, _ = first_change(outlook([4, 12], flow=[0.1, 0.0]))
    barred, stage = first_change(outlook([4, 12], flow=[0.1, 0.0], barred_s=[0.0, 18.0]))
    assert stage == 1
    assert free <= 8
    assert 14 <= barred <= 16


def test_what_the_plan_itself_ends_is_waited_for_later_too() -> None:
    """Ending the second stage bars the third for 25 s: a stage between does not make that shorter."""
    clears = np.zeros((3, 3, 3))
    clears[1, :, 2] = 25.0
    costs = [np.zeros(3), np.zeros(3)]
    best_first_change(outlook([0, 4, 12], current=1), GRID_S, costs[0])
    best_first_change(outlook([0, 4, 12], current=1, clears=clears), GRID_S, costs[1])
    assert costs[1].min() > costs[0].min()


def test_costs_tell_the_price_of_each_first_move() -> None:
    """The cheapest of `costs` is the plan that was chosen."""
    given = outlook([0, 3, 5])
    costs = np.zeros(3)
    moment, stage = best_first_change(given, GRID_S, costs)
    assert moment == 0
    assert costs.argmin() == stage


@settings(max_examples=60, deadline=None)
@given(
    queue=st.lists(st.floats(0, 40), min_size=2, max_size=5),
    left_s=st.floats(0, 20),
    data=st.data(),
)
def test_no_stage_is_left_before_its_minimum(queue: list[float], left_s: float, data: st.DataObject) -> None:
    """Whatever waits, the first change comes after what is left of the minimum."""
    current = data.draw(st.integers(0, len(queue) - 1))
    at_s, _ = first_change(outlook(queue, current=current, left_s=left_s))
    assert at_s >= left_s


@pytest.mark.parametrize("forbidden", [1, 2])
def test_a_stage_that_may_not_be_chosen_is_not(forbidden: int) -> None:
    """Steps of a programme are no choice, however long the queue."""
    given = outlook([0, 30, 30])
    allowed = given.allowed.copy()
    allowed[forbidden] = False
    assert first_change(given._replace(allowed=allowed)) == (0.0, 3 - forbidden)
