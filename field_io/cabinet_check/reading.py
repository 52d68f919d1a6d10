"""Can its snapshot be trusted: whole, alive, the same in both places, and nothing beside it?"""

from __future__ import annotations

import struct

from controller.model import Aspect
from field_io.cabinet_check.probe import LOOK_S, MIRROR, READ_HOLDING, READ_INPUT, Probe
from field_io.cabinet_check.verdict import NotApplicable, Statement, expect
from field_io.registers import STATUS, ClockStatus, CommandState, ModeReason, ResultCode

_CLAUSE = "Status snapshot, IR"
READS = 40
FOREIGN_REQUESTS = (
    "01 0000 0001",
    "02 0000 0001",
    "05 0000 FF00",
    "06 0000 0001",
    "08 0000 1234",
    "0F 0000 0001 01 01",
    "14 07 06 0001 0000 0001",
    "15 09 06 0001 0000 0001 0000",
    "16 0000 FFFF 0000",
)
"""Right requests of functions that are not in the map: coils, one register, diagnostics, files, masks."""


def _whole(probe: Probe) -> None:
    for number in range(READS):
        probe.status(mirror=bool(number % 2))
        probe.line.wait(LOOK_S / 2)


def _alive(probe: Probe) -> None:
    identity = probe.read_identity()
    first = probe.status()
    probe.line.wait(2.0)
    last = probe.status()
    scans = (last.snapshot - first.snapshot) & 0xFFFF
    passed_ms = (last.uptime_ms - first.uptime_ms) & 0xFFFF_FFFF
    expect(scans > 0, "the snapshot number stands still for 2 s")
    expect(1500 <= passed_ms <= 4000, f"its uptime moved by {passed_ms} ms in 2 s")
    lag_ms = abs(passed_ms - scans * identity.scan_ms)
    expect(lag_ms <= 2 * identity.scan_ms, f"{scans} scans of {identity.scan_ms} ms in {passed_ms} ms of uptime")


def _mirrored(probe: Probe) -> None:
    """The mirror is read between two reads; within one scan all three are the same."""
    for _ in range(10):
        first, mirror, again = probe.status(), probe.status(mirror=True), probe.status()
        if first == again:
            expect(mirror == first, "IR 100-199 and HR 1000-1099 differ within one scan")
            return
    raise NotApplicable("ten times in a row a new scan came between two reads")


def _known_codes(probe: Probe) -> None:
    status, groups = probe.status(), probe.read_identity().groups
    for what, found, known in (
        ("reason of the mode (IR 107)", status.mode_reason, ModeReason),
        ("clock status (IR 105)", status.clock_status, ClockStatus),
        ("result (IR 155)", status.result, ResultCode),
        ("command state (IR 161)", status.command_state, CommandState),
    ):
        expect(found in set(known), f"{what} is {found}, which the map does not have")
    expect(Aspect.UNKNOWN not in status.aspects[:groups], "an aspect that it drives is none of the map (IR 118-125)")
    expect(set(status.aspects[groups:]) <= {Aspect.DARK}, "groups that it does not have show something (IR 118-125)")


def _nothing_else(probe: Probe) -> None:
    for function, address, count in ((READ_INPUT, 32, 1), (READ_INPUT, 99, 2), (READ_INPUT, 200, 1),
                                     (READ_HOLDING, MIRROR + 99, 2), (READ_HOLDING, 65_535, 1)):  # fmt: skip
        code = probe.exception_of(struct.pack(">BHH", function, address, count))
        expect(code == 2, f"function {function:02} of {count} at {address} gives exception {code:02}, not 02")


def _lengths(probe: Probe) -> None:
    for count in (0, 126, 65_535):
        code = probe.exception_of(struct.pack(">BHH", READ_INPUT, STATUS.first, count))
        expect(code in {2, 3}, f"reading {count} registers gives exception {code:02}, not 03")
    code = probe.exception_of(struct.pack(">BHHB", READ_INPUT, STATUS.first, 1, 0))
    expect(code == 3, f"a read with a byte too many gives exception {code:02}, not 03")


def _other_functions(probe: Probe) -> None:
    for text in FOREIGN_REQUESTS:
        request = bytes.fromhex(text)
        code = probe.exception_of(request)
        expect(code == 1, f"function {request[0]:02} gives exception {code:02}, not 01")


STATEMENTS = (
    Statement("RD-1", f"{_CLAUSE} 197-199", "every snapshot is whole: 100 equals 197, and the CRC holds", _whole),
    Statement("RD-2", f"{_CLAUSE} 100-102", "snapshot number and uptime move with each scan", _alive),
    Statement("RD-3", "Status snapshot, HR 1000-1099", "the holding registers hold the same snapshot", _mirrored),
    Statement("RD-4", f"{_CLAUSE} 105-161", "codes and aspects are those of the map", _known_codes),
    Statement("RD-5", "Modbus exceptions, 02", "registers that are not in the map are exception 02", _nothing_else),
    Statement("RD-6", "Modbus exceptions, 03", "reads of impossible length are refused", _lengths),
    Statement("RD-7", "Modbus exceptions, 01", "functions that are not in the map are exception 01", _other_functions),
)
