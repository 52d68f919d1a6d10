"""Does the plan run in step with the time of day, and does it get back into step without cutting a minimum?"""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller import OperatorAction, OperatorRequest, PlanChange, Reason, StrategyParameters, TimingPlan
from tests.towns import ObedientStreet, every_day, three_stage_junction, timing, town

OWN = timing("own", 60, 0, (0, 1), (25, 2), (42, 3))


def stages_of(street: ObedientStreet, junction: str = "J1") -> list[int]:
    """The stage shown in each second so far."""
    return [second[junction] for second in street.history]


def test_programme_runs_second_by_second() -> None:
    """Each switching point is asked for in its own second of the cycle."""
    street = ObedientStreet(town(three_stage_junction()))
    for _ in range(130):
        street.second()
    expected = [1 if c < 25 else 2 if c < 42 else 3 for c in (s % 60 for s in range(130))]
    assert stages_of(street) == expected


def test_offset_shifts_the_cycle() -> None:
    """Cycle second = (local seconds since midnight - offset) mod cycle."""
    late = three_stage_junction("J2", [timing("own", 60, 17, (0, 1), (25, 2), (42, 3))])
    street = ObedientStreet(town(three_stage_junction("J1"), late))
    for _ in range(200):
        street.second()
    first, second = stages_of(street, "J1"), stages_of(street, "J2")
    assert second[100:160] == first[83:143]


@pytest.mark.parametrize("method", list(PlanChange))
def test_a_new_plan_gets_into_step(method: PlanChange) -> None:
    """After a change of plan by hand the junction runs the new plan in step with the time of day within ten cycles."""
    other = timing("other", 80, 33, (0, 1), (40, 2), (60, 3))
    junction = three_stage_junction(timings=[OWN, other])
    street = ObedientStreet(town(junction, parameters=StrategyParameters(transition=method)))
    for _ in range(100):
        street.second()
    street.second(OperatorRequest(OperatorAction.PLAN, None, plan="other"))
    for _ in range(800):
        street.second()
    in_step = [(s - 33) % 80 for s in range(len(street.history))]
    expected = [1 if c < 40 else 2 if c < 60 else 3 for c in in_step]
    assert stages_of(street)[-80:] == expected[-80:]


def test_plan_of_the_hour_changes_with_the_calendar() -> None:
    """A plan starts at its time of day, with a reason."""
    other = timing("other", 60, 0, (0, 1), (30, 2), (50, 3))
    schedule = every_day((0, "own"), (120, "other"))
    street = ObedientStreet(town(three_stage_junction(timings=[OWN, other]), schedule=schedule))
    told = [d for _ in range(121) for d in street.second().decisions]
    assert [d.because for d in told if d.reason is Reason.PLAN_CHANGE] == [(("plan", "own"),), (("plan", "other"),)]
    for _ in range(60):
        street.second()
    assert stages_of(street)[120:180] == [1] * 30 + [2] * 20 + [3] * 10


def green_runs(stages: list[int]) -> list[tuple[int, int]]:
    """(stage, how many seconds) of each run, the first and the last left out (they were cut by the window)."""
    runs = [(stage, len(list(group))) for stage, group in itertools.groupby(stages)]
    return runs[1:-1]


@st.composite
def plans(draw: st.DrawFn, name: str) -> TimingPlan:
    """A plan whose stages are at least 10 s long: 5 s intergreen and 5 s green."""
    lengths = draw(st.lists(st.integers(10, 40), min_size=3, max_size=3))
    starts = [0, lengths[0], lengths[0] + lengths[1]]
    cycle = sum(lengths)
    return timing(name, cycle, draw(st.integers(0, cycle - 1)), *zip(starts, (1, 2, 3), strict=True))


@settings(max_examples=5, deadline=None)
@given(
    first=plans("own"),
    second=plans("other"),
    at_s=st.integers(1, 120),
    method=st.sampled_from(PlanChange),
)
def test_no_transition_cuts_a_minimum(first: TimingPlan, second: TimingPlan, at_s: int, method: PlanChange) -> None:
    """Whatever the plans and the second of the change, the shortest green is never shorter than its minimum."""
    junction = three_stage_junction(timings=[first, second])
    street = ObedientStreet(town(junction, parameters=StrategyParameters(transition=method)))
    for _ in range(at_s):
        street.second()
    street.second(OperatorRequest(OperatorAction.PLAN, "J1", plan="other"))
    for _ in range(250):
        street.second()
    assert all(length >= 5 for _, length in green_runs(stages_of(street)))
