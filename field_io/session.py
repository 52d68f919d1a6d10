"""One conversation with a TSC-MB/1.0 cabinet, without the wire: which block may be sent, and what its answer proves.

The centre proposes and the cabinet disposes, so this file is about doubt. A snapshot is used only if it is whole, of a
cabinet that is the one we mean, and alive. A block counts as accepted only if the cabinet's own echo says so; that
Modbus said OK proves nothing. Links, real and direct, move the words; whoever moves them, the words are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from controller.events import CabinetMode, CabinetReport, CommandKind, PermittedCommand
from controller.model import Junction
from field_io.plan_note import PlanNote, encode_plan_note
from field_io.registers import (
    ANY_STAGE,
    COMMAND,
    IDENTITY,
    LEASE_RANGE_MS,
    MAP_VERSION,
    STATUS,
    Capability,
    CommandBlock,
    Identity,
    ResultCode,
    SnapshotRefused,
    Status,
    block_crc,
    decode_identity,
    decode_status,
    encode_command,
)
from field_io.standby import Ownership

NOT_COMMANDED = "not commanded"
"""In the detail of a refused identity: the cabinet answers, and is not the one that the site says."""
FENCE_S = 60.0
"""A controller that finds a newer one in charge stays silent for so long (TSC-MB/1.0, 4.4)."""
NOTE_EVERY_S = 10.0
"""A cabinet that does not show the plan note it was sent is told again after so long."""
FROZEN_SCANS = 3
"""A snapshot number that stands still for more scans than this is a frozen cabinet (TSC-MB/1.0, 4.2)."""
EPOCH_DOUBTED = 1 << 31
"""No controller gets there, at one take-over a minute for 4000 years: whoever says so is not followed."""
SEQUENCE_DOUBTED = 1 << 31
"""No controller gets there, at one block a second for 68 years: a cabinet that says so is not believed."""
COMMANDABLE = frozenset(
    {CabinetMode.REMOTE, CabinetMode.LOCAL_COORDINATED, CabinetMode.LOCAL_ISOLATED, CabinetMode.ALL_RED_HOLD}
)
"""Modes in which a block may be sent; in manual, start-up, flash and latched fault nothing is (S5)."""


@dataclass(frozen=True, slots=True)
class Registers:
    """A place to read: `function` 3 (holding) or 4 (input), PDU address, number of words."""

    function: int
    address: int
    count: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """An answer that is not used: `cause` to count by, `detail` to tell a person."""

    junction: str
    cause: str
    detail: str


class Session(Protocol):
    """What a link needs of a profile: where to read and write, and the words."""

    @property
    def identity_registers(self) -> Registers | None: ...
    @property
    def status_registers(self) -> Registers: ...
    @property
    def read_back_registers(self) -> Registers:
        """Holding registers that the reading half of FC23 asks for."""
        ...

    @property
    def write_address(self) -> int: ...
    @property
    def identified(self) -> bool: ...

    epoch: int
    """Fencing token of this controller; 0 until it is known, and until then nothing is sent."""
    unheard: int
    """Blocks in a row that the cabinet does not even say it received."""
    strangers: int
    """Requests that the cabinet refused while we watched, for want of a key or a right: ours or others' (F61)."""

    def identify(self, words: Sequence[int], now_s: float) -> Rejected | None: ...
    def block(self, command: PermittedCommand | None, now_s: float, unix_s: float) -> tuple[int, ...] | None: ...
    def report(self, words: Sequence[int], now_s: float) -> CabinetReport | Rejected: ...
    def fenced(self, now_s: float) -> bool: ...
    def ownership(self, lease_s: float) -> Ownership | None: ...
    def drive_under(self, epoch: int) -> None: ...
    def run_plans(self, version: int, digest: int) -> None: ...
    def plan_note(self, now_s: float, unix_s: float) -> tuple[int, ...] | None: ...
    @property
    def knows_plans(self) -> bool | None: ...
    def disconnected(self) -> None: ...
    def highest_epoch(self) -> int: ...


