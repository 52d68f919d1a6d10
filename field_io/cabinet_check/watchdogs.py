"""Does it free itself of a controller that lives and is sick, and tell of it?"""

from __future__ import annotations

from controller.events import CabinetMode, CommandKind
from field_io.cabinet_check.probe import LOCAL, Probe
from field_io.cabinet_check.verdict import NotApplicable, Statement, expect
from field_io.registers import FaultBit, ModeReason, ResultCode

_CLAUSE = "Status snapshot, IR 117"
PATIENCE_S = 60.0
"""A limit above this is waited for only with --long."""


def _held(probe: Probe) -> None:
    """IR 117 counts how long one request has been held."""
    probe.settle()
    first = probe.status()
    status = probe.until(lambda s: s.uptime_ms - first.uptime_ms >= 2000, "its uptime stands still", renew=True)
    held_ds = status.request_held_ds - first.request_held_ds
    expect(18 <= held_ds <= 24, f"IR 117 moved by {held_ds / 10:g} s while 2 s passed under one request")


def _stuck(probe: Probe) -> None:
    limit_s = probe.knows_site().stuck_request_s
    if limit_s > PATIENCE_S and not probe.long:
        raise NotApplicable(f"its limit is {limit_s:g} s: --long waits for it")
    begun = probe.take()
    for status in probe.watch(limit_s + 5, renew=True):
        if status.mode in LOCAL:
            break
        if status.uptime_ms - begun.uptime_ms > 1000 * (limit_s + 1):
            expect(holds=False, seen=f"one request, renewed each second, still holds it after {limit_s:g} s")
    status = probe.status()
    expect(status.mode_reason == ModeReason.STUCK_REQUEST, f"the reason of its mode is {status.mode_reason}, not 13")
    expect(bool(status.active_faults & FaultBit.STUCK_REQUEST), "fault bit 16 does not tell of it")
    said = probe.say(CommandKind.REQUEST_STAGE, stage=1)
    probe.refused(said, ResultCode.MODE, "a request right after a stuck one")
    expect(said.status.mode is not CabinetMode.REMOTE, "it is in remote again right after a stuck request")


STATEMENTS = (
    Statement("WD-1", _CLAUSE, "it counts how long one request has been held", _held),
    Statement("WD-2", _CLAUSE, "one request held too long, though renewed, ends remote control for a while", _stuck),
)
