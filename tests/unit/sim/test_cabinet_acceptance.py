"""Does each check of TSC-MB/1.0 4.4 answer with its code, in the order of the table, and change nothing?"""

from typing import Any

import pytest

from controller.events import CabinetMode, CommandKind
from controller.model import Aspect
from field_io.registers import ANY_STAGE, CommandState, FaultBit, ResultCode, encode_command
from sim.cabinet.acceptance import CHECKS
from tests.cabinets import KEY, Centre, crossroads, in_local, in_remote, mode_of, start, without_echo

R = ResultCode
ANY_KIND = list(CommandKind)


def test_the_checks_stand_in_the_order_of_the_table() -> None:
    codes = [code for code, _ in CHECKS if code is not R.DUPLICATE]
    assert codes == sorted(codes)
    assert set(codes) == {code for code in R if code >= R.VERSION}


@pytest.mark.parametrize(
    ("code", "wrong"),
    [
        (R.VERSION, {"map_version": 0x0200}),
        (R.CABINET_ID, {"cabinet_id": 1043}),
        (R.BOOT_ID, {"boot_id_low": 1}),
        (R.SAFETY_HASH, {"safety_hash": 1}),
        (R.STALE_EPOCH, {"epoch": 16}),
        (R.STALE_EPOCH, {"epoch": 0}),
        (R.NOT_OWNER, {"epoch": 18}),
        (R.OLD_SEQUENCE, {"sequence": 1}),
        (R.STALE_BASIS, {"basis_snapshot": 979}),
        (R.STALE_BASIS, {"basis_snapshot": 1001}),
        (R.LEASE_RANGE, {"lease_ms": 0}),
        (R.LEASE_RANGE, {"lease_ms": 2999}),
        (R.LEASE_RANGE, {"lease_ms": 30_001}),
        (R.PRECONDITION, {"expected_stage": 2}),
        (R.PRECONDITION, {"expected_stage": 0}),
        (R.PRECONDITION, {"expected_stage": ANY_STAGE}),
        (R.PRECONDITION, {"expected_mode": CabinetMode.LOCAL_COORDINATED}),
        (R.UNKNOWN_STAGE, {"stage": 0}),
        (R.UNKNOWN_STAGE, {"stage": 4}),
    ],
)
def test_a_wrong_field_has_its_code_and_no_effect(code: ResultCode, wrong: dict[str, Any]) -> None:
    cabinet, centre = in_remote()
    before = cabinet.status
    assert centre.request(**{"stage": 2, **wrong}) is code
    after = cabinet.status
    assert after.command_state == CommandState.REFUSED
    assert after.refused_blocks == before.refused_blocks + 1
    assert without_echo(after) == without_echo(before)
    cabinet.advance(1030)
    assert cabinet.aspects == (Aspect.GREEN, Aspect.GREEN, Aspect.RED)


def test_a_minor_version_is_no_other_version() -> None:
    assert in_remote()[1].request(2, map_version=0x0101) is R.ACCEPTED


def test_a_shorter_limit_of_the_cabinet_limits_the_lease() -> None:
    cabinet = in_local(crossroads(lease_max_ds=80))
    assert Centre(cabinet).request(1, lease_ms=8001) is R.LEASE_RANGE
    assert Centre(cabinet).request(1, lease_ms=8000) is R.ACCEPTED


def test_a_duplicate_is_acknowledged_and_renews_nothing() -> None:
    cabinet, centre = in_remote()
    centre.say(CommandKind.RENEW)
    cabinet.advance(1030)
    assert cabinet.write_holding(0, centre.words) == 0
    status = cabinet.status
    assert (status.result, status.lease_left_ds, status.refused_blocks) == (R.DUPLICATE, 70, 0)
    assert status.command_state == CommandState.DONE


def test_a_repeated_release_is_a_duplicate_although_nobody_owns_any_more() -> None:
    cabinet, centre = in_remote()
    assert centre.say(CommandKind.RELEASE) is R.ACCEPTED
    assert cabinet.write_holding(0, centre.words) == 0
    assert cabinet.status.result == R.DUPLICATE


