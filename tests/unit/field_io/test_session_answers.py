"""What does a session hand on of an answer, what does it say of one that it does not use, and what does it count?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from controller.events import CabinetMode, CabinetReport, CommandKind
from controller.model import Aspect
from field_io.plan_note import decode_plan_note
from field_io.registers import ANY_STAGE, Capability, ModeReason, ResultCode, encode_status
from field_io.session import FENCE_S, FROZEN_SCANS, NOT_COMMANDED, CabinetSession, Registers, Rejected
from field_io.standby import Ownership
from tests.unit.field_io.street import YesCabinet, command, make_junction

KEY = bytes(range(32))
UNIX_S = 1_767_225_600.25
JUNCTION = make_junction("J01", 1)
ALWAYS = command(valid_until_s=1e9)


def met(cabinet: YesCabinet, epoch: int = 5) -> CabinetSession:
    """A session that has read identity and status at 99.9 s."""
    session = CabinetSession(JUNCTION, KEY, epoch=epoch)
    assert session.identify(cabinet.identity_words(), 99.9) is None
    told(session, cabinet, 99.9)
    return session


def told(session: CabinetSession, cabinet: YesCabinet, now_s: float, **registers: Any) -> CabinetReport:
    """The next report, after the cabinet's registers have changed."""
    cabinet.status = replace(cabinet.status, **registers)
    report = session.report(cabinet.status_words(), now_s)
    assert isinstance(report, CabinetReport), report
    return report


def write(session: CabinetSession, cabinet: YesCabinet, now_s: float = 100.0, **changes: Any) -> None:
    """The next block, taken by the cabinet."""
    words = session.block(replace(ALWAYS, **changes), now_s, UNIX_S)
    assert words is not None
    assert cabinet.write(words) == 0


def rejected(answer: CabinetReport | Rejected | None) -> tuple[str, str, str]:
    assert isinstance(answer, Rejected), answer
    return answer.junction, answer.cause, answer.detail


def test_a_session_reads_and_writes_where_the_map_says() -> None:
    session = CabinetSession(JUNCTION, KEY)
    assert session.identity_registers == Registers(4, 0, 32)
    assert session.status_registers == Registers(4, 100, 100)
    assert session.read_back_registers == Registers(3, 1000, 100)
    assert session.write_address == 0
    assert (session.epoch, session.unheard, session.strangers, session.highest_epoch()) == (0, 0, 0, 0)
    assert (session.identified, session.status, session.fenced(0.0)) == (False, None, False)


def test_a_report_hands_on_what_the_cabinet_says_of_its_own_groups_and_loops() -> None:
    cabinet = YesCabinet(JUNCTION, KEY)
    report = told(
        met(cabinet), cabinet, 100.0, mode_reason=ModeReason.LEASE_TAKEN, active_stage=0, next_stage=2,
        aspects=(Aspect.AMBER, Aspect.RED, *(Aspect.DARK,) * 30), uptime_ms=4000, active_faults=3, latched_faults=1,
        lease_left_ds=77, result=22, counts=(5, 6, 7, *(0,) * 13), demands=9, min_green_left_ds=15,
    )  # fmt: skip
    assert report == CabinetReport(
        junction="J01", mode=CabinetMode.REMOTE, mode_reason=ModeReason.LEASE_TAKEN, active_stage=0, next_stage=2,
        aspects=(Aspect.AMBER, Aspect.RED), uptime_ms=5000, active_faults=3, latched_faults=1, lease_left_s=7.7,
        accepted=None, result=22, counts=(5, 6), demands=9, min_green_left_s=1.5,
    )  # fmt: skip


