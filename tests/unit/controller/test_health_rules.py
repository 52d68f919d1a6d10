"""What is possible at a junction, to the second: how long silence is borne, what counts, and which cause is told?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from controller import CabinetMode, CabinetReport, LinkChange, Reason, Rung
from controller.layout import build_layout
from controller.supervise.health import Health, Senses, hear_links, hear_reports, possible
from controller.supervise.ladder import Possible
from tests.towns import ObedientStreet, three_stage_junction, town

NETWORK = town(three_stage_junction("J1"), three_stage_junction("J2"))
LAYOUT = build_layout(NETWORK)
LEASE_S = 10.0
NO, YES = np.zeros(2, bool), np.ones(2, bool)
FIRST = np.array([True, False])


class Desk:
    """Two healthy junctions; the second one always stays so."""

    def __init__(self) -> None:
        self.health = Health.start(LAYOUT, 100.0)
        self.senses = Senses(fresh=YES, impaired=NO, blind=NO, forgotten=NO)
        self.rung = np.full(2, int(Rung.ADAPTIVE))
        self.uses_plan = NO
        self.now_s = 100.0
        self.hear(mode=CabinetMode.REMOTE)

    def report(self, place: int, **changes: Any) -> CabinetReport:
        street = ObedientStreet(NETWORK)
        return replace(street.report(NETWORK.junctions[place]), **changes)

    def hear(self, **changes: Any) -> None:
        """Both report; `changes` are those of the first."""
        hear_reports(self.health, [self.report(0, **changes), self.report(1)], LAYOUT, self.now_s)

    def possible(self) -> Possible:
        return possible(self.health, self.senses, self.rung, LEASE_S, self.uses_plan, self.now_s)

    def first(self) -> tuple[list[bool], Reason]:
        """(all loops, counts and strategy, cabinet) and the reason, of the first junction."""
        found = self.possible()
        assert found.well[:, 1].all()
        assert found.reason[1] == int(Reason.NONE)
        return found.well[:, 0].tolist(), Reason(int(found.reason[0]))


WELL = ([True, True, True], Reason.NONE)


def no_cabinet(reason: Reason) -> tuple[list[bool], Reason]:
    return [True, True, False], reason


def no_counts(reason: Reason) -> tuple[list[bool], Reason]:
    return [True, False, True], reason


def test_two_healthy_junctions_may_do_all() -> None:
    assert Desk().first() == WELL


@pytest.mark.parametrize(("rung", "borne_s"), [(Rung.ADAPTIVE, 10), (Rung.PLAN, 10), (Rung.CABINET_PLAN, 3)])
def test_a_silent_cabinet_is_borne_for_the_lease_by_who_commands_it_and_for_three_seconds_by_others(
    rung: Rung, borne_s: int
) -> None:
    desk = Desk()
    desk.rung[0] = int(rung)
    desk.health.reported_s[:] = [100.0, 1000.0]
    desk.health.plan_told_s[:] = 1000.0
    for now_s, expected in ((100.0 + borne_s, WELL), (100.1 + borne_s, no_cabinet(Reason.LINK_DOWN))):
        desk.now_s = now_s
        assert desk.first() == expected


@pytest.mark.parametrize(("rung", "lost"), [(Rung.PLAN, False), (Rung.CABINET_PLAN, True)])
def test_a_link_that_is_lost_costs_who_commands_nothing_before_the_lease_is_over(rung: Rung, lost: bool) -> None:
    desk = Desk()
    desk.rung[0] = int(rung)
    hear_links(desk.health, [LinkChange("J1", up=False, cause="gone"), LinkChange("J2", up=True, cause="")], LAYOUT)
    assert desk.first() == (no_cabinet(Reason.LINK_DOWN) if lost else WELL)
    hear_links(desk.health, [LinkChange("J1", up=True, cause="back")], LAYOUT)
    assert desk.first() == WELL


@pytest.mark.parametrize(("refusals", "borne"), [(2, True), (3, False), (4, False)])
def test_three_commands_in_a_row_that_are_not_echoed_are_too_many(refusals: int, borne: bool) -> None:
    desk = Desk()
    for _ in range(refusals):
        desk.hear(accepted=False)
    assert desk.first() == (WELL if borne else no_cabinet(Reason.CABINET_REFUSES))
    desk.hear(accepted=None)
    assert desk.first() == WELL


@pytest.mark.parametrize(
    ("needs", "silent_s", "borne"),
    [("no plan", 500.0, True), ("its plan", 5.0, True), ("its plan", 5.1, False), ("a fallback", 5.1, False),
     ("counts", 5.1, False)],
)  # fmt: skip
def test_a_plan_without_an_answer_is_borne_for_five_seconds_where_it_is_needed(
    needs: str, silent_s: float, borne: bool
) -> None:
    desk = Desk()
    desk.health.plan_told_s[:] = [100.0 - silent_s, 100.0]
    desk.uses_plan = FIRST & (needs == "its plan")
    desk.rung[0] = int(Rung.PLAN if needs == "a fallback" else Rung.ADAPTIVE)
    if needs == "counts":
        desk.senses = replace(desk.senses, fresh=~FIRST)
    well, reason = desk.first()
    assert well[2] is borne
    assert (reason is Reason.PLAN_FAILED) is not borne


@pytest.mark.parametrize(
    ("senses", "reason"),
    [({"fresh": ~FIRST}, Reason.STALE_DETECTORS), ({"blind": FIRST}, Reason.BLIND_MOVEMENT),
     ({"forgotten": FIRST}, Reason.MAX_RED),
     ({"fresh": ~FIRST, "blind": FIRST, "forgotten": FIRST}, Reason.STALE_DETECTORS),
     ({"blind": FIRST, "forgotten": FIRST}, Reason.BLIND_MOVEMENT)],
)  # fmt: skip
def test_what_costs_the_strategy_and_which_cause_is_told_first(senses: dict[str, Any], reason: Reason) -> None:
    desk = Desk()
    desk.senses = replace(desk.senses, **senses)
    assert desk.first() == no_counts(reason)


def test_an_impaired_loop_costs_the_top_alone() -> None:
    desk = Desk()
    desk.senses = replace(desk.senses, impaired=FIRST)
    assert desk.first() == ([False, True, True], Reason.DETECTOR_FAULT)
    desk.senses = replace(desk.senses, blind=FIRST)
    assert desk.first() == ([False, False, True], Reason.BLIND_MOVEMENT)


def test_a_strategy_that_is_not_trusted_costs_its_junction_and_a_late_step_all() -> None:
    desk = Desk()
    desk.health.judge(np.array([int(Reason.STRATEGY_FAILED), 0]), YES, 100.0)
    assert desk.first() == no_counts(Reason.STRATEGY_FAILED)
    desk = Desk()
    for overrun, late in ((True, False), (True, False), (True, True), (True, True), (False, False)):
        desk.health.hear_overrun(overrun=overrun)
        found = desk.possible()
        assert found.well[1].tolist() == [not late, not late]
        assert (found.reason == int(Reason.STRATEGY_LATE)).tolist() == [late, late]


def test_a_plan_that_answered_is_noted_where_it_did() -> None:
    desk = Desk()
    desk.health.judge(np.zeros(2, np.int64), FIRST, 200.0)
    assert desk.health.plan_told_s.tolist() == [200.0, 100.0]


@pytest.mark.parametrize(
    ("mode", "reason"),
    [(CabinetMode.DARK, Reason.CABINET_DARK), (CabinetMode.START_UP, Reason.CABINET_START_UP),
     (CabinetMode.MANUAL, Reason.CABINET_MANUAL), (CabinetMode.FLASH_RED, Reason.CABINET_FLASH),
     (CabinetMode.ALL_RED_HOLD, Reason.CABINET_FLASH), (CabinetMode.LATCHED_FAULT, Reason.CABINET_FAULT)],
)  # fmt: skip
def test_a_mode_that_takes_no_command_is_told_and_stays_so(mode: CabinetMode, reason: Reason) -> None:
    desk = Desk()
    for _ in range(2):
        desk.hear(mode=mode)
        assert desk.first() == no_cabinet(reason)
    assert desk.possible().fault.tolist() == [mode is not CabinetMode.MANUAL, True]


@pytest.mark.parametrize(
    ("mode", "reason"),
    [(CabinetMode.LOCAL_COORDINATED, Reason.CABINET_LOCAL), (CabinetMode.LOCAL_ISOLATED, Reason.CABINET_ISOLATED)],
)
def test_who_leaves_remote_is_told_once_and_may_be_asked_again(mode: CabinetMode, reason: Reason) -> None:
    desk = Desk()
    desk.hear(mode=mode)
    assert desk.first() == no_cabinet(reason)
    desk.hear(mode=mode)
    assert desk.first() == WELL
    hear_reports(desk.health, [], LAYOUT, desk.now_s)
    assert not desk.health.left_us.any()


def test_a_latched_fault_outranks_every_other_cause() -> None:
    desk = Desk()
    desk.hear(mode=CabinetMode.REMOTE, latched_faults=1)
    assert desk.first() == no_cabinet(Reason.CABINET_FAULT)
    assert desk.health.reachable(100.0).tolist() == [False, True]


@pytest.mark.parametrize(("age_s", "reached"), [(3.0, True), (3.1, False)])
def test_a_command_reaches_who_reported_within_three_seconds(age_s: float, reached: bool) -> None:
    desk = Desk()
    desk.health.reported_s[:] = [100.0 - age_s, 100.0]
    assert desk.health.reachable(100.0).tolist() == [reached, True]
    desk.health.link_up[1] = False
    assert desk.health.reachable(100.0).tolist() == [reached, False]


@pytest.mark.parametrize(("stood_s", "forgiven_s"), [(1.0, 0.0), (3.0, 0.0), (3.5, 0.5), (33.0, 30.0)])
def test_what_the_core_itself_stood_still_counts_against_nobody(stood_s: float, forgiven_s: float) -> None:
    desk = Desk()
    desk.health.forgive_pause(100.0 + stood_s)
    assert desk.health.reported_s.tolist() == [100.0 + forgiven_s] * 2
    assert desk.health.plan_told_s.tolist() == [100.0 + forgiven_s] * 2
    desk.health.forgive_pause(101.0 + stood_s)
    assert desk.health.reported_s.tolist() == [100.0 + forgiven_s] * 2


def test_who_has_never_reported_is_not_known() -> None:
    health = Health.start(LAYOUT, 0.0)
    hear_reports(health, [Desk().report(1)], LAYOUT, 5.0)
    assert health.known.tolist() == [False, True]
    assert health.reported_s.tolist() == [-np.inf, 5.0]
