"""At which scans does a cabinet work, and what does it remember of who moved it, since when and why?"""

from dataclasses import replace

import pytest

from controller.events import CabinetMode, CommandKind
from controller.model import Aspect
from field_io.registers import ClockStatus, CommandState, FaultBit, ModeReason, ResultCode
from sim.cabinet import (
    Lamp,
    LampFault,
    LampFaultKind,
    LocalPlan,
    StartUp,
    StartUpSequence,
    VirtualCabinet,
)
from sim.cabinet.groups import NEVER
from sim.cabinet.local_plan import DAY_DS
from sim.cabinet.operation import MIN_FLASH_DS, Operation
from sim.cabinet.ownership import NOBODY
from sim.cabinet.watchdogs import LOCAL_LOCK_DS, longest_change_ds
from tests.cabinets import crossroads, in_local, in_remote, start


def operation_of(cabinet: VirtualCabinet) -> Operation:
    return cabinet._operation


def scans(cabinet: VirtualCabinet, end_ds: int) -> list[int]:
    """The scans at which it works until then."""
    found = []
    while cabinet.next_scan_ds <= end_ds:
        found.append(cabinet.next_scan_ds)
        cabinet.advance(cabinet.next_scan_ds)
    return found


def test_it_works_at_changes_and_leaps_over_steady_green() -> None:
    """Start-up at 70, 100 and 150; then the plan's places (0 and 300 of 600), ambers, clearances and starts."""
    assert scans(start(), 1260) == [
        70, 100, 150, 300, 330, 380, 410, 600, 630, 650, 660, 900, 930, 980, 1010, 1200, 1230, 1250, 1260,
    ]  # fmt: skip


def test_under_a_lease_it_works_at_the_end_of_the_lease_at_the_latest() -> None:
    cabinet, centre = in_remote()
    assert centre.request(2, lease_ms=10_000) is ResultCode.ACCEPTED
    assert scans(cabinet, 1110)[-2:] == [1100, 1110]
    assert cabinet.mode is CabinetMode.LOCAL_COORDINATED


def test_without_a_clock_the_cycle_begins_when_it_was_lost() -> None:
    cabinet = in_local()
    cabinet.advance(730)
    cabinet.set_clock(0.0, ClockStatus.NEVER_SET)
    assert scans(cabinet, 1700) == [1030, 1060, 1110, 1140, 1330, 1360, 1380, 1390, 1630, 1660]
    assert operation_of(cabinet).mode_time_ds == 1660 - 730


def test_a_flash_ends_by_its_minimum_and_by_start_up() -> None:
    cabinet = in_local()
    cabinet.request_flash()
    cabinet.advance(620)
    cabinet.request_flash(on=False)
    assert scans(cabinet, 760) == [600 + MIN_FLASH_DS, 710, 760]


def test_after_a_flash_the_american_start_up_has_one_interval_all_red() -> None:
    """The flash was its first one."""
    cabinet = in_local(
        crossroads(start_up=StartUp(StartUpSequence.US, dark_ds=70, amber_ds=0, red_ds=50, first_stage=1))
    )
    cabinet.request_flash()
    cabinet.request_flash(on=False)
    cabinet.advance(600 + MIN_FLASH_DS)
    assert (cabinet.mode, cabinet.aspects) == (CabinetMode.START_UP, (Aspect.RED,) * 3)
    assert scans(cabinet, 600 + MIN_FLASH_DS + 50) == [600 + MIN_FLASH_DS + 50]
    assert cabinet.aspects == (Aspect.GREEN, Aspect.GREEN, Aspect.RED)


def test_at_midnight_it_looks_at_its_place_in_the_cycle() -> None:
    config = crossroads(local_plan=LocalPlan(700, 0, ((0, 1), (400, 2))))  # a day is no whole number of cycles
    cabinet = VirtualCabinet(config, boot_id=1, key=None, now_ds=DAY_DS - 1000, unix_at_zero_s=0.0)
    assert scans(cabinet, DAY_DS + 460)[-3:] == [DAY_DS, DAY_DS + 400, DAY_DS + 430]


