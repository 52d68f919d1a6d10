"""The virtual cabinet: registers outside, `Operation` inside. Deterministic, without a clock or a socket of its own.

`advance(now_ds)` lets it live, `write_holding` is the only way in for a centre, `aspects` is what it shows. A block
that is accepted at a time is acted on at that time, as by a scan of zero length.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from controller.events import CabinetMode, CommandKind
from controller.model import MAX_GROUPS, Aspect
from field_io import registers
from field_io.registers import (
    BlockRefused,
    Capability,
    ClockStatus,
    CommandBlock,
    CommandState,
    ExceptionCode,
    FaultBit,
    Identity,
    ModeReason,
    ResultCode,
    Status,
)
from sim.cabinet import acceptance, local_plan
from sim.cabinet.config import MAX_COUNTED, CabinetConfig
from sim.cabinet.local_plan import WallClock
from sim.cabinet.modbus import ReadRefused
from sim.cabinet.operation import LEASED, LOCAL, Operation
from sim.cabinet.ownership import NOBODY

WORD = 0xFFFF
FIRMWARE = 0x0100
COMMAND_WORDS = registers.COMMAND.words
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

    def __init__(
        self, config: CabinetConfig, *, boot_id: int, key: bytes | None, now_ds: int, unix_at_zero_s: float
    ) -> None:
        self.config = config
        self.key = key
        self.boot_id = boot_id
        self.measured: dict[int, Aspect] = {}
        """Lamps measured to show something else than commanded: a fault injected by a test or a scenario."""
        self.on_status: Callable[[Status], Status] | None = None
        """Where a fault is injected into what the cabinet says of itself."""
        self.not_ready = False
        """Answer every write with exception 06, changing nothing: an injected fault."""
        self.connections = 0
        self._unix_at_zero_s = unix_at_zero_s
        self._operation = Operation(config, WallClock.of(unix_at_zero_s, config.utc_offset_s), now_ds)
        self._operation.power_on()
        self._no_groups = (Aspect.DARK,) * (MAX_GROUPS - len(config.groups))
        self._no_lamps = (Aspect.UNKNOWN,) * (MAX_GROUPS - len(config.groups))
        self._boot(now_ds)

    def _boot(self, now_ds: int) -> None:
        """Everything that a start clears."""
        self._boot_ds = now_ds
        self._result = ResultCode.NONE
        self._received: CommandBlock | None = None
        self._accepted = (0, 0)
        self._command_words = (0,) * COMMAND_WORDS
        self._demands = 0
        self._occupied = 0
        self._counts = [0] * MAX_COUNTED
        self._refused_blocks = self._non_conforming_writes = self._authentication_failures = 0
        self._identity_words = registers.encode_identity(self.identity)

    # ------------------------------------------------------------------------------------------------------ time

    def advance(self, now_ds: int) -> None:
        """Live until `now_ds`; raises ValueError when that is past."""
        self._operation.advance(now_ds)

    def begin_in_remote(self, now_ds: int) -> None:
        """A run begins: as after two cycles of the local plan, and now in remote with a full lease and no owner yet."""
        warm_up_ds = 2 * self.config.local_plan.cycle_ds
        clock = WallClock.of(self._unix_at_zero_s, self.config.utc_offset_s)
        operation = Operation(self.config, clock.leading_up_to(now_ds), now_ds - warm_up_ds)
        operation.begin_on_duty()
        operation.advance(now_ds)
        operation.clock = clock
        operation.ownership.lease_without_owner(now_ds, self.config.lease_max_ds)
        operation.go_remote(operation.wanted_stage, 0, NOBODY)
        operation.scan()
        self._operation = operation
        self._boot(now_ds - warm_up_ds)

    # -------------------------------------------------------------------------------------------- what it is told

    def write_holding(self, address: int, words: Sequence[int]) -> int:
        """A write of holding registers: 0, or the Modbus exception. Nothing but a whole command block is taken."""
        if self.not_ready or not self.answers:
            return ExceptionCode.NOT_READY
        if address != registers.COMMAND.first or len(words) != COMMAND_WORDS:
            self._non_conforming_writes += 1
            return ExceptionCode.ILLEGAL_ADDRESS
        try:
            block = registers.decode_command(words, self.key)
        except BlockRefused as refusal:
            if refusal.authentication:
                self._authentication_failures += 1
            else:
                self._non_conforming_writes += 1
            return refusal.exception_code
        self._receive(block, words)
        return 0

    def count_bad_write(self) -> None:
        """A write came whose lengths contradict each other (IR 163)."""
        self._non_conforming_writes += 1

    def _receive(self, block: CommandBlock, words: Sequence[int]) -> None:
        """Judge a block that is whole and authentic, and act on it if it may be."""
        crc = registers.block_crc(words)
        case = acceptance.Case(block, crc, self._operation, self.boot_id, self.snapshot, self._boot_ds)
        self._result = acceptance.judge(case)
        self._received = block
        if self._result is ResultCode.ACCEPTED:
            self._command_words = tuple(words)
            self._accepted = (block.sequence, crc)
            self._demands = block.demands
            self._apply(block, crc)
        elif self._result is not ResultCode.DUPLICATE:
            self._refused_blocks += 1

    def _apply(self, block: CommandBlock, crc: int) -> None:
        operation, epoch = self._operation, block.epoch
        operation.ownership.grant(epoch, block.sequence, crc, operation.now_ds, block.lease_ms // 100)
        if block.kind in acceptance.NAMES_A_STAGE:
            operation.go_remote(block.stage, block.min_green_ds, epoch)
        elif block.kind is CommandKind.RUN_LOCAL_PLAN:
            operation.run_local_plan(epoch)
        elif block.kind is CommandKind.RELEASE:
            operation.release(epoch)
        elif block.kind is CommandKind.REQUEST_ALL_RED:
            operation.hold_all_red(epoch)
        elif block.kind is CommandKind.REQUEST_FLASH:
            operation.flash_under_lease(epoch)
        elif block.kind is CommandKind.TAKE_OVER and operation.mode in LOCAL:
            operation.go_remote(operation.wanted_stage, 0, epoch)  # the running stage stands
        operation.scan()

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
            return _part(self._command_words, _COMMAND_RANGE, address, count)
        raise ReadRefused(ExceptionCode.ILLEGAL_ADDRESS, address, count)

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
    def identity(self) -> Identity:
        """Who this cabinet is until its next start."""
        capabilities = Capability.LOCAL_PLAN | Capability.LAMP_FEEDBACK | Capability.COUNTS
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
        operation, received = self._operation, self._received
        now_ds, groups = operation.now_ds, operation.groups
        plan, position_ds = self._plan_position()
        aspects = operation.aspects
        refused = self._result > ResultCode.DUPLICATE
        status = Status(
            snapshot=self.snapshot,
            uptime_ms=(now_ds - self._boot_ds) * 100 & 0xFFFF_FFFF,
            mode=operation.mode,
            unix_s=int(self._unix_at_zero_s + now_ds / 10) & 0xFFFF_FFFF,
            clock_status=operation.clock_status,
            mode_reason=operation.mode_reason,
            active_stage=operation.active_stage,
            next_stage=0 if operation.wanted_stage == operation.active_stage else operation.wanted_stage,
            stage_time_ds=min(now_ds - operation.stage_since_ds, WORD),
            min_green_left_ds=min(max(0, groups.min_green_left_ds(now_ds)), WORD),
            max_green_left_ds=min(max(0, groups.max_green_left_ds(now_ds)), WORD),
            interstage_left_ds=0 if operation.active_stage else min(groups.interstage_left_ds(now_ds), WORD),
            local_plan=plan,
            cycle_position_ds=position_ds,
            cycle_length_ds=self.config.local_plan.cycle_ds if plan else 0,
            request_held_ds=min(now_ds - operation.request_since_ds, WORD) if operation.mode in LEASED else 0,
            aspects=aspects + self._no_groups,
            lamps=self._lamps(aspects) + self._no_lamps,
            occupied=self._occupied,
            demands=self._demands,
            active_faults=operation.active_faults,
            latched_faults=operation.latched_faults,
            fault_count=operation.fault_count & WORD,
            owner_epoch=operation.ownership.epoch,
            accepted_sequence=self._accepted[0],
            accepted_crc=self._accepted[1],
            result=self._result,
            received_sequence=received.sequence if received else 0,
            received_epoch=received.epoch if received else 0,
            lease_left_ds=operation.ownership.lease_left_ds(now_ds),
            command_state=CommandState.REFUSED if refused else operation.command_state,
            refused_blocks=self._refused_blocks & WORD,
            non_conforming_writes=self._non_conforming_writes & WORD,
            authentication_failures=self._authentication_failures & WORD,
            connections=min(self.connections, WORD),
            counts=tuple(self._counts),
        )
        return self.on_status(status) if self.on_status else status

    def _plan_position(self) -> tuple[int, int]:
        """Number of the running local plan (0: none) and the place in its cycle."""
        operation = self._operation
        if operation.mode is CabinetMode.LOCAL_COORDINATED:
            return 1, local_plan.position_ds(self.config.local_plan, operation.clock, operation.now_ds)
        if operation.mode is CabinetMode.LOCAL_ISOLATED:
            return 1, operation.mode_time_ds % self.config.local_plan.cycle_ds
        return 0, 0

    def _lamps(self, aspects: tuple[Aspect, ...]) -> tuple[Aspect, ...]:
        if not self.measured:
            return aspects
        return tuple(self.measured.get(i, aspect) for i, aspect in enumerate(aspects))

    @property
    def snapshot(self) -> int:
        """Number of the present scan (IR 100)."""
        return self._operation.now_ds - self._boot_ds & WORD

    @property
    def now_ds(self) -> int:
        """Until when it has lived."""
        return self._operation.now_ds

    @property
    def aspects(self) -> tuple[Aspect, ...]:
        """What each group is told to show; the same object until it changes."""
        return self._operation.aspects

    @property
    def mode(self) -> CabinetMode:
        """Who moves the lamps."""
        return self._operation.mode

    @property
    def mode_reason(self) -> ModeReason:
        """Why the mode last changed."""
        return self._operation.mode_reason

    @property
    def active_stage(self) -> int:
        """Number from 1 of the stage that shows; 0 in an interstage."""
        return self._operation.active_stage

    # ------------------------------------------------------------------------------------- people, traffic, faults

    def set_manual(self, *, on: bool) -> None:
        """The police key. Off again, the local plan runs until a centre asks."""
        self._operation.set_manual(on=on)

    def step_manual(self) -> None:
        """The officer's button: the next stage, in manual only."""
        self._operation.step_manual()

    def request_flash(self, *, on: bool = True, red: bool = False) -> None:
        """The flash switch on site."""
        self._operation.set_flash(on=on, red=red)

    def set_clock(self, unix_s: float, status: ClockStatus = ClockStatus.SYNCHRONISED) -> None:
        """Set the wall clock, or lose it (`NEVER_SET`: the local plan runs isolated)."""
        self._unix_at_zero_s = unix_s - self.now_ds / 10
        self._operation.set_clock(WallClock.of(self._unix_at_zero_s, self.config.utc_offset_s), status)

    def raise_fault(self, fault: FaultBit, *, latched: bool = False) -> None:
        """A fault is found; a latched one means flash until `reset_on_site`."""
        self._operation.raise_fault(fault, latched=latched)

    def clear_fault(self, fault: FaultBit) -> None:
        """The cause of a fault has gone; what is latched stays."""
        self._operation.clear_fault(fault)

    def reset_on_site(self) -> None:
        """Somebody with the key clears what is latched."""
        self._operation.reset_on_site()

    def power_off(self) -> None:
        """The mains fail: dark, and nobody answers."""
        self._operation.power_off()

    def power_on(self) -> None:
        """The mains return: a new boot id, then the start-up sequence."""
        # Knuth's MMIX generator: new at each start, and the same in each run.
        self.boot_id = (self.boot_id * 6364136223846793005 + 1442695040888963407) & 0xFFFF_FFFF_FFFF_FFFF
        self._operation.power_on()
        self._boot(self.now_ds)

    def power_cycle(self) -> None:
        """The mains fail and return within one scan: the start-up sequence runs whole (no ride-through)."""
        self.power_off()
        self.power_on()

    def count(self, loop_index: int, vehicles: int = 1) -> None:
        """Vehicles seen by a detector wired to the cabinet; the first 16 have a register, the others are let go."""
        if loop_index < MAX_COUNTED:
            self._counts[loop_index] = (self._counts[loop_index] + vehicles) & WORD

    def occupy(self, loop_index: int, *, on: bool) -> None:
        """A detector wired to the cabinet is occupied or free."""
        bit = 1 << loop_index
        self._occupied = self._occupied | bit if on else self._occupied & ~bit


def _within(block: range, address: int, count: int) -> bool:
    return count > 0 and address in block and address + count - 1 in block


def _part(words: tuple[int, ...], block: range, address: int, count: int) -> tuple[int, ...]:
    start = address - block.start
    return words if count == len(words) else words[start : start + count]