def test_of_what_is_not_used_is_told_why() -> None:
    cabinet = YesCabinet(JUNCTION, KEY)
    session = CabinetSession(JUNCTION, KEY, epoch=5)
    assert rejected(session.report(cabinet.status_words(), 99.0)) == (
        "J01", "identity", "a status before the identity was read",
    )  # fmt: skip
    session = met(cabinet)
    cabinet.status = replace(cabinet.status, next_stage=3)
    assert rejected(session.report(cabinet.status_words(), 100.0)) == (
        "J01", "stage", "it says that stage 3 shows or comes next, and J01 has no such stage",
    )  # fmt: skip
    cabinet.status = replace(cabinet.status, next_stage=2)
    words = encode_status(cabinet.status)
    assert isinstance(session.report(words, 100.0), CabinetReport)
    assert isinstance(session.report(words, 100.0 + 0.1 * FROZEN_SCANS - 1e-6), CabinetReport)
    assert rejected(session.report(words, 100.0 + 0.1 * FROZEN_SCANS + 1e-6)) == (
        "J01", "frozen", f"snapshot {cabinet.status.snapshot} stands still: the cabinet is frozen",
    )  # fmt: skip
    cabinet.status = replace(cabinet.status, uptime_ms=0)
    assert rejected(session.report(cabinet.status_words(scans=1), 101.0)) == (
        "J01", "restarted", "the cabinet has started anew: read its identity again",
    )  # fmt: skip
    cabinet.identity = replace(cabinet.identity, groups=3)
    detail = f"number of signal groups of the cabinet at J01 is 3, expected 2: {NOT_COMMANDED}"
    assert rejected(session.identify(cabinet.identity_words(), 102.0)) == ("J01", "number of signal groups", detail)


def test_damaged_words_are_told_with_what_is_wrong_with_them() -> None:
    cabinet = YesCabinet(JUNCTION, KEY)
    session = met(cabinet)
    for words, take in ((cabinet.status_words(), session.report), (cabinet.identity_words(), session.identify)):
        damaged = list(words)
        damaged[3] ^= 1
        junction, cause, detail = rejected(take(damaged, 100.0))
        assert (junction, cause) == ("J01", "crc")
        assert detail.endswith("refused: crc is wrong")


def test_blocks_that_a_cabinet_does_not_even_say_it_received_are_counted_until_one_is_heard() -> None:
    cabinet = YesCabinet(JUNCTION, KEY)
    session = met(cabinet)
    counted = []
    for heard in (False, False, True, False):
        if heard:
            write(session, cabinet)
        else:
            assert session.block(ALWAYS, 100.0, UNIX_S) is not None
        told(session, cabinet, 100.0)
        counted.append(session.unheard)
    told(session, cabinet, 100.5)
    assert [*counted, session.unheard] == [1, 2, 0, 1, 1]
    cabinet.answer = ResultCode.RATE_LIMIT  # heard, and refused
    write(session, cabinet)
    told(session, cabinet, 101.0)
    assert session.unheard == 0


@pytest.mark.parametrize(
    "result", [ResultCode.VERSION, ResultCode.CABINET_ID, ResultCode.BOOT_ID, ResultCode.SAFETY_HASH]
)
def test_where_one_of_us_has_changed_the_identity_is_read_again(result: ResultCode) -> None:
    cabinet = YesCabinet(JUNCTION, KEY)
    session = met(cabinet)
    cabinet.answer = result
    write(session, cabinet)
    assert told(session, cabinet, 100.1).accepted is False
    assert (session.identified, session.status) == (False, None)


@pytest.mark.parametrize(
    "result", [ResultCode.PRECONDITION, ResultCode.STALE_BASIS, ResultCode.OLD_SEQUENCE, ResultCode.MODE]
)
def test_any_other_refusal_leaves_the_two_acquainted(result: ResultCode) -> None:
    cabinet = YesCabinet(JUNCTION, KEY)
    session = met(cabinet)
    cabinet.answer = result
    write(session, cabinet)
    assert told(session, cabinet, 100.1).accepted is False
    assert session.identified
    assert not session.fenced(100.1)


def test_a_refusal_of_another_controllers_block_says_nothing_of_ours() -> None:
    cabinet = YesCabinet(JUNCTION, KEY)
    session = met(cabinet)
    assert session.block(ALWAYS, 100.0, UNIX_S) is not None
    told(session, cabinet, 100.1, result=int(ResultCode.STALE_EPOCH), received_sequence=1, received_epoch=4)
    assert not session.fenced(100.1)
    assert session.unheard == 1


