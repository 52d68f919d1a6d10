"""Start-up second by second, manual, flash, faults and power cuts: does the cabinet do what is done on site?"""

from dataclasses import replace

import pytest

from controller.events import CabinetMode, CommandKind
from controller.model import Aspect
from field_io.registers import CommandState, FaultBit, ModeReason, ResultCode
from sim.cabinet import StartUp, StartUpSequence, VirtualCabinet
from sim.cabinet.start_up import schedule
from tests.cabinets import crossroads, in_local, in_remote, mode_of, start

LETTERS = {
    Aspect.DARK: "-",
    Aspect.RED: "R",
    Aspect.AMBER: "A",
    Aspect.GREEN: "G",
    Aspect.RED_AMBER: "U",
    Aspect.FLASHING_GREEN: "F",
    Aspect.FLASHING_AMBER: "a",
    Aspect.FLASHING_RED: "r",
}


def shows(cabinet: VirtualCabinet) -> str:
    return "".join(LETTERS[aspect] for aspect in cabinet.aspects)


def story(cabinet: VirtualCabinet, end_ds: int) -> list[tuple[int, str]]:
    """(time, what K1 F1 K2 show) at each change until then."""
    lines = [(cabinet.now_ds, shows(cabinet))]
    while cabinet.now_ds < end_ds:
        cabinet.advance(cabinet.now_ds + 1)
        if shows(cabinet) != lines[-1][1]:
            lines.append((cabinet.now_ds, shows(cabinet)))
    return lines


def begin_with(sequence: StartUpSequence, first_stage: int = 1) -> StartUp:
    return StartUp(sequence, dark_ds=70, amber_ds=30, red_ds=50, first_stage=first_stage)


@pytest.mark.parametrize(
    ("sequence", "expected"),
    [
        (StartUpSequence.NORDIC, [(0, "---"), (70, "ARA"), (100, "RRR"), (150, "GGR")]),
        (StartUpSequence.UK, [(0, "---"), (70, "--A"), (100, "--R"), (150, "GGR")]),
        (StartUpSequence.US, [(0, "r-r"), (70, "RRR"), (120, "GGR")]),
    ],
)
def test_each_custom_comes_on_in_its_order(sequence: StartUpSequence, expected: list[tuple[int, str]]) -> None:
    cabinet = start(crossroads(start_up=begin_with(sequence)))
    assert story(cabinet, 200) == expected
    assert (cabinet.mode, cabinet.mode_reason) == (CabinetMode.LOCAL_COORDINATED, ModeReason.START_UP_ENDED)


def test_the_first_stage_comes_through_its_red_amber() -> None:
    config = crossroads(start_up=begin_with(StartUpSequence.NORDIC, first_stage=2))
    k1, f1, k2 = config.groups
    config = replace(config, groups=(k1, f1, replace(k2, red_amber_ds=10)))
    cabinet = start(config)
    assert story(cabinet, 165)[-2:] == [(150, "RRU"), (160, "RRG")]
    assert mode_of(cabinet) is CabinetMode.LOCAL_COORDINATED


def test_start_up_lasts_until_the_first_stage_is_green() -> None:
    cabinet = start()
    cabinet.advance(149)
    assert mode_of(cabinet) is CabinetMode.START_UP
    cabinet.advance(150)
    assert (cabinet.mode, cabinet.active_stage) == (CabinetMode.LOCAL_COORDINATED, 1)


def test_a_power_cut_runs_the_start_up_whole_and_forgets_the_owner() -> None:
    cabinet, centre = in_remote()
    old_boot = cabinet.identity.boot_id
    old = centre.block(CommandKind.REQUEST_STAGE, stage=2)
    cabinet.power_cycle()
    assert story(cabinet, 1150) == [(1000, "---"), (1070, "ARA"), (1100, "RRR"), (1150, "GGR")]
    assert cabinet.identity.boot_id != old_boot
    assert cabinet.status.owner_epoch == 0
    assert centre.send(old) is ResultCode.BOOT_ID


def test_power_off_is_dark_and_silent_until_it_returns() -> None:
    cabinet, _ = in_remote()
    cabinet.power_off()
    cabinet.advance(5000)
    assert (cabinet.mode, cabinet.answers, shows(cabinet)) == (CabinetMode.DARK, False, "---")
    cabinet.power_on()
    assert mode_of(cabinet) is CabinetMode.START_UP
    assert cabinet.status.uptime_ms == 0


def test_manual_holds_the_stage_and_steps_by_the_button() -> None:
    cabinet, centre = in_remote()
    cabinet.set_manual(on=True)
    status = cabinet.status
    assert (status.mode, status.mode_reason) == (CabinetMode.MANUAL, ModeReason.MANUAL_ON)
    assert (status.owner_epoch, status.command_state) == (0, CommandState.SUPERSEDED)
    cabinet.advance(3000)
    assert shows(cabinet) == "GGR"
    cabinet.step_manual()
    assert story(cabinet, 3200) == [(3000, "AFR"), (3030, "RFR"), (3080, "RRR"), (3110, "RRG")]
    cabinet.step_manual()
    cabinet.advance(3260)
    assert shows(cabinet) == "GGR"
    cabinet.set_manual(on=False)
    assert (cabinet.mode, cabinet.mode_reason) == (CabinetMode.LOCAL_COORDINATED, ModeReason.MANUAL_OFF)
    assert centre.request(1) is ResultCode.ACCEPTED


