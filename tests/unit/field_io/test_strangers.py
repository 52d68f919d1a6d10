"""F61 and F11: is it told when a cabinet refuses strangers, and is a refused subscription asked for again?"""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.reasoncodes import ReasonCode

from controller.events import CabinetReport
from field_io.mqtt_link import BrokerAccess, MqttLink
from field_io.session import CabinetSession
from field_io.telling import DROPPED_EVERY_S, Teller
from tests.unit.field_io.street import YesCabinet, make_junction, make_network

JUNCTION = make_junction("J01", 1)


def read(session: CabinetSession, cabinet: YesCabinet, failures: int) -> int:
    cabinet.status = replace(cabinet.status, authentication_failures=failures)
    assert isinstance(session.report(cabinet.status_words(), 100.0), CabinetReport)
    return session.strangers


def test_what_a_cabinet_refuses_while_we_watch_is_counted_over_its_wrap_and_its_restart() -> None:
    cabinet = YesCabinet(JUNCTION, None)
    session = CabinetSession(JUNCTION, None, epoch=5)
    session.identify(cabinet.identity_words(), 99.0)
    assert [read(session, cabinet, failures) for failures in (65_530, 65_535, 3, 3)] == [0, 5, 9, 9]
    cabinet.identity = replace(cabinet.identity, boot_id=77)
    cabinet.status = replace(cabinet.status, uptime_ms=0)
    session.identify(cabinet.identity_words(), 101.0)
    assert [read(session, cabinet, failures) for failures in (1, 2)] == [9, 10]


class Lines:
    def __init__(self) -> None:
        self.told: list[tuple[str, dict[str, Any]]] = []

    def info(self, event: str, **values: Any) -> None:
        self.told.append((event, values))

    warning = error = info


def test_strangers_are_told_at_once_and_then_once_a_minute() -> None:
    log = Lines()
    teller = Teller(make_network(), lambda *_: None, log, dry_run=True)
    for second in range(round(DROPPED_EVERY_S) + 2):
        teller.tell_strangers({"J01": 0 if second == 0 else 2 * second, "J02": 0}, float(second))
    event = "cabinets refused strangers"
    assert log.told == [(event, {"J01": 2}), (event, {"J01": 2 * round(DROPPED_EVERY_S)})]


GRANTED, REFUSED = (ReasonCode(PacketTypes.SUBACK, name) for name in ("Granted QoS 1", "Not authorized"))


def test_a_subscription_that_is_refused_while_running_is_asked_for_again_more_and_more_rarely(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float] = []

    def timer(seconds: float, then: Any) -> Any:
        waits.append(seconds)
        return SimpleNamespace(daemon=False, start=then)

    asked: list[object] = []
    monkeypatch.setattr("field_io.mqtt_link.threading.Timer", timer)
    link = MqttLink(BrokerAccess("127.0.0.1", 1), "x", [("a", 1)], print)
    monkeypatch.setattr(MqttLink, "connected", True)
    monkeypatch.setattr(link._client, "subscribe", asked.append)

    def suback(reason: ReasonCode) -> None:
        link._on_subscribe(link._client, None, 1, [reason], None)

    suback(REFUSED)
    assert waits == []  # at the start it is an error of who started it
    for reason in (REFUSED, REFUSED, GRANTED, REFUSED):
        suback(reason)
    assert waits == [5.0, 10.0, 5.0]
    assert asked == [[("a", 1)]] * 3
    assert link.refused == ("a",)
