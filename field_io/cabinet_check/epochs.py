"""Does it obey one controller at a time, and the newest?"""

from __future__ import annotations

from controller.events import CabinetMode, CommandKind
from field_io.cabinet_check.probe import Probe
from field_io.cabinet_check.verdict import Statement, expect
from field_io.registers import ResultCode

TAKE_OVER_EVERY_S = 60.0
_CLAUSE = "Result codes,"


def _one_owner(probe: Probe) -> None:
    status = probe.take()
    ours, stage = probe.epoch, status.active_stage or status.next_stage
    said = probe.say(CommandKind.REQUEST_STAGE, stage=stage, epoch=ours + 1, sequence=1)
    probe.refused(said, ResultCode.NOT_OWNER, "a request of a higher epoch without a take-over")
    expect(said.status.owner_epoch == ours, "a refused epoch owns it")


def _older(probe: Probe) -> None:
    status = probe.take()
    ours, stage = probe.epoch, status.active_stage or status.next_stage
    for kind in (CommandKind.REQUEST_STAGE, CommandKind.RENEW, CommandKind.TAKE_OVER):
        said = probe.say(kind, stage=stage, epoch=ours - 1, sequence=1000 + kind)
        probe.refused(said, ResultCode.STALE_EPOCH, f"{kind.name.lower()} of a lower epoch than the owner's")
    expect(probe.status().owner_epoch == ours, "a lower epoch owns it")


def _take_over(probe: Probe) -> None:
    """Also asks what follows from it: the older epoch is fenced, and the next take-over comes too soon."""
    probe.once("take-over", lambda: _taken_over(probe))


def _taken_over(probe: Probe) -> int:
    _wait_for_the_limit(probe)
    before = probe.settle()
    older = probe.epoch
    probe.epoch = older + 1
    after = probe.accepted(probe.say(CommandKind.TAKE_OVER, sequence=1), "a take-over by a higher epoch")
    expect(after.owner_epoch == older + 1, f"owner is epoch {after.owner_epoch}, not the one that took over")
    shows = (after.mode, after.active_stage, after.aspects)
    expect(shows == (CabinetMode.REMOTE, before.active_stage, before.aspects), "a take-over changes what shows")
    expect(after.lease_left_ds >= 90, "a take-over does not let the lease run anew")
    return older


def _wait_for_the_limit(probe: Probe) -> None:
    """Somebody may have taken over just before us: then the first try may be refused once."""
    probe.settle()
    said = probe.say(CommandKind.TAKE_OVER, epoch=probe.epoch + 1, sequence=1)
    if said.result == ResultCode.RATE_LIMIT:
        probe.say(CommandKind.RELEASE)
    else:
        probe.accepted(said, "a take-over by a higher epoch")
        probe.epoch += 1
        probe.say(CommandKind.RELEASE)
    probe.line.wait(TAKE_OVER_EVERY_S + 1)


def _fenced(probe: Probe) -> None:
    older = probe.once("take-over", lambda: _taken_over(probe))
    probe.rest()
    status = probe.status()
    stage = status.active_stage or status.next_stage
    said = probe.say(CommandKind.REQUEST_STAGE, stage=stage, epoch=older, sequence=5000)
    probe.refused(said, ResultCode.STALE_EPOCH, "the epoch that was displaced, a moment later and with nobody owning")


def _too_soon(probe: Probe) -> None:
    probe.once("take-over", lambda: _taken_over(probe))
    status = probe.take()
    said = probe.say(CommandKind.TAKE_OVER, epoch=probe.epoch + 1, sequence=1)
    probe.refused(said, ResultCode.RATE_LIMIT, "a second take-over within a minute")
    expect(said.status.owner_epoch == probe.epoch, "a take-over that is refused displaces the owner")
    expect(status.mode is CabinetMode.REMOTE, "it is not in remote under a lease")


STATEMENTS = (
    Statement("EP-1", f"{_CLAUSE} 15", "while a lease runs no other epoch is obeyed without a take-over", _one_owner),
    Statement("EP-2", f"{_CLAUSE} 14", "a lower epoch than the owner's is refused, whatever it asks", _older),
    Statement("EP-3", "Commands, 7", "a higher epoch takes over at once: lamps stand, the lease runs anew", _take_over),
    Statement("EP-4", f"{_CLAUSE} 14", "the epoch that was displaced stays out for a minute", _fenced),
    Statement("EP-5", f"{_CLAUSE} 25", "at most one take-over a minute", _too_soon),
)
