"""The profile `plc-basic` in words: stage request, heartbeat, active stage, fault word; from `plc_basic.toml`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from enum import IntFlag

from controller.events import CabinetMode
from field_io.register_table import read_profile
from field_io.registers import SnapshotRefused

PLC_BASIC = read_profile("plc_basic.toml")
REQUEST, STATUS = PLC_BASIC.blocks["command"], PLC_BASIC.blocks["status"]
HEARTBEAT_LIMIT_S = 10.0
"""A heartbeat that stands still for so long ends remote control."""


class PlcFault(IntFlag):
    """The fault word (register 3)."""

    LOCAL = 1 << 0
    MANUAL = 1 << 1
    FLASH = 1 << 2
    START_UP = 1 << 3
    SAFETY = 1 << 4
    LAMP = 1 << 5
    DETECTOR = 1 << 6


MODE_OF_FAULT = (
    (PlcFault.SAFETY, CabinetMode.LATCHED_FAULT),
    (PlcFault.FLASH, CabinetMode.FLASH_AMBER),
    (PlcFault.START_UP, CabinetMode.START_UP),
    (PlcFault.MANUAL, CabinetMode.MANUAL),
    (PlcFault.LOCAL, CabinetMode.LOCAL_ISOLATED),
)
"""The first bit that is set says the mode; none set: remote."""


@dataclass(frozen=True, slots=True)
class PlcRequest:
    """What is written."""

    stage_request: int
    heartbeat: int


@dataclass(frozen=True, slots=True)
class PlcStatus:
    """What is read back."""

    stage_request: int
    heartbeat: int
    active_stage: int
    faults: int

    @property
    def mode(self) -> CabinetMode:
        """Who moves the lamps, as the fault word tells it."""
        return next((mode for bit, mode in MODE_OF_FAULT if self.faults & bit), CabinetMode.REMOTE)


def encode_request(request: PlcRequest) -> tuple[int, ...]:
    """The 2 words at HR 0; raises ValueError for a value that does not fit."""
    return REQUEST.to_words(REQUEST.pack(astuple(request)))


def decode_request(words: Sequence[int]) -> PlcRequest:
    """The 2 words at HR 0; raises SnapshotRefused when they are not two words."""
    raw = REQUEST.to_bytes(words)
    if raw is None:
        raise SnapshotRefused("request", "length")
    return PlcRequest(*REQUEST.layout.unpack(raw))


def encode_status(status: PlcStatus) -> tuple[int, ...]:
    """The 4 words at HR 0; raises ValueError for a value that does not fit."""
    return STATUS.to_words(STATUS.pack(astuple(status)))


def decode_status(words: Sequence[int]) -> PlcStatus:
    """The 4 words at HR 0; raises SnapshotRefused when they are not four words."""
    raw = STATUS.to_bytes(words)
    if raw is None:
        raise SnapshotRefused("status", "length")
    return PlcStatus(*STATUS.layout.unpack(raw))
