"""TSC-MB/1.0 in words: what a cabinet says of itself, and the command block it is sent.

Pure: 16-bit words in, frozen values out, and back. Addresses, types and meanings stand in `registers.toml`; this file
adds what a table cannot say: the CRC that seals a block, the HMAC that proves who wrote it, when a block is refused.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum, IntFlag
from functools import lru_cache
from operator import itemgetter

from controller.events import CabinetMode, CommandKind
from controller.model import Aspect
from field_io.register_table import Block, read_profile

TSC_MB = read_profile("registers.toml")
IDENTITY, STATUS, COMMAND = (TSC_MB.blocks[name] for name in ("identity", "status", "command"))
MAP_VERSION = TSC_MB.map_version
ANY_STAGE = 0xFFFF
"""Expected stage where any will do (HR 14)."""
NO_CYCLE_POSITION = 0xFFFF
MAC_BYTES = 16
"""HMAC-SHA-256 truncated to 128 bits (HR 30-37)."""
LEASE_RANGE_MS = (3000, 30000)
"""HR 13; 0 is refused: a lease that never ends would be a latch."""
BASIS_SCANS = 20
"""A block based on an older snapshot is refused (HR 18)."""


class ResultCode(IntEnum):
    """What became of the last block a cabinet received (IR 155)."""

    NONE = 0
    ACCEPTED = 1
    DUPLICATE = 2
    VERSION = 10
    CABINET_ID = 11
    BOOT_ID = 12
    SAFETY_HASH = 13
    STALE_EPOCH = 14
    NOT_OWNER = 15
    OLD_SEQUENCE = 16
    SAME_SEQUENCE = 17
    STALE_BASIS = 18
    LEASE_RANGE = 19
    MODE = 20
    LATCHED_FAULT = 21
    PRECONDITION = 22
    UNKNOWN_STAGE = 23
    MOVEMENT_NOT_ALLOWED = 24
    RATE_LIMIT = 25


class ModeReason(IntEnum):
    """Why a cabinet's mode last changed (IR 107)."""

    POWER_ON = 0
    START_UP_ENDED = 1
    LEASE_TAKEN = 2
    LEASE_ENDED = 3
    RELEASED = 4
    MANUAL_ON = 5
    MANUAL_OFF = 6
    SAFETY_FAULT = 7
    FLASH_REQUESTED = 8
    ALL_RED_REQUESTED = 9
    LOCAL_PLAN_REQUESTED = 10
    CLOCK_INVALID = 11
    CLOCK_VALID = 12
    STUCK_REQUEST = 13
    FLASH_ON_SITE = 14
    MINIMUM_FLASH_ENDED = 15
    RESET_ON_SITE = 16


class ClockStatus(IntEnum):
    """Whether a cabinet's wall clock may be trusted (IR 105)."""

    NEVER_SET = 0
    FREE_RUNNING = 1
    SYNCHRONISED = 2


class CommandState(IntEnum):
    """How far the last accepted request has got (IR 161)."""

    NONE = 0
    WAITING_MIN_GREEN = 1
    IN_INTERSTAGE = 2
    DONE = 3
    EXPIRED = 4
    SUPERSEDED = 5
    REFUSED = 6


class Capability(IntFlag):
    """What a cabinet can do (IR 14)."""

    HMAC = 1 << 0
    TLS = 1 << 1
    LOCAL_PLAN = 1 << 2
    LAMP_FEEDBACK = 1 << 3
    COUNTS = 1 << 4
    DEMAND_FORCE = 1 << 5


class FaultBit(IntFlag):
    """Faults, now and latched (IR 144-147)."""

    CONFLICT = 1 << 0
    RED_FAIL = 1 << 1
    SHORT_AMBER = 1 << 2
    CLEARANCE = 1 << 3
    DUAL_INDICATION = 1 << 4
    LAMP_MAJOR = 1 << 5
    LAMP_MINOR = 1 << 6
    WATCHDOG = 1 << 7
    SELF_TEST = 1 << 8
    CONFIGURATION = 1 << 9
    CLOCK = 1 << 10
    COMMUNICATION = 1 << 11
    DETECTOR = 1 << 12
    DEADLOCK = 1 << 13
    SUPPLY = 1 << 14
    DOOR = 1 << 15
    STUCK_REQUEST = 1 << 16
    STORE = 1 << 17


