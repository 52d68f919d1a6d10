"""Is a cabinet commanded only when it is known, alive and willing, and believed only by its echo?"""

from dataclasses import replace

import pytest

from controller.events import CabinetMode, CabinetReport, CommandKind
from controller.model import Aspect
from field_io.plan_note import decode_plan_note
from field_io.registers import ANY_STAGE, Capability, ResultCode, encode_status
from field_io.session import EPOCH_DOUBTED, FENCE_S, NOTE_EVERY_S, CabinetSession, Rejected
from field_io.standby import Ownership
from tests.unit.field_io.street import YesCabinet, command, make_junction

KEY = bytes(range(32))
UNIX_S = 1_767_225_600.25
JUNCTION = make_junction("J01", 1)


@pytest.fixture
def cabinet() -> YesCabinet:
    return YesCabinet(JUNCTION, KEY)


@pytest.fixture
def session(cabinet: YesCabinet) -> CabinetSession:
    """A session that has read identity and status at 99.9 s, and owns epoch 5."""
    fresh = CabinetSession(JUNCTION, KEY, epoch=5)
    assert fresh.identify(cabinet.identity_words(), 99.9) is None
    assert isinstance(fresh.report(cabinet.status_words(), 99.9), CabinetReport)
    return fresh


def told(session: CabinetSession, cabinet: YesCabinet, now_s: float) -> CabinetReport:
    report = session.report(cabinet.status_words(), now_s)
    assert isinstance(report, CabinetReport), report
    return report


def test_a_command_becomes_a_block_for_this_cabinet_on_this_basis(session: CabinetSession, cabinet: YesCabinet) -> None:
    words = session.block(command(min_green_s=7.0, max_green_s=45.0), 100.0, UNIX_S)
    assert words is not None
    assert cabinet.write(words) == 0
    block = cabinet.blocks[0]
    assert (block.cabinet_id, block.epoch, block.sequence) == (1001, 5, 1)
    assert (block.kind, block.stage, block.min_green_ds, block.max_green_ds) == (CommandKind.REQUEST_STAGE, 2, 70, 450)
    assert (block.lease_ms, block.expected_stage, block.expected_mode) == (10_000, 1, CabinetMode.REMOTE)
    assert block.boot_id_low == 0x9ABC_DEF0
    assert block.basis_snapshot == cabinet.status.snapshot
    assert block.safety_hash == JUNCTION.safety_hash
    assert (block.issued_unix_s, block.issued_ms, block.reason) == (1_767_225_600, 250, 1)


def test_acceptance_is_the_echo(session: CabinetSession, cabinet: YesCabinet) -> None:
    words = session.block(command(), 100.0, UNIX_S)
    assert words is not None
    cabinet.write(words)
    report = told(session, cabinet, 100.1)
    assert (report.accepted, report.result, report.active_stage) == (True, ResultCode.ACCEPTED, 2)
    assert report.aspects == (Aspect.GREEN, Aspect.RED)
    assert report.counts == (0, 0)
    assert report.lease_left_s == 10.0


def test_before_the_first_block_nothing_is_said_of_acceptance(session: CabinetSession, cabinet: YesCabinet) -> None:
    assert told(session, cabinet, 100.0).accepted is None


def test_an_ok_without_the_echo_is_no_acceptance(session: CabinetSession, cabinet: YesCabinet) -> None:
    """Fault F35: the cabinet acknowledges and does not apply."""
    session.block(command(), 100.0, UNIX_S)
    assert told(session, cabinet, 100.1).accepted is False


def test_a_refusal_is_told_once_and_silence_later_is_none(session: CabinetSession, cabinet: YesCabinet) -> None:
    """Else a junction that is left alone after some refusals looks as if it refused for ever."""
    session.block(command(), 100.0, UNIX_S)
    assert told(session, cabinet, 100.1).accepted is False
    assert told(session, cabinet, 101.1).accepted is None


@pytest.mark.parametrize("register", ["accepted_sequence", "accepted_crc", "owner_epoch"])
def test_an_echo_must_agree_in_every_part(session: CabinetSession, cabinet: YesCabinet, register: str) -> None:
    words = session.block(command(), 100.0, UNIX_S)
    assert words is not None
    cabinet.write(words)
    cabinet.status = replace(cabinet.status, **{register: getattr(cabinet.status, register) ^ 1})
    assert told(session, cabinet, 100.1).accepted is False


