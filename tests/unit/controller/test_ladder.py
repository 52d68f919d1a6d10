"""Rung by rung: what takes a junction there, who decides there, and the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from controller import CabinetMode, ControlMode, LinkChange, OperatorAction, OperatorRequest, Reason, Rung, StepOverrun
from controller.layout import NetworkLayout
from controller.model import StrategyParameters
from controller.state import StageProposal
from controller.strategy import Actuated, FixedTime, Moment
from controller.supervise.ladder import Ladder
from tests.towns import ObedientStreet, three_stage_junction, town


def test_before_anything_is_heard_a_junction_is_dark_and_has_never_climbed() -> None:
    """Kinds and shapes too: what is put down in a snapshot is taken up as it was."""
    ladder = Ladder.start(2, 7.0)
    codes, times = np.zeros(2, np.int64), np.zeros(2)
    expected: dict[str, np.ndarray[Any, Any]] = {
        "rung": codes + int(Rung.DARK),
        "reason": codes,
        "kept_by": codes,
        "moved_s": times + 7.0,
        "climbed_s": times - np.inf,
        "flaps": codes,
        "well_since_s": np.full((3, 2), np.inf),
        "entered": np.zeros(2, bool),
    }
    assert [field.name for field in fields(ladder)] == [*expected]
    for name, value in expected.items():
        found = getattr(ladder, name)
        assert (found.dtype, found.shape) == (value.dtype, value.shape), name
        assert (found == value).all(), name


def street(strategy: str = "actuated") -> ObedientStreet:
    """One junction that has been commanded for ten seconds."""
    s = ObedientStreet(town(three_stage_junction()), strategy)
    for _ in range(10):
        s.second()
    return s


def rung(s: ObedientStreet) -> Rung:
    """Where it stands."""
    return s.controller.state_view()[0].rung


def seconds_until(s: ObedientStreet, wanted: Rung, most: int = 400, busy: tuple[tuple[str, str], ...] = ()) -> int:
    """So many seconds until it stands there."""
    for second in range(most):
        if rung(s) is wanted:
            return second
        s.second(busy=busy)
    pytest.fail(f"it never came to {wanted.name}; it stands on {rung(s).name}")


def test_all_well_is_the_top() -> None:
    s = street()
    view = s.controller.state_view()[0]
    assert (view.rung, view.mode, view.rung_reason) == (Rung.ADAPTIVE, ControlMode.ACTUATED, Reason.CABINET_REMOTE)


def test_a_junction_that_is_meant_to_run_its_plan_says_so() -> None:
    assert rung(street("fixed_time")) is Rung.PLAN


@pytest.mark.parametrize(
    ("mode", "at", "reason", "by"),
    [
        (CabinetMode.LOCAL_COORDINATED, Rung.CABINET_PLAN, Reason.CABINET_LOCAL, ControlMode.LOCAL),
        (CabinetMode.LOCAL_ISOLATED, Rung.ISOLATED, Reason.CABINET_ISOLATED, ControlMode.LOCAL),
        (CabinetMode.FLASH_AMBER, Rung.FLASH, Reason.CABINET_FLASH, ControlMode.LOCAL),
        (CabinetMode.START_UP, Rung.FLASH, Reason.CABINET_START_UP, ControlMode.LOCAL),
        (CabinetMode.LATCHED_FAULT, Rung.FLASH, Reason.CABINET_FAULT, ControlMode.LOCAL),
        (CabinetMode.DARK, Rung.DARK, Reason.CABINET_DARK, ControlMode.LOCAL),
        (CabinetMode.MANUAL, Rung.CABINET_PLAN, Reason.CABINET_MANUAL, ControlMode.MANUAL),
    ],
)
def test_the_cabinet_takes_the_junction_down_at_once(
    mode: CabinetMode, at: Rung, reason: Reason, by: ControlMode
) -> None:
    """And nothing is commanded any more."""
    s = street()
    s.mode["J1"] = mode
    assert s.second().commands == ()
    view = s.controller.state_view()[0]
    assert (view.rung, view.rung_reason, view.mode) == (at, reason, by)


def test_after_a_power_cut_it_climbs_every_rung_and_is_adaptive_again_within_the_hold_offs() -> None:
    """Dark, start-up, own plan; 60 s later the plan of the centre; the strategy 5 s and the top 10 s after that."""
    s = street()
    for _ in range(300):  # all loops have been well for longer than the cut will last
        s.second()
    told = []
    for mode, seconds in ((CabinetMode.DARK, 5), (CabinetMode.START_UP, 15), (CabinetMode.LOCAL_COORDINATED, 80)):
        s.mode["J1"] = mode
        for _ in range(seconds):
            if mode is CabinetMode.LOCAL_COORDINATED and rung(s) <= Rung.PLAN:
                s.mode["J1"] = CabinetMode.REMOTE
            told += [dict(d.because)["rung"] for d in s.second().decisions if "rung" in dict(d.because)]
    assert told == ["dark", "flash", "isolated", "cabinet_plan", "plan", "substitutes", "adaptive"]


def test_a_link_that_comes_back_within_the_lease_costs_no_rung() -> None:
    s = street()
    network = s.controller.network.junctions[0]
    s.controller.step(s.now_s, [LinkChange("J1", up=False, cause="timeout")])
    for _ in range(8):
        s.now_s += 1.0
        assert s.controller.step(s.now_s, [s._reading(network, [])]).commands == ()
    assert rung(s) is Rung.ADAPTIVE
    s.now_s += 1.0
    back = s.controller.step(s.now_s, [LinkChange("J1", up=True, cause="again"), s.report(network)])
    assert len(back.commands) == 1


def test_a_link_that_stays_away_leaves_the_junction_to_its_cabinet_when_the_lease_is_over() -> None:
    s = street()
    s.controller.step(s.now_s, [LinkChange("J1", up=False, cause="timeout")])
    stands = []
    for _ in range(14):
        s.now_s += 1.0
        s.controller.step(s.now_s, [])
        stands.append(rung(s))
    assert stands.index(Rung.CABINET_PLAN) == 9  # last heard a second before the link went; the lease is 10 s


def test_a_cabinet_that_does_not_do_what_it_is_sent_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three echoes in a row that do not show the command (F35)."""
    s = street()
    honest = s.report
    monkeypatch.setattr(s, "report", lambda junction: replace(honest(junction), accepted=False))
    s.second()
    s.second()
    assert rung(s) is Rung.ADAPTIVE
    s.second()
    assert (rung(s), s.controller.state_view()[0].rung_reason) == (Rung.CABINET_PLAN, Reason.CABINET_REFUSES)