def test_not_being_the_owner_fences_where_somebody_else_is_and_not_where_nobody_or_we_are() -> None:
    for owner, fenced in ((0, False), (5, False), (6, True)):
        cabinet = YesCabinet(JUNCTION, KEY)
        session = met(cabinet)
        cabinet.answer = ResultCode.NOT_OWNER
        write(session, cabinet)
        told(session, cabinet, 100.5, owner_epoch=owner)
        assert session.fenced(100.5 + FENCE_S - 0.001) is fenced
        assert not session.fenced(100.5 + FENCE_S)


def test_a_block_under_way_when_the_cabinet_started_anew_was_not_accepted_whatever_it_echoes() -> None:
    cabinet = YesCabinet(JUNCTION, KEY)
    session = met(cabinet)
    write(session, cabinet)
    cabinet.identity = replace(cabinet.identity, boot_id=77)
    assert session.identify(cabinet.identity_words(), 100.5) is None
    assert told(session, cabinet, 100.5).accepted is False
    assert told(session, cabinet, 101.0).accepted is None


def test_of_a_cabinet_that_was_met_again_without_a_block_under_way_nothing_is_said() -> None:
    cabinet = YesCabinet(JUNCTION, KEY)
    session = met(cabinet)
    cabinet.identity = replace(cabinet.identity, boot_id=77)
    assert session.identify(cabinet.identity_words(), 100.5) is None
    assert told(session, cabinet, 100.5).accepted is None


def test_a_plan_and_a_reason_go_with_the_block_and_its_time_to_the_millisecond() -> None:
    cabinet = YesCabinet(JUNCTION, KEY)
    session = met(cabinet)
    write(session, cabinet, kind=CommandKind.RUN_LOCAL_PLAN, stage=0, plan=3)
    block = cabinet.blocks[-1]
    assert (block.kind, block.plan, block.reason) == (CommandKind.RUN_LOCAL_PLAN, 3, int(ALWAYS.reason))
    assert session.block(ALWAYS, 100.0, 2**32 + 7.0004) is not None  # wraps in 2106
    words = session.block(ALWAYS, 100.0, 7.9996)
    assert words is not None
    cabinet.write(words)
    assert (cabinet.blocks[-1].issued_unix_s, cabinet.blocks[-1].issued_ms) == (8, 0)


@pytest.mark.parametrize(("expected", "sent"), [(ANY_STAGE, 2), (1, 1)])
def test_a_take_over_expects_the_stage_that_shows_where_any_would_do(expected: int, sent: int) -> None:
    cabinet = YesCabinet(JUNCTION, KEY)
    session = met(cabinet)
    told(session, cabinet, 100.0, owner_epoch=4, active_stage=2)
    write(session, cabinet, expected_stage=expected)
    assert (cabinet.blocks[-1].kind, cabinet.blocks[-1].expected_stage) == (CommandKind.TAKE_OVER, sent)
    write(session, cabinet, expected_stage=expected)
    told(session, cabinet, 100.2)
    write(session, cabinet, expected_stage=expected)
    assert (cabinet.blocks[-1].kind, cabinet.blocks[-1].expected_stage) == (CommandKind.REQUEST_STAGE, expected)


def test_a_take_over_that_was_meant_carries_the_command_itself() -> None:
    cabinet = YesCabinet(JUNCTION, KEY)
    session = met(cabinet)
    told(session, cabinet, 100.0, owner_epoch=4)
    write(session, cabinet, kind=CommandKind.TAKE_OVER)
    assert told(session, cabinet, 100.1).accepted is True


