"""Does every event come back from its record exactly?"""

import json
import math

import pytest

from controller.events import (
    Alarm,
    CabinetMode,
    CabinetReport,
    ClockReading,
    CommandKind,
    Decision,
    DetectorReading,
    LinkChange,
    OperatorAction,
    OperatorRequest,
    PermittedCommand,
    PriorityRequest,
    Reason,
    StepOverrun,
    StepResult,
)
from controller.model import Aspect
from field_io.records import KINDS, Event, RecordError, digest, from_record, pack, to_record, unpack

COMMAND = PermittedCommand(
    "J01", CommandKind.RENEW, 3, 0xFFFF, CabinetMode.REMOTE, 6.0, 60.0, 10.0, Reason.DEMAND, 0.1 + 0.2, 1e9 + 1 / 3
)
DECISION = Decision("J01", Reason.GAP_OUT, (("gap_s", 3.1), ("stage", "A"), ("number", 2)))
ALARM = Alarm("J02", Reason.LINK_DOWN, cleared=True, because=(("cause", "timeout"),))
EVENTS: tuple[Event, ...] = (
    DetectorReading("J01", 0.1, 1.1, ("D1", "ไฟ"), (1, 0), (340, 0), ((120, "D1", True), (460, "D1", False))),
    CabinetReport(
        "J01",
        CabinetMode.MANUAL,
        5,
        1,
        0,
        (Aspect.GREEN, Aspect.FLASHING_GREEN),
        4_000_000_000,
        1 << 17,
        0,
        9.9,
        None,
        99,
        (65535, 0),
        3,
    ),
    CabinetReport("J01", CabinetMode.REMOTE, 0, 1, 0, (), 0, 0, 0, 0.0, accepted=False, result=1, min_green_left_s=0.3),
    LinkChange("J01", False, "timeout"),
    OperatorRequest(OperatorAction.PLAN, None, plan="night", until_s=1e-9, by="duty"),
    PriorityRequest("J01", "bus", "K1", 12.5, "r7"),
    ClockReading(1_767_546_000.123456, -3600, trusted=False),
    StepOverrun(0.75),
    COMMAND,
    DECISION,
    ALARM,
    StepResult(100.0, (COMMAND, COMMAND), (DECISION,), (ALARM,)),
    StepResult(100.0, (), (), ()),
)


def test_there_is_an_example_of_every_kind() -> None:
    assert {type(event).__name__ for event in EVENTS} == set(KINDS)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_comes_back_exactly(event: Event) -> None:
    back = from_record(json.loads(json.dumps(to_record(event))))
    assert back == event
    assert type(back) is type(event)
    assert repr(back) == repr(event)  # enumerations are members again, tuples tuples


def test_infinity_survives() -> None:
    (report,) = unpack(pack(EVENTS[1:2]))
    assert isinstance(report, CabinetReport)
    assert math.isinf(report.min_green_left_s)


def test_a_digest_is_equal_exactly_when_the_events_are() -> None:
    assert digest(EVENTS) == digest(unpack(pack(EVENTS)))
    almost = StepResult(100.00000000000001, (), (), ())
    assert digest([almost]) != digest(EVENTS[-1:])


@pytest.mark.parametrize(
    "record",
    [
        {},
        {"is": "Rain"},
        {"is": "LinkChange", "junction": "J01"},
        {"is": "LinkChange", "junction": "J01", "up": True, "cause": "", "more": 1},
        {"is": "Decision", "junction": "J01", "reason": 999, "because": []},
        {"is": "Decision", "junction": "J01", "reason": 1, "because": 5},
        {"is": ["Decision"]},
    ],
)
def test_what_is_no_record_is_refused(record: dict[str, object]) -> None:
    with pytest.raises(RecordError):
        from_record(record)


@pytest.mark.parametrize("blob", [b"", b"rubbish", pack(EVENTS)[:-9], pack(EVENTS)[:20]])
def test_damaged_bytes_are_refused(blob: bytes) -> None:
    with pytest.raises(RecordError):
        unpack(blob)