def wrong(kind: str) -> Callable[[Actuated, Moment, NetworkLayout, StrategyParameters], StageProposal]:
    """A strategy that is broken in one way."""

    def propose(self: Actuated, moment: Moment, layout: NetworkLayout, parameters: StrategyParameters) -> StageProposal:
        if kind == "raises":
            raise ZeroDivisionError
        stage = {"unknown stage": np.array([9]), "negative": np.array([-1]), "floats": np.array([1.5]),
                 "too many": np.array([1, 1])}[kind]  # fmt: skip
        return StageProposal(stage, np.zeros(stage.shape, np.int64))

    return propose


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("raises", Reason.STRATEGY_FAILED),
        ("unknown stage", Reason.STRATEGY_NONSENSE),
        ("negative", Reason.STRATEGY_NONSENSE),
        ("floats", Reason.STRATEGY_NONSENSE),
        ("too many", Reason.STRATEGY_NONSENSE),
    ],
)
def test_a_strategy_that_fails_costs_the_plan_nothing(
    kind: str, reason: Reason, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The stage stands for a second, then the plan runs; healed, the strategy is tried again after a minute."""
    s = street()
    before = s.stage["J1"]
    with monkeypatch.context() as broken:
        broken.setattr(Actuated, "propose", wrong(kind))
        assert [command.stage for command in s.second().commands] == [before]
        s.second()
        view = s.controller.state_view()[0]
        assert (view.rung, view.rung_reason, view.mode) == (Rung.PLAN, reason, ControlMode.FIXED_TIME)
    assert seconds_until(s, Rung.SUBSTITUTES) == 61
    assert s.controller.state_view()[0].rung_reason is Reason.STRATEGY_BACK


def test_three_late_steps_in_a_row_cost_the_strategy_two_do_not() -> None:
    s = street()
    for _ in range(2):
        s.second(StepOverrun(1.2))
    s.second()
    for _ in range(2):
        s.second(StepOverrun(1.2))
    assert rung(s) is Rung.ADAPTIVE
    s.second(StepOverrun(1.2))
    assert (rung(s), s.controller.state_view()[0].rung_reason) == (Rung.PLAN, Reason.STRATEGY_LATE)


def test_an_operator_outranks_the_rungs_of_the_centre_and_police_outrank_him() -> None:
    s = street()
    s.second(OperatorRequest(OperatorAction.HOLD, "J1", stage=1, by="operator-1"))
    s.silent.add("J1")
    for _ in range(20):
        s.second()
    view = s.controller.state_view()[0]
    assert (view.rung, view.mode) == (Rung.PLAN, ControlMode.OPERATOR)
    s.mode["J1"] = CabinetMode.MANUAL
    assert s.second().commands == ()
    assert s.controller.state_view()[0].mode is ControlMode.MANUAL


def test_without_a_plan_to_fall_back_to_the_cabinet_is_better_than_an_old_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A plan that fails is no fallback: after some seconds its cabinet runs its own."""
    s = street("fixed_time")
    monkeypatch.setattr(FixedTime, "propose", wrong("raises"))
    for _ in range(7):
        s.second()
    assert (rung(s), s.controller.state_view()[0].rung_reason) == (Rung.CABINET_PLAN, Reason.PLAN_FAILED)


def test_a_fall_in_mid_green_cuts_no_minimum() -> None:
    """Down means another voice in the same second; the lamps follow at the next safe point."""
    s = street()
    while s.stage["J1"] == 1:
        s.second(busy=[("J1", "D2")])
    entered_s = s.now_s
    s.silent.add("J1")
    while s.stage["J1"] == 2:
        s.second()
    assert s.now_s - entered_s >= 5