class ExceptionCode(IntEnum):
    """Modbus exceptions of the profile; a write that meets one changes nothing but a counter."""

    ILLEGAL_FUNCTION = 1
    ILLEGAL_ADDRESS = 2
    ILLEGAL_VALUE = 3
    NOT_READY = 6


# Exceptions of this file:
#   BlockRefused      a cabinet refuses a command block before looking at what it asks
#   SnapshotRefused   a reader refuses an identity or a status snapshot


class BlockRefused(Exception):  # noqa: N818 - a refusal is an answer of the protocol, not a failure of the program
    """A command block that is answered by a Modbus exception: `length`, `crc`, `magic`, `hmac` or `kind`."""

    def __init__(self, exception_code: ExceptionCode, cause: str) -> None:
        super().__init__(f"command block refused with exception {exception_code:02}: {cause} is wrong")
        self.exception_code = exception_code
        self.cause = cause

    @property
    def authentication(self) -> bool:
        """Whether it counts as an authentication failure (IR 164)."""
        return self.cause == "hmac"


class SnapshotRefused(Exception):  # noqa: N818 - as BlockRefused
    """Words that must not be used: `length`, `crc`, `torn`, `magic` or `mode`."""

    def __init__(self, block: str, cause: str) -> None:
        super().__init__(f"{block} refused: {cause} is wrong")
        self.cause = cause


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a cabinet is; constant until it starts anew (IR 0-31)."""

    cabinet_id: int
    junction_number: int
    safety_hash: int
    boot_id: int
    groups: int
    stages: int
    detectors: int = 0
    local_plans: int = 0
    capabilities: int = 0
    lease_max_ds: int = 300
    firmware: int = 0
    scan_ms: int = 100
    name: str = ""
    map_version: int = MAP_VERSION


@dataclass(frozen=True, slots=True)
class Status:
    """What a cabinet does at one scan (IR 100-199). `_ds` are tenths of a second; sequences, ids and counts are raw."""

    snapshot: int
    uptime_ms: int
    mode: CabinetMode
    unix_s: int = 0
    clock_status: int = ClockStatus.NEVER_SET
    mode_reason: int = ModeReason.POWER_ON
    active_stage: int = 0
    next_stage: int = 0
    stage_time_ds: int = 0
    min_green_left_ds: int = 0
    max_green_left_ds: int = 0
    interstage_left_ds: int = 0
    local_plan: int = 0
    cycle_position_ds: int = 0
    cycle_length_ds: int = 0
    request_held_ds: int = 0
    aspects: tuple[Aspect, ...] = (Aspect.DARK,) * 32
    lamps: tuple[Aspect, ...] = (Aspect.UNKNOWN,) * 32
    """Measured, `UNKNOWN` without feedback. Both have 32 entries, whatever the number of groups."""
    occupied: int = 0
    detector_faults: int = 0
    demands: int = 0
    active_faults: int = 0
    latched_faults: int = 0
    fault_count: int = 0
    owner_epoch: int = 0
    accepted_sequence: int = 0
    accepted_crc: int = 0
    result: int = ResultCode.NONE
    received_sequence: int = 0
    received_epoch: int = 0
    lease_left_ds: int = 0
    command_state: int = CommandState.NONE
    refused_blocks: int = 0
    non_conforming_writes: int = 0
    authentication_failures: int = 0
    connections: int = 0
    counts: tuple[int, ...] = (0,) * 16
    """Cumulative, detectors 1-16."""


@dataclass(frozen=True, slots=True)
class CommandBlock:
    """What a controller asks of a cabinet (HR 0-39), without the seals."""

    cabinet_id: int
    epoch: int
    sequence: int
    kind: CommandKind
    lease_ms: int
    expected_stage: int
    expected_mode: int
    boot_id_low: int
    basis_snapshot: int
    safety_hash: int
    stage: int = 0
    plan: int = 0
    min_green_ds: int = 0
    max_green_ds: int = 0
    issued_unix_s: int = 0
    issued_ms: int = 0
    demands: int = 0
    cycle_position_ds: int = NO_CYCLE_POSITION
    reason: int = 0
    map_version: int = MAP_VERSION


def _picker(block: Block, kind: type[Identity | Status | CommandBlock]) -> itemgetter[tuple[int | bytes, ...]]:
    """Takes from a block's unpacked values those of `kind`, in the order of its fields."""
    return itemgetter(*(block.fields.index(field.name) for field in fields(kind)))