def test_time_runs_forwards() -> None:
    cabinet = in_local()
    with pytest.raises(ValueError, match=r"^cabinet J01: 599 ds is before 600 ds; time runs forwards$"):
        operation_of(cabinet).advance(599)
    operation_of(cabinet).advance(600)
    assert cabinet.now_ds == 600


def test_a_new_cabinet_is_dark_knows_nobody_and_wants_nothing() -> None:
    operation = operation_of(VirtualCabinet(crossroads(), boot_id=1, key=None, now_ds=40, unix_at_zero_s=0.0))
    assert (operation.mode, operation.mode_reason) == (CabinetMode.START_UP, ModeReason.POWER_ON)
    assert (operation.wanted_stage, operation.active_stage, operation.ownership.epoch) == (0, 0, NOBODY)
    assert (operation.stage_since_ds, operation.request_since_ds, operation.aimed_ds) == (40, 40, 40)
    assert (operation.active_faults, operation.latched_faults, operation.fault_count) == (0, 0, 0)
    assert (operation.locked, operation.manual_switch, operation.flash_switch, operation.flash_leased) == (
        False, False, False, False,
    )  # fmt: skip
    assert (operation.request_outcome, operation.lamps_differ) == (CommandState.NONE, False)
    assert operation.clock_status is ClockStatus.SYNCHRONISED
    assert operation.hung_since_ds == NEVER


def test_the_same_mode_or_stage_ordered_again_is_no_new_order() -> None:
    cabinet, centre = in_remote()
    operation = operation_of(cabinet)
    cabinet.advance(1050)
    since_ds = operation.mode_time_ds
    operation.enter(CabinetMode.REMOTE, ModeReason.CLOCK_VALID, author=99)
    operation.aim(1, author=99)
    assert operation.mode_time_ds == since_ds
    assert operation.mode_reason is ModeReason.LEASE_TAKEN
    assert not operation.trail.others_decided_since(1040, centre.epoch)
    operation.aim(2, author=99)
    assert operation.trail.others_decided_since(1040, centre.epoch)
    assert (operation.wanted_stage, operation.aimed_ds, operation.groups.target) == (2, 1050, 0b100)
    operation.aim(0, author=99)
    assert (operation.wanted_stage, operation.groups.target) == (0, 0)


def test_what_a_stage_was_asked_for_longer_ends_with_remote_control() -> None:
    cabinet, centre = in_remote()
    operation = operation_of(cabinet)
    operation.groups.wish_min_green(0b001, 400)
    operation.enter(CabinetMode.REMOTE, ModeReason.LEASE_TAKEN)
    assert any(operation.groups.wished_min_ds)
    assert centre.say(CommandKind.RUN_LOCAL_PLAN) is ResultCode.ACCEPTED
    assert not any(operation.groups.wished_min_ds)


@pytest.mark.parametrize(("told", "count"), [((FaultBit.CLOCK,) * 2, 1), ((FaultBit.CLOCK, FaultBit.DOOR), 2)])
def test_a_fault_counts_when_it_is_new(told: tuple[FaultBit, ...], count: int) -> None:
    operation = operation_of(in_local())
    for fault in told:
        operation.tell(fault)
    assert operation.fault_count == count
    assert operation.active_faults == FaultBit(0) | told[0] | told[-1]


def test_a_trip_ends_the_lease_and_adds_to_what_is_latched() -> None:
    cabinet, _ = in_remote()
    operation = operation_of(cabinet)
    operation.tell(FaultBit.CLOCK)
    operation.trip(FaultBit.CONFLICT)
    operation.trip(FaultBit.DEADLOCK)
    assert operation.latched_faults == FaultBit.CONFLICT | FaultBit.DEADLOCK
    assert operation.active_faults == FaultBit.CLOCK | FaultBit.CONFLICT | FaultBit.DEADLOCK
    assert (operation.fault_count, operation.ownership.epoch) == (3, NOBODY)
    assert (operation.mode, operation.mode_reason) == (CabinetMode.LATCHED_FAULT, ModeReason.SAFETY_FAULT)
    assert (operation.request_outcome, operation.wanted_stage) == (CommandState.SUPERSEDED, 0)
    assert operation.aspects == (Aspect.FLASHING_AMBER, Aspect.DARK, Aspect.FLASHING_AMBER)