class CabinetSession:
    """The conversation with one TSC-MB/1.0 cabinet; a Session."""

    identity_registers = Registers(4, IDENTITY.first, IDENTITY.words)
    status_registers = Registers(4, STATUS.first, STATUS.words)
    read_back_registers = Registers(3, STATUS.mirror or 0, STATUS.words)
    write_address = COMMAND.first

    def __init__(self, junction: Junction, key: bytes | None, epoch: int = 0) -> None:
        """A session with the cabinet of `junction`; `key` signs its blocks (None: mutual TLS stands in for it)."""
        self.junction = junction
        self.epoch = epoch
        self.unheard = 0
        self.strangers = 0
        self._authentication_failures: int | None = None
        self._key = key
        self._identity: Identity | None = None
        self._boot_id: int | None = None
        self._status: Status | None = None
        self._snapshot: int | None = None
        self._moved_s = 0.0
        self._uptime_ms: int | None = None
        self._sequence = 0
        self._pending: tuple[int, int, bool] | None = None  # sequence, CRC, whether it carried the command itself
        self._accepted: bool | None = None
        self._fenced_until_s = float("-inf")
        self._highest_epoch = 0
        self._numbered_epoch = 0
        self._plans: tuple[int, int] | None = None  # version and digest that the cabinet should know
        self._noted_s = float("-inf")

    @property
    def identified(self) -> bool:
        """Whether the cabinet has shown, on this connection, that it is the one of the junction."""
        return self._identity is not None

    @property
    def status(self) -> Status | None:
        """The last valid status of this connection."""
        return self._status

    def fenced(self, now_s: float) -> bool:
        """Whether a newer controller was met within the last minute: then nothing is sent."""
        return now_s < self._fenced_until_s

    def ownership(self, lease_s: float) -> Ownership | None:
        """Whose the cabinet was at its last status, where owners take leases of `lease_s` [s]; None without one."""
        status, identity = self._status, self._identity
        if status is None or identity is None:
            return None
        granted_s = min(lease_s, identity.lease_max_ds / 10)
        leased = status.lease_left_ds > 0 and status.owner_epoch > 0
        silent_s = max(0.0, granted_s - status.lease_left_ds / 10) if leased else 0.0
        return Ownership(status.owner_epoch if leased else 0, silent_s, status.mode in COMMANDABLE)

    def drive_under(self, epoch: int) -> None:
        """Commands go out under this epoch from now on, 0: none do. A fence was for the epoch before."""
        self.epoch = epoch
        self._fenced_until_s = float("-inf")

    def run_plans(self, version: int, digest: int) -> None:
        """The centre runs these plans from now on; the cabinet shall know."""
        self._plans, self._noted_s = (version, digest), float("-inf")

    @property
    def knows_plans(self) -> bool | None:
        """Whether the cabinet says that it knows which plans run; None: it keeps no such thing, or was not read."""
        status, identity = self._status, self._identity
        if status is None or identity is None or not identity.capabilities & Capability.PLAN_NOTE:
            return None
        return (status.plan_version, status.plan_digest) == self._plans

    def plan_note(self, now_s: float, unix_s: float) -> tuple[int, ...] | None:
        """The 24 words that tell the cabinet which plans run; None where it knows, cannot keep it, or is not ours."""
        status, identity = self._status, self._identity
        if self._plans is None or status is None or identity is None or self.knows_plans is not False:
            return None
        ours = self.epoch > 0 and status.owner_epoch == self.epoch and status.lease_left_ds > 0
        if not ours or now_s - self._noted_s < NOTE_EVERY_S:
            return None
        self._noted_s = now_s
        version, digest = self._plans
        note = PlanNote(identity.cabinet_id, self.epoch, version, digest, round(unix_s) & 0xFFFF_FFFF)
        return encode_plan_note(note, self._key)

    def highest_epoch(self) -> int:
        """The highest epoch that the cabinet has spoken of and that may be true; 0 for none."""
        return self._highest_epoch

    def disconnected(self) -> None:
        """Forget what is valid for one connection only; the block under way is judged by its echo later."""
        self._identity = None
        self._status = None

    def identify(self, words: Sequence[int], now_s: float) -> Rejected | None:
        """Take the identity block; None when the cabinet is the one we mean, else why it is not commanded."""
        self.disconnected()
        try:
            identity = decode_identity(words)
        except SnapshotRefused as refused:
            return Rejected(self.junction.id, refused.cause, str(refused))
        for cause, found, expected in self._expectations(identity):
            if found != expected:
                detail = (
                    f"{cause} of the cabinet at {self.junction.id} is {found}, expected {expected}: {NOT_COMMANDED}"
                )
                return Rejected(self.junction.id, cause, detail)
        self._uptime_ms = None
        if identity.boot_id != self._boot_id:
            self._boot_id, self._snapshot = identity.boot_id, None
            self._authentication_failures = None
            if self._pending is not None:
                self._pending, self._accepted = None, False
        self._identity = identity
        return None

    def block(self, command: PermittedCommand | None, now_s: float, unix_s: float) -> tuple[int, ...] | None:
        """The 40 words for a command, or None when nothing may be sent: no command, one past its validity, a cabinet
        that is unknown or in a mode of its own, another controller in charge. Every block has a new sequence number.
        """
        status, identity = self._status, self._identity
        if command is None or identity is None or status is None or self.epoch == 0:
            return None
        if now_s > command.valid_until_s or self.fenced(now_s) or status.mode not in COMMANDABLE:
            return None
        leased = status.lease_left_ds > 0
        if leased and status.owner_epoch > self.epoch:
            self._fenced_until_s = now_s + FENCE_S
            return None
        take_over = leased and 0 < status.owner_epoch < self.epoch
        self._go_on_after(status)
        self._sequence += 1
        words = encode_command(self._compose(command, identity, status, unix_s, take_over=take_over), self._key)
        carried = not take_over or command.kind is CommandKind.TAKE_OVER
        self._pending = (self._sequence, block_crc(words), carried)
        return words

    def report(self, words: Sequence[int], now_s: float) -> CabinetReport | Rejected:
        """Take a status snapshot: a report with the verdict on the last block, or why it is not used."""
        identity = self._identity
        if identity is None:
            return Rejected(self.junction.id, "identity", "a status before the identity was read")
        try:
            status = decode_status(words)
        except SnapshotRefused as refused:
            return Rejected(self.junction.id, refused.cause, str(refused))
        if self._restarted(status):
            self.disconnected()
            return Rejected(self.junction.id, "restarted", "the cabinet has started anew: read its identity again")
        stage = max(status.active_stage, status.next_stage)
        if stage > len(self.junction.stages):
            detail = f"it says that stage {stage} shows or comes next, and {self.junction.id} has no such stage"
            return Rejected(self.junction.id, "stage", detail)
        if status.snapshot != self._snapshot:
            self._snapshot, self._moved_s = status.snapshot, now_s
        elif now_s - self._moved_s > FROZEN_SCANS * identity.scan_ms / 1000:
            return Rejected(
                self.junction.id, "frozen", f"snapshot {status.snapshot} stands still: the cabinet is frozen"
            )
        self._status, self._uptime_ms = status, status.uptime_ms
        for epoch in (status.owner_epoch, status.received_epoch):
            if self._highest_epoch < epoch < EPOCH_DOUBTED:
                self._highest_epoch = epoch
        self._hear_strangers(status.authentication_failures)
        self._hear_echo(status, now_s)
        return self._report(status, identity)

    def _expectations(self, identity: Identity) -> tuple[tuple[str, int, int], ...]:
        junction = self.junction
        return (
            ("major map version", identity.map_version >> 8, MAP_VERSION >> 8),
            ("cabinet id", identity.cabinet_id, junction.cabinet_number),
            ("junction number", identity.junction_number, junction.number),
            ("number of signal groups", identity.groups, len(junction.groups)),
            ("number of stages", identity.stages, len(junction.stages)),
            ("hash of the safety data", identity.safety_hash, junction.safety_hash),
        )

    def _compose(
        self, command: PermittedCommand, identity: Identity, status: Status, unix_s: float, *, take_over: bool
    ) -> CommandBlock:
        """The command in registers. Where a lower epoch still holds the lease, a take-over goes first."""
        shortest_ms, longest_ms = LEASE_RANGE_MS
        longest_ms = min(longest_ms, identity.lease_max_ds * 100)
        issued_ms = round(unix_s * 1000)
        stage = command.expected_stage
        return CommandBlock(
            cabinet_id=identity.cabinet_id,
            epoch=self.epoch,
            sequence=self._sequence,
            kind=CommandKind.TAKE_OVER if take_over else command.kind,
            stage=command.stage,
            plan=command.plan,
            min_green_ds=round(command.min_green_s * 10),
            max_green_ds=round(command.max_green_s * 10),
            lease_ms=max(shortest_ms, min(longest_ms, round(command.lease_s * 1000))),
            expected_stage=status.active_stage if take_over and stage == ANY_STAGE else stage,
            expected_mode=command.expected_mode,
            boot_id_low=identity.boot_id & 0xFFFF_FFFF,
            basis_snapshot=status.snapshot,
            issued_unix_s=issued_ms // 1000 & 0xFFFF_FFFF,
            issued_ms=issued_ms % 1000,
            safety_hash=self.junction.safety_hash,
            reason=int(command.reason),
        )

    def _restarted(self, status: Status) -> bool:
        """Whether its uptime went back; the register wraps after 49 days, which is no restart."""
        return self._uptime_ms is not None and (status.uptime_ms - self._uptime_ms) & 0xFFFF_FFFF >= 1 << 31

    def _hear_strangers(self, register: int) -> None:
        """A wrapping counter of the cabinet's (IR 164); what it counted before we came is not told."""
        if self._authentication_failures is not None:
            self.strangers += (register - self._authentication_failures) & 0xFFFF
        self._authentication_failures = register

    def _hear_echo(self, status: Status, now_s: float) -> None:
        """Judge the block under way by what the cabinet says of it (TSC-MB/1.0, 4.5, rule 4)."""
        if self._has_twin(status):
            self._fenced_until_s = now_s + FENCE_S
        if self._pending is None:
            return
        sequence, crc, carried = self._pending
        self._pending = None
        echoed = (status.accepted_sequence, status.accepted_crc, status.owner_epoch) == (sequence, crc, self.epoch)
        self._accepted = carried and echoed
        received = (status.received_sequence, status.received_epoch) == (sequence, self.epoch)
        self.unheard = 0 if echoed or received else self.unheard + 1
        if echoed or not received:
            return
        others = status.owner_epoch not in (0, self.epoch)
        if status.result == ResultCode.STALE_EPOCH or (status.result == ResultCode.NOT_OWNER and others):
            self._fenced_until_s = now_s + FENCE_S
        elif status.result in _IDENTITY_DOUBTED:
            self.disconnected()

    def _go_on_after(self, status: Status) -> None:
        """Before the first block of an epoch: number blocks above what the cabinet has accepted, whoever sent that."""
        if self._numbered_epoch != self.epoch:
            self._numbered_epoch = self.epoch
            if status.accepted_sequence < SEQUENCE_DOUBTED:
                self._sequence = max(self._sequence, status.accepted_sequence)

    def _has_twin(self, status: Status) -> bool:
        """Whether the cabinet accepted a block of our epoch that we never sent: somebody else drives under our name."""
        ours = self._numbered_epoch == self.epoch == status.owner_epoch != 0
        return ours and self._sequence < status.accepted_sequence

    def _report(self, status: Status, identity: Identity) -> CabinetReport:
        accepted, self._accepted = self._accepted, None  # a verdict is told once: silence later is no refusal
        return CabinetReport(
            junction=self.junction.id,
            mode=status.mode,
            mode_reason=status.mode_reason,
            active_stage=status.active_stage,
            next_stage=status.next_stage,
            aspects=status.aspects[: len(self.junction.groups)],
            uptime_ms=status.uptime_ms,
            active_faults=status.active_faults,
            latched_faults=status.latched_faults,
            lease_left_s=status.lease_left_ds / 10,
            accepted=accepted,
            result=status.result,
            counts=status.counts[: identity.detectors],
            demands=status.demands,
            min_green_left_s=status.min_green_left_ds / 10,
        )


_IDENTITY_DOUBTED = frozenset({ResultCode.VERSION, ResultCode.CABINET_ID, ResultCode.BOOT_ID, ResultCode.SAFETY_HASH})
"""Results after which the identity is read again: one of us has changed."""