_IDENTITY_FIELDS = _picker(IDENTITY, Identity)
_STATUS_FIELDS = _picker(STATUS, Status)
_COMMAND_FIELDS = _picker(COMMAND, CommandBlock)
_STATUS_ORDER = [field.name for field in fields(Status)]
_MODE_AT, _ASPECTS_AT, _LAMPS_AT, _COUNTS_AT = (
    _STATUS_ORDER.index(name) for name in ("mode", "aspects", "lamps", "counts")
)
_NAME_AT = [field.name for field in fields(Identity)].index("name")
_KIND_AT = [field.name for field in fields(CommandBlock)].index("kind")
_COUNTS = struct.Struct(">16H")
_CRC = struct.Struct(">I")
_MODES = {mode.value: mode for mode in CabinetMode}
_KINDS = {kind.value: kind for kind in CommandKind}
_ASPECT_OF_DIGIT = {f"{nibble:x}": Aspect.UNKNOWN for nibble in range(16)} | {f"{a.value:x}": a for a in Aspect}
_IDENTITY_MAGIC = IDENTITY.registers[0].constant or 0
_COMMAND_MAGIC = COMMAND.registers[0].constant or 0


@lru_cache(maxsize=4096)
def _aspects_of(nibbles: bytes) -> tuple[Aspect, ...]:
    return tuple(map(_ASPECT_OF_DIGIT.__getitem__, nibbles.hex()))


@lru_cache(maxsize=4096)
def _nibbles_of(aspects: tuple[Aspect, ...]) -> bytes:
    return bytes.fromhex("".join(f"{aspect:x}" for aspect in aspects))


def _sealed(body: bytes) -> bytes:
    """A block whose last two words are replaced by the CRC-32 of what stands before them."""
    return body[:-4] + _CRC.pack(zlib.crc32(body[:-4]))


def _crc_holds(raw: bytes) -> bool:
    return raw[-4:] == _CRC.pack(zlib.crc32(raw[:-4]))


def encode_identity(identity: Identity) -> tuple[int, ...]:
    """The 32 words at IR 0; raises ValueError for a value that does not fit."""
    values: dict[str, int | bytes] = {
        "magic": _IDENTITY_MAGIC,
        "crc": 0,
        **{field.name: getattr(identity, field.name) for field in fields(Identity)},
    }
    values["name"] = identity.name.encode("ascii", "replace")[:16]
    return IDENTITY.to_words(_sealed(IDENTITY.pack(values)))


def decode_identity(words: Sequence[int]) -> Identity:
    """The 32 words at IR 0 to an identity of whatever version; raises SnapshotRefused."""
    raw = IDENTITY.to_bytes(words)
    if raw is None:
        raise SnapshotRefused("identity", "length")
    if not _crc_holds(raw):
        raise SnapshotRefused("identity", "crc")
    unpacked = IDENTITY.layout.unpack(raw)
    if unpacked[0] != _IDENTITY_MAGIC:
        raise SnapshotRefused("identity", "magic")
    values = list(_IDENTITY_FIELDS(unpacked))
    values[_NAME_AT] = values[_NAME_AT].rstrip(b"\0").decode("ascii", "replace")
    return Identity(*values)


