"""The fencing token of this controller, kept beside its journal: one process at a time holds it.

A cabinet lets an owner be displaced once a minute at most, so that two controllers cannot play ping-pong with it. A
controller that is killed twice within a minute would therefore lose the street for the rest of its lease if each start
were a new controller. But whoever holds the lock of this file and finds its own token in it *is* the one that the
cabinets know: the process before it is dead, or the lock could not be had. It goes on under the same epoch, above the
last sequence that the cabinet accepted.

The token counts only on the machine and in the file where it was written: a journal that was copied or restored from a
backup is another controller, and takes a new epoch.
"""

from __future__ import annotations

import fcntl
import os
import platform
import zlib
from pathlib import Path

from field_io.errors import SettingsError

FILE = "controller.epoch"
MACHINE_ID = Path("/etc/machine-id")


class OwnEpoch:
    """Holds the lock of a folder until it is closed or the process ends, however it ends."""

    def __init__(self, folder: Path) -> None:
        """Raises SettingsError where another process holds it, OSError where the disk lets nobody hold it."""
        path = folder / FILE
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError:  # read-only or full: what is there already can be locked and read
            self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(self._file)
            raise SettingsError(
                f"another controller runs with the journal in {folder}: end it first, or name another folder"
            ) from error
        status = os.fstat(self._file)
        self._place = f"{_machine()} {status.st_dev} {status.st_ino}"
        self.stored = self._read()
        """The epoch that this controller last drove under; 0 where it is not known, or not its own."""

    def keep(self, epoch: int) -> bool:
        """Remember it, on the disk before this returns; False where the disk will not have it."""
        line = f"{epoch} {self._place}"
        data = f"{line} {zlib.crc32(line.encode()):08x}\n".encode()
        try:
            os.pwrite(self._file, data, 0)
            os.ftruncate(self._file, len(data))
            os.fsync(self._file)
        except OSError:
            return False
        self.stored = epoch
        return True

    def close(self) -> None:
        """Let another process have it."""
        os.close(self._file)

    def _read(self) -> int:
        try:
            line, _, crc = os.pread(self._file, 1024, 0).decode("ascii").strip().rpartition(" ")
        except (OSError, UnicodeDecodeError):
            return 0
        epoch, _, place = line.partition(" ")
        whole = crc == f"{zlib.crc32(line.encode()):08x}" and epoch.isdigit()
        return int(epoch) if whole and place == self._place else 0


def _machine() -> str:
    """What tells this machine from others; without spaces."""
    try:
        known = MACHINE_ID.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        known = ""
    return "".join((known or platform.node() or "unknown").split())
