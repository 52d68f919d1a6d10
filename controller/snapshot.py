"""Put the core down and take it up again: every array of every memory, and nothing else."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

FORMAT = "faikhiao-core-1"


class SnapshotMismatchError(ValueError):
    """A snapshot that belongs to another site, another plan or another version."""

    def __init__(self, found: str, expected: str) -> None:
        super().__init__(f"the snapshot was taken of {found!r}, this core runs {expected!r}: start without it")


class SnapshotDamagedError(ValueError):
    """Bytes that are no snapshot, or no longer are one."""

    def __init__(self, cause: Exception) -> None:
        super().__init__(f"the snapshot is damaged ({cause}): start without it")


_DAMAGE = (ValueError, KeyError, OSError, EOFError, zipfile.BadZipFile, NotImplementedError, RuntimeError)
"""What reading a damaged archive may raise: a bit turned over in its directory asks for what no reader knows."""


def pack(memories: Mapping[str, DataclassInstance], signature: str) -> bytes:
    """All array fields of the memories as one block of bytes; equal states give equal bytes."""
    arrays = {f"{name}.{key}": value for name, memory in memories.items() for key, value in _arrays(memory).items()}
    out = io.BytesIO()
    np.savez(out, allow_pickle=False, signature=np.array(f"{FORMAT}:{signature}"), **arrays)
    return out.getvalue()


def unpack(memories: Mapping[str, DataclassInstance], signature: str, block: bytes) -> None:
    """Fill the memories from `pack`, all or none.

    Raises SnapshotMismatchError where it belongs elsewhere, SnapshotDamagedError where it cannot be read.
    """
    try:
        with np.load(io.BytesIO(block), allow_pickle=False) as archive:
            stored = {key: archive[key] for key in archive.files}
        found = str(stored["signature"])
    except _DAMAGE as error:
        raise SnapshotDamagedError(error) from error
    expected = f"{FORMAT}:{signature}"
    wanted = {f"{name}.{key}": value for name, memory in memories.items() for key, value in _arrays(memory).items()}
    if found != expected or any(key not in stored or stored[key].shape != array.shape for key, array in wanted.items()):
        raise SnapshotMismatchError(found, expected)
    for name, memory in memories.items():
        for key in _arrays(memory):
            setattr(memory, key, stored[f"{name}.{key}"])


def _arrays(memory: DataclassInstance) -> dict[str, np.ndarray[Any, Any]]:
    values = {f.name: getattr(memory, f.name) for f in fields(memory)}
    return {key: value for key, value in values.items() if isinstance(value, np.ndarray)}
