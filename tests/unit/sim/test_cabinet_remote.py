"""What a cabinet says of each kind of command, and in whose name it remembers it: reason, outcome, author."""

import pytest

from controller.events import CabinetMode, CommandKind
from field_io.registers import CommandState, FaultBit, ModeReason, ResultCode
from sim.cabinet.local_plan import position_ds, stage_at
from tests.cabinets import in_remote

KIND, MODE, STATE = CommandKind, CabinetMode, CommandState


@pytest.mark.parametrize(
    ("kind", "mode", "reason", "state"),
    [
        (KIND.RUN_LOCAL_PLAN, MODE.LOCAL_COORDINATED, ModeReason.LOCAL_PLAN_REQUESTED, STATE.DONE),
        (KIND.RELEASE, MODE.LOCAL_COORDINATED, ModeReason.RELEASED, STATE.NONE),
        (KIND.REQUEST_ALL_RED, MODE.ALL_RED_HOLD, ModeReason.ALL_RED_REQUESTED, STATE.IN_INTERSTAGE),
        (KIND.REQUEST_FLASH, MODE.FLASH_AMBER, ModeReason.FLASH_REQUESTED, STATE.DONE),
    ],
)
def test_each_kind_says_what_it_did_and_a_later_block_knows_that_it_was_the_owner(
    kind: CommandKind, mode: CabinetMode, reason: ModeReason, state: CommandState
) -> None:
    cabinet, centre = in_remote()
    cabinet.advance(cabinet.now_ds + 1)
    before_ds = cabinet.now_ds - 1
    assert centre.say(kind) is ResultCode.ACCEPTED
    status = cabinet.status
    assert (status.mode, status.mode_reason, status.command_state) == (mode, reason, state)
    trail = cabinet._operation.trail
    if mode is not CabinetMode.LOCAL_COORDINATED:  # there the local plan, nobody from afar, moves the stages
        assert not trail.others_decided_since(before_ds, centre.epoch)
    assert trail.others_decided_since(before_ds, centre.epoch + 1)


def test_all_red_wants_no_stage() -> None:
    cabinet, centre = in_remote()
    centre.say(CommandKind.REQUEST_ALL_RED)
    assert cabinet.wanted_stage == 0


def test_a_take_over_leaves_the_stage_that_runs_and_wishes_no_longer_green() -> None:
    cabinet, centre = in_remote()
    centre.say(CommandKind.RUN_LOCAL_PLAN)
    cabinet.advance(cabinet.now_ds + 1)
    stage, before_ds = cabinet.wanted_stage, cabinet.now_ds - 1
    left_ds = cabinet.status.min_green_left_ds
    assert centre.say(CommandKind.TAKE_OVER) is ResultCode.ACCEPTED
    assert (cabinet.mode, cabinet.wanted_stage) == (CabinetMode.REMOTE, stage)
    assert cabinet.status.min_green_left_ds == left_ds
    assert not cabinet._operation.trail.others_decided_since(before_ds, centre.epoch)


def test_who_comes_from_the_local_plan_is_told_to_have_taken_the_lease() -> None:
    cabinet, centre = in_remote()
    centre.say(CommandKind.RUN_LOCAL_PLAN)
    assert centre.request(1) is ResultCode.ACCEPTED
    assert (cabinet.mode, cabinet.mode_reason) == (CabinetMode.REMOTE, ModeReason.LEASE_TAKEN)


def test_a_lease_is_cut_to_whole_scans() -> None:
    cabinet, centre = in_remote()
    centre.say(CommandKind.RENEW, lease_ms=9_950)
    assert cabinet.orders.lease_end_ds == cabinet.now_ds + 99


@pytest.mark.parametrize("kind", [CommandKind.RUN_LOCAL_PLAN, CommandKind.RELEASE])
def test_who_gives_it_back_to_a_plan_that_shows_the_same_stage_has_decided_that_himself(kind: CommandKind) -> None:
    cabinet, centre = in_remote()
    operation = cabinet._operation
    plan = cabinet.config.local_plan
    while stage_at(plan, position_ds(plan, operation.clock, cabinet.now_ds)) != cabinet.wanted_stage:
        centre.renew_until(cabinet.now_ds + 10)
    before_ds = cabinet.now_ds - 1
    centre.say(kind)
    assert cabinet.mode is CabinetMode.LOCAL_COORDINATED
    assert not operation.trail.others_decided_since(before_ds, centre.epoch)


@pytest.mark.parametrize(
    ("seconds", "ms", "differ"), [(-5, 1, False), (4, 999, False), (-6, 1000, False), (-6, 999, True), (5, 1, True)]
)
def test_clocks_may_differ_by_five_seconds_to_the_millisecond(seconds: int, ms: int, differ: bool) -> None:
    cabinet, centre = in_remote()
    unix_s = cabinet._unix_at_zero_s + cabinet.now_ds / 10
    assert unix_s == int(unix_s)
    centre.say(CommandKind.RENEW, issued_unix_s=int(unix_s) + seconds, issued_ms=ms)
    assert bool(cabinet.status.active_faults & FaultBit.CLOCK) is differ


def test_only_a_wish_beyond_the_stages_own_minimum_is_kept() -> None:
    """A shorter one would do nothing but put off the moment at which a stage that does not come is a failure."""
    for more_ds, kept in ((-10, False), (0, False), (1, True)):
        cabinet, centre = in_remote()
        groups, own_ds = cabinet._operation.groups, cabinet.config.stage_min_green_ds(2)
        assert centre.say(CommandKind.REQUEST_STAGE, stage=2, min_green_ds=own_ds + more_ds) is ResultCode.ACCEPTED
        assert any(groups.wished_min_ds) is kept
