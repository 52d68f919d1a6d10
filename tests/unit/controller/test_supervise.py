"""Who decides at a junction when cabinets, links and loops come and go?"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np

from controller import (
    Alarm,
    Aspect,
    CabinetMode,
    ControlMode,
    LinkChange,
    OperatorAction,
    OperatorRequest,
    PermittedCommand,
    Reason,
    Rung,
    StepResult,
)
from controller.layout import build_layout
from controller.supervise.health import PLAN_PATIENCE_S, Health, Senses
from controller.supervise.modes import MODES, Heard, Supervision, supervise
from tests.towns import ObedientStreet, three_stage_junction, town


def modes(result: StepResult) -> list[tuple[str, Reason]]:
    """(new mode, reason) told in this second."""
    return [(str(d.because[0][1]), d.reason) for d in result.decisions if d.because and d.because[0][0] == "mode"]


def run(street: ObedientStreet, seconds: int) -> list[StepResult]:
    """So many quiet seconds."""
    return [street.second() for _ in range(seconds)]


def commands(results: list[StepResult]) -> list[PermittedCommand]:
    """All commands of these seconds."""
    return [command for result in results for command in result.commands]


def test_before_anything_is_heard_links_are_up_cabinets_dark_and_everybody_is_his_cabinets_own() -> None:
    """Kinds and shapes too: what is put down in a snapshot is taken up as it was."""
    layout = build_layout(town(three_stage_junction("J1"), three_stage_junction("J2")))
    flags, codes, never = np.zeros(2, bool), np.zeros(2, np.int64), np.full(2, -np.inf)
    expected: dict[str, np.ndarray[Any, Any]] = {
        "link_up": ~flags,
        "cabinet_mode": codes + int(CabinetMode.DARK),
        "latched": flags,
        "reported_s": never,
        "left_us": flags,
        "refusals": codes,
        "overruns": np.zeros(1, np.int64),
        "strategy": codes,
        "plan_told_s": np.full(2, 7.0),
        "stale": flags,
        "called_s": np.zeros((2, 4)),
        "stepped_s": np.full(1, 7.0),
        "mode": codes + MODES.index(ControlMode.LOCAL),
        "rung": codes + int(Rung.DARK),
    }
    health, heard = Health.start(layout, 7.0), Heard.start(2)
    assert [field.name for part in (health, heard) for field in fields(part)] == [*expected]
    for name, value in expected.items():
        found = getattr(health if hasattr(health, name) else heard, name)
        assert (found.dtype, found.shape) == (value.dtype, value.shape), name
        assert (found == value).all(), name


def test_nothing_is_commanded_before_a_cabinet_has_spoken() -> None:
    """No report, no command."""
    street = ObedientStreet(town(three_stage_junction()))
    assert street.controller.step(0.0, []).commands == ()


def test_manual_is_left_alone_and_taken_back_after_a_minute() -> None:
    """Police take over: not one command; a minute after the hand-back the centre goes on (F39)."""
    street = ObedientStreet(town(three_stage_junction()))
    run(street, 10)
    street.mode["J1"] = CabinetMode.MANUAL
    first = street.second()
    assert modes(first) == [("manual", Reason.CABINET_MANUAL)]
    assert commands([first, *run(street, 100)]) == []
    street.mode["J1"] = CabinetMode.LOCAL_COORDINATED
    assert commands(run(street, 60)) == []
    assert modes(street.second()) == [("fixed_time", Reason.CABINET_REMOTE)]
    assert len(commands(run(street, 3))) == 3


def test_a_latched_fault_is_never_commanded() -> None:
    """A latched cabinet is the technician's, whatever mode it claims."""
    street = ObedientStreet(town(three_stage_junction()))
    run(street, 5)
    street.mode["J1"] = CabinetMode.LATCHED_FAULT
    assert commands(run(street, 200)) == []


