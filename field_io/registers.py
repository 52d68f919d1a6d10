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
from functools import lru_cache
from operator import attrgetter, itemgetter

from controller.events import CabinetMode, CommandKind
from controller.model import Aspect
from field_io.register_codes import (
    Capability,
    ClockStatus,
    CommandState,
    ExceptionCode,
    FaultBit,
    ModeReason,
    ResultCode,
)
from field_io.register_table import Block, read_profile

__all__ = [
    "ANY_STAGE",
    "BASIS_SCANS",
    "COMMAND",
    "IDENTITY",
    "LEASE_RANGE_MS",
    "MAC_BYTES",
    "MAP_VERSION",
    "NO_CYCLE_POSITION",
    "STATUS",
    "TSC_MB",
    "BlockRefused",
    "Capability",
    "ClockStatus",
    "CommandBlock",
    "CommandState",
    "ExceptionCode",
    "FaultBit",
    "Identity",
    "ModeReason",
    "ResultCode",
    "SnapshotRefused",
    "Status",
    "block_crc",
    "crc_holds",
    "decode_command",
    "decode_identity",
    "decode_status",
    "encode_command",
    "encode_identity",
    "encode_status",
    "laboratory_key",
    "mac_of",
    "sealed",
]

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
    plan_version: int = 0
    plan_digest: int = 0
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


_Value = Identity | Status | CommandBlock


def _decoding(block: Block, kind: type[_Value]) -> itemgetter[tuple[int | bytes, ...]]:
    """Takes from a block's unpacked values those of `kind`, in the order of its fields."""
    return itemgetter(*(block.fields.index(field.name) for field in fields(kind)))


def _encoding(block: Block, kind: type[_Value]) -> attrgetter[tuple[int | bytes, ...]]:
    """Takes from a `kind` the values of a block, in the order of its registers; magic and seals are not among them."""
    names = {field.name for field in fields(kind)}
    return attrgetter(*(name for name in block.fields if name in names))


_IDENTITY_FIELDS, _IDENTITY_VALUES = _decoding(IDENTITY, Identity), _encoding(IDENTITY, Identity)
_STATUS_FIELDS, _STATUS_VALUES = _decoding(STATUS, Status), _encoding(STATUS, Status)
_COMMAND_FIELDS, _COMMAND_VALUES = _decoding(COMMAND, CommandBlock), _encoding(COMMAND, CommandBlock)
_STATUS_ORDER = [field.name for field in fields(Status)]
_MODE_AT, _ASPECTS_AT, _LAMPS_AT, _COUNTS_AT = (
    _STATUS_ORDER.index(name) for name in ("mode", "aspects", "lamps", "counts")
)
_NAME_AT = [field.name for field in fields(Identity)].index("name")
_KIND_AT = [field.name for field in fields(CommandBlock)].index("kind")
_ASPECTS_REGISTER, _LAMPS_REGISTER, _COUNTS_REGISTER = (
    STATUS.fields.index(name) for name in ("aspects", "lamps", "counts")
)
_NAME_REGISTER = IDENTITY.fields.index("name")
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


def sealed(body: bytes) -> bytes:
    """A block whose last two words are replaced by the CRC-32 of what stands before them."""
    return body[:-4] + _CRC.pack(zlib.crc32(body[:-4]))


def crc_holds(raw: bytes) -> bool:
    """Whether the last two words are the CRC-32 of what stands before them."""
    return raw[-4:] == _CRC.pack(zlib.crc32(raw[:-4]))


def encode_identity(identity: Identity) -> tuple[int, ...]:
    """The 32 words at IR 0; raises ValueError for a value that does not fit."""
    values = [_IDENTITY_MAGIC, *_IDENTITY_VALUES(identity), 0]
    values[_NAME_REGISTER] = identity.name.encode("ascii", "replace")[:16]
    return IDENTITY.to_words(sealed(IDENTITY.pack(values)))


def decode_identity(words: Sequence[int]) -> Identity:
    """The 32 words at IR 0 to an identity of whatever version; raises SnapshotRefused."""
    raw = IDENTITY.to_bytes(words)
    if raw is None:
        raise SnapshotRefused("identity", "length")
    if not crc_holds(raw):
        raise SnapshotRefused("identity", "crc")
    unpacked = IDENTITY.layout.unpack(raw)
    if unpacked[0] != _IDENTITY_MAGIC:
        raise SnapshotRefused("identity", "magic")
    values = list(_IDENTITY_FIELDS(unpacked))
    values[_NAME_AT] = values[_NAME_AT].rstrip(b"\0").decode("ascii", "replace")
    return Identity(*values)


def encode_status(status: Status) -> tuple[int, ...]:
    """The 100 words at IR 100 (and HR 1000); raises ValueError for a value that does not fit."""
    values = [*_STATUS_VALUES(status), status.snapshot, 0]
    values[_ASPECTS_REGISTER] = _nibbles_of(status.aspects)
    values[_LAMPS_REGISTER] = _nibbles_of(status.lamps)
    values[_COUNTS_REGISTER] = _COUNTS.pack(*status.counts)
    return STATUS.to_words(sealed(STATUS.pack(values)))


def decode_status(words: Sequence[int]) -> Status:
    """The 100 words at IR 100 to a status; raises SnapshotRefused for a torn or damaged one."""
    raw = STATUS.to_bytes(words)
    if raw is None:
        raise SnapshotRefused("status", "length")
    if raw[:2] != raw[-6:-4]:
        raise SnapshotRefused("status", "torn")
    if not crc_holds(raw):
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
    body = COMMAND.pack([_COMMAND_MAGIC, *_COMMAND_VALUES(block), b"", 0])
    return COMMAND.to_words(sealed(body[:60] + mac_of(body[:60], key) + body[-4:]))


def decode_command(words: Sequence[int], key: bytes | None) -> CommandBlock:
    """The 40 words at HR 0 as a cabinet must read them; raises BlockRefused. Without a key the HMAC is not read."""
    raw = COMMAND.to_bytes(words)
    if raw is None:
        raise BlockRefused(ExceptionCode.ILLEGAL_ADDRESS, "length")
    if not crc_holds(raw):
        raise BlockRefused(ExceptionCode.ILLEGAL_VALUE, "crc")
    unpacked = COMMAND.layout.unpack(raw)
    if unpacked[0] != _COMMAND_MAGIC:
        raise BlockRefused(ExceptionCode.ILLEGAL_VALUE, "magic")
    if key is not None and not hmac.compare_digest(raw[60:76], mac_of(raw[:60], key)):
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


def mac_of(body: bytes, key: bytes | None) -> bytes:
    """First 16 bytes of HMAC-SHA-256; zeros without a key."""
    return bytes(MAC_BYTES) if key is None else hmac.digest(key, body, "sha256")[:MAC_BYTES]
