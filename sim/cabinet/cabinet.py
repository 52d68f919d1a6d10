"""The virtual cabinet: registers outside, `Operation` inside. Deterministic, without a clock or a socket of its own.

`advance(now_ds)` lets it live, `write_holding` is the only way in for a centre, `aspects` is what it shows. A block
that is accepted at a time is acted on at that time, as by a scan of zero length.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from controller.events import CabinetMode
from controller.model import Aspect
from field_io import registers
from field_io.plan_note import PLAN_NOTE, decode_plan_note
from field_io.registers import (
    BlockRefused,
    Capability,
    ClockStatus,
    ExceptionCode,
    FaultBit,
    Identity,
    ModeReason,
    ResultCode,
    Status,
)
from sim.cabinet import on_site, remote
from sim.cabinet.acceptance import CHECKS, Case, judge
from sim.cabinet.config import CabinetConfig
from sim.cabinet.groups import NEVER
from sim.cabinet.handover import Handover, handover
from sim.cabinet.lamps import LampFault, Lamps
from sim.cabinet.ledger import WORD, Ledger
from sim.cabinet.local_plan import WallClock
from sim.cabinet.modbus import ReadRefused
from sim.cabinet.monitor import Trip
from sim.cabinet.monitor_card import MonitorCard
from sim.cabinet.operation import Operation
from sim.cabinet.ownership import NOBODY
from sim.cabinet.snapshot import status_of

FIRMWARE = 0x0100


class Orders(NamedTuple):
    """All that a command from afar may have an effect on: the same before and after every one that is refused."""

    mode: CabinetMode
    wanted_stage: int
    owner_epoch: int
    lease_end_ds: int
    latched_faults: FaultBit
    aspects: tuple[Aspect, ...]


_IDENTITY_RANGE = range(registers.IDENTITY.first, registers.IDENTITY.first + registers.IDENTITY.words)
_STATUS_RANGE = range(registers.STATUS.first, registers.STATUS.first + registers.STATUS.words)
_MIRROR_FIRST = registers.STATUS.mirror if registers.STATUS.mirror is not None else registers.STATUS.first
_MIRROR_RANGE = range(_MIRROR_FIRST, _MIRROR_FIRST + registers.STATUS.words)
_COMMAND_RANGE = range(registers.COMMAND.first, registers.COMMAND.first + registers.COMMAND.words)


class VirtualCabinet:
    """One cabinet of profile TSC-MB/1.0. Times are tenths of a second; groups and loops count from 0, stages from 1.

    `key` is the HMAC key; without one the HMAC is not read. `unix_at_zero_s` is the wall clock when `now_ds` is 0.
    It starts with the start-up sequence at `now_ds`.
    """

    checks = CHECKS
    """What a block must pass; deliberately wrong cabinets lack some of it."""

    def __init__(
        self,
        config: CabinetConfig,
        *,
        boot_id: int,
        key: bytes | None,
        now_ds: int,
        unix_at_zero_s: float,
        card: MonitorCard | None = None,
    ) -> None:
        """`card`: what its monitor is set to; without one it fits the configuration."""
        self.config = config
        self.key = key
        self.boot_id = boot_id
        self._card = card
        self.on_status: Callable[[Status], Status] | None = None
        """Where a fault is injected into what the cabinet says of itself."""
        self.not_ready = False
        """Answer every write with exception 06, changing nothing: an injected fault."""
        self.connections = 0
        self._unix_at_zero_s = unix_at_zero_s
        self._operation = Operation(config, self._clock(), now_ds, card=card)
        on_site.power_on(self._operation)
        self._boot(now_ds)

    def _boot(self, now_ds: int) -> None:
        self._boot_ds = now_ds
        self._ledger = Ledger()
        self._identity_words = registers.encode_identity(self.identity)

    def _clock(self) -> WallClock:
        return WallClock.of(self._unix_at_zero_s, self.config.utc_offset_s)

    # ------------------------------------------------------------------------------------------------------ time

    def advance(self, now_ds: int) -> None:
        """Live until `now_ds`; raises ValueError when that is past."""
        self._operation.advance(now_ds)

    def begin_in_remote(self, now_ds: int) -> None:
        """A run begins: as after two cycles of the local plan, and now in remote with a full lease and no owner yet."""
        warm_up_ds = 2 * self.config.local_plan.cycle_ds
        operation = Operation(
            self.config, self._clock().leading_up_to(now_ds), now_ds - warm_up_ds, card=self._card, lamps=self.lamps
        )
        on_site.begin_on_duty(operation)
        operation.advance(now_ds)
        operation.clock = self._clock()
        operation.ownership.lease_without_owner(now_ds, self.config.lease_max_ds)
        remote.go_remote(operation, operation.wanted_stage, 0, NOBODY)
        operation.scan()
        self._operation = operation
        self._boot(now_ds - warm_up_ds)

    # -------------------------------------------------------------------------------------------- what it is told

    def write_holding(self, address: int, words: Sequence[int]) -> int:
        """A write of holding registers: 0, or the Modbus exception. Nothing is taken but a whole block."""
        if self.not_ready or not self.answers or self._operation.hung_since_ds != NEVER:
            return ExceptionCode.NOT_READY
        if (address, len(words)) == (PLAN_NOTE.first, PLAN_NOTE.words):
            return self._take_plan_note(words)
        if address != registers.COMMAND.first or len(words) != registers.COMMAND.words:
            self._ledger.note_bad_write()
            return ExceptionCode.ILLEGAL_ADDRESS
        try:
            block = registers.decode_command(words, self.key)
        except BlockRefused as refusal:
            self._ledger.note_refusal(refusal)
            return refusal.exception_code
        crc = registers.block_crc(words)
        result = judge(Case(block, crc, self._operation, self.boot_id, self.snapshot, self._boot_ds), self.checks)
        self._ledger.note_block(block, words, result)
        if result is ResultCode.ACCEPTED:
            remote.obey(self._operation, block, crc)
            remote.compare_clocks(self._operation, block, self._unix_at_zero_s + self.now_ds / 10)
        return 0

    def _take_plan_note(self, words: Sequence[int]) -> int:
        """What the owner says of its plans is kept; it moves no lamp and renews no lease."""
        try:
            note = decode_plan_note(words, self.key)
            if note.cabinet_id != self.config.number or note.map_version >> 8 != registers.MAP_VERSION >> 8:
                raise BlockRefused(ExceptionCode.ILLEGAL_VALUE, "cabinet id or version")
            if note.epoch != self._operation.ownership.epoch or note.epoch == NOBODY:
                raise BlockRefused(ExceptionCode.ILLEGAL_VALUE, "epoch")
        except BlockRefused as refusal:
            self._ledger.note_refusal(refusal)
            return refusal.exception_code
        self._ledger.note_plan(note)
        return 0

    def count_bad_write(self) -> None:
        """A write came whose lengths contradict each other (IR 163)."""
        self._ledger.note_bad_write()

    def count_stranger(self) -> None:
        """A request from somebody whose role does not allow it."""
        self._ledger.note_stranger()

    # ------------------------------------------------------------------------------------------------ what it says

    def read_input(self, address: int, count: int) -> tuple[int, ...]:
        """Input registers: identity or status; raises ReadRefused outside them."""
        if _within(_IDENTITY_RANGE, address, count):
            return _part(self._identity_words, _IDENTITY_RANGE, address, count)
        if _within(_STATUS_RANGE, address, count):
            return _part(registers.encode_status(self.status), _STATUS_RANGE, address, count)
        raise ReadRefused(ExceptionCode.ILLEGAL_ADDRESS, address, count)

    def holds(self, address: int, count: int) -> bool:
        """Whether these holding registers can be read."""
        return _within(_MIRROR_RANGE, address, count) or _within(_COMMAND_RANGE, address, count)

    def read_holding(self, address: int, count: int) -> tuple[int, ...]:
        """Holding registers: the status again, or the last block accepted; raises ReadRefused outside them."""
        if _within(_MIRROR_RANGE, address, count):
            return _part(registers.encode_status(self.status), _MIRROR_RANGE, address, count)
        if _within(_COMMAND_RANGE, address, count):
            return _part(self._ledger.command_words, _COMMAND_RANGE, address, count)
        raise ReadRefused(ExceptionCode.ILLEGAL_ADDRESS, address, count)

    @property
    def identity(self) -> Identity:
        """Who this cabinet is until its next start."""
        capabilities = Capability.LOCAL_PLAN | Capability.LAMP_FEEDBACK | Capability.COUNTS | Capability.PLAN_NOTE
        return Identity(
            cabinet_id=self.config.number,
            junction_number=self.config.junction_number,
            safety_hash=self.config.safety_hash,
            boot_id=self.boot_id,
            groups=len(self.config.groups),
            stages=len(self.config.stages),
            detectors=len(self.config.detectors),
            local_plans=1,
            capabilities=capabilities | Capability.HMAC if self.key else capabilities,
            lease_max_ds=self.config.lease_max_ds,
            firmware=FIRMWARE,
            name=self.config.id[:16],
        )

    @property
    def status(self) -> Status:
        """The snapshot of now."""
        status = status_of(
            self._operation,
            self._ledger,
            boot_ds=self._boot_ds,
            unix_at_zero_s=self._unix_at_zero_s,
            connections=self.connections,
        )
        return self.on_status(status) if self.on_status else status

    @property
    def functions(self) -> tuple[int, ...]:
        """Modbus functions that it answers, by the profile's table."""
        return registers.TSC_MB.functions

    @property
    def product(self) -> str:
        """Its profile."""
        return registers.TSC_MB.name

    @property
    def answers(self) -> bool:
        """Whether it has power."""
        return self.mode is not CabinetMode.DARK

    @property
    def orders(self) -> Orders:
        """What it does now, and on whose behalf."""
        operation = self._operation
        ownership = operation.ownership
        return Orders(
            operation.mode,
            operation.wanted_stage,
            ownership.epoch,
            ownership.lease_end_ds,
            operation.latched_faults,
            operation.aspects,
        )

    @property
    def result(self) -> ResultCode:
        """What became of the last block it received (IR 155)."""
        return self._ledger.result

    @property
    def next_scan_ds(self) -> int:
        """When something can next change by itself: `advance` leaps over the scans before."""
        return self._operation.next_scan_ds

    @property
    def snapshot(self) -> int:
        """Number of the present scan (IR 100)."""
        return self.now_ds - self._boot_ds & WORD

    @property
    def now_ds(self) -> int:
        """Until when it has lived."""
        return self._operation.now_ds

    @property
    def aspects(self) -> tuple[Aspect, ...]:
        """What each group is told to show; the same object until it changes."""
        return self._operation.aspects

    @property
    def lamps(self) -> Lamps:
        """What hangs on its drivers; see `break_lamps`."""
        return self._operation.lamps

    @property
    def monitor_trip(self) -> Trip | None:
        """What its monitor recorded when it took the cabinet to flash; `None` until then and after a reset."""
        return self._operation.monitor.trip

    @property
    def mode(self) -> CabinetMode:
        """Who moves the lamps."""
        return self._operation.mode

    @property
    def handover(self) -> Handover:
        """How far a centre has it in hand."""
        return handover(self._operation)

    @property
    def mode_reason(self) -> ModeReason:
        """Why the mode last changed."""
        return self._operation.mode_reason

    @property
    def wanted_stage(self) -> int:
        """Number from 1 of the stage that its groups move to; 0 is all red."""
        return self._operation.wanted_stage

    @property
    def active_stage(self) -> int:
        """Number from 1 of the stage that shows; 0 in an interstage."""
        return self._operation.active_stage

    # ------------------------------------------------------------------------------------- people, traffic, faults

    def set_manual(self, *, on: bool) -> None:
        """The police key. Off again, the local plan runs until a centre asks."""
        on_site.set_manual(self._operation, on=on)

    def step_manual(self) -> None:
        """The officer's button: the next stage, in manual only."""
        on_site.step_manual(self._operation)

    def request_flash(self, *, on: bool = True, red: bool = False) -> None:
        """The flash switch on site."""
        on_site.set_flash(self._operation, on=on, red=red)

    def set_clock(self, unix_s: float, status: ClockStatus = ClockStatus.SYNCHRONISED) -> None:
        """Set the wall clock, or lose it (`NEVER_SET`: the local plan runs isolated)."""
        self._unix_at_zero_s = unix_s - self.now_ds / 10
        on_site.set_clock(self._operation, self._clock(), status)

    def raise_fault(self, fault: FaultBit, *, latched: bool = False) -> None:
        """A fault is found; a latched one means flash until `reset_on_site`."""
        on_site.raise_fault(self._operation, fault, latched=latched)

    def clear_fault(self, fault: FaultBit) -> None:
        """The cause of a fault has gone; what is latched stays."""
        on_site.clear_fault(self._operation, fault)

    def reset_on_site(self) -> None:
        """Somebody with the key clears what is latched."""
        on_site.reset(self._operation)

    def break_lamps(self, *faults: LampFault) -> None:
        """Lamps fail, now or at the times that the faults name; the monitor sees what burns."""
        self.lamps.inject(*faults)
        self._operation.scan()

    def mend_lamps(self) -> None:
        """Every lamp does again what it is driven to; what is latched stays."""
        self.lamps.mend()
        self._operation.scan()

    def power_off(self) -> None:
        """The mains fail: dark, and nobody answers."""
        on_site.power_off(self._operation)

    def power_on(self) -> None:
        """The mains return: a new boot id, then the start-up sequence; nothing where they were there all along."""
        if self.answers:
            return
        # Knuth's MMIX generator: new at each start, and the same in each run.
        self.boot_id = (self.boot_id * 6364136223846793005 + 1442695040888963407) & 0xFFFF_FFFF_FFFF_FFFF
        on_site.power_on(self._operation)
        self._boot(self.now_ds)

    def power_cycle(self) -> None:
        """The mains fail and return within one scan: the start-up sequence runs whole (no ride-through)."""
        self.power_off()
        self.power_on()

    def hang(self) -> None:
        """The processor stops scanning; its watchdog takes the lamps to flash and latches that."""
        on_site.hang(self._operation)

    def count(self, loop_index: int, vehicles: int = 1) -> None:
        """Vehicles seen by a detector wired to the cabinet; the first 16 have a register, the others are let go."""
        self._ledger.count(loop_index, vehicles)

    def occupy(self, loop_index: int, *, on: bool) -> None:
        """A detector wired to the cabinet is occupied or free."""
        self._ledger.occupy(loop_index, on=on)


def _within(block: range, address: int, count: int) -> bool:
    return count > 0 and address in block and address + count - 1 in block


def _part(words: tuple[int, ...], block: range, address: int, count: int) -> tuple[int, ...]:
    start = address - block.start
    return words if count == len(words) else words[start : start + count]