def test_a_lost_link_is_told_once_and_stops_commands() -> None:
    """Edge, not level."""
    street = ObedientStreet(town(three_stage_junction()))
    run(street, 5)
    lost = street.second(LinkChange("J1", up=False, cause="timeout"))
    assert [(a.code, a.cleared) for a in lost.alarms] == [(Reason.LINK_DOWN, False)]
    assert modes(lost) == [("local", Reason.LINK_DOWN)]
    later = run(street, 20)
    assert commands([lost, *later]) == []
    assert all(result.alarms == () for result in later)
    back = street.second(LinkChange("J1", up=True, cause="connected"))
    assert [(a.code, a.cleared) for a in back.alarms] == [(Reason.LINK_DOWN, True)]


def test_silent_loops_cost_the_strategy_not_the_plan() -> None:
    """Five seconds without counts: the plan runs; loops heard for a minute: actuation again."""
    street = ObedientStreet(town(three_stage_junction()), "actuated")
    run(street, 20)
    street.silent.add("J1")
    told = [(result.now_s, mode) for result in run(street, 10) for mode in modes(result)]
    assert told == [(25.0, ("fixed_time", Reason.STALE_DETECTORS))]  # last heard at 19, stale when older than 5 s
    street.silent.clear()
    told = [(result.now_s, mode) for result in run(street, 100) for mode in modes(result)]
    assert told == [(90.0, ("actuated", Reason.DETECTORS_BACK))]


def test_an_operator_holds_steps_and_releases() -> None:
    """Held until released; a step goes to the next stage; a hold runs out by itself."""
    street = ObedientStreet(town(three_stage_junction()))
    run(street, 10)
    held = street.second(OperatorRequest(OperatorAction.HOLD, "J1", by="operator-1"))
    assert modes(held) == [(ControlMode.OPERATOR.value, Reason.OPERATOR)]
    run(street, 100)
    assert {second["J1"] for second in street.history[10:]} == {1}
    street.second(OperatorRequest(OperatorAction.STEP, "J1", by="operator-1", until_s=street.now_s + 30))
    run(street, 29)
    assert {second["J1"] for second in street.history[-30:]} == {2}
    run(street, 120)
    assert {second["J1"] for second in street.history[-60:]} == {1, 2, 3}


def test_a_cabinet_that_shows_conflicting_greens_is_alarmed_unless_it_starts() -> None:
    """Seen in remote it is a fault (F43); in the start-up sequence all groups show amber by intention."""
    network = town(three_stage_junction())
    for mode, alarmed in ((CabinetMode.REMOTE, True), (CabinetMode.START_UP, False)):
        street = ObedientStreet(network)
        street.mode["J1"] = mode
        report = replace(street.report(network.junctions[0]), aspects=(Aspect.AMBER,) * 4)
        result = street.controller.step(0.0, [report])
        assert (Reason.INTERLOCK_CONFLICT in {alarm.code for alarm in result.alarms}) is alarmed


def test_conflicting_greens_are_alarmed_once_when_they_come_and_once_when_they_go() -> None:
    """The edge, not the level."""
    network = town(three_stage_junction())
    street = ObedientStreet(network)
    report = street.report(network.junctions[0])
    wrong = replace(report, aspects=(Aspect.GREEN,) * 4)
    said = []
    for now_s, shown in enumerate((report, wrong, wrong, wrong, report, report)):
        result = street.controller.step(float(now_s), [shown])
        said += [(now_s, a.cleared) for a in result.alarms if a.code is Reason.INTERLOCK_CONFLICT]
    assert said == [(1, False), (4, True)]


def test_while_the_core_itself_stood_still_no_cabinet_was_silent_and_no_plan_without_an_answer() -> None:
    """Stopped for half a minute and let go again (F46): nobody was asked meanwhile, so nobody is blamed."""
    street = ObedientStreet(town(three_stage_junction()))
    run(street, 10)
    street.now_s += 30.0
    assert modes(street.controller.step(street.now_s, [])) == []
    street.now_s += 1.0
    back = street.second()
    assert modes(back) == []
    assert len(back.commands) == 1


