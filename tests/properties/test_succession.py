"""Another plan in mid cycle: is no green ever cut short, is the junction in step soon, is nothing forgotten?"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from controller import Controller, Network, OperatorAction, OperatorRequest, OtherTownError, Reason
from controller.model import TimingPlan
from controller.strategy.transition import longest_transition_s
from tests.towns import ObedientStreet, every_day, three_stage_junction, timing, town, with_plans

MIN_GREEN_S, INTERGREEN_S = 5, 5
OLD = timing("own", 60, 0, (0, 1), (25, 2), (42, 3))
TUNED = timing("own", 80, 17, (0, 1), (20, 3), (50, 2))
NIGHT = timing("a_night", 50, 0, (0, 1), (30, 2), (40, 3))


def _town(*timings: TimingPlan) -> Network:
    return town(with_plans(three_stage_junction(), *timings))


def _deployed(street: ObedientStreet, network: Network) -> None:
    heir = Controller(network, street.controller.strategy, street.now_s)
    heir.take_up(street.controller)
    street.controller = heir


def _runs(history: list[int]) -> list[int]:
    """Lengths of the stages that were left, the first one not counted."""
    changes = [second for second in range(1, len(history)) if history[second] != history[second - 1]]
    return [after - before for before, after in pairwise(changes)]


def test_whichever_second_the_plan_comes_in_no_green_falls_under_its_minimum_and_it_is_in_step_in_time() -> None:
    """Sixty junctions, each at another second of its cycle when the plan comes."""
    names = [(second, f"J{second:02}") for second in range(OLD.cycle_s)]
    before, after = (
        town(
            *(
                with_plans(three_stage_junction(name), replace(plan, offset_s=step * k % plan.cycle_s))
                for k, name in names
            )
        )
        for plan, step in ((OLD, 1), (TUNED, 5))
    )
    street = ObedientStreet(before)
    for _ in range(2 * OLD.cycle_s):
        street.second()
    _deployed(street, after)
    for _ in range(longest_transition_s(TUNED.cycle_s, after.parameters) + TUNED.cycle_s):
        street.second()
    first_s = round(street.now_s) - TUNED.cycle_s
    for place, name in names:
        shown = [at[name] for at in street.history]
        assert min(_runs(shown)) >= MIN_GREEN_S + INTERGREEN_S, name
        plan = after.junctions[place].timings[0]
        assert shown[first_s:] == [_stage_of(plan, first_s + second) for second in range(TUNED.cycle_s)], name


def _stage_of(plan: TimingPlan, local_s: int) -> int:
    second = (local_s - plan.offset_s) % plan.cycle_s
    return next(step.stage for step in reversed(plan.steps) if step.at_s <= second)


def test_a_deployment_of_the_same_plans_changes_no_second() -> None:
    plain, deployed = (ObedientStreet(_town(OLD)) for _ in range(2))
    for second in range(400):
        if second in {77, 233}:
            _deployed(deployed, _town(NIGHT, OLD))  # another plan beside it, and other places in the table
        assert plain.second().commands == deployed.second().commands


def test_a_plan_that_is_told_of_again_is_the_one_that_changed() -> None:
    street = ObedientStreet(_town(OLD))
    for _ in range(90):
        street.second()
    _deployed(street, _town(TUNED))
    told = [decision.because for decision in street.second().decisions if decision.reason is Reason.PLAN_CHANGE]
    assert told == [(("plan", "own"),)]


def test_a_hand_that_holds_a_stage_goes_on_holding_it() -> None:
    street = ObedientStreet(_town(OLD))
    for _ in range(90):
        street.second()
    street.second(OperatorRequest(OperatorAction.HOLD, "J1", stage=2, until_s=400.0, by="desk"))
    _deployed(street, _town(TUNED))
    for _ in range(200):
        street.second()
    assert {at["J1"] for at in street.history[-150:]} == {2}


def test_a_plan_chosen_by_hand_that_is_gone_gives_way_to_the_calendar() -> None:
    street = ObedientStreet(_town(OLD, NIGHT))
    street.second()
    street.second(OperatorRequest(OperatorAction.PLAN, None, plan="a_night", by="desk"))
    for _ in range(120):
        street.second()
    assert street.controller.state_view()[0].plan == "a_night"
    _deployed(street, _town(OLD))
    street.second()
    assert street.controller.state_view()[0].plan == "own"


def test_fewer_changes_an_hour_keep_the_latest_of_those_that_were() -> None:
    before = _town(OLD, NIGHT)
    street = ObedientStreet(before)
    street.second()
    street.second(OperatorRequest(OperatorAction.PLAN, None, plan="a_night", by="desk"))
    street.second(OperatorRequest(OperatorAction.PLAN, None, plan=None, by="desk"))
    fewer = replace(before, schedule=replace(every_day((0, "own"), (60, "a_night")), max_changes_h=1))
    _deployed(street, fewer)
    held_back = [d.reason for _ in range(90) for d in street.second().decisions if d.reason is Reason.PLAN_HELD_BACK]
    assert held_back


def test_the_heir_can_be_put_down_and_taken_up_to_the_bit() -> None:
    street = ObedientStreet(_town(OLD))
    for _ in range(100):
        street.second()
    after = _town(TUNED)
    _deployed(street, after)
    twin = ObedientStreet(after)
    twin.controller = Controller.restore(after, street.controller.snapshot())
    twin.now_s, twin.stage, twin._first = street.now_s, dict(street.stage), False
    for _ in range(200):
        assert street.second() == twin.second()


def test_another_town_is_refused_and_nothing_is_taken() -> None:
    street = ObedientStreet(_town(OLD))
    street.second()
    longer = town(with_plans(three_stage_junction(min_green_s=7.0), OLD))
    heir = Controller(longer)
    fresh = heir.snapshot()
    with pytest.raises(OtherTownError):
        heir.take_up(street.controller)
    assert heir.snapshot() == fresh
