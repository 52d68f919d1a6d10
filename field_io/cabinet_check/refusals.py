"""Does it refuse every write that is no right command block, and change nothing by it?"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from controller.events import CabinetMode, CommandKind
from field_io.cabinet_check.probe import MIRROR, WRITE_AND_READ, Probe, write_request
from field_io.cabinet_check.verdict import NotApplicable, Statement, expect
from field_io.registers import (
    ANY_STAGE,
    BASIS_SCANS,
    COMMAND,
    LEASE_RANGE_MS,
    ResultCode,
    Status,
    encode_command,
)

_BLOCK, _RESULTS = "Command block, HR", "Result codes,"


def _asking(probe: Probe) -> list[int]:
    """The words of a block that would be obeyed: another stage than the one that shows."""
    status = probe.rest()
    return list(encode_command(probe.block(CommandKind.REQUEST_STAGE, status, stage=1), probe.key))


def _changes_nothing(probe: Probe, before: Status, what: str) -> Status:
    after = probe.status()
    same = (after.owner_epoch, after.accepted_sequence, after.accepted_crc, after.lease_left_ds)
    expect(
        same == (before.owner_epoch, before.accepted_sequence, before.accepted_crc, 0) and after.mode is before.mode,
        f"{what} had an effect",
    )
    return after


def _is_exception(probe: Probe, code: int, what: str, act: Callable[[], int], *, counted: str = "") -> None:
    """A write is answered with an exception, changes nothing, and is counted."""
    before = probe.status()
    found = act()
    expect(found == code, f"{what} gives exception {found:02}, not {code:02}")
    after = _changes_nothing(probe, before, what)
    if counted:
        moved = (getattr(after, counted) - getattr(before, counted)) & 0xFFFF
        expect(moved == 1, f"{what}: {counted} moved by {moved}, not by 1")


def _whole_block(probe: Probe) -> None:
    words = _asking(probe)
    for address, part in ((0, words[:39]), (0, [*words, 0]), (0, words[:20]), (20, words[20:]), (1, words)):
        what = f"a write of {len(part)} registers at {address}"
        _is_exception(probe, 2, what, partial(probe.write, part, address), counted="non_conforming_writes")


def _nowhere_else(probe: Probe) -> None:
    probe.rest()
    for address in (40, 100, MIRROR, MIRROR + 46, 65_535):
        _is_exception(probe, 2, f"a write at {address}", partial(probe.write, [0], address))


def _lengths_agree(probe: Probe) -> None:
    words = _asking(probe)
    for byte_count in (78, 82, 0):
        request = write_request(0, words, byte_count=byte_count)
        _is_exception(probe, 3, f"a byte count of {byte_count} for 40 registers", partial(probe.exception_of, request))


def _crc(probe: Probe) -> None:
    words = _asking(probe)
    for place in (0, 9, 39):
        bent = [*words[:place], words[place] ^ 1, *words[place + 1 :]]
        _is_exception(
            probe, 3, f"a block with HR {place} bent", partial(probe.write, bent), counted="non_conforming_writes"
        )


def _hmac(probe: Probe) -> None:
    if probe.key is None:
        raise NotApplicable("mutual TLS stands in for the HMAC")
    status = probe.rest()
    block = probe.block(CommandKind.REQUEST_STAGE, status, stage=1)
    for key, what in ((None, "a block without an HMAC"), (bytes(len(probe.key)), "a block with another key's HMAC")):
        words = encode_command(block, key)
        _is_exception(probe, 3, what, partial(probe.write, words), counted="authentication_failures")


def _read_first(probe: Probe) -> None:
    words = _asking(probe)
    head = struct.pack(">BHHHHB", WRITE_AND_READ, 5000, 10, COMMAND.first, len(words), 2 * len(words))
    request = head + struct.pack(f">{len(words)}H", *words)
    _is_exception(probe, 2, "FC23 with a read range that is not there", partial(probe.exception_of, request))


def _refusal(code: ResultCode, what: str, **changes: int) -> Callable[[Probe], None]:
    """A block that is right but for some fields is refused with its code."""

    def check(probe: Probe) -> None:
        status = probe.rest()
        stage = status.active_stage or status.next_stage
        block = probe.block(CommandKind.REQUEST_STAGE, status, stage=stage)
        said = probe.send(replace(block, **{name: getattr(block, name) ^ bit for name, bit in changes.items()}))
        probe.refused(said, code, what)
        _changes_nothing(probe, status, what)

    return check


def _stale_basis(probe: Probe) -> None:
    status = probe.rest()
    for age in (BASIS_SCANS + 2, 1000, -50):
        stage = status.active_stage or status.next_stage
        said = probe.say(
            CommandKind.REQUEST_STAGE, stage=stage, basis_snapshot=(probe.status().snapshot - age) & 0xFFFF
        )
        probe.refused(said, ResultCode.STALE_BASIS, f"a block based on a snapshot {age} scans old")


def _lease_range(probe: Probe) -> None:
    longest_ms = min(LEASE_RANGE_MS[1], probe.read_identity().lease_max_ds * 100)
    for lease_ms in (0, LEASE_RANGE_MS[0] - 1, longest_ms + 1):
        status = probe.rest()
        stage = status.active_stage or status.next_stage
        said = probe.send(probe.block(CommandKind.REQUEST_STAGE, status, stage=stage, lease_ms=lease_ms))
        probe.refused(said, ResultCode.LEASE_RANGE, f"a lease of {lease_ms} ms")
        _changes_nothing(probe, status, f"a lease of {lease_ms} ms")


def _precondition(probe: Probe) -> None:
    for what, changes in (
        ("another stage than the one that shows", {"expected_stage": 200}),
        ("any stage in a request", {"expected_stage": ANY_STAGE}),
        ("another mode", {"expected_mode": CabinetMode.MANUAL}),
    ):
        status = probe.rest()
        stage = status.active_stage or status.next_stage
        said = probe.send(probe.block(CommandKind.REQUEST_STAGE, status, stage=stage, **changes))
        probe.refused(said, ResultCode.PRECONDITION, what)


def _unknown_stage(probe: Probe) -> None:
    for stage in (0, probe.read_identity().stages + 1, 33, 65_535):
        status = probe.rest()
        said = probe.send(probe.block(CommandKind.REQUEST_STAGE, status, stage=stage))
        probe.refused(said, ResultCode.UNKNOWN_STAGE, f"a request for stage {stage}")


STATEMENTS = (
    Statement("WR-1", f"{_BLOCK} 0-39", "only a whole block in one write is taken: 40 registers at 0", _whole_block),
    Statement("WR-2", f"{_BLOCK} 0-39", "a write anywhere else is exception 02", _nowhere_else),
    Statement("WR-3", "Modbus exceptions, 03", "a byte count that contradicts the write is refused", _lengths_agree),
    Statement("WR-4", f"{_BLOCK} 38-39", "a block whose CRC is wrong is exception 03", _crc),
    Statement("WR-5", f"{_BLOCK} 30-37", "a block that no holder of the key signed is exception 03, counted", _hmac),
    Statement("WR-6", "functions, 23", "FC23 with a read range that is not there writes nothing", _read_first),
    Statement("WR-7", f"{_RESULTS} 10", "a block of another major version is refused",
              _refusal(ResultCode.VERSION, "another major version", map_version=0x0200)),
    Statement("WR-8", f"{_RESULTS} 11", "a block for another cabinet is refused",
              _refusal(ResultCode.CABINET_ID, "another cabinet's id", cabinet_id=1)),
    Statement("WR-9", f"{_RESULTS} 12", "a block from before its last start is refused",
              _refusal(ResultCode.BOOT_ID, "another boot id", boot_id_low=1)),
    Statement("WR-10", f"{_RESULTS} 13", "a block that believes in other safety data is refused",
              _refusal(ResultCode.SAFETY_HASH, "another hash of the safety data", safety_hash=1)),
    Statement("WR-11", f"{_RESULTS} 18", "a block based on a snapshot over 20 scans old is refused", _stale_basis),
    Statement("WR-12", f"{_RESULTS} 19", "a lease of 0, below 3 s or above its own limit is refused", _lease_range),
    Statement("WR-13", f"{_RESULTS} 22", "a block whose stage or mode is not what shows is refused", _precondition),
    Statement("WR-14", f"{_RESULTS} 23", "a stage that it does not have is refused", _unknown_stage),
)  # fmt: skip
