"""Where a journal's segments lie: one file for a simulation, a folder with a size bound for a service.

A file that cannot be read is set aside by renaming, with a word why, and the service starts: it never crash-loops over
its own journal (fault F51).
"""

from __future__ import annotations

import re
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from field_io.errors import JournalError
from field_io.journal import Journal
from field_io.segment import Head, Segment, never_begun, open_for_writing

_NAME = re.compile(r"journal-(\d{6,})\.sqlite")
_COMPANIONS = ("", "-wal", "-shm")
"""The files of one SQLite database in WAL mode."""


@dataclass(frozen=True, slots=True)
class LastState:
    """What the newest readable segment of a folder knows of the run before."""

    site: str
    strategy: str
    epoch: int
    now_s: float
    utc_s: float
    snapshot: bytes
    """The core, at most five minutes older than `now_s`."""


def segment_paths(folder: Path) -> list[Path]:
    """The segments of a folder, oldest first; those set aside are not among them."""
    if not folder.is_dir():
        return []
    return sorted((path for path in folder.iterdir() if _NAME.fullmatch(path.name)), key=_number)


def read_last_state(folder: Path) -> tuple[LastState | None, list[str]]:
    """The state of the newest readable segment, and a sentence for each file that had to be set aside."""
    set_aside: list[str] = []
    for path in reversed(segment_paths(folder)):
        try:
            with Segment.reading(path) as segment:
                _, last_s = segment.last_step()
                head = segment.head
                utc_s = head.utc_s + (last_s - head.now_s)
                _, snapshot = segment.last_snapshot()
                return LastState(head.site, head.strategy, head.epoch, last_s, utc_s, snapshot), set_aside
        except JournalError as error:
            if not (never_begun(path) and _removed(path)):
                set_aside.append(_quarantine(path, error.cause))
    return None, set_aside


def journal_in_folder(
    folder: Path, head: Head, snapshot: bytes, *, segment_bytes: int, max_bytes: int, durable: bool = True
) -> Journal:
    """A journal that begins a new segment in a folder and removes the oldest beyond `max_bytes`.

    Raises JournalError when the folder cannot be made: that is a mistake in the settings. A disk that fails is not.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise JournalError(str(folder), f"the folder cannot be made: {error.strerror}") from error

    def path_of(number: int) -> Path:
        return folder / f"journal-{number:06}.sqlite"

    def prune(newest: int) -> None:
        _prune(folder, max_bytes, keep=path_of(newest))

    older = segment_paths(folder)
    first = _number(older[-1]) + 1 if older else 1
    prune(first)
    return Journal(
        lambda number: open_for_writing(path_of(number), durable=durable),
        head,
        snapshot,
        segment=first,
        segment_bytes=segment_bytes,
        rotated=prune,
    )


def journal_in_file(path: Path, head: Head, snapshot: bytes, *, durable: bool = False) -> Journal:
    """A journal of one segment in a new file; an older journal there is replaced.

    Raises JournalError when something else lies there, or the file cannot be written.
    """
    if path.exists():
        try:
            with Segment.reading(path):
                pass
        except JournalError as error:
            raise JournalError(str(path), f"{error.cause}; name another file") from error
        for companion in _COMPANIONS:
            Path(f"{path}{companion}").unlink(missing_ok=True)
    try:
        open_for_writing(path, durable=durable).close()
    except (sqlite3.Error, OSError) as error:
        raise JournalError(str(path), f"it cannot be written: {error}") from error
    return Journal(lambda _: open_for_writing(path, durable=durable), head, snapshot)


def _number(path: Path) -> int:
    match = _NAME.fullmatch(path.name)
    return int(match.group(1)) if match else 0


def _bytes(path: Path) -> int:
    return sum(Path(f"{path}{c}").stat().st_size for c in _COMPANIONS if Path(f"{path}{c}").exists())


def _prune(folder: Path, max_bytes: int, keep: Path) -> None:
    """Remove the oldest segments until the rest fits; a file that will not go is left for the next time."""
    paths = [path for path in segment_paths(folder) if path != keep]
    sizes = {path: _bytes(path) for path in paths}
    total = sum(sizes.values())
    for path in paths:
        if total <= max_bytes:
            return
        if _removed(path):
            total -= sizes[path]


def _removed(path: Path) -> bool:
    """Remove a segment, companions with it; False where it will not go."""
    try:
        for companion in _COMPANIONS:
            Path(f"{path}{companion}").unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _quarantine(path: Path, cause: str) -> str:
    """Rename a file that cannot be read, companions with it; say what was done."""
    target = path.with_name(f"{path.stem}.unreadable")
    number = 1
    while target.exists():
        number += 1
        target = path.with_name(f"{path.stem}.unreadable-{number}")
    try:
        for companion in _COMPANIONS:
            source = Path(f"{path}{companion}")
            if source.exists():
                source.rename(f"{target}{companion}")
    except OSError as error:
        return f"{path} cannot be read ({cause}) and could not be set aside: {error.strerror}"
    return f"{path} cannot be read ({cause}) and was set aside as {target.name}"