def test_a_key_turned_and_turned_back_beside_the_own_plan_is_told_as_that() -> None:
    """The rung is the same either way, so it is not the ladder that tells it."""
    street = ObedientStreet(town(three_stage_junction()))
    run(street, 10)
    street.mode["J1"] = CabinetMode.LOCAL_COORDINATED
    assert modes(street.second()) == [("local", Reason.CABINET_LOCAL)]
    street.mode["J1"] = CabinetMode.MANUAL
    assert modes(street.second()) == [("manual", Reason.CABINET_MANUAL)]
    street.mode["J1"] = CabinetMode.LOCAL_COORDINATED
    assert modes(street.second()) == [("local", Reason.CABINET_LOCAL)]


def test_a_red_that_nobody_waited_at_has_made_nobody_wait() -> None:
    """Of a red of 500 s only the time counts in which somebody called."""
    layout = build_layout(town(three_stage_junction()))
    health = Health.start(layout, 0.0)
    nobody, somebody = np.zeros(layout.shape[:2], bool), np.zeros(layout.shape[:2], bool)
    somebody[0, 1] = True
    for _ in range(500):
        health.hear_calls(nobody)
    for _ in range(7):
        health.hear_calls(somebody)
    assert health.called_s[0].tolist()[:3] == [0.0, 7.0, 0.0]
    health.hear_calls(nobody)
    assert not health.called_s.any()


def two_junctions(strategy: str = "fixed_time") -> ObedientStreet:
    """J1, to which nothing happens, and J2."""
    return ObedientStreet(town(three_stage_junction("J1"), three_stage_junction("J2")), strategy)


def test_of_a_link_is_told_whose_it_is_and_why_it_changed() -> None:
    street = two_junctions()
    run(street, 5)
    lost = street.second(LinkChange("J2", up=False, cause="timeout"))
    assert lost.alarms == (Alarm("J2", Reason.LINK_DOWN, cleared=False, because=(("cause", "timeout"),)),)
    back = street.second(LinkChange("J2", up=True, cause="connected"))
    assert back.alarms == (Alarm("J2", Reason.LINK_DOWN, cleared=True, because=(("cause", "connected"),)),)


def test_a_link_that_is_back_within_the_lease_gives_the_junction_back_at_once() -> None:
    """The cabinet has done all the while what it was asked: nothing has moved on the ladder."""
    street = two_junctions()
    run(street, 5)
    assert modes(street.second(LinkChange("J2", up=False, cause="timeout"))) == [("local", Reason.LINK_DOWN)]
    run(street, 2)
    assert modes(street.second(LinkChange("J2", up=True, cause="connected"))) == [("fixed_time", Reason.LINK_UP)]


def test_counts_that_stop_and_come_again_are_told_once_of_their_junction_alone() -> None:
    street = two_junctions("actuated")
    run(street, 20)
    street.silent.add("J2")
    assert [alarm for result in run(street, 20) for alarm in result.alarms] == [
        Alarm("J2", Reason.STALE_DETECTORS, cleared=False)
    ]
    street.silent.clear()
    assert [alarm for result in run(street, 20) for alarm in result.alarms] == [
        Alarm("J2", Reason.STALE_DETECTORS, cleared=True)
    ]


def test_a_move_is_told_of_the_junction_that_moved() -> None:
    street = two_junctions()
    run(street, 10)
    street.mode["J2"] = CabinetMode.MANUAL
    moves = [d for d in street.second().decisions if d.because and d.because[0][0] == "mode"]
    assert [(move.junction, dict(move.because)["before"]) for move in moves] == [("J2", "fixed_time")]


def test_a_plan_without_an_answer_costs_those_whose_strategy_it_is() -> None:
    """Who counts for himself goes on; the plan is looked at when he needs it."""
    for wanted, falls in ((ControlMode.FIXED_TIME, True), (ControlMode.ACTUATED, False)):
        street = ObedientStreet(town(three_stage_junction()))
        layout = street.controller.layout
        state = Supervision.start(layout, 0.0)
        yes, no = np.ones(1, bool), np.zeros(1, bool)
        fell = set()
        for second in range(int(PLAN_PATIENCE_S) + 3):
            report = street.report(layout.junctions[0])
            supervise(
                state, [report], [], Senses(yes, no, no, no), np.array([MODES.index(wanted)]), layout, 10.0, second
            )
            fell.add(int(state.ladder.rung[0]))
        assert (int(Rung.CABINET_PLAN) in fell) is falls