def test_the_button_does_nothing_outside_manual() -> None:
    cabinet, _ = in_remote()
    cabinet.step_manual()
    assert shows(cabinet) == "GGR"


def test_the_police_key_turned_in_start_up_counts_when_it_ends() -> None:
    cabinet = start()
    cabinet.set_manual(on=True)
    assert mode_of(cabinet) is CabinetMode.START_UP
    cabinet.advance(150)
    assert mode_of(cabinet) is CabinetMode.MANUAL
    cabinet.advance(900)
    assert shows(cabinet) == "GGR"


@pytest.mark.parametrize(("red", "letters"), [(False, "a-a"), (True, "r-r")])
def test_the_flash_switch_is_immediate_and_leads_back_through_start_up(red: bool, letters: str) -> None:
    cabinet, _ = in_remote()
    cabinet.request_flash(red=red)
    assert shows(cabinet) == letters
    assert mode_of(cabinet) is (CabinetMode.FLASH_RED if red else CabinetMode.FLASH_AMBER)
    cabinet.advance(1030)
    cabinet.request_flash(on=False)
    assert story(cabinet, 1170) == [(1030, letters), (1080, "ARA"), (1110, "RRR"), (1160, "GGR")]
    assert mode_of(cabinet) is CabinetMode.LOCAL_COORDINATED


def test_nothing_outranks_flash_and_manual_waits_for_it() -> None:
    cabinet = in_local()
    cabinet.request_flash()
    cabinet.set_manual(on=True)
    cabinet.advance(2000)
    assert mode_of(cabinet) is CabinetMode.FLASH_AMBER
    cabinet.request_flash(on=False)
    cabinet.advance(2200)
    assert mode_of(cabinet) is CabinetMode.MANUAL


def test_mains_that_return_to_a_cabinet_that_has_them_change_nothing() -> None:
    """Of two cuts that overlap, the end of the second finds it at work again: no green may be cut short for that."""
    cabinet = in_local()
    before, boot_id, now_ds = cabinet.orders, cabinet.boot_id, cabinet.now_ds
    cabinet.power_on()
    assert (cabinet.orders, cabinet.boot_id, cabinet.now_ds) == (before, boot_id, now_ds)
    assert before.mode is CabinetMode.LOCAL_COORDINATED


def test_a_latched_fault_flashes_until_somebody_resets_it_on_site_even_over_a_power_cut() -> None:
    cabinet, _ = in_remote()
    cabinet.raise_fault(FaultBit.CONFLICT, latched=True)
    assert (cabinet.mode, shows(cabinet)) == (CabinetMode.LATCHED_FAULT, "a-a")
    assert (cabinet.status.latched_faults, cabinet.status.fault_count) == (FaultBit.CONFLICT, 1)
    cabinet.clear_fault(FaultBit.CONFLICT)
    cabinet.advance(9000)
    cabinet.power_cycle()
    assert (cabinet.mode, cabinet.status.latched_faults) == (CabinetMode.LATCHED_FAULT, FaultBit.CONFLICT)
    cabinet.reset_on_site()
    assert (cabinet.mode, cabinet.mode_reason) == (CabinetMode.START_UP, ModeReason.RESET_ON_SITE)
    cabinet.advance(9200)
    assert mode_of(cabinet) is CabinetMode.LOCAL_COORDINATED
    assert not cabinet.status.latched_faults


def test_a_fault_that_is_not_latched_is_told_and_goes() -> None:
    cabinet, _ = in_remote()
    cabinet.raise_fault(FaultBit.DOOR | FaultBit.LAMP_MINOR)
    assert (cabinet.mode, cabinet.status.active_faults) == (CabinetMode.REMOTE, FaultBit.DOOR | FaultBit.LAMP_MINOR)
    cabinet.clear_fault(FaultBit.DOOR)
    assert cabinet.status.active_faults == FaultBit.LAMP_MINOR


def test_a_new_target_in_mid_change_never_turns_amber_to_green() -> None:
    cabinet, centre = in_remote()
    centre.request(2)
    centre.renew_until(1010)
    centre.request(1)  # K1 in amber, F1 clearing
    lines = []
    for now_ds in range(1010, 1101, 10):
        centre.renew_until(now_ds)
        lines.append(shows(cabinet))
    assert lines == ["AFR", "AFR", "RFR", "GFR", "GFR", "GFR", "GFR", "GRR", "GGR", "GGR"]


@pytest.mark.parametrize("sequence", StartUpSequence)
def test_a_start_up_of_no_length_shows_red_before_anything_starts(sequence: StartUpSequence) -> None:
    """Whoever set every interval to nothing still gets a scan of red: no lamp goes from dark to red-amber."""
    config = crossroads(start_up=StartUp(sequence, dark_ds=0, amber_ds=0, red_ds=0, first_stage=1))
    steps, ends_ds = schedule(config, 0, after_flash=False)
    first = config.stages[0] if sequence is StartUpSequence.UK else 0
    assert ends_ds > steps[-1].at_ds
    assert all(aspect is Aspect.RED for i, aspect in enumerate(steps[-1].aspects) if not first >> i & 1)
