"""Operation and ledger as the status snapshot of TSC-MB/1.0 (4.2)."""

from __future__ import annotations

from controller.events import CabinetMode
from controller.model import MAX_GROUPS, Aspect
from field_io.registers import CommandState, ResultCode, Status
from sim.cabinet import local_plan
from sim.cabinet.lamps import shown
from sim.cabinet.ledger import WORD, Ledger
from sim.cabinet.operation import LEASED, Operation

_DARK = tuple((Aspect.DARK,) * n for n in range(MAX_GROUPS + 1))
_NO_FEEDBACK = tuple((Aspect.UNKNOWN,) * n for n in range(MAX_GROUPS + 1))


def status_of(
    operation: Operation,
    ledger: Ledger,
    *,
    boot_ds: int,
    unix_at_zero_s: float,
    connections: int,
) -> Status:
    """The snapshot of now."""
    now_ds, groups, aspects = operation.now_ds, operation.groups, operation.aspects
    spare = MAX_GROUPS - len(aspects)
    plan, position_ds = _plan_position(operation)
    return Status(
        snapshot=now_ds - boot_ds & WORD,
        uptime_ms=(now_ds - boot_ds) * 100 & 0xFFFF_FFFF,
        mode=operation.mode,
        unix_s=int(unix_at_zero_s + now_ds / 10) & 0xFFFF_FFFF,
        clock_status=operation.clock_status,
        mode_reason=operation.mode_reason,
        active_stage=operation.active_stage,
        next_stage=0 if operation.wanted_stage == operation.active_stage else operation.wanted_stage,
        stage_time_ds=_word(now_ds - operation.stage_since_ds),
        min_green_left_ds=_word(groups.min_green_left_ds(now_ds)),
        max_green_left_ds=_word(groups.max_green_left_ds(now_ds)),
        interstage_left_ds=0 if operation.active_stage else _word(groups.interstage_left_ds(now_ds)),
        local_plan=plan,
        cycle_position_ds=position_ds,
        cycle_length_ds=operation.config.local_plan.cycle_ds if plan else 0,
        request_held_ds=_word(now_ds - operation.request_since_ds) if operation.mode in LEASED else 0,
        aspects=aspects + _DARK[spare],
        lamps=shown(operation.lamps.burning(aspects, 100 * now_ds)) + _NO_FEEDBACK[spare],
        occupied=ledger.occupied,
        demands=ledger.demands,
        active_faults=operation.active_faults,
        latched_faults=operation.latched_faults,
        fault_count=operation.fault_count & WORD,
        owner_epoch=operation.ownership.epoch,
        accepted_sequence=ledger.accepted_sequence,
        accepted_crc=ledger.accepted_crc,
        result=ledger.result,
        received_sequence=ledger.received_sequence,
        received_epoch=ledger.received_epoch,
        lease_left_ds=operation.ownership.lease_left_ds(now_ds),
        command_state=CommandState.REFUSED if ledger.result > ResultCode.DUPLICATE else operation.command_state,
        refused_blocks=ledger.refused_blocks,
        non_conforming_writes=ledger.non_conforming_writes,
        authentication_failures=ledger.authentication_failures,
        connections=_word(connections),
        plan_version=ledger.plan_version,
        plan_digest=ledger.plan_digest,
        counts=tuple(ledger.counts),
    )


def _word(value: int) -> int:
    return 0 if value < 0 else min(value, WORD)


def _plan_position(operation: Operation) -> tuple[int, int]:
    """Number of the running local plan (0: none) and the place in its cycle."""
    if operation.mode is CabinetMode.LOCAL_COORDINATED:
        return 1, local_plan.position_ds(operation.config.local_plan, operation.clock, operation.now_ds)
    if operation.mode is CabinetMode.LOCAL_ISOLATED:
        return 1, operation.mode_time_ds % operation.config.local_plan.cycle_ds
    return 0, 0
