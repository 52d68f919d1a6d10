"""What an accepted command block does to the operation. Only blocks that `acceptance.py` let pass get here."""

from __future__ import annotations

from collections.abc import Callable

from controller.events import CabinetMode, CommandKind
from field_io.registers import ClockStatus, CommandBlock, CommandState, FaultBit, ModeReason
from sim.cabinet.operation import FLASH, LEASED, LOCAL, Operation

CLOCKS_AGREE_S = 5.0
"""Two synchronised clocks that differ by more are a fault to look after: plans by the clock would not keep step."""


def obey(operation: Operation, block: CommandBlock, crc: int) -> None:
    """The sender owns, its lease runs anew, and what it asks is acted on now, as by a scan of zero length."""
    operation.ownership.grant(block.epoch, block.sequence, crc, operation.now_ds, block.lease_ms // 100)
    if operation.active_faults:
        operation.active_faults &= ~FaultBit.COMMUNICATION
    act = _ACTS.get(block.kind)
    if act is None:
        operation.note_lease()
        return
    act(operation, block)
    operation.scan()


def compare_clocks(operation: Operation, block: CommandBlock, unix_s: float) -> None:
    """Tell when the sender's clock and ours differ, where ours is synchronised (HR 19-21). Nothing is refused for it.

    Freshness hangs on the snapshot number alone, so that no wall clock, ours or theirs, decides about control (F48).
    """
    if operation.clock_status is not ClockStatus.SYNCHRONISED or not block.issued_unix_s:
        return
    if abs(block.issued_unix_s + block.issued_ms / 1000 - unix_s) > CLOCKS_AGREE_S:
        operation.tell(FaultBit.CLOCK)
    elif operation.active_faults:
        operation.active_faults &= ~FaultBit.CLOCK


def go_remote(operation: Operation, stage: int, min_green_ds: int, epoch: int) -> None:
    """Move to a stage on behalf of an epoch; a longer wish than the stage's own minimum is kept within maximums."""
    if stage != operation.wanted_stage or operation.mode is not CabinetMode.REMOTE:
        operation.request_since_ds = operation.now_ds
    operation.enter(CabinetMode.REMOTE, ModeReason.LEASE_TAKEN, epoch)
    operation.aim(stage, epoch)
    if stage and min_green_ds > operation.config.stage_min_green_ds(stage):
        operation.groups.wish_min_green(operation.config.stages[stage - 1], min_green_ds)
    operation.request_outcome = None


def release(operation: Operation, epoch: int) -> None:
    """The owner lets go: local, at once where nothing outranks it."""
    operation.ownership.end()
    operation.flash_leased = False
    operation.request_outcome = CommandState.NONE
    if operation.mode in LEASED:
        operation.go_local(ModeReason.RELEASED, epoch)


def _stage(operation: Operation, block: CommandBlock) -> None:
    go_remote(operation, block.stage, block.min_green_ds, block.epoch)


def _local_plan(operation: Operation, block: CommandBlock) -> None:
    """Local, under the eyes of an owner."""
    operation.go_local(ModeReason.LOCAL_PLAN_REQUESTED, block.epoch)
    operation.request_outcome = CommandState.DONE


def _release(operation: Operation, block: CommandBlock) -> None:
    release(operation, block.epoch)


def _all_red(operation: Operation, block: CommandBlock) -> None:
    """Every green ends by its rules, and nothing starts."""
    if operation.mode is not CabinetMode.ALL_RED_HOLD:
        operation.request_since_ds = operation.now_ds
    operation.enter(CabinetMode.ALL_RED_HOLD, ModeReason.ALL_RED_REQUESTED, block.epoch)
    operation.aim(0, block.epoch)
    operation.request_outcome = None


def _flash(operation: Operation, block: CommandBlock) -> None:
    """Flash amber at once, until the lease ends or is released."""
    operation.flash_leased = True
    if operation.mode not in FLASH:
        operation.force_flash(CabinetMode.FLASH_AMBER, ModeReason.FLASH_REQUESTED, block.epoch)
    operation.request_outcome = CommandState.DONE


def _take_over(operation: Operation, block: CommandBlock) -> None:
    """The running stage stands."""
    if operation.mode in LOCAL:
        go_remote(operation, operation.wanted_stage, 0, block.epoch)


_ACTS: dict[CommandKind, Callable[[Operation, CommandBlock], None]] = {
    CommandKind.HOLD_STAGE: _stage,
    CommandKind.REQUEST_STAGE: _stage,
    CommandKind.RUN_LOCAL_PLAN: _local_plan,
    CommandKind.RELEASE: _release,
    CommandKind.REQUEST_ALL_RED: _all_red,
    CommandKind.REQUEST_FLASH: _flash,
    CommandKind.TAKE_OVER: _take_over,
}
"""What each kind asks; to renew is to ask for the lease alone."""
