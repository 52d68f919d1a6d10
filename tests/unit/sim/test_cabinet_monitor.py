"""What does the cabinet's own monitor take for a danger, how soon, and who may clear it?"""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from controller.events import CabinetMode, CommandKind
from controller.model import Aspect
from field_io.registers import FaultBit, ModeReason, ResultCode
from sim.cabinet import (
    ConfigRefused,
    Lamp,
    LampFault,
    LampFaultKind,
    MonitorCard,
    Trip,
    VirtualCabinet,
    random_faults,
)
from sim.cabinet.groups import LONG_AGO, SignalGroups
from sim.cabinet.monitor_card import CONFLICT, RED_FAIL
from tests.cabinets import KEY, Centre, crossroads, in_local, in_remote

K1, F1, K2 = range(3)
MAJOR = FaultBit.RED_FAIL | FaultBit.LAMP_MAJOR


def until_trip(cabinet: VirtualCabinet, end_ds: int) -> Trip:
    while cabinet.now_ds < end_ds:
        cabinet.advance(cabinet.now_ds + 1)
        if cabinet.monitor_trip is not None:
            return cabinet.monitor_trip
    raise AssertionError("the monitor has not tripped")


def fault(
    kind: LampFaultKind, group: int, lamp: Lamp, *, other: tuple[int, Lamp] = (-1, Lamp.RED), **when: Any
) -> LampFault:
    return LampFault(kind, group, lamp, *other, **when)


def test_a_green_that_sticks_beside_a_conflicting_green_is_flash_within_the_window() -> None:
    cabinet, _ = in_remote()
    cabinet.break_lamps(fault(LampFaultKind.DEAD, K2, Lamp.RED), fault(LampFaultKind.STUCK_ON, K2, Lamp.GREEN))
    trip = until_trip(cabinet, 1010)
    assert (trip.fault, trip.groups, trip.at_ms) == (FaultBit.CONFLICT, (K1, K2), 100_000 + CONFLICT.trip_ms)
    status = cabinet.status
    assert (status.mode, status.mode_reason) == (CabinetMode.LATCHED_FAULT, ModeReason.SAFETY_FAULT)
    assert status.latched_faults == status.active_faults == FaultBit.CONFLICT
    assert (status.owner_epoch, status.lease_left_ds, status.fault_count) == (0, 0, 1)
    assert set(status.aspects[:3]) == {Aspect.FLASHING_AMBER, Aspect.DARK}
    assert trip.burning[K2] == Lamp.GREEN


@pytest.mark.parametrize(
    ("faults", "found", "groups"),
    [
        ((fault(LampFaultKind.DEAD, K2, Lamp.RED),), MAJOR, (K2,)),
        ((fault(LampFaultKind.STUCK_ON, K2, Lamp.GREEN),), FaultBit.CONFLICT, (K1, K2)),
        ((fault(LampFaultKind.STUCK_ON, K1, Lamp.RED),), FaultBit.DUAL_INDICATION, (K1,)),
        ((fault(LampFaultKind.DUAL, F1, Lamp.GREEN, other=(-1, Lamp.RED)),), FaultBit.DUAL_INDICATION, (F1,)),
        ((fault(LampFaultKind.CROSSED, K1, Lamp.GREEN, other=(K2, Lamp.GREEN)),), FaultBit.CLEARANCE, (K1, K2)),
        ((fault(LampFaultKind.CROSSED, F1, Lamp.RED, other=(K2, Lamp.RED)),), FaultBit.DUAL_INDICATION, (F1,)),
    ],
)
def test_each_kind_of_lamp_fault_is_found_for_what_it_is(
    faults: tuple[LampFault, ...], found: FaultBit, groups: tuple[int, ...]
) -> None:
    cabinet, _ = in_remote()
    cabinet.break_lamps(*faults)
    trip = until_trip(cabinet, 1020)
    assert (cabinet.status.latched_faults, trip.groups) == (found, groups)