def test_who_leaves_the_local_plan_leaves_no_request_behind() -> None:
    operation = operation_of(in_local())
    operation.leave_remote()
    assert operation.request_outcome is CommandState.NONE


def test_after_a_stuck_request_it_is_locked_for_a_minute_to_the_scan() -> None:
    cabinet, centre = in_remote(crossroads(stuck_request_ds=600))
    operation = operation_of(cabinet)
    began_ds = operation.request_since_ds
    centre.renew_until(began_ds + 590)
    cabinet.advance(began_ds + 599)
    assert (operation.locked, cabinet.mode) == (False, CabinetMode.REMOTE)
    cabinet.advance(began_ds + 600)
    assert (operation.locked, operation.mode_reason) == (True, ModeReason.STUCK_REQUEST)
    assert operation.active_faults == FaultBit.STUCK_REQUEST
    assert (operation.ownership.epoch, operation.request_outcome) == (NOBODY, CommandState.SUPERSEDED)
    cabinet.advance(began_ds + 600 + LOCAL_LOCK_DS - 1)
    assert (operation.locked, operation.active_faults) == (True, FaultBit.STUCK_REQUEST)
    cabinet.advance(began_ds + 600 + LOCAL_LOCK_DS)
    assert (operation.locked, operation.active_faults) == (False, FaultBit(0))


def test_the_longest_change_is_the_longest_minimum_closing_with_red_amber_and_intergreen() -> None:
    k1, f1, k2 = crossroads().groups
    assert longest_change_ds(crossroads()) == 70 + 80 + 110
    prepared = crossroads(groups=(replace(k1, red_amber_ds=20), replace(f1, closing_ds=10), k2))
    assert longest_change_ds(prepared) == 70 + (30 + 20) + 110
    assert longest_change_ds(replace(prepared, intergreen_ds=((None,) * 3,) * 3)) == 70 + (30 + 20)


def test_lamps_that_differ_count_once_each_time_and_leave_other_faults_alone() -> None:
    cabinet, centre = in_remote()
    operation = operation_of(cabinet)
    operation.tell(FaultBit.DOOR)
    for broken, count in ((True, 2), (False, 2), (True, 3)):
        if broken:
            cabinet.break_lamps(LampFault(LampFaultKind.DEAD, 1, Lamp.GREEN))
        else:
            cabinet.mend_lamps()
        centre.renew_until(cabinet.now_ds + 20)
        assert operation.fault_count == count
        assert operation.active_faults == FaultBit.DOOR | (FaultBit.LAMP_MINOR if broken else FaultBit(0))


def test_after_a_start_up_without_red_who_showed_amber_is_red_first_and_who_showed_red_green_at_once() -> None:
    start_up = StartUp(StartUpSequence.NORDIC, dark_ds=70, amber_ds=30, red_ds=0, first_stage=1)
    cabinet = start(crossroads(start_up=start_up))
    cabinet.advance(100)
    since_ds = operation_of(cabinet).groups.since_ds
    assert [at_ds == 100 for at_ds in since_ds] == [True, True, True]  # F1, red all the time, is green at once
    assert cabinet.aspects == (Aspect.RED, Aspect.GREEN, Aspect.RED)


@pytest.mark.parametrize(
    ("at_ds", "state"),
    [(1200, CommandState.WAITING_MIN_GREEN), (1250, CommandState.WAITING_MIN_GREEN),
     (1260, CommandState.IN_INTERSTAGE), (1310, CommandState.IN_INTERSTAGE), (1320, CommandState.DONE)],
)  # fmt: skip
def test_how_far_a_request_has_got(at_ds: int, state: CommandState) -> None:
    """K2, green since 1110, is to be so for 15 s; then 6 s to F1."""
    cabinet, centre = in_remote()
    assert centre.request(2) is ResultCode.ACCEPTED
    centre.renew_until(1200)
    operation_of(cabinet).groups.wish_min_green(0b100, 150)
    assert centre.request(1) is ResultCode.ACCEPTED
    centre.renew_until(at_ds)
    assert cabinet.status.command_state == state
