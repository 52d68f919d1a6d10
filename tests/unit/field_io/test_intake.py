"""Are messages sorted: readings to the inbox, ticks with the readings of their second, gateways to the list?"""

import json

import pytest

from controller.events import DetectorReading
from field_io.detector_payload import encode
from field_io.inbox import Inbox
from field_io.intake import Intake, Tick
from field_io.mqtt_link import Message
from tests.unit.field_io.street import make_network

NETWORK = make_network()
TICK = "fk/v1/udon/sim/tick"
PRESENCE = "fk/v1/udon/gateways/gw1/presence"


def detectors(second: float, received_s: float = 0.0) -> Message:
    reading = DetectorReading("J01", second - 1, second, ("D1",), (1,), (100,))
    return Message("fk/v1/udon/J01/detectors", encode(reading, "gw1", "b", int(second)), False, received_s)


def message(topic: str, retained: bool = False, **values: object) -> Message:
    return Message(topic, json.dumps(values).encode(), retained, 0.0)


def test_in_the_street_a_reading_is_judged_when_it_arrives() -> None:
    inbox = Inbox(NETWORK)
    Intake(NETWORK, inbox, lock_step=False).take([detectors(100.0, received_s=7.0)])
    (reading,) = inbox.drain()
    assert isinstance(reading, DetectorReading)
    assert reading.t1_s == 7.0  # in the receiver's time


async def test_in_lock_step_a_tick_delivers_what_came_before_it() -> None:
    inbox = Inbox(NETWORK)
    intake = Intake(NETWORK, inbox, lock_step=True)
    intake.take([detectors(1.0), message(TICK, t=1), detectors(2.0)])
    intake.take([message(TICK, t=2.0, utc=1e9)])
    assert inbox.drain() == ()
    assert await intake.next_tick() == Tick(1.0, None)
    assert [event.t1_s for event in inbox.drain() if isinstance(event, DetectorReading)] == [1.0]
    assert await intake.next_tick() == Tick(2.0, 1e9)
    assert [event.t1_s for event in inbox.drain() if isinstance(event, DetectorReading)] == [2.0]


@pytest.mark.parametrize(
    "payload", [b"", b"[]", b'{"t":true}', b'{"t":"1"}', b'{"t":1e400}', b'{"t":NaN}', b"x" * 2000]
)
def test_a_tick_that_is_none_is_counted(payload: bytes) -> None:
    intake = Intake(NETWORK, Inbox(NETWORK), lock_step=True)
    intake.take([Message(TICK, payload, False, 0.0), message(TICK, retained=True, t=1.0)])
    assert intake.bad_messages == 2


def test_in_the_street_a_tick_is_nothing() -> None:
    intake = Intake(NETWORK, Inbox(NETWORK), lock_step=False)
    assert all("sim" not in topic for topic, _ in intake.subscriptions)


def test_a_gateway_is_there_until_its_own_will_says_otherwise() -> None:
    """Fault F13: the last will of an earlier start must not silence the present one."""
    intake = Intake(NETWORK, Inbox(NETWORK), lock_step=False)

    def hear(boot: str, online: bool) -> bool:
        intake.take([message(PRESENCE, v=1, boot=boot, online=online)])
        return intake.gateways["gw1"].online

    assert hear("first", True)
    assert not hear("first", False)
    assert hear("second", True)
    assert hear("first", False)
    assert not hear("second", False)
    intake.take([Message(PRESENCE, b"rubbish", False, 0.0), message(PRESENCE, v=1, boot=5, online=True)])
    assert intake.bad_messages == 2
