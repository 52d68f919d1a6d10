"""Who owns a cabinet, for how long, and what happens when the lease, the owner's patience or the cabinet's ends?"""

import pytest

from controller.events import CabinetMode, CommandKind
from controller.model import Aspect
from field_io.registers import CommandState, FaultBit, ModeReason, ResultCode
from sim.cabinet.ownership import Ownership
from tests.cabinets import Centre, crossroads, in_local, in_remote, mode_of

R = ResultCode
GREEN, AMBER, RED, CLEARING = Aspect.GREEN, Aspect.AMBER, Aspect.RED, Aspect.FLASHING_GREEN


def test_at_the_end_of_the_lease_the_local_plan_takes_over_at_a_safe_point() -> None:
    cabinet, centre = in_remote()  # stage 1; local plan: stage 2 from 900, stage 1 from 1200
    centre.request(2, lease_ms=10_000)
    cabinet.advance(1099)
    assert (cabinet.mode, cabinet.status.lease_left_ds) == (CabinetMode.REMOTE, 1)
    cabinet.advance(1100)
    status = cabinet.status
    assert (status.mode, status.mode_reason) == (CabinetMode.LOCAL_COORDINATED, ModeReason.LEASE_ENDED)
    assert (status.owner_epoch, status.lease_left_ds, status.command_state) == (0, 0, CommandState.EXPIRED)
    cabinet.advance(1199)
    assert cabinet.aspects == (RED, RED, GREEN)  # the plan's stage at this place of its cycle
    cabinet.advance(1260)
    assert cabinet.aspects == (GREEN, GREEN, RED)


def test_a_lease_that_ends_in_mid_minimum_lets_it_run() -> None:
    cabinet, centre = in_remote()
    centre.request(2)
    centre.renew_until(1170)
    centre.request(1, lease_ms=3000)  # K2 amber 1170, red 1200, K1 green at 1220, F1 at 1230
    cabinet.advance(1199)
    centre.say(CommandKind.RENEW, lease_ms=3000)
    cabinet.advance(1229)  # lease ends, and the local plan wants stage 1 as well until 1500
    assert mode_of(cabinet) is CabinetMode.LOCAL_COORDINATED
    assert cabinet.aspects == (GREEN, RED, RED)


def test_a_run_that_begins_in_remote_has_a_full_lease_that_nobody_owns_yet() -> None:
    cabinet = in_local()
    cabinet.begin_in_remote(600)
    assert (cabinet.mode, cabinet.status.owner_epoch, cabinet.status.lease_left_ds) == (CabinetMode.REMOTE, 0, 300)
    cabinet.advance(899)
    assert mode_of(cabinet) is CabinetMode.REMOTE
    cabinet.advance(900)
    assert (cabinet.mode, cabinet.mode_reason) == (CabinetMode.LOCAL_COORDINATED, ModeReason.LEASE_ENDED)
    assert cabinet.status.active_faults == 0  # nobody owned it, so nobody has fallen silent


def test_the_first_who_is_accepted_owns_a_run_that_began_in_remote() -> None:
    cabinet = in_local()
    cabinet.begin_in_remote(600)
    assert Centre(cabinet).say(CommandKind.RENEW, lease_ms=5000) is R.ACCEPTED
    assert (cabinet.status.owner_epoch, cabinet.status.lease_left_ds) == (17, 50)


def test_each_renewal_starts_the_lease_anew() -> None:
    cabinet, centre = in_remote()
    for now_ds in range(1005, 2000, 29):
        cabinet.advance(now_ds)
        assert centre.say(CommandKind.RENEW, lease_ms=3000) is R.ACCEPTED
        assert cabinet.status.lease_left_ds == 30
    assert mode_of(cabinet) is CabinetMode.REMOTE


def test_a_renewal_for_a_shorter_time_ends_sooner_than_the_lease_before_it() -> None:
    cabinet, centre = in_remote()  # until 1100
    assert centre.say(CommandKind.RENEW, lease_ms=3000) is R.ACCEPTED
    assert cabinet.next_scan_ds <= 1030
    cabinet.advance(1029)
    assert mode_of(cabinet) is CabinetMode.REMOTE
    cabinet.advance(1030)
    assert (mode_of(cabinet), cabinet.mode_reason) == (CabinetMode.LOCAL_COORDINATED, ModeReason.LEASE_ENDED)


def test_a_renewal_moves_no_lamp_and_lets_go_on_what_was_asked_for() -> None:
    cabinet, centre = in_remote()
    twin, other = in_remote()
    at_first = cabinet.aspects
    for asker in (centre, other):
        asker.request(2)
    for now_ds in range(1001, 1099):  # one is renewed at every scan, the other never
        for each in (cabinet, twin):
            each.advance(now_ds)
        assert centre.say(CommandKind.RENEW) is R.ACCEPTED
        assert (cabinet.aspects, cabinet.active_stage) == (twin.aspects, twin.active_stage)
    assert cabinet.aspects != at_first


