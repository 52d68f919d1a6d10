"""What people with the key, the mains and broken parts do to the operation. All of it outranks the centre."""

from __future__ import annotations

from controller.events import CabinetMode
from field_io.registers import ClockStatus, CommandState, FaultBit, ModeReason
from sim.cabinet import local_plan, start_up
from sim.cabinet.groups import NEVER
from sim.cabinet.local_plan import WallClock
from sim.cabinet.operation import FLASH, LOCAL, ON_DUTY, Operation
from sim.cabinet.ownership import NOBODY, Ownership


def set_manual(operation: Operation, *, on: bool) -> None:
    """The police key: outranks the centre, not a flash nor a fault. Off again, the local plan runs."""
    operation.manual_switch = on
    if on and operation.mode in ON_DUTY:
        operation.leave_remote()
        operation.enter(CabinetMode.MANUAL, ModeReason.MANUAL_ON)
    elif not on and operation.mode is CabinetMode.MANUAL:
        operation.go_local(ModeReason.MANUAL_OFF)
    operation.scan()


def step_manual(operation: Operation) -> None:
    """The officer's button: the next stage in the order of the local plan; nothing outside manual."""
    if operation.mode is CabinetMode.MANUAL:
        operation.aim(local_plan.stage_after(operation.config.local_plan, operation.wanted_stage), NOBODY)
        operation.scan()


def set_flash(operation: Operation, *, on: bool, red: bool = False) -> None:
    """The flash switch: at once; off again after the minimum flash."""
    operation.flash_switch = on
    if on and operation.mode in ON_DUTY | FLASH | {CabinetMode.START_UP}:
        operation.leave_remote()
        mode = CabinetMode.FLASH_RED if red else CabinetMode.FLASH_AMBER
        operation.force_flash(mode, ModeReason.FLASH_ON_SITE)
    operation.scan()


def set_clock(operation: Operation, clock: WallClock, status: ClockStatus) -> None:
    """Set the wall clock, or lose it (`NEVER_SET`): coordination comes and goes with it."""
    operation.clock, operation.clock_status = clock, status
    if operation.mode in LOCAL:
        lost = status is ClockStatus.NEVER_SET
        operation.go_local(ModeReason.CLOCK_INVALID if lost else ModeReason.CLOCK_VALID)
    operation.scan()


def raise_fault(operation: Operation, fault: FaultBit, *, latched: bool) -> None:
    """A fault is found; a latched one means flash until somebody resets it on site."""
    if latched:
        operation.trip(fault)
    else:
        operation.fault_count += 1
        operation.active_faults |= fault
    operation.scan()


def clear_fault(operation: Operation, fault: FaultBit) -> None:
    """The cause has gone; what is latched stays latched."""
    operation.active_faults &= ~fault


def reset(operation: Operation) -> None:
    """Somebody with the key has looked, and clears what is latched; the cabinet starts up."""
    operation.active_faults &= ~operation.latched_faults
    operation.latched_faults = FaultBit(0)
    operation.monitor.reset()
    if operation.mode is CabinetMode.LATCHED_FAULT and operation.flash_switch:
        operation.force_flash(CabinetMode.FLASH_AMBER, ModeReason.FLASH_ON_SITE)
    elif operation.mode is CabinetMode.LATCHED_FAULT:
        operation.begin_start_up(ModeReason.RESET_ON_SITE, after_flash=True)
    operation.scan()


def hang(operation: Operation) -> None:
    """The processor stops at this scan."""
    if operation.mode is not CabinetMode.DARK:
        operation.hung_since_ds = operation.now_ds


def power_off(operation: Operation) -> None:
    """No lamp is lit, nobody answers, and only what is latched is remembered."""
    operation.leave_remote()
    operation.hung_since_ds = NEVER
    operation.force(CabinetMode.DARK, ModeReason.POWER_ON, start_up.dark(operation.config))
    operation.scan()


def power_on(operation: Operation) -> None:
    """Into the start-up sequence, or into flash where a fault is latched (it outlives the power cut: EDI CMU-212)."""
    operation.ownership = Ownership()
    operation.request_outcome = CommandState.NONE
    operation.active_faults = operation.latched_faults
    operation.locked_until_ds = NEVER
    if operation.latched_faults:
        operation.force_flash(CabinetMode.LATCHED_FAULT, ModeReason.SAFETY_FAULT)
    elif operation.flash_switch:
        operation.force_flash(CabinetMode.FLASH_AMBER, ModeReason.FLASH_ON_SITE)
    else:
        operation.begin_start_up(ModeReason.POWER_ON)
    operation.scan()


def begin_on_duty(operation: Operation) -> None:
    """Skip the start-up: all red, and the local plan from now on (how a simulated run leads up to its begin)."""
    operation.take_up_work()
    operation.go_local(ModeReason.START_UP_ENDED)
    operation.scan()
