"""Is every fault that a cabinet reports alarmed with its name, once, and taken back once?"""

from dataclasses import replace

import pytest

from console.sentences import WORDS, Language, sentence
from controller.cabinet_faults import FAULTS, CabinetFaults, hear_faults
from controller.events import Alarm, CabinetMode, CabinetReport, Reason
from controller.layout import build_layout
from field_io.registers import FaultBit
from tests.towns import ObedientStreet, three_stage_junction, town

LAYOUT = build_layout(town(three_stage_junction()))


def report(active: int = 0, latched: int = 0) -> CabinetReport:
    return CabinetReport("J1", CabinetMode.REMOTE, 0, 1, 0, (), 0, active, latched, 10.0, accepted=None, result=0)


def told(alarms: list[Alarm]) -> list[tuple[Reason, object, bool]]:
    return [(alarm.code, dict(alarm.because)["fault"], alarm.cleared) for alarm in alarms]


@pytest.mark.parametrize("bit", FaultBit)
def test_each_bit_of_the_map_has_its_name_and_its_words(bit: FaultBit) -> None:
    alarms = hear_faults(CabinetFaults.none(LAYOUT), [report(active=bit)], LAYOUT)
    assert told(alarms) == [(Reason.CABINET_FAULT_MINOR, bit.name.lower() if bit.name else "", False)]
    assert bit.name is not None
    assert bit.name.lower() in WORDS
    for language in Language:
        assert WORDS[bit.name.lower()].told_in(language) in sentence(alarms[0], language)


def test_a_fault_is_told_once_and_taken_back_once() -> None:
    state = CabinetFaults.none(LAYOUT)
    door = FaultBit.DOOR
    assert told(hear_faults(state, [report(door), report(door)], LAYOUT)) == [
        (Reason.CABINET_FAULT_MINOR, "door", False)
    ]
    assert hear_faults(state, [report(door)], LAYOUT) == []
    assert told(hear_faults(state, [report()], LAYOUT)) == [(Reason.CABINET_FAULT_MINOR, "door", True)]


def test_a_latched_fault_is_told_as_one_that_only_somebody_on_site_clears() -> None:
    state, both = CabinetFaults.none(LAYOUT), int(FaultBit.RED_FAIL | FaultBit.LAMP_MAJOR)
    assert told(hear_faults(state, [report(both, both)], LAYOUT)) == [
        (Reason.CABINET_FAULT, "red_fail", False),
        (Reason.CABINET_FAULT, "lamp_major", False),
    ]
    cleared = told(hear_faults(state, [report(FaultBit.DOOR)], LAYOUT))
    assert (Reason.CABINET_FAULT, "red_fail", True) in cleared
    assert (Reason.CABINET_FAULT_MINOR, "door", False) in cleared


def test_bits_that_the_map_does_not_have_alarm_nobody() -> None:
    state = CabinetFaults.none(LAYOUT)
    assert hear_faults(state, [report(1 << len(FAULTS), 1 << 31)], LAYOUT) == []


def test_the_controller_alarms_what_a_cabinet_latched_and_commands_it_no_more() -> None:
    network = town(three_stage_junction())
    street = ObedientStreet(network)
    for _ in range(10):
        street.second()
    conflict = int(FaultBit.CONFLICT)
    said = replace(street.report(network.junctions[0]), latched_faults=conflict, active_faults=conflict)
    result = street.controller.step(street.now_s, [replace(said, mode=CabinetMode.LATCHED_FAULT)])
    assert (Reason.CABINET_FAULT, "conflict", False) in told(
        [alarm for alarm in result.alarms if alarm.code is Reason.CABINET_FAULT]
    )
    assert result.commands == ()