@pytest.mark.parametrize(
    ("broken", "found"),
    [
        (fault(LampFaultKind.DEAD, K1, Lamp.AMBER), FaultBit.SHORT_AMBER),
        (fault(LampFaultKind.CROSSED, K1, Lamp.AMBER, other=(K1, Lamp.RED)), FaultBit.SHORT_AMBER),
        (fault(LampFaultKind.DEAD, K1, Lamp.AMBER, from_ms=102_000), MAJOR),
    ],
)
def test_an_amber_that_does_not_come_or_does_not_last_is_found_at_the_change(
    broken: LampFault, found: FaultBit
) -> None:
    cabinet, centre = in_remote()
    cabinet.break_lamps(broken)
    cabinet.advance(1009)
    assert cabinet.monitor_trip is None
    assert centre.request(2) is ResultCode.ACCEPTED
    if found is MAJOR:  # the amber goes out after a second: dark, then red, and what it lacked is known
        assert until_trip(cabinet, 1100).fault is FaultBit.SHORT_AMBER
    else:
        assert until_trip(cabinet, 1030).fault is found


def test_a_lamp_that_fails_between_two_scans_is_timed_to_the_millisecond() -> None:
    cabinet, _ = in_remote()
    cabinet.break_lamps(fault(LampFaultKind.DEAD, K2, Lamp.RED, from_ms=100_033))
    cabinet.advance(2000)
    trip = cabinet.monitor_trip
    assert trip is not None
    assert (trip.fault, trip.at_ms) == (FaultBit.RED_FAIL, 100_033 + RED_FAIL.trip_ms)


def test_a_lamp_that_harms_nobody_is_told_within_a_second_and_work_goes_on() -> None:
    cabinet, centre = in_remote()
    cabinet.break_lamps(fault(LampFaultKind.DEAD, F1, Lamp.GREEN))
    centre.renew_until(1010)
    assert (cabinet.mode, cabinet.status.active_faults) == (CabinetMode.REMOTE, FaultBit.LAMP_MINOR)
    assert cabinet.status.lamps[F1] is Aspect.DARK
    cabinet.mend_lamps()
    centre.renew_until(1020)
    assert not cabinet.status.active_faults
    assert cabinet.status.fault_count == 1


def test_a_flicker_of_red_does_not_trip() -> None:
    cabinet, centre = in_remote()
    cabinet.break_lamps(
        *(
            fault(LampFaultKind.DEAD, K2, Lamp.RED, from_ms=at_ms, until_ms=at_ms + RED_FAIL.must_not_ms)
            for at_ms in (100_000, 101_500, 103_000)
        )
    )
    centre.renew_until(1100)
    assert cabinet.monitor_trip is None


def test_what_is_driven_to_conflict_trips_at_its_first_scan() -> None:
    config = crossroads()
    card = MonitorCard.of(config)
    card = replace(card, conflicts=(card.conflicts[K1] | 1 << F1, card.conflicts[F1] | 1 << K1, card.conflicts[K2]))
    cabinet = VirtualCabinet(config, boot_id=1, key=KEY, now_ds=0, unix_at_zero_s=0.0, card=card)
    trip = until_trip(cabinet, 600)
    assert (trip.fault, trip.groups, trip.at_ms) == (FaultBit.CONFLICT, (K1, F1), 15_000)


@pytest.mark.parametrize(
    ("rule", "mutant", "found"),
    [
        ("conflict_free", lambda self, i: True, {FaultBit.CONFLICT}),
        ("intergreen_end_ds", lambda self, i: LONG_AGO, {FaultBit.CLEARANCE}),
    ],
)
def test_a_controller_that_has_lost_a_rule_is_taken_to_flash(
    rule: str, mutant: Callable[..., Any], found: set[FaultBit], monkeypatch: pytest.MonkeyPatch
) -> None:
    cabinet, centre = in_remote()
    monkeypatch.setattr(SignalGroups, rule, mutant)
    if rule == "conflict_free":
        monkeypatch.setattr(SignalGroups, "intergreen_end_ds", lambda self, i: LONG_AGO)
    assert centre.request(2) is ResultCode.ACCEPTED
    assert until_trip(cabinet, 1200).fault in found


