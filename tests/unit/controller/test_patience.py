"""Is everybody served within the longest red, whatever a strategy forgets?"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from controller import Reason, Rung, StrategyParameters
from controller.layout import build_layout
from controller.state import StageProposal
from controller.strategy import Actuated
from controller.supervise import Patience
from tests.towns import ObedientStreet, three_stage_junction, town

LAYOUT = build_layout(town(three_stage_junction()))
"""Minimum green 5 s and every intergreen 5 s: a change and what it brings take 10 s, and the change to a group 5 s."""


def ends(max_red_s: float, *called_s: float) -> list[bool]:
    """Whose patience is over."""
    over: list[bool] = (Patience.of(LAYOUT, max_red_s).left_s(np.array([called_s])) < 0.0)[0].tolist()
    return over


def test_patience_leaves_time_for_the_change_that_was_just_begun_and_the_one_to_the_group() -> None:
    """240 - (5 + 5) - 5 - 2 = 223 s."""
    assert ends(240.0, 0, 0, 223, 0) == [False] * 4
    assert ends(240.0, 0, 0, 224, 0) == [False, False, True, False]


def test_it_ends_earlier_by_a_change_for_every_other_stage_in_which_somebody_has_waited_longer() -> None:
    """They are served first. Who shares a stage with another costs nothing more; half the limit is not long."""
    assert ends(240.0, 0, 0, 223, 213) == [False] * 4
    assert ends(240.0, 0, 0, 213, 215) == [False] * 4
    assert ends(240.0, 0, 0, 214, 215) == [False, False, True, False]
    assert ends(240.0, 0, 0, 113, 215) == [False] * 4
    assert ends(240.0, 214, 214, 0, 0) == [False] * 4
    assert ends(240.0, 204, 0, 206, 205) == [True, False, False, False]


def test_whoever_has_waited_longest_is_served_next_a_change_before_anybody_s_patience_ends() -> None:
    """A change and what it brings take 10 s, and 2 s more are kept: 223 - 12, and 203 - 12 for the third in the row."""

    def pressing(*called_s: float) -> list[int]:
        patience, called = Patience.of(LAYOUT, 240.0), np.array([called_s])
        return np.flatnonzero(patience.presses(patience.left_s(called), called)[0]).tolist()

    assert pressing(0, 0, 210, 0) == []
    assert pressing(0, 0, 211, 0) == [2]
    assert pressing(190, 0, 199, 200) == []
    assert pressing(191, 0, 199, 200) == [3]


def test_a_short_limit_leaves_half_of_it_to_the_strategy() -> None:
    """30 - 17 s is less than 15 s."""
    assert ends(30.0, 15, 0, 0, 0) == [False] * 4
    assert ends(30.0, 16, 0, 0, 0) == [True, False, False, False]


@pytest.fixture
def deaf(monkeypatch: pytest.MonkeyPatch) -> None:
    """An actuation that never leaves the first stage."""

    def propose(_self: Actuated, moment: Any, *_others: Any) -> StageProposal:
        return StageProposal(np.ones_like(moment.requested), np.full_like(moment.requested, int(Reason.GAP_OUT)))

    monkeypatch.setattr(Actuated, "propose", propose)


@pytest.mark.usefixtures("deaf")
@pytest.mark.parametrize("waiting", [("D2",), ("D3",), ("D2", "D3")])
@pytest.mark.parametrize("begins_s", [0, 7, 19, 31, 55])
def test_whom_the_strategy_forgets_the_plan_serves_first_and_within_the_limit(
    waiting: tuple[str, ...], begins_s: int
) -> None:
    """Wherever the plan is in its cycle; a group that nobody waits at is not served on the way."""
    street = ObedientStreet(town(three_stage_junction()), "actuated")
    for _ in range(10 + begins_s):
        street.second()
    begun = len(street.history)
    stood = []
    for second in range(245):
        street.second(busy=[("J1", loop) for loop in waiting if second == 0])
        stood.append(street.controller.state_view()[0].rung)
    shown = [second["J1"] for second in street.history[begun:]]
    assert stood.index(Rung.PLAN) in range(210, 226)
    assert street.controller.state_view()[0].rung_reason is Reason.MAX_RED
    wanted = {"D2": 2, "D3": 3}
    assert all(shown.index(wanted[loop]) <= 240 for loop in waiting)
    first = shown[: max(shown.index(wanted[loop]) for loop in waiting) + 1]
    assert set(first) == {1, *(wanted[loop] for loop in waiting)}


def test_a_plan_that_was_chosen_is_not_hurried() -> None:
    """Its reds are the engineer's: calls longer than patience move no clock out of step."""
    street = ObedientStreet(town(three_stage_junction(), parameters=StrategyParameters(max_red_s=30.0)), "fixed_time")
    for _ in range(180):
        street.second(busy=[("J1", "D2"), ("J1", "D3")])
    shown = [second["J1"] for second in street.history]
    assert shown[60:] == [1 if s % 60 < 25 else 2 if s % 60 < 42 else 3 for s in range(60, 180)]