def test_every_block_has_a_new_number_and_repeats_too(session: CabinetSession, cabinet: YesCabinet) -> None:
    for second in range(5):
        words = session.block(command(valid_until_s=200.0), 100.0 + second, UNIX_S)
        assert words is not None
        cabinet.write(words)
        told(session, cabinet, 100.1 + second)
    assert [block.sequence for block in cabinet.blocks] == [1, 2, 3, 4, 5]


def test_a_block_that_took_effect_without_an_answer_is_found_by_its_echo(
    session: CabinetSession, cabinet: YesCabinet
) -> None:
    """Fault F36: the write was done, the read failed; after reconnecting the echo is read first."""
    words = session.block(command(), 100.0, UNIX_S)
    assert words is not None
    cabinet.write(words)
    session.disconnected()
    assert session.block(command(valid_until_s=200.0), 101.0, UNIX_S) is None
    assert session.identify(cabinet.identity_words(), 101.0) is None
    assert told(session, cabinet, 101.0).accepted is True


def test_a_block_that_was_lost_is_not_believed(session: CabinetSession, cabinet: YesCabinet) -> None:
    session.block(command(), 100.0, UNIX_S)
    session.disconnected()
    session.identify(cabinet.identity_words(), 101.0)
    assert told(session, cabinet, 101.0).accepted is False
    assert session.block(command(valid_until_s=200.0), 102.0, UNIX_S) is not None


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"map_version": 0x0200}, "major map version"),
        ({"cabinet_id": 7}, "cabinet id"),
        ({"junction_number": 7}, "junction number"),
        ({"groups": 3}, "number of signal groups"),
        ({"stages": 3}, "number of stages"),
        ({"safety_hash": 1}, "hash of the safety data"),
    ],
)
def test_another_cabinet_is_not_commanded(
    session: CabinetSession, cabinet: YesCabinet, change: dict[str, int], cause: str
) -> None:
    cabinet.identity = replace(cabinet.identity, **change)  # type: ignore[arg-type]  # names of registers
    rejected = session.identify(cabinet.identity_words(), 100.0)
    assert rejected is not None
    assert rejected.cause == cause
    assert "not commanded" in rejected.detail
    assert session.block(command(), 100.0, UNIX_S) is None
    assert isinstance(session.report(cabinet.status_words(), 100.0), Rejected)


def test_a_newer_minor_version_is_the_same_map(session: CabinetSession, cabinet: YesCabinet) -> None:
    cabinet.identity = replace(cabinet.identity, map_version=0x0107)
    assert session.identify(cabinet.identity_words(), 100.0) is None


@pytest.mark.parametrize(
    "mode",
    [
        CabinetMode.DARK,
        CabinetMode.START_UP,
        CabinetMode.MANUAL,
        CabinetMode.FLASH_AMBER,
        CabinetMode.FLASH_RED,
        CabinetMode.LATCHED_FAULT,
    ],
)
def test_nothing_is_sent_to_a_cabinet_in_a_mode_of_its_own(
    session: CabinetSession, cabinet: YesCabinet, mode: CabinetMode
) -> None:
    cabinet.status = replace(cabinet.status, mode=mode)
    assert told(session, cabinet, 100.0).mode is mode
    assert session.block(command(), 100.0, UNIX_S) is None


def test_a_command_past_its_validity_is_not_sent(session: CabinetSession) -> None:
    assert session.block(command(), 101.0, UNIX_S) is not None
    assert session.block(command(), 101.001, UNIX_S) is None
    assert session.block(None, 100.0, UNIX_S) is None


def test_without_an_epoch_nothing_is_sent(cabinet: YesCabinet) -> None:
    session = CabinetSession(JUNCTION, KEY)
    session.identify(cabinet.identity_words(), 100.0)
    told(session, cabinet, 100.0)
    assert session.block(command(), 100.0, UNIX_S) is None
    cabinet.status = replace(cabinet.status, owner_epoch=16, received_epoch=17)
    told(session, cabinet, 100.5)
    assert session.highest_epoch() == 17


def test_the_lease_stays_within_what_cabinet_and_map_grant(session: CabinetSession, cabinet: YesCabinet) -> None:
    cabinet.identity = replace(cabinet.identity, lease_max_ds=200)
    session.identify(cabinet.identity_words(), 100.0)
    told(session, cabinet, 100.0)
    for lease_s in (1.0, 12.0, 60.0):
        words = session.block(command(lease_s=lease_s), 100.0, UNIX_S)
        assert words is not None
        cabinet.write(words)
    assert [block.lease_ms for block in cabinet.blocks] == [3000, 12_000, 20_000]