@pytest.mark.parametrize(("owner", "left_ds"), [(0, 100), (4, 0), (5, 100)])
def test_nothing_is_taken_over_from_nobody_from_a_lease_that_is_out_or_from_ourselves(owner: int, left_ds: int) -> None:
    cabinet = YesCabinet(JUNCTION, KEY)
    session = met(cabinet)
    told(session, cabinet, 100.0, owner_epoch=owner, lease_left_ds=left_ds)
    write(session, cabinet)
    assert cabinet.blocks[-1].kind is CommandKind.REQUEST_STAGE


def test_a_higher_epoch_whose_lease_is_out_fences_nobody() -> None:
    cabinet = YesCabinet(JUNCTION, KEY)
    session = met(cabinet)
    told(session, cabinet, 100.0, owner_epoch=6, lease_left_ds=0)
    assert session.block(ALWAYS, 100.0, UNIX_S) is not None


def test_numbers_go_on_above_what_the_cabinet_took_once_for_each_epoch() -> None:
    cabinet = YesCabinet(JUNCTION, KEY)
    session = met(cabinet)
    told(session, cabinet, 100.0, accepted_sequence=9)
    write(session, cabinet)
    assert cabinet.blocks[-1].sequence == 10
    told(session, cabinet, 100.1)
    session.drive_under(6)
    told(session, cabinet, 100.2, accepted_sequence=5)
    write(session, cabinet)
    assert cabinet.blocks[-1].sequence == 11


def test_an_epoch_that_was_never_used_here_has_no_twin() -> None:
    """What others took under other epochs, or before our first block, is nobody driving under our name."""
    cabinet = YesCabinet(JUNCTION, KEY)
    session = met(cabinet)
    told(session, cabinet, 100.0, owner_epoch=5, accepted_sequence=9)
    assert not session.fenced(100.0)
    write(session, cabinet)
    told(session, cabinet, 100.1)
    told(session, cabinet, 100.2, owner_epoch=4, accepted_sequence=99)
    assert not session.fenced(100.2)
    told(session, cabinet, 100.3, owner_epoch=5, accepted_sequence=11)
    assert session.fenced(100.3 + FENCE_S - 0.001)
    assert not session.fenced(100.3 + FENCE_S)


def test_a_lease_of_a_tenth_of_a_second_is_still_one() -> None:
    cabinet = YesCabinet(JUNCTION, KEY)
    session = met(cabinet)
    told(session, cabinet, 100.0, owner_epoch=1, lease_left_ds=1)
    assert session.ownership(10.0) == Ownership(1, 9.9, True)
    told(session, cabinet, 100.5, owner_epoch=1, lease_left_ds=0)
    assert session.ownership(10.0) == Ownership(0, 0.0, True)


def test_a_plan_note_bears_the_time_at_which_it_was_written_and_without_plans_there_is_none() -> None:
    cabinet = YesCabinet(JUNCTION, KEY)
    cabinet.identity = replace(cabinet.identity, capabilities=Capability.PLAN_NOTE)
    session = met(cabinet)
    told(session, cabinet, 100.0, owner_epoch=5, plan_version=1)
    assert (session.knows_plans, session.plan_note(100.0, UNIX_S)) == (False, None)
    session.run_plans(2, 3)
    words = session.plan_note(100.0, UNIX_S + 0.5)
    assert words is not None
    assert decode_plan_note(words, KEY).issued_unix_s == 1_767_225_601


def test_who_drives_nobody_meets_no_twin_at_a_cabinet_without_an_owner() -> None:
    cabinet = YesCabinet(JUNCTION, KEY)
    session = met(cabinet, epoch=0)
    told(session, cabinet, 100.0, owner_epoch=0, accepted_sequence=9)
    assert not session.fenced(100.0)


def test_a_snapshot_may_stand_still_for_three_scans_and_no_longer() -> None:
    cabinet = YesCabinet(JUNCTION, KEY)
    session = CabinetSession(JUNCTION, KEY)
    assert session.identify(cabinet.identity_words(), 0.0) is None
    words = cabinet.status_words()
    for now_s in (0.0, FROZEN_SCANS * 100 / 1000):
        assert isinstance(session.report(words, now_s), CabinetReport)
    assert isinstance(session.report(words, 0.301), Rejected)
