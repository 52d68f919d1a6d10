"""May this command block take effect? The checks of TSC-MB/1.0 4.4, in their order, each with its result code.

What fails the form (address, length, CRC, magic, HMAC) never gets here: that is a Modbus exception. The first check
that fails gives the answer, and then nothing changes but counters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from controller.events import CabinetMode, CommandKind
from field_io.registers import ANY_STAGE, BASIS_SCANS, LEASE_RANGE_MS, MAP_VERSION, CommandBlock, ResultCode
from sim.cabinet.operation import FLASH, LEASED, Operation
from sim.cabinet.ownership import NOBODY

ANY_STAGE_ALLOWED = frozenset({CommandKind.RENEW, CommandKind.RELEASE, CommandKind.REQUEST_FLASH})
"""HR 14 may be 0xFFFF in these alone: what they ask is right in any stage."""
IN_LEASED_FLASH = ANY_STAGE_ALLOWED | {CommandKind.TAKE_OVER}
"""What an owner may still say while it has the cabinet flash; none of it moves a lamp (S5)."""
CLOSED_MODES = frozenset({CabinetMode.DARK, CabinetMode.START_UP, CabinetMode.MANUAL})
NAMES_A_STAGE = frozenset({CommandKind.REQUEST_STAGE, CommandKind.HOLD_STAGE})


@dataclass(frozen=True, slots=True)
class Case:
    """A block before the cabinet's door."""

    block: CommandBlock
    crc: int
    operation: Operation
    boot_id: int
    snapshot: int
    boot_ds: int

    @property
    def basis_age_ds(self) -> int:
        """How many scans ago the snapshot was taken that the block was based on; the number wraps at 16 bits."""
        return (self.snapshot - self.block.basis_snapshot) & 0xFFFF


def _version(case: Case) -> bool:
    return case.block.map_version >> 8 != MAP_VERSION >> 8


def _cabinet_id(case: Case) -> bool:
    return case.block.cabinet_id != case.operation.config.number


def _boot_id(case: Case) -> bool:
    return case.block.boot_id_low != case.boot_id & 0xFFFF_FFFF


def _safety_hash(case: Case) -> bool:
    return case.block.safety_hash != case.operation.config.safety_hash


def _stale_epoch(case: Case) -> bool:
    return case.operation.ownership.is_stale(case.block.epoch, case.operation.now_ds)


def _not_owner(case: Case) -> bool:
    """Only a take-over displaces an owner; and what nobody owns can be neither renewed nor released."""
    ownership, kind = case.operation.ownership, case.block.kind
    if ownership.epoch == NOBODY:
        return kind in {CommandKind.RENEW, CommandKind.RELEASE} and case.operation.mode not in LEASED
    return case.block.epoch != ownership.epoch and kind is not CommandKind.TAKE_OVER


def _duplicate(case: Case) -> bool:
    return case.operation.ownership.last_accepted(case.block.epoch) == (case.block.sequence, case.crc)


def _old_sequence(case: Case) -> bool:
    last = case.operation.ownership.last_accepted(case.block.epoch)
    return last is not None and case.block.sequence < last[0]


def _same_sequence(case: Case) -> bool:
    last = case.operation.ownership.last_accepted(case.block.epoch)
    return last is not None and case.block.sequence == last[0]


def _stale_basis(case: Case) -> bool:
    age_ds = case.basis_age_ds
    return age_ds > BASIS_SCANS or age_ds > case.operation.now_ds - case.boot_ds


def _lease_range(case: Case) -> bool:
    shortest_ms, longest_ms = LEASE_RANGE_MS
    return not shortest_ms <= case.block.lease_ms <= min(longest_ms, 100 * case.operation.config.lease_max_ds)


def _mode(case: Case) -> bool:
    """Manual, start-up, dark, the lock after a stuck request, and every flash but one's own (S5)."""
    operation = case.operation
    if operation.mode in FLASH:
        return not (operation.flash_leased and case.block.kind in IN_LEASED_FLASH)
    return operation.mode in CLOSED_MODES or operation.locked


def _latched_fault(case: Case) -> bool:
    """Never cleared, nor worked around, from a distance (S9)."""
    return bool(case.operation.latched_faults)


def _precondition(case: Case) -> bool:
    """The snapshot it names had that stage and mode, and since then nobody else decided anything."""
    block, operation = case.block, case.operation
    then_ds = operation.now_ds - case.basis_age_ds
    was = operation.trail.was(then_ds)
    if was is None or block.expected_mode != was[1] or operation.trail.others_decided_since(then_ds, block.epoch):
        return True
    if block.expected_stage == ANY_STAGE:
        return block.kind not in ANY_STAGE_ALLOWED
    return block.expected_stage != was[0]


def _unknown_stage(case: Case) -> bool:
    if case.block.kind in NAMES_A_STAGE:
        return not 1 <= case.block.stage <= len(case.operation.config.stages)
    return case.block.kind is CommandKind.RUN_LOCAL_PLAN and case.block.plan > 1


def _movement(case: Case) -> bool:
    """A hold holds what shows or what is on its way; a request keeps to the table of moves."""
    here = {case.operation.active_stage or case.operation.wanted_stage, case.operation.wanted_stage}
    if case.block.kind is CommandKind.HOLD_STAGE:
        return case.block.stage not in here
    moves = case.operation.config.prohibited_moves
    return case.block.kind is CommandKind.REQUEST_STAGE and any((stage, case.block.stage) in moves for stage in here)


def _rate_limit(case: Case) -> bool:
    ownership = case.operation.ownership
    return ownership.displaces_owner(case.block.epoch) and not ownership.may_take_over(case.operation.now_ds)


Checks = tuple[tuple[ResultCode, Callable[[Case], bool]], ...]
CHECKS: Checks = (
    (ResultCode.VERSION, _version),
    (ResultCode.CABINET_ID, _cabinet_id),
    (ResultCode.BOOT_ID, _boot_id),
    (ResultCode.SAFETY_HASH, _safety_hash),
    (ResultCode.STALE_EPOCH, _stale_epoch),
    (ResultCode.DUPLICATE, _duplicate),
    (ResultCode.NOT_OWNER, _not_owner),
    (ResultCode.OLD_SEQUENCE, _old_sequence),
    (ResultCode.SAME_SEQUENCE, _same_sequence),
    (ResultCode.STALE_BASIS, _stale_basis),
    (ResultCode.LEASE_RANGE, _lease_range),
    (ResultCode.MODE, _mode),
    (ResultCode.LATCHED_FAULT, _latched_fault),
    (ResultCode.PRECONDITION, _precondition),
    (ResultCode.UNKNOWN_STAGE, _unknown_stage),
    (ResultCode.MOVEMENT_NOT_ALLOWED, _movement),
    (ResultCode.RATE_LIMIT, _rate_limit),
)
"""In the order of 4.4; the first check that holds is the answer.

A duplicate is known as soon as its epoch is not stale: also the repeat of a release, after which nobody owns.
"""


def judge(case: Case, checks: Checks = CHECKS) -> ResultCode:
    """ACCEPTED, DUPLICATE (acknowledged without effect), or why not."""
    for code, holds in checks:
        if holds(case):
            return code
    return ResultCode.ACCEPTED
