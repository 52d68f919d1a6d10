"""The plan note of TSC-MB/1.0: a centre tells a cabinet which plans it runs, so that the kerb can say so too.

It moves no lamp and renews no lease. A cabinet that keeps it says so by a capability bit (IR 14), takes it from the
controller that holds the lease alone, and shows it in IR 166-171.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from field_io.registers import MAC_BYTES, MAP_VERSION, TSC_MB, BlockRefused, ExceptionCode, crc_holds, mac_of, sealed

PLAN_NOTE = TSC_MB.blocks["plan_note"]
_MAGIC = PLAN_NOTE.registers[0].constant or 0
_SIGNED_BYTES = 28
"""Words 60-73, which the HMAC covers."""
DIGEST_DIGITS = 16
"""Hex digits of a site's digest that fit into 64 bits."""


@dataclass(frozen=True, slots=True)
class PlanNote:
    """Which plans a centre runs, without the seals."""

    cabinet_id: int
    epoch: int
    version: int
    digest: int
    issued_unix_s: int = 0
    map_version: int = MAP_VERSION


def digest_of(digest: str) -> int:
    """The first 64 bits of a digest in hex."""
    return int(digest[:DIGEST_DIGITS], 16)


def encode_plan_note(note: PlanNote, key: bytes | None) -> tuple[int, ...]:
    """The 24 words at HR 60; without a key the HMAC is zero. Raises ValueError for a value that does not fit."""
    values = (_MAGIC, note.map_version, note.cabinet_id, note.epoch, note.version, note.digest, note.issued_unix_s)
    body = PLAN_NOTE.pack([*values, b"", 0])
    return PLAN_NOTE.to_words(sealed(body[:_SIGNED_BYTES] + mac_of(body[:_SIGNED_BYTES], key) + body[-4:]))


def decode_plan_note(words: Sequence[int], key: bytes | None) -> PlanNote:
    """The 24 words at HR 60 as a cabinet must read them; raises BlockRefused. Without a key the HMAC is not read."""
    raw = PLAN_NOTE.to_bytes(words)
    if raw is None:
        raise BlockRefused(ExceptionCode.ILLEGAL_ADDRESS, "length")
    if not crc_holds(raw):
        raise BlockRefused(ExceptionCode.ILLEGAL_VALUE, "crc")
    magic, map_version, cabinet_id, epoch, version, digest, issued_unix_s, mac, _ = PLAN_NOTE.layout.unpack(raw)
    if magic != _MAGIC:
        raise BlockRefused(ExceptionCode.ILLEGAL_VALUE, "magic")
    if key is not None and not hmac.compare_digest(mac[:MAC_BYTES], mac_of(raw[:_SIGNED_BYTES], key)):
        raise BlockRefused(ExceptionCode.ILLEGAL_VALUE, "hmac")
    return PlanNote(cabinet_id, epoch, version, digest, issued_unix_s, map_version)