def test_a_release_goes_local_at_once_and_frees_the_cabinet() -> None:
    cabinet, centre = in_remote()
    assert centre.say(CommandKind.RELEASE) is R.ACCEPTED
    assert (cabinet.mode, cabinet.mode_reason) == (CabinetMode.LOCAL_COORDINATED, ModeReason.RELEASED)
    assert Centre(cabinet, epoch=18).request(2) is R.ACCEPTED


@pytest.mark.parametrize("kind", [CommandKind.RENEW, CommandKind.RELEASE])
def test_what_nobody_owns_is_neither_renewed_nor_released(kind: CommandKind) -> None:
    assert Centre(in_local()).say(kind) is R.NOT_OWNER


def test_a_higher_epoch_takes_over_at_once_and_the_running_stage_stands() -> None:
    cabinet, centre = in_remote()
    centre.request(2)
    cabinet.advance(1020)
    rival = Centre(cabinet, epoch=18)
    assert rival.request(1) is R.NOT_OWNER
    assert rival.say(CommandKind.TAKE_OVER, lease_ms=20_000) is R.ACCEPTED
    status = cabinet.status
    assert (status.mode, status.owner_epoch, status.next_stage) == (CabinetMode.REMOTE, 18, 2)
    assert status.lease_left_ds == 200
    assert cabinet.aspects == (AMBER, CLEARING, RED)
    assert centre.say(CommandKind.RENEW) is R.STALE_EPOCH


def test_a_lower_epoch_cannot_take_over() -> None:
    cabinet, _ = in_remote()
    assert Centre(cabinet, epoch=16).say(CommandKind.TAKE_OVER) is R.STALE_EPOCH


def test_after_a_take_over_the_older_epoch_is_fenced_for_a_minute_though_nobody_owns() -> None:
    cabinet, centre = in_remote()
    rival = Centre(cabinet, epoch=18)
    assert rival.say(CommandKind.TAKE_OVER) is R.ACCEPTED
    assert rival.say(CommandKind.RELEASE) is R.ACCEPTED
    cabinet.advance(1599)
    assert centre.request(1) is R.STALE_EPOCH
    cabinet.advance(1600)
    assert centre.request(1) is R.ACCEPTED


def test_one_take_over_a_minute() -> None:
    cabinet, _ = in_remote()
    assert Centre(cabinet, epoch=18).say(CommandKind.TAKE_OVER, lease_ms=30_000) is R.ACCEPTED
    cabinet.advance(1200)
    third = Centre(cabinet, epoch=19)
    assert third.say(CommandKind.TAKE_OVER) is R.RATE_LIMIT
    owner = Centre(cabinet, epoch=18)
    owner.sequence = 100
    for now_ds in (1250, 1500, 1599):
        cabinet.advance(now_ds)
        assert owner.say(CommandKind.RENEW, lease_ms=30_000) is R.ACCEPTED
    assert third.say(CommandKind.TAKE_OVER) is R.RATE_LIMIT
    cabinet.advance(1600)
    assert third.say(CommandKind.TAKE_OVER) is R.ACCEPTED


def test_taking_what_nobody_owns_is_no_take_over() -> None:
    cabinet = in_local()
    assert Centre(cabinet, epoch=18).say(CommandKind.TAKE_OVER) is R.ACCEPTED
    assert (cabinet.mode, cabinet.status.owner_epoch) == (CabinetMode.REMOTE, 18)
    assert Centre(cabinet, epoch=19).say(CommandKind.TAKE_OVER) is R.ACCEPTED


def test_one_is_the_first_epoch_and_zero_is_none() -> None:
    assert Centre(in_local(), epoch=0).request(1) is R.STALE_EPOCH
    assert Centre(in_local(), epoch=1).request(1) is R.ACCEPTED


def test_a_lease_that_is_over_has_nothing_left() -> None:
    ownership = Ownership()
    assert ownership.lease_left_ds(0) == 0
    ownership.grant(1, 1, 0, now_ds=100, lease_ds=30)
    assert [ownership.lease_left_ds(at_ds) for at_ds in (100, 129, 130, 131)] == [30, 1, 0, 0]


def test_a_forgotten_epoch_stays_out() -> None:
    cabinet = in_local()
    for epoch in range(20, 30):
        centre = Centre(cabinet, epoch=epoch)
        assert centre.request(1) is R.ACCEPTED
        assert centre.say(CommandKind.RELEASE) is R.ACCEPTED
    assert Centre(cabinet, epoch=21).request(1) is R.STALE_EPOCH
    assert Centre(cabinet, epoch=22).request(1) is R.OLD_SEQUENCE