def encode_status(status: Status) -> tuple[int, ...]:
    """The 100 words at IR 100 (and HR 1000); raises ValueError for a value that does not fit."""
    values: dict[str, int | bytes] = {name: getattr(status, name) for name in _STATUS_ORDER}
    values["aspects"] = _nibbles_of(status.aspects)
    values["lamps"] = _nibbles_of(status.lamps)
    values["counts"] = _COUNTS.pack(*status.counts)
    values["snapshot_again"] = status.snapshot
    values["crc"] = 0
    return STATUS.to_words(_sealed(STATUS.pack(values)))


def decode_status(words: Sequence[int]) -> Status:
    """The 100 words at IR 100 to a status; raises SnapshotRefused for a torn or damaged one."""
    raw = STATUS.to_bytes(words)
    if raw is None:
        raise SnapshotRefused("status", "length")
    if raw[:2] != raw[-6:-4]:
        raise SnapshotRefused("status", "torn")
    if not _crc_holds(raw):
        raise SnapshotRefused("status", "crc")
    values = list(_STATUS_FIELDS(STATUS.layout.unpack(raw)))
    mode = _MODES.get(values[_MODE_AT])
    if mode is None:
        raise SnapshotRefused("status", "mode")
    values[_MODE_AT] = mode
    values[_ASPECTS_AT] = _aspects_of(values[_ASPECTS_AT])
    values[_LAMPS_AT] = _aspects_of(values[_LAMPS_AT])
    values[_COUNTS_AT] = _COUNTS.unpack(values[_COUNTS_AT])
    return Status(*values)


def encode_command(block: CommandBlock, key: bytes | None) -> tuple[int, ...]:
    """The 40 words at HR 0; without a key the HMAC is zero. Raises ValueError for a value that does not fit.

    HMAC = first 16 bytes of HMAC-SHA-256(key, words 0-29); CRC = CRC-32(words 0-37), words as big-endian bytes.
    """
    values: dict[str, int | bytes] = {field.name: getattr(block, field.name) for field in fields(CommandBlock)}
    body = COMMAND.pack({"magic": _COMMAND_MAGIC, "mac": b"", "crc": 0, **values})
    return COMMAND.to_words(_sealed(body[:60] + _mac(body[:60], key) + body[-4:]))


def decode_command(words: Sequence[int], key: bytes | None) -> CommandBlock:
    """The 40 words at HR 0 as a cabinet must read them; raises BlockRefused. Without a key the HMAC is not read."""
    raw = COMMAND.to_bytes(words)
    if raw is None:
        raise BlockRefused(ExceptionCode.ILLEGAL_ADDRESS, "length")
    if not _crc_holds(raw):
        raise BlockRefused(ExceptionCode.ILLEGAL_VALUE, "crc")
    unpacked = COMMAND.layout.unpack(raw)
    if unpacked[0] != _COMMAND_MAGIC:
        raise BlockRefused(ExceptionCode.ILLEGAL_VALUE, "magic")
    if key is not None and not hmac.compare_digest(raw[60:76], _mac(raw[:60], key)):
        raise BlockRefused(ExceptionCode.ILLEGAL_VALUE, "hmac")
    values = list(_COMMAND_FIELDS(unpacked))
    kind = _KINDS.get(values[_KIND_AT])
    if kind is None:
        raise BlockRefused(ExceptionCode.ILLEGAL_VALUE, "kind")
    values[_KIND_AT] = kind
    return CommandBlock(*values)


def block_crc(words: Sequence[int]) -> int:
    """The CRC-32 that seals a command block, as a cabinet echoes it in IR 153-154."""
    return words[38] << 16 | words[39]


def laboratory_key(cabinet: str) -> bytes:
    """Key of a cabinet without a configured one: SHA-256("faikhiao laboratory " + id). Loopback addresses only."""
    return hashlib.sha256(b"faikhiao laboratory " + cabinet.encode()).digest()


def _mac(body: bytes, key: bytes | None) -> bytes:
    return bytes(MAC_BYTES) if key is None else hmac.digest(key, body, "sha256")[:MAC_BYTES]
