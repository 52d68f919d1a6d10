"""Cabinets that take what they must refuse, or keep what has ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from field_io import registers
from field_io.registers import BlockRefused, Capability, Identity, ResultCode
from sim.cabinet import remote
from sim.cabinet.acceptance import CHECKS
from sim.cabinet.cabinet import VirtualCabinet
from sim.cabinet.config import CabinetConfig
from sim.cabinet.ownership import NOBODY


def without(*codes: ResultCode) -> Callable[..., VirtualCabinet]:
    """A cabinet that never answers with these results, because it does not look."""

    class Careless(VirtualCabinet):
        checks = tuple((code, check) for code, check in CHECKS if code not in codes)

    return Careless


class IgnoresLeaseEnd(VirtualCabinet):
    """Whoever was accepted once owns it until the next release."""

    def advance(self, now_ds: int) -> None:
        ownership = self._operation.ownership
        if ownership.epoch != NOBODY:
            ownership.lease_end_ds = max(ownership.lease_end_ds, now_ds + 10)
        super().advance(now_ds)


class RenewsOnRepeat(VirtualCabinet):
    """The same block again, which a recorder can send as well, renews the lease."""

    def write_holding(self, address: int, words: Sequence[int]) -> int:
        code = super().write_holding(address, words)
        if self._ledger.result is ResultCode.DUPLICATE:
            block = registers.decode_command(words, self.key)
            remote.obey(self._operation, block, registers.block_crc(words))
        return code


class RenewsOnRefusal(VirtualCabinet):
    """Anything that its owner says renews the lease, also what it refuses."""

    def write_holding(self, address: int, words: Sequence[int]) -> int:
        code = super().write_holding(address, words)
        if self._ledger.received_epoch == self._operation.ownership.epoch != NOBODY:
            self._operation.ownership.lease_end_ds = self.now_ds + 30
        return code


class TakesUnsigned(VirtualCabinet):
    """It says that it checks the HMAC, and does not."""

    def __init__(self, config: CabinetConfig, **settings: Any) -> None:
        super().__init__(config, **{**settings, "key": None})

    @property
    def identity(self) -> Identity:
        true = super().identity
        return replace(true, capabilities=true.capabilities | Capability.HMAC)


class TakesHalves(VirtualCabinet):
    """A register file as a common PLC has it: writes of any length at any address, put together as they come."""

    def __init__(self, config: CabinetConfig, **settings: Any) -> None:
        super().__init__(config, **settings)
        self._held = [0] * registers.COMMAND.words

    def write_holding(self, address: int, words: Sequence[int]) -> int:
        if address + len(words) > len(self._held):
            return super().write_holding(address, words)
        self._held[address : address + len(words)] = words
        try:
            registers.decode_command(self._held, self.key)
        except BlockRefused:
            return 0
        return super().write_holding(0, self._held)


class WritesBeforeReading(VirtualCabinet):
    """FC23 with a read range that is not there: written, and answered with an exception."""

    def holds(self, address: int, count: int) -> bool:
        return True


class ForgetsFence(VirtualCabinet):
    """Who was displaced may come back at once when nobody owns it."""

    def write_holding(self, address: int, words: Sequence[int]) -> int:
        self._operation.ownership._fenced_below = 0  # noqa: SLF001 - what is taken out is its own
        return super().write_holding(address, words)