def test_an_amber_cut_short_by_the_controller_itself_is_found() -> None:
    config = crossroads()
    k1, f1, k2 = config.groups
    hasty = replace(config, groups=(replace(k1, closing_ds=20), f1, k2))
    cabinet = VirtualCabinet(hasty, boot_id=1, key=KEY, now_ds=0, unix_at_zero_s=0.0, card=MonitorCard.of(config))
    trip = until_trip(cabinet, 900)
    assert (trip.fault, trip.groups) == (FaultBit.SHORT_AMBER, (K1,))


def test_an_amber_too_short_to_be_one_is_refused_before_a_lamp_is_lit() -> None:
    k1, f1, k2 = crossroads().groups
    with pytest.raises(ConfigRefused, match=r"amber of group K1 is 2\.5 s"):
        MonitorCard.of(crossroads(groups=(replace(k1, closing_ds=25), f1, k2)))


def test_greens_that_conflict_are_found_in_flash_too_and_ambers_mean_nothing_there() -> None:
    cabinet = in_local()
    cabinet.request_flash()
    cabinet.advance(700)
    assert cabinet.monitor_trip is None
    cabinet.break_lamps(fault(LampFaultKind.STUCK_ON, K1, Lamp.GREEN), fault(LampFaultKind.STUCK_ON, K2, Lamp.GREEN))
    assert until_trip(cabinet, 710).groups == (K1, K2)


def test_a_lamp_that_was_not_mended_trips_again_after_the_reset() -> None:
    cabinet, _ = in_remote()
    cabinet.break_lamps(fault(LampFaultKind.DEAD, K2, Lamp.RED))
    until_trip(cabinet, 1010)
    cabinet.reset_on_site()
    assert cabinet.monitor_trip is None
    assert until_trip(cabinet, 1200).fault is FaultBit.RED_FAIL
    cabinet.mend_lamps()
    cabinet.reset_on_site()
    cabinet.advance(2000)
    assert (cabinet.mode, cabinet.status.latched_faults) == (CabinetMode.LOCAL_COORDINATED, 0)


def test_a_latched_fault_outlives_the_power_and_is_not_judged_anew() -> None:
    cabinet, _ = in_remote()
    cabinet.break_lamps(fault(LampFaultKind.STUCK_ON, K2, Lamp.GREEN))
    until_trip(cabinet, 1010)
    cabinet.mend_lamps()
    cabinet.power_cycle()
    cabinet.advance(1500)
    assert (cabinet.mode, cabinet.status.latched_faults) == (CabinetMode.LATCHED_FAULT, FaultBit.CONFLICT)
    assert cabinet.status.fault_count == 1


def tripped() -> tuple[VirtualCabinet, Centre]:
    cabinet, centre = in_remote()
    cabinet.break_lamps(fault(LampFaultKind.STUCK_ON, K2, Lamp.GREEN))
    until_trip(cabinet, 1010)
    return cabinet, centre


@pytest.mark.parametrize("kind", CommandKind)
def test_no_command_clears_what_is_latched(kind: CommandKind) -> None:
    cabinet, centre = tripped()
    assert centre.say(kind, stage=1) in {ResultCode.LATCHED_FAULT, ResultCode.NOT_OWNER}
    assert (cabinet.mode, cabinet.status.latched_faults) == (CabinetMode.LATCHED_FAULT, FaultBit.CONFLICT)


def test_no_write_to_any_register_clears_what_is_latched() -> None:
    cabinet, _ = tripped()
    for address in range(0x1_0000):
        assert cabinet.write_holding(address, (0,)) == 2
    for address in range(1200):
        assert cabinet.write_holding(address, (0,) * 40) in {2, 3}
    assert (cabinet.mode, cabinet.status.latched_faults) == (CabinetMode.LATCHED_FAULT, FaultBit.CONFLICT)


def test_the_same_seed_breaks_the_same_lamps() -> None:
    def some(seed: int) -> tuple[LampFault, ...]:
        return random_faults(random.Random(seed), 3, 20, begin_ms=0, end_ms=60_000, longest_ms=5000)

    assert some(4) == some(4) != some(5)
    assert {one.kind for one in some(4)} == set(LampFaultKind)
