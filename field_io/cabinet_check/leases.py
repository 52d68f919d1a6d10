"""Does a command hold for its lease and no longer, and does the echo say what was done?"""

from __future__ import annotations

from dataclasses import replace

from controller.events import CabinetMode, CommandKind
from field_io.cabinet_check.probe import LOCAL, Probe
from field_io.cabinet_check.verdict import Statement, expect
from field_io.registers import CommandState, ResultCode, Status, block_crc, encode_command

SHORT_MS = 3000
"""The shortest lease there is."""
LATE_MS = 400
"""A scan of the cabinet, and what lies between two looks at it."""
_LEASE, _ECHO = "Command block, HR 13", "Status snapshot, IR 149-155"


def _taken(probe: Probe) -> None:
    status = probe.take()
    expect(status.mode is CabinetMode.REMOTE, f"an accepted request leaves it in mode {status.mode}, not in remote")
    expect(status.owner_epoch == probe.epoch, f"owner is epoch {status.owner_epoch}, not ours ({probe.epoch})")
    lease_ds = min(100, probe.read_identity().lease_max_ds)
    expect(
        lease_ds - 3 <= status.lease_left_ds <= lease_ds, f"{status.lease_left_ds / 10:g} s left of {lease_ds / 10:g}"
    )


def _echo(probe: Probe) -> None:
    status = probe.rest()
    stage = status.active_stage or status.next_stage
    block = probe.block(CommandKind.REQUEST_STAGE, status, stage=stage)
    after = probe.accepted(probe.send(block), "a request")
    crc = block_crc(encode_command(block, probe.key))
    expect(
        after.accepted_sequence == block.sequence, f"echoes sequence {after.accepted_sequence}, sent {block.sequence}"
    )
    expect(after.accepted_crc == crc, f"echoes CRC 0x{after.accepted_crc:08X}, the block has 0x{crc:08X}")
    received = (after.received_epoch, after.received_sequence)
    expect(received == (block.epoch, block.sequence), f"says it received epoch and sequence {received}")
    refused = probe.say(CommandKind.REQUEST_STAGE, stage=stage, lease_ms=0).status
    expect(refused.accepted_sequence == block.sequence, "a refused block is echoed as accepted")


def _acts(probe: Probe) -> None:
    """What it echoes as accepted it also does."""
    status = probe.take()
    expect(bool(status.lease_left_ds) and status.mode is CabinetMode.REMOTE, "it echoes acceptance and does nothing")
    probe.accepted(probe.say(CommandKind.RUN_LOCAL_PLAN), "a request for its local plan")
    status = probe.status()
    expect(status.mode in LOCAL, f"asked for its local plan it is in mode {status.mode}")
    expect(status.owner_epoch == probe.epoch, "its local plan at our wish ends our lease")


def _renewed(probe: Probe) -> None:
    probe.take(lease_ms=SHORT_MS)
    probe.line.wait(2.0)
    status = probe.accepted(probe.say(CommandKind.RENEW, lease_ms=SHORT_MS), "a renewal")
    expect(status.lease_left_ds >= 27, f"{status.lease_left_ds / 10:g} s left after a renewal of 3 s")


def _repeat(probe: Probe) -> None:
    status = probe.rest()
    stage = status.active_stage or status.next_stage
    block = probe.block(CommandKind.REQUEST_STAGE, status, stage=stage, lease_ms=SHORT_MS)
    probe.accepted(probe.send(block), "a request")
    probe.line.wait(1.5)
    said = probe.send(block)
    probe.refused(said, ResultCode.DUPLICATE, "the same block again")
    expect(
        said.status.lease_left_ds <= 17, f"the same block again renews the lease: {said.status.lease_left_ds / 10:g} s"
    )


def _sequences(probe: Probe) -> None:
    probe.take()
    first = probe.block(CommandKind.RENEW)
    second = probe.block(CommandKind.RENEW)
    probe.accepted(probe.send(second), "a renewal")
    probe.refused(probe.send(first), ResultCode.OLD_SEQUENCE, "a lower sequence of the same epoch")
    other = replace(second, reason=second.reason ^ 1)
    probe.refused(probe.send(other), ResultCode.SAME_SEQUENCE, "the same sequence with another content")


def _ends(probe: Probe) -> None:
    began = probe.take(lease_ms=SHORT_MS)
    last = began
    for status in probe.watch(SHORT_MS / 1000 + 2):
        if status.mode in LOCAL:
            _judge_end(began, last, status)
            return
        last = status
    expect(holds=False, seen=f"still in mode {last.mode} 2 s after its lease ended")


def _judge_end(began: Status, last: Status, local: Status) -> None:
    held_ms = (local.uptime_ms - began.uptime_ms) & 0xFFFF_FFFF
    expect(SHORT_MS - 200 <= held_ms <= SHORT_MS + LATE_MS, f"a lease of 3 s held for {held_ms / 1000:g} s")
    expect(local.owner_epoch == 0 and local.lease_left_ds == 0, "after the end of its lease somebody owns it")
    expect(local.command_state == CommandState.EXPIRED, f"command state {local.command_state}, not expired")
    expect(last.lease_left_ds <= 4, f"{last.lease_left_ds / 10:g} s of lease were left at the last look before its end")


def _not_after(probe: Probe) -> None:
    probe.take(lease_ms=SHORT_MS)
    probe.line.wait(SHORT_MS / 1000 + 0.5)
    probe.refused(probe.say(CommandKind.RENEW), ResultCode.NOT_OWNER, "a renewal after the end of the lease")


def _released(probe: Probe) -> None:
    probe.take()
    status = probe.accepted(probe.say(CommandKind.RELEASE), "a release")
    expect(status.owner_epoch == 0 and not status.lease_left_ds, "somebody owns it after a release")
    probe.until(lambda s: s.mode in LOCAL, "it does not run its own plan after a release", within_s=1.0)


def _refused_blocks(probe: Probe) -> None:
    """A centre that says nothing right for the length of a lease has lost it."""
    began = probe.take(lease_ms=SHORT_MS)
    for status in probe.watch(SHORT_MS / 1000 + 1):
        if status.mode in LOCAL:
            return
        probe.say(CommandKind.RENEW, lease_ms=0)
    expect(holds=False, seen=f"blocks that it refuses keep its lease alive (taken at {began.uptime_ms} ms)")


STATEMENTS = (
    Statement("LE-1", _LEASE, "an accepted request puts it in remote, owned by us, with the lease asked for", _taken),
    Statement("LE-2", _ECHO, "it echoes sequence and CRC of the last block accepted, and no other's", _echo),
    Statement("LE-3", _ECHO, "what it echoes as accepted it does", _acts),
    Statement("LE-4", _LEASE, "a renewal lets the lease run anew", _renewed),
    Statement("LE-5", "Result codes, 2", "the same block again is acknowledged and renews nothing", _repeat),
    Statement("LE-6", "Result codes, 16 and 17", "sequences of an epoch only rise", _sequences),
    Statement("LE-7", _LEASE, "at the end of the lease it goes to its own plan, within a scan", _ends),
    Statement("LE-8", "Result codes, 15", "after the end of the lease there is nothing to renew", _not_after),
    Statement("LE-9", _LEASE, "blocks that are refused do not renew the lease", _refused_blocks),
    Statement("LE-10", "Commands, 4", "after a release nobody owns it and it runs its own plan", _released),
)