def test_the_same_sequence_with_another_content_is_refused() -> None:
    cabinet, centre = in_remote()
    assert centre.request(1) is R.ACCEPTED
    assert centre.request(2, sequence=cabinet.status.accepted_sequence) is R.SAME_SEQUENCE


def test_a_basis_of_twenty_scans_is_fresh_and_of_one_more_is_stale() -> None:
    cabinet, centre = in_remote()
    assert centre.request(2, basis_snapshot=cabinet.snapshot - 20) is R.ACCEPTED
    assert centre.request(2, basis_snapshot=cabinet.snapshot - 21) is R.STALE_BASIS


def test_the_snapshot_number_wraps() -> None:
    cabinet = start()
    cabinet.advance(65_535)
    centre = Centre(cabinet)
    old = centre.block(CommandKind.REQUEST_STAGE, stage=1)
    assert old.basis_snapshot == 65_535
    cabinet.advance(65_538)
    assert cabinet.snapshot == 2
    assert centre.send(old) is R.ACCEPTED


def test_a_basis_before_the_last_start_is_stale() -> None:
    cabinet = in_local()
    cabinet.begin_in_remote(600)
    cabinet.power_cycle()
    cabinet.advance(610)
    assert Centre(cabinet).request(1, basis_snapshot=65_535) is R.STALE_BASIS


@pytest.mark.parametrize("kind", ANY_KIND)
def test_in_start_up_and_manual_everything_is_refused(kind: CommandKind) -> None:
    booting = start()
    cabinet, centre = in_remote()
    cabinet.set_manual(on=True)
    expected = R.NOT_OWNER if kind in {CommandKind.RENEW, CommandKind.RELEASE} else R.MODE
    assert Centre(booting).say(kind, stage=1) is expected
    assert centre.say(kind, stage=1) is expected
    assert (booting.mode, cabinet.mode) == (CabinetMode.START_UP, CabinetMode.MANUAL)


@pytest.mark.parametrize("kind", ANY_KIND)
def test_under_a_latched_fault_everything_is_refused(kind: CommandKind) -> None:
    cabinet, centre = in_remote()
    cabinet.raise_fault(FaultBit.CONFLICT, latched=True)
    expected = R.NOT_OWNER if kind in {CommandKind.RENEW, CommandKind.RELEASE} else R.LATCHED_FAULT
    assert centre.say(kind, stage=1) is expected
    assert mode_of(cabinet) is CabinetMode.LATCHED_FAULT


def test_a_prohibited_move_is_refused() -> None:
    _, centre = in_remote(crossroads(prohibited_moves=frozenset({(1, 3)})))
    assert centre.request(3) is R.MOVEMENT_NOT_ALLOWED
    assert centre.request(2) is R.ACCEPTED


def test_a_hold_holds_what_shows_and_nothing_else() -> None:
    cabinet, centre = in_remote()
    assert centre.say(CommandKind.HOLD_STAGE, stage=2) is R.MOVEMENT_NOT_ALLOWED
    assert centre.say(CommandKind.HOLD_STAGE, stage=1) is R.ACCEPTED
    assert cabinet.active_stage == 1


def test_while_the_minimum_runs_both_what_shows_and_what_is_on_its_way_may_be_held() -> None:
    cabinet, centre = in_remote(crossroads(prohibited_moves=frozenset({(2, 3)})))
    centre.request(2)
    centre.renew_until(1110)  # K2 has just turned green
    assert centre.request(1) is R.ACCEPTED
    assert (cabinet.active_stage, cabinet.status.next_stage) == (2, 1)
    assert centre.request(3) is R.MOVEMENT_NOT_ALLOWED  # from what shows, although something else is on its way
    assert centre.say(CommandKind.HOLD_STAGE, stage=3) is R.MOVEMENT_NOT_ALLOWED
    assert centre.say(CommandKind.HOLD_STAGE, stage=1) is R.ACCEPTED
    assert centre.say(CommandKind.HOLD_STAGE, stage=2) is R.ACCEPTED
    centre.renew_until(1200)
    assert cabinet.active_stage == 2


def test_in_an_interstage_only_what_is_on_its_way_may_be_held() -> None:
    cabinet, centre = in_remote()
    centre.request(2)
    cabinet.advance(1020)
    assert cabinet.active_stage == 0
    assert centre.say(CommandKind.HOLD_STAGE, stage=1) is R.MOVEMENT_NOT_ALLOWED
    assert centre.say(CommandKind.HOLD_STAGE, stage=2) is R.ACCEPTED


