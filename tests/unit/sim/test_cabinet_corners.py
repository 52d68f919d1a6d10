"""The moments at which two things happen to a cabinet at once: does each rule still hold there?"""

from dataclasses import replace

import pytest

from controller.events import CabinetMode, CommandKind
from controller.model import Aspect
from field_io.registers import CommandState, FaultBit, ModeReason, ResultCode
from sim.cabinet import MonitorCard, StartUp, StartUpSequence, VirtualCabinet
from tests.cabinets import KEY, Centre, crossroads, in_local, in_remote, mode_of

R = ResultCode
GREEN, AMBER, RED, CLEARING = Aspect.GREEN, Aspect.AMBER, Aspect.RED, Aspect.FLASHING_GREEN


def with_red_amber() -> tuple[VirtualCabinet, Centre]:
    """The crossroads with a second of red-amber before every vehicle green, under remote control."""
    k1, f1, k2 = crossroads().groups
    return in_remote(crossroads(groups=(replace(k1, red_amber_ds=10), f1, replace(k2, red_amber_ds=10))))


# Somebody asks again for what is asked for already.


def test_all_red_asked_for_again_does_not_start_the_patience_anew() -> None:
    cabinet, centre = in_remote(crossroads(stuck_request_ds=600))
    assert centre.say(CommandKind.REQUEST_ALL_RED) is R.ACCEPTED
    assert cabinet.status.request_held_ds == 0
    centre.renew_until(1400)
    assert centre.say(CommandKind.REQUEST_ALL_RED) is R.ACCEPTED
    assert cabinet.status.request_held_ds == 400
    centre.renew_until(1590)
    cabinet.advance(1600)
    assert (cabinet.mode, cabinet.mode_reason) == (CabinetMode.LOCAL_COORDINATED, ModeReason.STUCK_REQUEST)


def test_flash_asked_for_again_renews_its_lease_and_not_its_minimum() -> None:
    cabinet, centre = in_remote()
    assert centre.say(CommandKind.REQUEST_FLASH, lease_ms=5000) is R.ACCEPTED
    cabinet.advance(1040)
    assert centre.say(CommandKind.REQUEST_FLASH, lease_ms=5000) is R.ACCEPTED
    assert cabinet.status.command_state == CommandState.DONE
    cabinet.advance(1089)
    assert mode_of(cabinet) is CabinetMode.FLASH_AMBER
    cabinet.advance(1090)  # the minimum of 8 s has run since 1000
    assert (cabinet.mode, cabinet.mode_reason) == (CabinetMode.START_UP, ModeReason.MINIMUM_FLASH_ENDED)


def test_a_fault_that_is_told_already_counts_once() -> None:
    cabinet, centre = in_remote()
    for _ in range(3):
        assert centre.say(CommandKind.RENEW, issued_unix_s=1_000_000) is R.ACCEPTED
    assert (cabinet.status.active_faults, cabinet.status.fault_count) == (FaultBit.CLOCK, 1)


# A change of mind in mid change.


def test_a_red_amber_that_nobody_wants_any_more_leads_to_green_and_runs_its_minimum() -> None:
    cabinet, centre = with_red_amber()
    assert centre.request(2) is R.ACCEPTED
    centre.renew_until(1105)  # F1 ended at 1000, its intergreen of 11 s ends at 1110: red-amber since 1100
    assert cabinet.aspects[2] is Aspect.RED_AMBER
    assert centre.request(1) is R.ACCEPTED
    assert (cabinet.active_stage, cabinet.status.command_state) == (0, CommandState.IN_INTERSTAGE)
    expected_ds = 5 + 50 + 60  # rest of the red-amber, minimum of K2, intergreen to F1
    assert cabinet.status.interstage_left_ds == expected_ds
    centre.renew_until(1159)
    assert cabinet.aspects[2] is GREEN
    centre.renew_until(1160)
    assert cabinet.aspects[2] is AMBER
    centre.renew_until(1105 + expected_ds)
    assert (cabinet.active_stage, cabinet.aspects) == (1, (GREEN, GREEN, RED))


def test_walkers_without_a_clearance_are_red_at_once_and_their_intergreen_still_counts() -> None:
    k1, f1, k2 = crossroads().groups
    cabinet, centre = in_remote(crossroads(groups=(k1, replace(f1, closing_ds=0), k2)))
    assert centre.request(2) is R.ACCEPTED
    assert cabinet.aspects == (AMBER, RED, RED)
    centre.renew_until(1109)
    assert cabinet.aspects == (RED, RED, RED)
    centre.renew_until(1110)
    assert cabinet.aspects == (RED, RED, GREEN)


# Flash, power and people in mid change.


