"""What does the cabinet do by itself when centre, clock, processor or groups fail it, and what does it say of it?"""

import pytest

from controller.events import CabinetMode, CommandKind
from controller.model import Aspect
from field_io.registers import ClockStatus, FaultBit, ModeReason, ResultCode
from sim.cabinet import StartUp, StartUpSequence, VirtualCabinet
from sim.cabinet.groups import NEVER, SignalGroups
from sim.cabinet.watchdogs import DEADLOCK_MARGIN_DS, WATCHDOG_DS
from tests.cabinets import crossroads, in_local, in_remote, mode_of, start


def faults(cabinet: VirtualCabinet) -> FaultBit:
    return FaultBit(cabinet.status.active_faults)


def test_an_owner_that_falls_silent_is_told_until_one_is_heard_again() -> None:
    cabinet, centre = in_remote()
    cabinet.advance(1099)
    assert faults(cabinet) == FaultBit(0)
    cabinet.advance(1100)
    assert (faults(cabinet), cabinet.mode_reason) == (FaultBit.COMMUNICATION, ModeReason.LEASE_ENDED)
    assert cabinet.status.fault_count == 1
    assert centre.request(1) is ResultCode.ACCEPTED
    assert faults(cabinet) == FaultBit(0)


def test_an_owner_that_says_good_bye_is_no_fault() -> None:
    cabinet, centre = in_remote()
    assert centre.say(CommandKind.RELEASE) is ResultCode.ACCEPTED
    cabinet.advance(2000)
    assert faults(cabinet) == FaultBit(0)


@pytest.mark.parametrize(
    ("off_s", "status", "told"),
    [
        (4.0, ClockStatus.SYNCHRONISED, FaultBit(0)),
        (-4.0, ClockStatus.SYNCHRONISED, FaultBit(0)),
        (6.0, ClockStatus.SYNCHRONISED, FaultBit.CLOCK),
        (-3600.0, ClockStatus.SYNCHRONISED, FaultBit.CLOCK),
        (3600.0, ClockStatus.FREE_RUNNING, FaultBit(0)),
    ],
)
def test_clocks_that_differ_are_told_and_nothing_is_refused(off_s: float, status: ClockStatus, told: FaultBit) -> None:
    cabinet, centre = in_remote()
    now_s = 1_767_571_200.0
    cabinet.set_clock(now_s, status)
    assert centre.say(CommandKind.RENEW, issued_unix_s=int(now_s + off_s)) is ResultCode.ACCEPTED
    assert (mode_of(cabinet), faults(cabinet)) == (CabinetMode.REMOTE, told)
    assert centre.say(CommandKind.RENEW, issued_unix_s=int(now_s)) is ResultCode.ACCEPTED
    assert faults(cabinet) == FaultBit(0)


def test_a_sender_that_tells_no_time_is_compared_with_nothing() -> None:
    cabinet, centre = in_remote()
    assert centre.say(CommandKind.RENEW, issued_unix_s=0) is ResultCode.ACCEPTED
    assert faults(cabinet) == FaultBit(0)


def test_a_processor_that_stops_freezes_its_snapshot_and_is_flash_after_half_a_second() -> None:
    cabinet, centre = in_remote()
    frozen = cabinet.status
    block = centre.block(CommandKind.REQUEST_STAGE, stage=2)
    cabinet.hang()
    cabinet.advance(1000 + WATCHDOG_DS - 1)
    assert cabinet.status == frozen
    assert cabinet.write_holding(0, (0,) * 40) == 6
    cabinet.advance(1000 + WATCHDOG_DS)
    assert (cabinet.mode, cabinet.status.latched_faults) == (CabinetMode.LATCHED_FAULT, FaultBit.WATCHDOG)
    assert set(cabinet.aspects) == {Aspect.FLASHING_AMBER, Aspect.DARK}
    assert centre.send(block) is not ResultCode.ACCEPTED
    cabinet.advance(1200)
    cabinet.reset_on_site()
    cabinet.advance(1400)
    assert mode_of(cabinet) is CabinetMode.LOCAL_COORDINATED


def test_a_power_cut_ends_a_hang() -> None:
    cabinet, _ = in_remote()
    cabinet.hang()
    cabinet.power_cycle()
    cabinet.advance(2000)
    assert (cabinet.mode, cabinet.status.latched_faults) == (CabinetMode.LOCAL_COORDINATED, 0)


def test_a_stage_that_never_comes_is_flash(monkeypatch: pytest.MonkeyPatch) -> None:
    cabinet, centre = in_remote()
    monkeypatch.setattr(SignalGroups, "intergreen_end_ds", lambda self, i: NEVER)
    assert centre.request(2) is ResultCode.ACCEPTED
    limit_ds = 70 + 80 + 110 + DEADLOCK_MARGIN_DS  # longest minimum, clearance, intergreen of the crossroads
    centre.renew_until(1000 + limit_ds - 1)
    assert mode_of(cabinet) is CabinetMode.REMOTE
    cabinet.advance(1000 + limit_ds)
    assert (cabinet.mode, cabinet.status.latched_faults) == (CabinetMode.LATCHED_FAULT, FaultBit.DEADLOCK)


def test_a_long_wish_is_no_deadlock() -> None:
    cabinet, centre = in_remote()
    assert centre.request(1, min_green_ds=500) is ResultCode.ACCEPTED
    assert centre.request(2) is ResultCode.ACCEPTED
    centre.renew_until(1700)
    assert (mode_of(cabinet), cabinet.active_stage) == (CabinetMode.REMOTE, 2)


def test_a_start_up_without_its_red_keeps_the_red_after_amber() -> None:
    start_up = StartUp(StartUpSequence.NORDIC, dark_ds=70, amber_ds=30, red_ds=0, first_stage=1)
    cabinet = start(crossroads(start_up=start_up))
    shown = []
    for now_ds in (99, 100, 109, 110):
        cabinet.advance(now_ds)
        shown.append(cabinet.aspects[0])
    assert shown == [Aspect.AMBER, Aspect.RED, Aspect.RED, Aspect.GREEN]


def test_a_cabinet_that_works_tells_of_no_fault_for_an_hour() -> None:
    cabinet = in_local()
    cabinet.advance(36_600)
    assert (faults(cabinet), cabinet.status.fault_count) == (FaultBit(0), 0)
