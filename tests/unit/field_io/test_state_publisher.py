"""Is the state told when it changes, in the words of SPaT?"""

import json
from dataclasses import replace

from controller import JunctionView
from controller.events import Alarm, CabinetMode, CabinetReport, ControlMode, Reason, Rung
from controller.model import Aspect, GroupKind
from field_io.state_publisher import MOVEMENT_STATE, REPEAT_S, StatePublisher
from tests.unit.field_io.street import make_network

NETWORK = make_network()
VIEW = JunctionView(
    "J01",
    ControlMode.FIXED_TIME,
    1,
    90.0,
    "day",
    Reason.PROGRAMME,
    (Aspect.GREEN, Aspect.RED),
    (98.0, 60.0),
    Rung.PLAN,
    Reason.STALE_DETECTORS,
    40.0,
)
REPORT = CabinetReport("J01", CabinetMode.REMOTE, 0, 1, 0, (), 0, 0, 0, 9.0, None, 0)


class Wire:
    """Collects what is published."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, dict[str, object], int, bool]] = []

    def __call__(self, topic: str, payload: bytes, qos: int, retain: bool) -> None:
        self.messages.append((topic, json.loads(payload), qos, retain))


def test_a_state_has_the_shape_of_the_contract() -> None:
    wire = Wire()
    publisher = StatePublisher(NETWORK, wire, dry_run=False)
    publisher.hear([REPORT])
    assert publisher.tell([VIEW], 100.0, 1e9) == 1
    assert wire.messages == [
        (
            "fk/v1/udon/J01/state",
            {
                "v": 1,
                "t": 100.0,
                "utc": 1e9,
                "mode": "fixed_time",
                "rung": 2,
                "rung_reason": "stale_detectors",
                "rung_since": 40.0,
                "cabinet": 2,
                "stage": 1,
                "wanted": 1,
                "plan": "day",
                "reason": "programme",
                "groups": {
                    "K1": {"state": "protected-Movement-Allowed", "since": 98.0, "min": 4.0, "max": None},
                    "K2": {"state": "stop-And-Remain", "since": 60.0, "min": None, "max": None},
                },
                "dry_run": False,
            },
            0,
            True,
        )
    ]


def test_it_is_told_on_change_and_every_ten_seconds() -> None:
    wire = Wire()
    publisher = StatePublisher(NETWORK, wire, dry_run=True)
    amber = replace(VIEW, aspects=(Aspect.AMBER, Aspect.RED), aspect_since_s=(105.0, 60.0))
    told = [
        second for second in range(100, 130) if publisher.tell([VIEW if second < 105 else amber], float(second), None)
    ]
    assert told == [100, 105, 115, 125]
    assert REPEAT_S == 10.0
    group = wire.messages[1][1]["groups"]
    assert isinstance(group, dict)
    assert group["K1"] == {"state": "protected-clearance", "since": 105.0, "min": 3.0, "max": 3.0}


def test_who_gives_way_is_permissive_and_every_aspect_has_a_word() -> None:
    wire = Wire()
    junction = replace(NETWORK.junctions[0], permissive=frozenset({("K1", "K2")}))
    publisher = StatePublisher(replace(NETWORK, junctions=(junction,)), wire, dry_run=False)
    publisher.tell([VIEW], 100.0, None)
    groups = wire.messages[0][1]["groups"]
    assert isinstance(groups, dict)
    assert groups["K1"]["state"] == "permissive-Movement-Allowed"
    assert set(MOVEMENT_STATE) == set(Aspect)


def test_people_on_foot_never_give_way_in_words() -> None:
    wire = Wire()
    walk = replace(NETWORK.junctions[0].groups[0], kind=GroupKind.PEDESTRIAN, clearance_s=8.0)
    junction = replace(
        NETWORK.junctions[0],
        groups=(walk, NETWORK.junctions[0].groups[1]),
        permissive=frozenset({("K1", "K2")}),
    )
    publisher = StatePublisher(replace(NETWORK, junctions=(junction,)), wire, dry_run=False)
    publisher.tell([replace(VIEW, aspects=(Aspect.FLASHING_GREEN, Aspect.RED))], 100.0, None)
    groups = wire.messages[0][1]["groups"]
    assert isinstance(groups, dict)
    assert groups["K1"] == {"state": "protected-clearance", "since": 98.0, "min": 6.0, "max": 6.0}


def test_an_alarm_is_told_with_its_values() -> None:
    wire = Wire()
    publisher = StatePublisher(NETWORK, wire, dry_run=False)
    publisher.alarm([Alarm("J02", Reason.LINK_DOWN, because=(("cause", "timeout"),))], 7.0)
    assert wire.messages == [
        (
            "fk/v1/udon/J02/alarm",
            {"v": 1, "t": 7.0, "code": "link_down", "cleared": False, "because": {"cause": "timeout"}},
            1,
            False,
        )
    ]