def test_the_first_stage_of_a_uk_start_up_waits_for_who_had_green_before_the_flash() -> None:
    """Dark to green at once would otherwise cut the intergreen of whoever was walking when the flash began."""
    start_up = StartUp(StartUpSequence.UK, dark_ds=70, amber_ds=30, red_ds=50, first_stage=2)
    cabinet, _ = in_remote(crossroads(start_up=start_up))
    cabinet.raise_fault(FaultBit.CONFLICT, latched=True)  # K1 and F1 were green until now
    cabinet.reset_on_site()
    cabinet.advance(1109)
    assert (cabinet.mode, cabinet.aspects[2]) == (CabinetMode.START_UP, Aspect.DARK)
    cabinet.advance(1110)
    assert cabinet.aspects == (RED, RED, GREEN)
    assert mode_of(cabinet) is CabinetMode.LOCAL_COORDINATED


def test_flash_in_mid_amber_is_no_amber_cut_short() -> None:
    cabinet, centre = in_remote()
    assert centre.request(2) is R.ACCEPTED
    cabinet.advance(1005)
    assert cabinet.aspects[0] is AMBER
    cabinet.request_flash()
    cabinet.advance(1200)
    assert (cabinet.mode, cabinet.monitor_trip) == (CabinetMode.FLASH_AMBER, None)
    cabinet.request_flash(on=False)
    cabinet.advance(1500)
    assert (cabinet.mode, cabinet.monitor_trip) == (CabinetMode.LOCAL_COORDINATED, None)


def test_a_fault_found_without_power_is_flash_when_the_power_returns() -> None:
    cabinet, _ = in_remote()
    cabinet.power_off()
    cabinet.raise_fault(FaultBit.CONFLICT, latched=True)
    assert mode_of(cabinet) is CabinetMode.DARK
    assert set(cabinet.aspects) == {Aspect.DARK}
    cabinet.power_on()
    assert (cabinet.mode, cabinet.status.latched_faults) == (CabinetMode.LATCHED_FAULT, FaultBit.CONFLICT)


def test_a_processor_without_power_does_not_hang() -> None:
    cabinet = in_local()
    cabinet.power_off()
    cabinet.hang()
    cabinet.power_on()
    cabinet.advance(2000)
    assert (cabinet.mode, cabinet.status.latched_faults) == (CabinetMode.LOCAL_COORDINATED, 0)


def test_a_reset_with_the_flash_switch_on_stays_in_flash_and_one_without_a_fault_does_nothing() -> None:
    cabinet = in_local()
    cabinet.reset_on_site()
    assert mode_of(cabinet) is CabinetMode.LOCAL_COORDINATED
    cabinet.request_flash()
    cabinet.raise_fault(FaultBit.CONFLICT, latched=True)
    assert mode_of(cabinet) is CabinetMode.LATCHED_FAULT
    cabinet.reset_on_site()
    assert (cabinet.mode, cabinet.mode_reason) == (CabinetMode.FLASH_AMBER, ModeReason.FLASH_ON_SITE)
    assert not cabinet.status.latched_faults
    cabinet.request_flash(on=False)
    cabinet.advance(900)
    assert mode_of(cabinet) is CabinetMode.LOCAL_COORDINATED


def test_a_power_cut_leaves_the_flash_switch_as_it_stands() -> None:
    cabinet = in_local()
    cabinet.request_flash()
    cabinet.power_cycle()
    assert (cabinet.mode, cabinet.mode_reason) == (CabinetMode.FLASH_AMBER, ModeReason.FLASH_ON_SITE)


# The monitor, where a custom decides.


def test_red_amber_is_two_colours_to_a_monitor_whose_card_does_not_know_the_custom() -> None:
    k1, f1, k2 = crossroads().groups
    config = crossroads(groups=(k1, f1, replace(k2, red_amber_ds=20)))
    cabinet = VirtualCabinet(
        config, boot_id=1, key=KEY, now_ds=0, unix_at_zero_s=0.0, card=MonitorCard.of(crossroads())
    )
    cabinet.advance(600)  # stage 2 is due at 300
    trip = cabinet.monitor_trip
    assert trip is not None
    assert (trip.fault, trip.groups) == (FaultBit.DUAL_INDICATION, (2,))
    assert not in_local(config).monitor_trip


# Between its scans a cabinet may be left alone.


@pytest.mark.parametrize("remote", [False, True])
def test_nothing_changes_between_the_scans_that_a_cabinet_announces(remote: bool) -> None:
    config = crossroads()
    watched, _ = in_remote(config) if remote else (in_local(config), None)
    leaping, _ = in_remote(config) if remote else (in_local(config), None)
    scans = 0
    while watched.now_ds < 3000:
        due_ds = watched.next_scan_ds
        before = watched.orders
        while watched.now_ds + 1 < due_ds and watched.now_ds < 3000:
            watched.advance(watched.now_ds + 1)
            assert watched.orders == before
        watched.advance(watched.now_ds + 1)
        leaping.advance(watched.now_ds)
        assert leaping.orders == watched.orders
        scans += 1
    assert scans < 300, "it leaps, or it would be asked at every scan"
