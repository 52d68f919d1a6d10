"""Rule by rule, to the tenth of a second: what does the interlock let pass, what does it say, what does it send?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from controller import (
    Alarm,
    Aspect,
    CabinetMode,
    CabinetReport,
    CommandKind,
    GroupKind,
    Junction,
    PermittedCommand,
    Reason,
    SignalGroup,
    Stage,
    StrategyParameters,
)
from controller.interlock import ANY_STAGE, InterlockMemory, hear, permit
from controller.layout import NetworkLayout, build_layout
from controller.state import StageRequest
from tests.towns import three_stage_junction, timing, town

R, G, A, U, F = Aspect.RED, Aspect.GREEN, Aspect.AMBER, Aspect.RED_AMBER, Aspect.FLASHING_GREEN
GREENS = {0: (R, R, R, R), 1: (G, G, R, R), 2: (R, R, G, R), 3: (R, R, R, G)}
"""What the first junction shows in its stages; each junction is told with as many as it has."""
PARAMETERS = StrategyParameters()


def small_junction(intergreen_s: float = 5.0, red_amber_s: float = 0.0) -> Junction:
    """Two groups against each other in two stages: fewer of everything than its neighbour."""
    groups = (
        SignalGroup("K0", GroupKind.VEHICLE, min_green_s=6, max_green_s=30, amber_s=3, red_amber_s=red_amber_s),
        SignalGroup("K1", GroupKind.VEHICLE, min_green_s=8, max_green_s=50, amber_s=4, red_amber_s=red_amber_s),
    )
    matrix = ((None, intergreen_s), (intergreen_s, None))
    stages = (Stage("A", ("K0",)), Stage("B", ("K1",)))
    return Junction("J2", "J2", groups, stages, matrix, (), (), (timing("own", 60, 0, (0, 1)),))


class Desk:
    """An interlock for two junctions, and the reports that it has heard."""

    def __init__(self, *junctions: Junction) -> None:
        self.junctions = junctions or (three_stage_junction("J1"), small_junction())
        self.layout: NetworkLayout = build_layout(town(*self.junctions))
        self.memory = InterlockMemory.start(self.layout, 0.0)

    def report(self, place: int, shown: int | Sequence[Aspect], **changes: Any) -> CabinetReport:
        junction = self.junctions[place]
        aspects = GREENS[shown] if isinstance(shown, int) else tuple(shown)
        if isinstance(shown, int) and place == 1:
            aspects = {0: (R, R), 1: (G, R), 2: (R, G)}[shown]
        report = CabinetReport(
            junction.id, CabinetMode.REMOTE, 0, shown if isinstance(shown, int) else 0, 0, aspects, 0, 0, 0, 9.0,
            accepted=True, result=1, min_green_left_s=0.0,
        )  # fmt: skip
        return replace(report, **changes)

    def hear(self, *reports: CabinetReport, seen_s: float = 100.0) -> list[Alarm]:
        return hear(self.memory, reports, self.layout, seen_s)

    def meet(self, first: int = 1, second: int = 1, **changes: Any) -> Desk:
        """Both have reported, with minimums that have run."""
        self.hear(self.report(0, first, **changes), self.report(1, second, **changes))
        return self

    def ask(
        self, first: int, second: int = 0, now_s: float = 100.0, commanded: tuple[bool, bool] = (True, True)
    ) -> tuple[dict[str, PermittedCommand], list[Alarm]]:
        request = StageRequest(np.array([first, second]), np.full(2, int(Reason.PROGRAMME)))
        commands, alarms = permit(self.memory, request, np.array(commanded), self.layout, PARAMETERS, now_s)
        return {command.junction: command for command in commands}, alarms


def said(alarms: Sequence[Alarm]) -> list[tuple[str, Reason, bool, object]]:
    return [(alarm.junction, alarm.code, alarm.cleared, dict(alarm.because).get("stage")) for alarm in alarms]


def test_a_memory_that_knows_nothing_takes_every_group_for_green_since_now() -> None:
    """Kinds and shapes too: what is put down in a snapshot is taken up as it was."""
    layout = Desk().layout
    memory = InterlockMemory.start(layout, 7.0)
    whole, flags, codes = np.ones((2, 4)), np.zeros(2, bool), np.zeros(2, np.int64)
    expected: dict[str, np.ndarray[Any, Any]] = {
        "green": whole.astype(bool),
        "green_since_s": 7.0 * whole,
        "moving": whole.astype(bool),
        "active": codes,
        "mode": codes + int(CabinetMode.DARK),
        "met": flags,
        "permitted": codes,
        "confirmed": flags,
        "heads_for": codes,
        "refused": codes,
        "together": flags,
    }
    assert [field.name for field in fields(memory)] == [*expected]
    for name, value in expected.items():
        found = getattr(memory, name)
        assert (found.dtype, found.shape) == (value.dtype, value.shape), name
        assert (found == value).all(), name


# What is sent.


def test_a_new_stage_is_asked_for_with_everything_that_the_cabinet_needs_to_judge_it() -> None:
    commands, alarms = Desk().meet().ask(2, 2, now_s=101.0)
    assert alarms == []
    assert commands["J2"] == PermittedCommand(
        junction="J2",
        kind=CommandKind.REQUEST_STAGE,
        stage=2,
        expected_stage=1,
        expected_mode=CabinetMode.REMOTE,
        min_green_s=8.0,
        max_green_s=50.0,
        lease_s=PARAMETERS.lease_s,
        reason=Reason.PROGRAMME,
        issued_s=101.0,
        valid_until_s=102.0,
    )
    assert (commands["J1"].stage, commands["J1"].expected_stage) == (2, 1)


def test_the_longest_minimum_and_maximum_of_the_groups_that_the_stage_lights_are_told() -> None:
    junction = three_stage_junction("J1")
    groups = tuple(replace(group, min_green_s=5.0 + k, max_green_s=40.0 - k) for k, group in enumerate(junction.groups))
    commands, _ = Desk(replace(junction, groups=groups), small_junction()).meet().ask(1, 0)
    assert (commands["J1"].min_green_s, commands["J1"].max_green_s) == (6.0, 40.0)


def test_what_the_cabinet_has_echoed_is_renewed_and_what_it_has_not_is_asked_for_again() -> None:
    desk = Desk().meet(accepted=None)
    assert desk.ask(1)[0]["J1"].kind is CommandKind.REQUEST_STAGE
    for accepted, kind, expected in (
        (None, CommandKind.REQUEST_STAGE, 1),
        (False, CommandKind.REQUEST_STAGE, 1),
        (True, CommandKind.RENEW, ANY_STAGE),
    ):
        desk.hear(desk.report(0, 1, accepted=accepted))
        command = desk.ask(1)[0]["J1"]
        assert (command.kind, command.expected_stage, command.stage) == (kind, expected, 1)
    assert desk.ask(2)[0]["J1"].kind is CommandKind.REQUEST_STAGE


def test_the_echo_of_an_older_block_is_not_taken_for_that_of_a_request_that_never_arrived() -> None:
    """What was accepted was a renewal, told late: the cabinet stays where it is, and is asked until it goes."""
    desk = Desk().meet()
    desk.ask(1)
    assert desk.ask(2)[0]["J1"].kind is CommandKind.REQUEST_STAGE
    for shown, coming, kind in (
        (1, 0, CommandKind.REQUEST_STAGE),
        (1, 3, CommandKind.REQUEST_STAGE),
        (1, 2, CommandKind.RENEW),  # waits for a minimum
        (0, 2, CommandKind.RENEW),
        (2, 0, CommandKind.RENEW),
        (0, 0, CommandKind.REQUEST_STAGE),
        (2, 1, CommandKind.REQUEST_STAGE),
    ):
        desk.hear(desk.report(0, shown, next_stage=coming))
        assert desk.ask(2)[0]["J1"].kind is kind, (shown, coming)


def test_a_cabinet_that_is_not_in_remote_is_asked_anew_although_it_echoed() -> None:
    desk = Desk().meet()
    desk.ask(1)
    desk.hear(desk.report(0, 1, mode=CabinetMode.LOCAL_COORDINATED))
    command = desk.ask(1)[0]["J1"]
    assert (command.kind, command.expected_mode) == (CommandKind.REQUEST_STAGE, CabinetMode.LOCAL_COORDINATED)


def test_who_is_not_commanded_is_sent_nothing_and_begins_anew() -> None:
    desk = Desk().meet()
    assert set(desk.ask(1, 1)[0]) == {"J1", "J2"}
    assert desk.ask(1, 1)[0]["J1"].kind is CommandKind.RENEW
    assert set(desk.ask(1, 1, commanded=(False, True))[0]) == {"J2"}
    assert desk.ask(1, 1)[0]["J1"].kind is CommandKind.REQUEST_STAGE


def test_without_a_wish_the_stage_that_was_permitted_is_renewed() -> None:
    desk = Desk().meet()
    assert set(desk.ask(2, 0)[0]) == {"J1"}
    assert desk.ask(0, 0)[0]["J1"].stage == 2


def test_greens_of_less_than_a_second_are_told_as_they_are() -> None:
    junction = small_junction()
    groups = tuple(replace(group, min_green_s=0.25, max_green_s=0.75) for group in junction.groups)
    commands, _ = Desk(three_stage_junction("J1"), replace(junction, groups=groups)).meet().ask(0, 1)
    assert (commands["J2"].min_green_s, commands["J2"].max_green_s) == (0.25, 0.75)


# What is refused, and how it is told.


@pytest.mark.parametrize(("first", "second", "refused"), [(3, 2, []), (4, 2, ["J1"]), (1, 3, ["J2"]), (-1, 1, ["J1"])])
def test_a_stage_outside_the_junctions_own_table_is_unknown(first: int, second: int, refused: list[str]) -> None:
    _, alarms = Desk().meet().ask(first, second)
    assert [alarm.junction for alarm in alarms] == refused
    assert {alarm.code for alarm in alarms} <= {Reason.INTERLOCK_UNKNOWN_STAGE}


@pytest.mark.parametrize("stage", [-1, 2, 9])
def test_where_all_junctions_have_one_stage_another_is_refused_as_anywhere(stage: int) -> None:
    junction = small_junction()
    desk = Desk(replace(junction, stages=junction.stages[:1], timings=(timing("own", 60, 0, (0, 1)),)))
    desk.hear(desk.report(0, (G, R), active_stage=1))
    request = StageRequest(np.array([stage]), np.array([int(Reason.PROGRAMME)]))
    commands, alarms = permit(desk.memory, request, np.array([True]), desk.layout, PARAMETERS, 100.0)
    assert (commands, [alarm.code for alarm in alarms]) == ((), [Reason.INTERLOCK_UNKNOWN_STAGE])


def test_who_is_not_commanded_is_refused_nothing() -> None:
    desk = Desk().meet()
    assert desk.ask(9, 1, commanded=(False, True))[1] == []


def test_a_refusal_is_kept_as_the_code_that_a_snapshot_can_hold() -> None:
    desk = Desk().meet()
    desk.ask(9, 1)
    assert desk.memory.refused.dtype == np.int64
    assert desk.memory.refused.tolist() == [int(Reason.INTERLOCK_UNKNOWN_STAGE), 0]


def test_a_refusal_keeps_the_stage_is_told_once_and_ends_once() -> None:
    desk = Desk().meet()
    desk.ask(1, 1)
    commands, alarms = desk.ask(9, 1)
    assert said(alarms) == [("J1", Reason.INTERLOCK_UNKNOWN_STAGE, False, 9)]
    assert (commands["J1"].stage, commands["J1"].reason) == (1, Reason.INTERLOCK_UNKNOWN_STAGE)
    assert commands["J2"].reason is Reason.PROGRAMME
    assert desk.ask(9, 1)[1] == []
    commands, alarms = desk.ask(2, 1)
    assert said(alarms) == [("J1", Reason.INTERLOCK_UNKNOWN_STAGE, True, 2)]
    assert (commands["J1"].stage, commands["J1"].reason) == (2, Reason.PROGRAMME)


def test_a_refused_junction_without_a_stage_is_sent_nothing() -> None:
    commands, alarms = Desk().meet().ask(9, 1)
    assert set(commands) == {"J2"}
    assert len(alarms) == 1


def test_a_stage_of_conflicting_groups_is_never_asked_for() -> None:
    commands, alarms = Desk(mixed_stage(), small_junction()).meet().ask(3)
    assert said(alarms) == [("J1", Reason.INTERLOCK_CONFLICT, False, 3)]
    assert commands == {}


def test_the_first_rule_that_objects_gives_the_reason() -> None:
    desk = Desk(mixed_stage(), small_junction()).meet(min_green_left_s=5.0)
    assert desk.ask(3)[1][0].code is Reason.INTERLOCK_CONFLICT  # and the minimum of K0 has not run either


def short_of_clearance() -> Junction:
    """Three stages whose intergreens are shorter than the ambers before them."""
    junction = three_stage_junction("J1")
    matrix = tuple(tuple(None if s is None else 1.0 for s in row) for row in junction.intergreen_s)
    return replace(junction, intergreen_s=matrix)


def mixed_stage() -> Junction:
    """Its third stage lights two groups that conflict."""
    junction = three_stage_junction("J1")
    return replace(junction, stages=(*junction.stages[:2], Stage("C", ("K2", "K3"))))


@pytest.mark.parametrize(
    ("junction", "stage", "run_s", "objection"),
    [
        (three_stage_junction("J1"), 9, 100.0, Reason.INTERLOCK_UNKNOWN_STAGE),
        (mixed_stage(), 3, 100.0, Reason.INTERLOCK_CONFLICT),
        (three_stage_junction("J1"), 2, 1.0, Reason.INTERLOCK_MINIMUM),
        (short_of_clearance(), 2, 100.0, Reason.INTERLOCK_INTERGREEN),
    ],
)
def test_what_is_wrong_at_one_junction_stops_no_other(
    junction: Junction, stage: int, run_s: float, objection: Reason
) -> None:
    """Each rule looks at each junction alone; the second one changes its stage in the same second."""
    desk = Desk(junction, small_junction()).meet(second=1)
    desk.hear(desk.report(0, 0), seen_s=99.0)
    desk.hear(desk.report(0, 1), seen_s=100.0)
    commands, alarms = desk.ask(stage, 2, now_s=100.0 + run_s)
    assert said(alarms) == [("J1", objection, False, stage)]
    assert {name: command.stage for name, command in commands.items()} == {"J2": 2}


# The minimum (S3).


@pytest.mark.parametrize(("now_s", "passes"), [(104.9, False), (105.0, True), (105.1, True)])
def test_a_green_ends_when_its_minimum_has_run_and_not_before(now_s: float, passes: bool) -> None:
    desk = Desk().meet(first=0)
    desk.hear(desk.report(0, 1), seen_s=100.0)
    commands, alarms = desk.ask(2, now_s=now_s)
    assert ("J1" in commands, alarms == []) == (passes, passes)
    assert passes or alarms[0].code is Reason.INTERLOCK_MINIMUM


def test_a_green_is_as_old_as_its_first_report_whatever_comes_after() -> None:
    desk = Desk().meet(first=0)
    for seen_s in (100.0, 101.0, 102.0):
        desk.hear(desk.report(0, 1, min_green_left_s=99.0), seen_s=seen_s)
    assert desk.ask(2, now_s=104.9)[1][0].code is Reason.INTERLOCK_MINIMUM
    assert desk.ask(2, now_s=105.0)[0]["J1"].stage == 2


def test_a_green_that_went_and_came_again_is_young_again() -> None:
    desk = Desk().meet(first=1)
    desk.hear(desk.report(0, 0), seen_s=150.0)
    desk.hear(desk.report(0, 1), seen_s=152.0)
    assert desk.ask(2, now_s=156.9)[1][0].code is Reason.INTERLOCK_MINIMUM
    assert desk.ask(2, now_s=157.0)[0]["J1"].stage == 2


@pytest.mark.parametrize(("left_s", "at_s"), [(2.0, 102.0), (0.0, 100.0), (99.0, 105.0), (float("inf"), 105.0)])
def test_met_in_mid_green_what_the_cabinet_says_has_run_counts(left_s: float, at_s: float) -> None:
    """The cabinet tells what is left of a minimum of 5 s; where it does not, none has run."""
    for now_s, passes in ((at_s - 0.1, False), (at_s, True)):
        desk = Desk()
        desk.hear(desk.report(0, 1, min_green_left_s=left_s), seen_s=100.0)
        assert ("J1" in desk.ask(2, now_s=now_s)[0]) is passes


def test_before_a_cabinet_has_spoken_every_group_may_just_have_turned_green() -> None:
    desk = Desk()
    assert desk.ask(1, now_s=4.9)[1][0].code is Reason.INTERLOCK_MINIMUM


def test_a_green_that_goes_on_needs_no_minimum() -> None:
    junction = three_stage_junction("J1")
    wider = replace(junction, stages=(Stage("A", ("K0",)), Stage("B", ("K0", "K1")), Stage("C", ("K3",))))
    desk = Desk(wider, small_junction())
    desk.hear(desk.report(0, (G, R, R, R), active_stage=1, min_green_left_s=5.0))
    assert desk.ask(2)[0]["J1"].stage == 2


# The intergreen (S2).


@pytest.mark.parametrize(
    ("intergreen_s", "red_amber_s", "ending", "passes"),
    [(3.0, 0.0, 1, True), (2.9, 0.0, 1, False), (4.0, 1.0, 1, True), (3.9, 1.0, 1, False),
     (3.9, 0.0, 2, False), (4.0, 0.0, 2, True)],
)  # fmt: skip
def test_an_intergreen_that_does_not_cover_closing_and_red_amber_is_none(
    intergreen_s: float, red_amber_s: float, ending: int, passes: bool
) -> None:
    """Amber of the ending group (3 s of K0, 4 s of K1) and red-amber of the starting one."""
    desk = Desk(three_stage_junction("J1"), small_junction(intergreen_s, red_amber_s)).meet(second=ending)
    commands, alarms = desk.ask(0, 3 - ending)
    assert ("J2" in commands) is passes
    assert passes or alarms[0].code is Reason.INTERLOCK_INTERGREEN


@pytest.mark.parametrize(("aspect", "passes"), [(A, False), (U, False), (F, False), (R, True), (Aspect.DARK, True)])
def test_who_still_closes_or_is_about_to_start_counts_as_ending(aspect: Aspect, passes: bool) -> None:
    desk = Desk(three_stage_junction("J1"), small_junction(2.0)).meet()
    desk.hear(desk.report(1, (aspect, R)))
    commands, _ = desk.ask(0, 2)
    assert ("J2" in commands) is passes


def test_who_is_green_already_does_not_start_again() -> None:
    """A short intergreen hurts nobody whose green only goes on."""
    desk = Desk(three_stage_junction("J1"), small_junction(2.0)).meet()
    desk.hear(desk.report(1, (A, G)))
    assert desk.ask(0, 2)[0]["J2"].stage == 2


# What cabinets show (F43).


@pytest.mark.parametrize("mode", CabinetMode)
def test_conflicting_right_of_way_is_alarmed_in_every_mode_that_serves_traffic(mode: CabinetMode) -> None:
    serving = {
        CabinetMode.REMOTE,
        CabinetMode.LOCAL_COORDINATED,
        CabinetMode.LOCAL_ISOLATED,
        CabinetMode.MANUAL,
    }
    desk = Desk()
    alarms = desk.hear(desk.report(0, (G, R, A, R), mode=mode), desk.report(1, 1, mode=mode))
    assert [(a.junction, a.code, a.cleared, a.because) for a in alarms] == (
        [("J1", Reason.INTERLOCK_CONFLICT, False, (("seen", "cabinet"),))] if mode in serving else []
    )


def test_it_is_alarmed_when_it_begins_and_when_it_ends_and_only_where_it_is() -> None:
    desk = Desk().meet()
    wrong = desk.report(1, (G, U))
    assert [(a.junction, a.cleared) for a in desk.hear(wrong)] == [("J2", False)]
    assert desk.hear(wrong) == []
    assert desk.hear() == []
    assert [(a.junction, a.cleared) for a in desk.hear(desk.report(0, 2), desk.report(1, 2))] == [("J2", True)]
    assert desk.hear(desk.report(0, (G, G, R, R))) == []  # K0 and K1 belong together


def test_of_two_reports_of_a_cabinet_the_newer_one_counts() -> None:
    desk = Desk().meet()
    assert desk.hear(desk.report(1, (G, A)), desk.report(1, 2)) == []
    assert desk.ask(0, 1, now_s=110.0)[0]["J2"].expected_stage == 2