def test_a_request_that_holds_too_long_ends_remote_control() -> None:
    cabinet, centre = in_remote(crossroads(stuck_request_ds=600))  # stage 1 was asked for at 800
    centre.renew_until(1390)
    assert cabinet.status.request_held_ds == 590
    cabinet.advance(1400)
    status = cabinet.status
    assert (status.mode, status.mode_reason) == (CabinetMode.LOCAL_COORDINATED, ModeReason.STUCK_REQUEST)
    assert (status.owner_epoch, status.active_faults) == (0, FaultBit.STUCK_REQUEST)
    assert (status.command_state, status.fault_count) == (CommandState.SUPERSEDED, 1)
    assert centre.request(2) is R.MODE  # the local lock
    cabinet.advance(2000)
    assert not cabinet.status.active_faults
    assert centre.request(2) is R.ACCEPTED


def test_another_stage_resets_the_watchdog_and_the_same_one_does_not() -> None:
    cabinet, centre = in_remote(crossroads(stuck_request_ds=600))
    centre.renew_until(1200)
    assert centre.request(1) is R.ACCEPTED
    assert cabinet.status.request_held_ds == 400
    assert centre.request(2) is R.ACCEPTED
    assert cabinet.status.request_held_ds == 0


def test_an_early_request_waits_for_the_minimums_and_says_so() -> None:
    cabinet, centre = in_remote()
    centre.request(2)
    centre.renew_until(1110)  # K2 has just turned green
    assert cabinet.status.command_state == CommandState.DONE
    centre.request(1)
    assert (cabinet.status.command_state, cabinet.status.min_green_left_ds) == (CommandState.WAITING_MIN_GREEN, 50)
    assert (cabinet.active_stage, cabinet.status.next_stage) == (2, 1)
    centre.renew_until(1160)
    assert (cabinet.status.command_state, cabinet.active_stage) == (CommandState.IN_INTERSTAGE, 0)
    assert cabinet.aspects == (RED, RED, AMBER)
    assert cabinet.status.interstage_left_ds == 60  # the intergreen to F1


def test_a_wish_for_a_longer_minimum_is_kept_and_a_shorter_one_is_not() -> None:
    for wish_ds, end_ds in ((0, 1160), (10, 1160), (50, 1160), (120, 1230), (5000, 1410)):
        cabinet, centre = in_remote()
        centre.request(2, min_green_ds=wish_ds)
        centre.renew_until(1110)
        centre.request(1)
        centre.renew_until(end_ds - 1)
        assert cabinet.aspects[2] is GREEN
        centre.renew_until(end_ds)
        assert cabinet.aspects[2] is AMBER


def test_all_red_lets_every_green_end_by_its_rules() -> None:
    cabinet, centre = in_remote()
    assert centre.say(CommandKind.REQUEST_ALL_RED) is R.ACCEPTED
    assert mode_of(cabinet) is CabinetMode.ALL_RED_HOLD
    assert cabinet.aspects == (AMBER, CLEARING, RED)
    centre.renew_until(1080)
    assert cabinet.aspects == (RED, RED, RED)
    assert cabinet.status.command_state == CommandState.DONE
    assert centre.request(2) is R.ACCEPTED
    assert mode_of(cabinet) is CabinetMode.REMOTE
    centre.renew_until(1110)
    assert cabinet.aspects == (RED, RED, GREEN)


def test_flash_asked_for_lasts_as_long_as_its_lease_and_its_minimum() -> None:
    cabinet, centre = in_remote()
    assert centre.say(CommandKind.REQUEST_FLASH, lease_ms=10_000) is R.ACCEPTED
    assert cabinet.aspects == (Aspect.FLASHING_AMBER, Aspect.DARK, Aspect.FLASHING_AMBER)
    assert centre.request(1) is R.MODE
    cabinet.advance(1050)
    assert centre.say(CommandKind.RENEW) is R.ACCEPTED
    cabinet.advance(1149)
    assert mode_of(cabinet) is CabinetMode.FLASH_AMBER
    cabinet.advance(1150)
    assert (cabinet.mode, cabinet.mode_reason) == (CabinetMode.START_UP, ModeReason.MINIMUM_FLASH_ENDED)
    assert cabinet.aspects == (AMBER, RED, AMBER)


def test_a_released_flash_runs_its_minimum() -> None:
    cabinet, centre = in_remote()
    centre.say(CommandKind.REQUEST_FLASH)
    cabinet.advance(1010)
    assert centre.say(CommandKind.RELEASE) is R.ACCEPTED
    cabinet.advance(1079)
    assert mode_of(cabinet) is CabinetMode.FLASH_AMBER
    assert Centre(cabinet, epoch=18).say(CommandKind.REQUEST_FLASH) is R.MODE
    cabinet.advance(1080)
    assert mode_of(cabinet) is CabinetMode.START_UP