def test_an_unknown_local_plan_is_refused() -> None:
    cabinet, centre = in_remote()
    assert centre.say(CommandKind.RUN_LOCAL_PLAN, plan=2) is R.UNKNOWN_STAGE
    assert centre.say(CommandKind.RUN_LOCAL_PLAN, plan=1) is R.ACCEPTED
    assert (cabinet.mode, cabinet.status.owner_epoch) == (CabinetMode.LOCAL_COORDINATED, 17)


# The precondition is judged at the snapshot that the block was based on (docs/explanation/decisions/0001).


def test_an_interstage_of_ones_own_may_begin_and_end_meanwhile() -> None:
    cabinet, centre = in_remote()
    assert centre.request(2) is R.ACCEPTED  # interstage until 1110
    cabinet.advance(1010)
    assert centre.request(2, expected_stage=1, basis_snapshot=cabinet.snapshot - 11) is R.ACCEPTED
    centre.renew_until(1100)
    based = centre.block(CommandKind.REQUEST_STAGE, stage=1)
    assert based.expected_stage == 0
    cabinet.advance(1115)
    assert cabinet.active_stage == 2
    assert centre.send(based) is R.ACCEPTED


def test_a_change_by_the_local_plan_meanwhile_refuses_the_block() -> None:
    cabinet = in_local()
    cabinet.advance(895)
    centre = Centre(cabinet)
    based = centre.block(CommandKind.REQUEST_STAGE, stage=1)
    cabinet.advance(905)  # stage 2 is wanted since 900
    assert centre.send(based) is R.PRECONDITION
    assert centre.request(1) is R.ACCEPTED


def test_a_change_by_another_owner_meanwhile_refuses_the_block() -> None:
    cabinet, centre = in_remote()
    rival = Centre(cabinet, epoch=18)
    based = rival.block(CommandKind.TAKE_OVER)
    cabinet.advance(1005)
    assert centre.request(2) is R.ACCEPTED
    assert rival.send(based) is R.PRECONDITION


# What fails the form is a Modbus exception, and changes nothing but a counter.


def test_a_wrong_key_counts_as_a_failed_authentication() -> None:
    cabinet, centre = in_remote()
    block = centre.block(CommandKind.REQUEST_STAGE, stage=2)
    assert cabinet.write_holding(0, encode_command(block, bytes(32))) == 3
    assert cabinet.write_holding(0, encode_command(block, None)) == 3
    assert cabinet.status.authentication_failures == 2
    assert cabinet.status.received_sequence == block.sequence - 1


def test_without_a_key_the_hmac_is_not_read() -> None:
    cabinet = start(key=None)
    cabinet.advance(600)
    assert Centre(cabinet).send(Centre(cabinet).block(CommandKind.REQUEST_STAGE, stage=1), key=None) is R.ACCEPTED
    assert not cabinet.identity.capabilities & 1


@pytest.mark.parametrize("word", range(40))
def test_every_flipped_word_is_an_exception(word: int) -> None:
    cabinet, centre = in_remote()
    words = list(encode_command(centre.block(CommandKind.REQUEST_STAGE, stage=2), KEY))
    words[word] ^= 0x0400
    assert cabinet.write_holding(0, words) == 3
    assert cabinet.status.non_conforming_writes == 1


@pytest.mark.parametrize(("address", "length"), [(0, 39), (0, 41), (1, 40), (1000, 40), (0, 0), (100, 1)])
def test_anything_but_forty_words_at_zero_is_an_illegal_address(address: int, length: int) -> None:
    cabinet = in_local()
    assert cabinet.write_holding(address, [0] * length) == 2
    assert cabinet.status.non_conforming_writes == 1


def test_not_ready_is_exception_six() -> None:
    cabinet, centre = in_remote()
    words = encode_command(centre.block(CommandKind.REQUEST_STAGE, stage=2), KEY)
    cabinet.not_ready = True
    assert cabinet.write_holding(0, words) == 6
    cabinet.not_ready = False
    cabinet.power_off()
    assert cabinet.write_holding(0, words) == 6