@pytest.mark.parametrize("result", [ResultCode.STALE_EPOCH, ResultCode.NOT_OWNER])
def test_a_controller_that_meets_a_newer_one_stays_silent_for_a_minute(
    session: CabinetSession, cabinet: YesCabinet, result: ResultCode
) -> None:
    cabinet.answer = result
    words = session.block(command(), 100.0, UNIX_S)
    assert words is not None
    cabinet.write(words)
    cabinet.status = replace(cabinet.status, owner_epoch=6)
    report = told(session, cabinet, 100.1)
    assert (report.accepted, report.result) == (False, result)
    cabinet.status = replace(cabinet.status, owner_epoch=0, lease_left_ds=0)
    told(session, cabinet, 100.2)
    always = command(valid_until_s=1e9)
    assert session.fenced(100.0 + FENCE_S)
    assert session.block(always, 100.0 + FENCE_S, UNIX_S) is None
    assert session.block(always, 100.2 + FENCE_S, UNIX_S) is not None


def test_a_lease_that_ended_meanwhile_is_no_other_controller(session: CabinetSession, cabinet: YesCabinet) -> None:
    cabinet.answer = ResultCode.NOT_OWNER
    words = session.block(command(kind=CommandKind.RENEW, expected_stage=ANY_STAGE), 100.0, UNIX_S)
    assert words is not None
    cabinet.write(words)
    assert told(session, cabinet, 100.1).accepted is False
    assert not session.fenced(100.1)


def test_a_higher_epoch_in_charge_fences_before_anything_is_sent(session: CabinetSession, cabinet: YesCabinet) -> None:
    cabinet.status = replace(cabinet.status, owner_epoch=6)
    told(session, cabinet, 100.0)
    assert session.block(command(), 100.0, UNIX_S) is None
    assert session.fenced(100.1)


def test_the_lease_of_an_older_controller_is_taken_over_first(session: CabinetSession, cabinet: YesCabinet) -> None:
    """After a restart the old epoch may hold the lease for seconds: take over, and only then ask."""
    cabinet.status = replace(cabinet.status, owner_epoch=4)
    told(session, cabinet, 100.0)
    for second, accepted in ((100.1, False), (100.3, True)):
        words = session.block(command(expected_stage=ANY_STAGE), second, UNIX_S)
        assert words is not None
        cabinet.write(words)
        assert told(session, cabinet, second + 0.1).accepted is accepted
    assert [block.kind for block in cabinet.blocks] == [CommandKind.TAKE_OVER, CommandKind.REQUEST_STAGE]
    assert cabinet.blocks[0].expected_stage == 1


def test_after_a_wrong_boot_id_the_identity_is_read_again(session: CabinetSession, cabinet: YesCabinet) -> None:
    cabinet.answer = ResultCode.BOOT_ID
    words = session.block(command(), 100.0, UNIX_S)
    assert words is not None
    cabinet.write(words)
    told(session, cabinet, 100.1)
    assert not session.identified


def test_a_result_that_nobody_knows_is_a_refusal(session: CabinetSession, cabinet: YesCabinet) -> None:
    words = session.block(command(), 100.0, UNIX_S)
    assert words is not None
    cabinet.write(words)
    cabinet.status = replace(cabinet.status, result=99, accepted_sequence=0)
    report = told(session, cabinet, 100.1)
    assert (report.accepted, report.result) == (False, 99)
    assert session.block(command(), 100.2, UNIX_S) is not None


def test_a_frozen_cabinet_is_not_believed(session: CabinetSession, cabinet: YesCabinet) -> None:
    words = encode_status(cabinet.status)
    assert isinstance(session.report(words, 100.2), CabinetReport)  # the same scan, read again
    rejected = session.report(words, 100.3)
    assert isinstance(rejected, Rejected)
    assert rejected.cause == "frozen"
    assert isinstance(session.report(cabinet.status_words(), 101.0), CabinetReport)


def test_a_restart_is_seen_by_the_uptime_and_voids_the_identity(session: CabinetSession, cabinet: YesCabinet) -> None:
    cabinet.status = replace(cabinet.status, uptime_ms=0)
    rejected = session.report(cabinet.status_words(scans=1), 100.0)
    assert isinstance(rejected, Rejected)
    assert rejected.cause == "restarted"
    assert not session.identified
    cabinet.identity = replace(cabinet.identity, boot_id=99)
    assert session.identify(cabinet.identity_words(), 100.5) is None
    told(session, cabinet, 100.5)
    words = session.block(command(), 100.6, UNIX_S)
    assert words is not None
    cabinet.write(words)
    assert cabinet.blocks[0].boot_id_low == 99


