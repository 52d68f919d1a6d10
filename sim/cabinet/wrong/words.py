"""Cabinets that do not say what is: their snapshots are torn, frozen, swapped or not true."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from field_io import registers
from field_io.registers import BlockRefused, ResultCode, Status
from sim.cabinet.cabinet import VirtualCabinet
from sim.cabinet.config import CabinetConfig

_WORDS = registers.STATUS.words
_CRC_WORDS = 2


class Torn(VirtualCabinet):
    """A new scan begins while the snapshot is read, now and then: the first half is old, the second new."""

    def __init__(self, config: CabinetConfig, **settings: Any) -> None:
        self._reads = 0
        self._last: tuple[int, ...] = ()
        super().__init__(config, **settings)

    def read_input(self, address: int, count: int) -> tuple[int, ...]:
        words = super().read_input(address, count)
        if count != _WORDS:
            return words
        self._reads += 1
        last, self._last = self._last, words
        return last[: _WORDS // 2] + words[_WORDS // 2 :] if last and self._reads % 16 == 0 else words


class Frozen(VirtualCabinet):
    """The part that answers lives, the part that scans has died: the same snapshot for ever."""

    def __init__(self, config: CabinetConfig, **settings: Any) -> None:
        self._first: Status | None = None
        super().__init__(config, **settings)
        self.on_status = self._frozen

    def _frozen(self, status: Status) -> Status:
        self._first = self._first or status
        return self._first


class SwapsBytes(VirtualCabinet):
    """The low byte of every register comes first."""

    def read_input(self, address: int, count: int) -> tuple[int, ...]:
        return tuple((word & 0xFF) << 8 | word >> 8 for word in super().read_input(address, count))


class LowWordFirst(VirtualCabinet):
    """Wider values have their low word first, as many devices have it; even the CRC fits."""

    def read_input(self, address: int, count: int) -> tuple[int, ...]:
        words = list(super().read_input(address, count))
        if address != registers.IDENTITY.first or count != registers.IDENTITY.words:
            return tuple(words)
        for register in registers.IDENTITY.registers:
            if register.type in {"u32", "u64"}:
                words[register.at : register.at + register.words] = words[register.at : register.at + register.words][
                    ::-1
                ]
        crc = zlib.crc32(b"".join(word.to_bytes(2, "big") for word in words[:-_CRC_WORDS]))
        return (*words[:-_CRC_WORDS], crc >> 16, crc & 0xFFFF)


class StaleMirror(VirtualCabinet):
    """The holding registers hold the snapshot of the read before."""

    def __init__(self, config: CabinetConfig, **settings: Any) -> None:
        self._before: tuple[int, ...] = ()
        super().__init__(config, **settings)

    def read_holding(self, address: int, count: int) -> tuple[int, ...]:
        words = super().read_holding(address, count)
        if count != _WORDS:
            return words
        before, self._before = self._before, words
        return before or words


class EchoesOnly(VirtualCabinet):
    """Every right block is echoed as accepted, and none is obeyed."""

    def write_holding(self, address: int, words: Sequence[int]) -> int:
        try:
            block = registers.decode_command(words, self.key)
        except BlockRefused:
            return super().write_holding(address, words)
        self._ledger.note_block(block, words, ResultCode.ACCEPTED)
        return 0


class EchoesAnother(VirtualCabinet):
    """It echoes another CRC than that of the block: it has accepted something else."""

    def __init__(self, config: CabinetConfig, **settings: Any) -> None:
        super().__init__(config, **settings)
        self.on_status = lambda status: replace(status, accepted_crc=status.accepted_crc ^ 1)


class TellsDriven(VirtualCabinet):
    """Its feedback shows a lamp that is not there; what it drives and what it measures differ."""

    def __init__(self, config: CabinetConfig, **settings: Any) -> None:
        super().__init__(config, **settings)
        self.on_status = lambda status: replace(status, lamps=(status.lamps[-1], *status.lamps[1:]))
