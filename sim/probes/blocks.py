"""Command blocks made by hand, right for a cabinet as it stands now unless told otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from controller.events import CommandKind
from field_io.registers import ANY_STAGE, CommandBlock, encode_command
from sim.cabinet import VirtualCabinet

ANYWHERE = frozenset({CommandKind.RENEW, CommandKind.RELEASE, CommandKind.REQUEST_FLASH})


def right_block(cabinet: VirtualCabinet, kind: CommandKind, **changes: Any) -> CommandBlock:
    """The block that its owner could send next; `changes` are fields of it."""
    status, identity = cabinet.status, cabinet.identity
    block = CommandBlock(
        cabinet_id=identity.cabinet_id,
        epoch=max(1, status.owner_epoch),
        sequence=status.accepted_sequence + 1,
        kind=kind,
        lease_ms=10_000,
        expected_stage=ANY_STAGE if kind in ANYWHERE else status.active_stage,
        expected_mode=status.mode,
        boot_id_low=identity.boot_id & 0xFFFF_FFFF,
        basis_snapshot=status.snapshot,
        safety_hash=identity.safety_hash,
    )
    return replace(block, **changes)


def right_words(cabinet: VirtualCabinet, kind: CommandKind, **changes: Any) -> tuple[int, ...]:
    """The same as signed words."""
    return encode_command(right_block(cabinet, kind, **changes), cabinet.key)