def test_an_uptime_that_wraps_is_no_restart(session: CabinetSession, cabinet: YesCabinet) -> None:
    cabinet.status = replace(cabinet.status, uptime_ms=2**32 - 500)
    session.identify(cabinet.identity_words(), 100.0)
    for second in range(3):
        told(session, cabinet, 100.0 + second)
    assert cabinet.status.uptime_ms < 3000


def test_damaged_words_are_rejected_by_cause(session: CabinetSession, cabinet: YesCabinet) -> None:
    words = list(cabinet.status_words())
    words[8] ^= 1
    rejected = session.report(words, 100.0)
    assert isinstance(rejected, Rejected)
    assert (rejected.junction, rejected.cause) == ("J01", "crc")
    words = list(cabinet.identity_words())
    words[3] ^= 1
    refused = session.identify(words, 100.0)
    assert refused is not None
    assert refused.cause == "crc"


def test_a_restarted_controller_goes_on_above_what_the_cabinet_accepted_from_it(cabinet: YesCabinet) -> None:
    cabinet.status = replace(cabinet.status, owner_epoch=5, accepted_sequence=41)
    again = CabinetSession(JUNCTION, KEY)
    assert again.identify(cabinet.identity_words(), 99.9) is None
    told(again, cabinet, 99.9)
    again.epoch = 5
    words = again.block(command(), 100.0, UNIX_S)
    assert words is not None
    cabinet.write(words)
    assert cabinet.blocks[-1].sequence == 42
    assert told(again, cabinet, 100.1).accepted
    assert not again.fenced(100.1)


def test_who_finds_another_driving_under_its_own_epoch_is_silent(session: CabinetSession, cabinet: YesCabinet) -> None:
    words = session.block(command(), 100.0, UNIX_S)
    assert words is not None
    cabinet.write(words)
    told(session, cabinet, 100.1)
    cabinet.status = replace(cabinet.status, accepted_sequence=2, accepted_crc=1)
    told(session, cabinet, 101.0)
    assert session.fenced(101.0)
    assert session.block(command(issued_s=101.0, valid_until_s=102.0), 101.1, UNIX_S) is None


def test_a_cabinet_that_claims_an_impossible_sequence_cannot_drive_the_numbers_over_their_end(
    cabinet: YesCabinet,
) -> None:
    cabinet.status = replace(cabinet.status, owner_epoch=5, accepted_sequence=0xFFFF_FFFF)
    session = CabinetSession(JUNCTION, KEY, epoch=5)
    assert session.identify(cabinet.identity_words(), 99.9) is None
    told(session, cabinet, 99.9)
    words = session.block(command(), 100.0, UNIX_S)
    assert words is not None
    cabinet.write(words)
    assert cabinet.blocks[-1].sequence == 1


def test_the_last_status_is_of_this_connection_or_there_is_none(session: CabinetSession, cabinet: YesCabinet) -> None:
    told(session, cabinet, 100.0)
    assert session.status == cabinet.status
    session.disconnected()
    assert session.status is None


@pytest.mark.parametrize("register", ["active_stage", "next_stage"])
def test_a_stage_that_the_junction_does_not_have_is_not_handed_on(
    session: CabinetSession, cabinet: YesCabinet, register: str
) -> None:
    """The core counts by stages: a cabinet that says 31 of 2 ended the whole town's controller."""
    cabinet.status = (
        replace(cabinet.status, active_stage=31)
        if register == "active_stage"
        else replace(cabinet.status, next_stage=31)
    )
    refused = session.report(cabinet.status_words(), 100.1)
    assert isinstance(refused, Rejected)
    assert refused.cause == "stage"


def test_whose_a_cabinet_is_and_for_how_long_it_was_silent_is_told_from_its_last_status(
    session: CabinetSession, cabinet: YesCabinet
) -> None:
    assert CabinetSession(JUNCTION, KEY).ownership(10.0) is None
    for change, expected in (
        ({"owner_epoch": 6, "lease_left_ds": 80}, Ownership(6, 2.0, True)),
        ({"lease_left_ds": 120}, Ownership(6, 0.0, True)),  # a longer lease than ours: heard of just now
        ({"mode": CabinetMode.MANUAL, "lease_left_ds": 0}, Ownership(0, 0.0, False)),
        ({"mode": CabinetMode.REMOTE, "lease_left_ds": 50, "owner_epoch": 0}, Ownership(0, 0.0, True)),
    ):
        cabinet.status = replace(cabinet.status, **change)  # type: ignore[arg-type]  # names of registers
        told(session, cabinet, 100.0)
        assert session.ownership(10.0) == expected
    session.disconnected()
    assert session.ownership(10.0) is None


