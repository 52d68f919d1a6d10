"""The hand that asks: reads, writes and waits, and keeps a cabinet's lease where a statement needs one."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from controller.events import CabinetMode, CommandKind
from field_io.cabinet_check.expected import Expected
from field_io.cabinet_check.line import Line
from field_io.cabinet_check.verdict import Broken, NotApplicable, expect
from field_io.registers import (
    ANY_STAGE,
    COMMAND,
    IDENTITY,
    STATUS,
    CommandBlock,
    Identity,
    ResultCode,
    SnapshotRefused,
    Status,
    decode_identity,
    decode_status,
    encode_command,
)

READ_HOLDING, READ_INPUT, WRITE, WRITE_AND_READ = 3, 4, 16, 23
LOOK_S = 0.1
"""How often lamps are looked at: once a scan."""
RENEW_EVERY_MS = 1000
LEASE_MS = 10_000
LOCAL = frozenset({CabinetMode.LOCAL_COORDINATED, CabinetMode.LOCAL_ISOLATED})
READY = LOCAL | {CabinetMode.REMOTE, CabinetMode.ALL_RED_HOLD}
STARTS_WITHIN_S = 120.0
"""A cabinet that starts, flashes or changes stage has come to an end of it by then."""
WITHOUT_STAGE = frozenset({CommandKind.RENEW, CommandKind.RELEASE, CommandKind.REQUEST_FLASH})
MIRROR = STATUS.mirror or 0


@dataclass(frozen=True, slots=True)
class Said:
    """What came back for a command block: the Modbus exception (0: none), and the snapshot after it."""

    exception: int
    status: Status

    @property
    def result(self) -> int:
        """Result code of the last block received."""
        return self.status.result


class Probe:
    """One cabinet under test."""

    def __init__(
        self,
        line: Line,
        *,
        key: bytes | None,
        expected: Expected | None = None,
        long: bool = False,
        person: Callable[[str], None] | None = None,
    ) -> None:
        """`key` signs the blocks; `long` allows statements of many minutes; `person` does on site what it is told."""
        self.line = line
        self.key = key
        self.expected = expected
        self.long = long
        self.person = person
        self.identity: Identity | None = None
        self.epoch = 0
        self._sequence = 0
        self._kept: dict[str, Any] = {}

    # ---------------------------------------------------------------------------------------------------- reading

    def ask(self, request: bytes) -> bytes:
        """One transaction; raises Broken where the answer is none to the request."""
        answer = self.line.exchange(request)
        expect(bool(answer) and answer[0] & 0x7F == request[0], f"function {request[0]:02} is answered by another one")
        expect(answer[0] < 0x80 or len(answer) == 2, "an exception that is not two bytes long")
        return answer

    def exception_of(self, request: bytes) -> int:
        """The exception with which a request is answered; 0 for none."""
        answer = self.ask(request)
        return answer[1] if answer[0] & 0x80 else 0

    def read(self, function: int, address: int, count: int) -> tuple[int, ...]:
        """Registers; raises Broken for an exception or a wrong length."""
        answer = self.ask(struct.pack(">BHH", function, address, count))
        where = f"{'IR' if function == READ_INPUT else 'HR'} {address}-{address + count - 1}"
        expect(not answer[0] & 0x80, f"reading {where} is answered with exception {answer[1]:02}")
        expect(answer[1] == 2 * count == len(answer) - 2, f"reading {where}: the byte count is not {2 * count}")
        return struct.unpack(f">{count}H", answer[2:])

    def read_identity(self) -> Identity:
        """The identity block; raises Broken where it cannot be used."""
        try:
            self.identity = decode_identity(self.read(READ_INPUT, IDENTITY.first, IDENTITY.words))
        except SnapshotRefused as refused:
            raise Broken(str(refused)) from refused
        return self.identity

    def status(self, *, mirror: bool = False) -> Status:
        """A snapshot, from the input registers or their mirror; raises Broken where it cannot be used."""
        words = self.read(READ_HOLDING, MIRROR, STATUS.words) if mirror else self.read(READ_INPUT, 100, STATUS.words)
        return self.decoded(words)

    @staticmethod
    def decoded(words: Sequence[int]) -> Status:
        """A snapshot from its words; raises Broken where it cannot be used."""
        try:
            return decode_status(words)
        except SnapshotRefused as refused:
            raise Broken(str(refused)) from refused

    # ---------------------------------------------------------------------------------------------------- writing

    def block(self, kind: CommandKind, status: Status | None = None, **changes: Any) -> CommandBlock:
        """The block that is right on this snapshot (without one: on a fresh one), with some fields changed."""
        status = status or self.status()
        identity = self.identity or self.read_identity()
        self._sequence += 1
        block = CommandBlock(
            cabinet_id=identity.cabinet_id,
            epoch=self.epoch,
            sequence=self._sequence,
            kind=kind,
            lease_ms=min(LEASE_MS, identity.lease_max_ds * 100),
            expected_stage=ANY_STAGE if kind in WITHOUT_STAGE else status.active_stage,
            expected_mode=status.mode,
            boot_id_low=identity.boot_id & 0xFFFF_FFFF,
            basis_snapshot=status.snapshot,
            safety_hash=identity.safety_hash,
        )
        return replace(block, **changes)

    def write(self, words: Sequence[int], address: int = COMMAND.first) -> int:
        """Write registers with FC16; the exception, 0 for none."""
        return self.exception_of(write_request(address, words))

    def send(self, block: CommandBlock) -> Said:
        """Write a block with FC23 as a controller does; what came back, or where an exception did, a fresh snapshot."""
        words = encode_command(block, self.key)
        head = struct.pack(">BHHHHB", WRITE_AND_READ, MIRROR, STATUS.words, COMMAND.first, len(words), 2 * len(words))
        answer = self.ask(head + struct.pack(f">{len(words)}H", *words))
        if answer[0] & 0x80:
            return Said(answer[1], self.status())
        expect(answer[1] == 2 * STATUS.words == len(answer) - 2, "the answer to FC23 is not 100 registers")
        return Said(0, self.decoded(struct.unpack(f">{STATUS.words}H", answer[2:])))

    def say(self, kind: CommandKind, **changes: Any) -> Said:
        """Make a right block, change some of its fields, and write it."""
        return self.send(self.block(kind, **changes))

    def accepted(self, said: Said, what: str) -> Status:
        """The snapshot after a block that must be accepted; raises Broken where it was not."""
        expect(said.exception == 0, f"{what} is answered with exception {said.exception:02}")
        expect(said.result == ResultCode.ACCEPTED, f"{what} is refused with result {said.result}")
        return said.status

    def refused(self, said: Said, code: ResultCode, what: str) -> None:
        """Check that a block was refused as it must be; raises Broken where it was not."""
        expect(said.exception == 0, f"{what} is answered with exception {said.exception:02}, not with result {code}")
        expect(said.result == code, f"{what} gives result {said.result}, not {code} ({code.name.lower()})")

    # -------------------------------------------------------------------------------------------------- standings

    def rest(self) -> Status:
        """The cabinet on its own plan, owned by nobody, and a new epoch for us; raises Broken where that fails."""
        status = self.status()
        if status.latched_faults:
            raise NotApplicable(f"a fault is latched (IR 146-147: 0x{status.latched_faults:X}): somebody must look")
        if status.mode is CabinetMode.MANUAL:
            raise NotApplicable("somebody works the cabinet by hand")
        if status.owner_epoch == self.epoch and status.lease_left_ds:
            self.say(CommandKind.RELEASE)
        status = self.until(
            lambda s: s.mode in LOCAL and not s.lease_left_ds, "the cabinet does not go to its own plan"
        )
        self.epoch = max(self.epoch, status.owner_epoch, status.received_epoch) + 1
        self._sequence = 0
        return status

    def take(self, **changes: Any) -> Status:
        """From rest, hold the lease with the stage that shows or is on its way."""
        status = self.rest()
        stage = status.active_stage or status.next_stage
        said = self.send(self.block(CommandKind.REQUEST_STAGE, status, stage=stage, **changes))
        return self.accepted(said, f"a request for stage {stage}")

    def settle(self) -> Status:
        """Under our lease, with a stage that shows and whose minimum has run."""
        self.take()
        return self.until(
            lambda s: bool(s.active_stage) and not s.min_green_left_ds, "no stage comes to its end", renew=True
        )

    def watch(self, time_s: float, *, renew: bool = False) -> Iterator[Status]:
        """A snapshot each scan for so long, ours kept alive with `renew`."""
        first = status = self.status()
        renewed_ms = first.uptime_ms
        yield status
        while _since(first, status) < 1000 * time_s:
            self.line.wait(LOOK_S)
            before, status = status, self.status()
            if status.uptime_ms == before.uptime_ms and status.snapshot == before.snapshot:
                self._frozen()
            if renew and status.mode not in LOCAL and status.uptime_ms - renewed_ms >= RENEW_EVERY_MS:
                renewed_ms = status.uptime_ms
                status = self._renewed(status)
            self._kept["still"] = 0
            yield status

    def _renewed(self, status: Status) -> Status:
        """The snapshot after a renewal; a cabinet that goes local at that very moment may refuse it."""
        said = self.send(self.block(CommandKind.RENEW, status))
        return said.status if said.status.mode in LOCAL else self.accepted(said, "a renewal")

    def _frozen(self) -> None:
        """Its own clock measures the waiting, so it must move."""
        self._kept["still"] = self._kept.get("still", 0) + 1
        expect(self._kept["still"] <= 10, "snapshot and uptime stand still")

    def until(
        self, holds: Callable[[Status], bool], else_seen: str, *, within_s: float = STARTS_WITHIN_S, renew: bool = False
    ) -> Status:
        """The first snapshot for which something holds; raises Broken with `else_seen` when none does in time."""
        for status in self.watch(within_s, renew=renew):
            if holds(status):
                return status
        raise Broken(f"{else_seen} within {within_s:g} s")

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """Something that several statements look at and that takes long to get; also that it could not be had."""
        if name not in self._kept:
            try:
                self._kept[name] = make()
            except Broken as broken:
                self._kept[name] = broken
        kept = self._kept[name]
        if isinstance(kept, Broken):
            raise Broken(str(kept))
        return kept

    def knows_site(self) -> Expected:
        """What the site says; raises NotApplicable without one."""
        if self.expected is None:
            raise NotApplicable("needs --site and --junction")
        return self.expected


def write_request(address: int, words: Sequence[int], *, byte_count: int | None = None) -> bytes:
    """FC16 with these words; `byte_count` may contradict them."""
    stated = 2 * len(words) if byte_count is None else byte_count
    return struct.pack(f">BHHB{len(words)}H", WRITE, address, len(words), stated, *words)


def _since(first: Status, status: Status) -> int:
    return (status.uptime_ms - first.uptime_ms) & 0xFFFF_FFFF