def test_silence_is_counted_from_the_lease_that_the_cabinet_grants(cabinet: YesCabinet) -> None:
    cabinet.identity = replace(cabinet.identity, lease_max_ds=60)
    cabinet.status = replace(cabinet.status, owner_epoch=6, lease_left_ds=45)
    session = CabinetSession(JUNCTION, KEY)
    assert session.identify(cabinet.identity_words(), 99.9) is None
    told(session, cabinet, 99.9)
    assert session.ownership(10.0) == Ownership(6, 1.5, True)


def test_an_epoch_that_nobody_can_have_reached_is_not_followed(session: CabinetSession, cabinet: YesCabinet) -> None:
    cabinet.status = replace(cabinet.status, received_epoch=9, owner_epoch=EPOCH_DOUBTED)
    told(session, cabinet, 100.0)
    assert session.highest_epoch() == 9
    cabinet.status = replace(cabinet.status, received_epoch=EPOCH_DOUBTED - 1, owner_epoch=8)
    told(session, cabinet, 100.5)
    assert session.highest_epoch() == EPOCH_DOUBTED - 1


# Which plans run: told to a cabinet that keeps it, as its owner, until it shows that it knows.


@pytest.fixture
def noting(session: CabinetSession, cabinet: YesCabinet) -> CabinetSession:
    """The session owns a cabinet that can keep a plan note, and runs plans 7 of digest 0xABCD."""
    cabinet.identity = replace(cabinet.identity, capabilities=Capability.PLAN_NOTE)
    assert session.identify(cabinet.identity_words(), 100.0) is None
    cabinet.status = replace(cabinet.status, owner_epoch=5)
    told(session, cabinet, 100.0)
    session.run_plans(7, 0xABCD)
    return session


def test_the_plans_are_told_now_and_then_until_the_cabinet_knows_them(
    noting: CabinetSession, cabinet: YesCabinet
) -> None:
    assert noting.knows_plans is False
    words = noting.plan_note(100.0, UNIX_S)
    assert words is not None
    note = decode_plan_note(words, KEY)
    assert (note.cabinet_id, note.epoch, note.version, note.digest) == (1001, 5, 7, 0xABCD)
    assert noting.plan_note(100.0 + NOTE_EVERY_S - 0.1, UNIX_S) is None
    assert noting.plan_note(100.0 + NOTE_EVERY_S, UNIX_S) == words
    cabinet.status = replace(cabinet.status, plan_version=7, plan_digest=0xABCD)
    told(noting, cabinet, 111.0)
    assert noting.knows_plans is True
    assert noting.plan_note(200.0, UNIX_S) is None
    noting.run_plans(8, 0xABCD)
    assert noting.plan_note(200.0, UNIX_S) is not None


@pytest.mark.parametrize("change", [{"owner_epoch": 6}, {"owner_epoch": 0}, {"lease_left_ds": 0}])
def test_only_the_owner_of_a_cabinet_tells_it_its_plans(
    noting: CabinetSession, cabinet: YesCabinet, change: dict[str, int]
) -> None:
    cabinet.status = replace(cabinet.status, **change)  # type: ignore[arg-type]  # names of registers
    told(noting, cabinet, 101.0)
    assert noting.plan_note(101.0, UNIX_S) is None


def test_a_cabinet_that_keeps_no_plan_note_or_was_not_read_is_not_told(
    session: CabinetSession, noting: CabinetSession, cabinet: YesCabinet
) -> None:
    noting.disconnected()
    assert (noting.knows_plans, noting.plan_note(101.0, UNIX_S)) == (None, None)
    cabinet.identity = replace(cabinet.identity, capabilities=Capability.LOCAL_PLAN)
    assert noting.identify(cabinet.identity_words(), 102.0) is None
    told(noting, cabinet, 102.0)
    assert (noting.knows_plans, noting.plan_note(102.0, UNIX_S)) == (None, None)


def test_without_plans_nothing_is_told(session: CabinetSession, cabinet: YesCabinet) -> None:
    assert session.plan_note(100.0, UNIX_S) is None


def test_a_fence_was_for_the_epoch_before(session: CabinetSession, cabinet: YesCabinet) -> None:
    cabinet.status = replace(cabinet.status, owner_epoch=6)
    told(session, cabinet, 100.0)
    assert session.block(command(), 100.0, UNIX_S) is None
    assert session.fenced(100.0)
    session.drive_under(7)
    assert not session.fenced(100.0)
    assert session.block(command(), 100.0, UNIX_S) is not None
