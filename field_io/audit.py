"""Who asked for what, and what became of it: an append-only log whose every record carries the hash of the one before.

One SQLite file beside the journal's segments, never pruned. An edited, removed, inserted or reordered record breaks the
chain; a cut end contradicts the head that is kept in the same file. Whoever can write the file can also make a whole
new chain: against that each head is told to the service's log, which systemd keeps elsewhere, and `verify` compares.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from field_io.errors import JournalError

FILE_NAME = "audit.sqlite"
APPLICATION_ID = 0x464B4131
"""`FKA1` in the file's header: an audit log of this program, format 1."""
BEFORE_THE_FIRST = "0" * 64
"""What the first record has in place of the hash of the one before."""
SCHEMA = f"""
    PRAGMA application_id = {APPLICATION_ID};
    CREATE TABLE IF NOT EXISTS audit (n INTEGER PRIMARY KEY, text TEXT NOT NULL, hash TEXT NOT NULL);
    CREATE TABLE IF NOT EXISTS head (only INTEGER PRIMARY KEY CHECK (only = 1), n INTEGER NOT NULL, hash TEXT NOT NULL);
    CREATE TRIGGER IF NOT EXISTS no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'append only'); END;
    CREATE TRIGGER IF NOT EXISTS no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'append only'); END;
"""


@dataclass(frozen=True, slots=True)
class Head:
    """The last record of a log: keep it elsewhere, and no record up to it can be changed unseen."""

    n: int = 0
    hash: str = BEFORE_THE_FIRST

    def __str__(self) -> str:
        return f"{self.n}:{self.hash}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `verify` found."""

    head: Head
    """Of what could be followed."""
    fault: str | None
    """The first record that is not as it was written, and how one sees it; None where all are."""


class AuditLog:
    """Appends records; for one thread at a time. The file is opened at the first one."""

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        """Not `durable`: a power cut may lose the last records, as is right for a simulation."""
        self.path = path
        self._durable = durable
        self.head = Head()
        """Of the file, once it is open."""
        self._db: sqlite3.Connection | None = None

    def append(self, record: Mapping[str, Any]) -> Head:
        """Write a record, on the disk when this returns; raises sqlite3.Error or OSError, and then none is written."""
        try:
            db = self._open()
            db.execute("BEGIN IMMEDIATE")
            try:
                last = _read_head(db)
                text = json.dumps({"n": last.n + 1, "prev": last.hash, **record}, sort_keys=True)
                head = Head(last.n + 1, hash_of(text))
                db.execute("INSERT INTO audit VALUES (?, ?, ?)", (head.n, text, head.hash))
                db.execute("INSERT OR REPLACE INTO head VALUES (1, ?, ?)", (head.n, head.hash))
                db.execute("COMMIT")
            finally:
                if db.in_transaction:
                    db.execute("ROLLBACK")
        except (sqlite3.Error, OSError):
            self.close()  # the next one begins with a fresh connection
            raise
        self.head = head
        return head

    def close(self) -> None:
        """Close the file."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def _open(self) -> sqlite3.Connection:
        """The file, made where it is not there; one that is no database is set aside, never written over."""
        if self._db is None:
            if self.path.exists() and not _is_database(self.path):
                set_aside(self.path)
            self._db = sqlite3.connect(self.path, timeout=1.0, isolation_level=None, check_same_thread=False)
            self._db.execute(f"PRAGMA synchronous = {'FULL' if self._durable else 'OFF'}")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.executescript(SCHEMA)
        return self._db


def audit_in_folder(folder: Path) -> Path:
    """Where the audit log of a journal lies that has a folder."""
    return folder / FILE_NAME


def audit_beside(file: Path) -> Path:
    """Where the audit log of a journal lies that is one file."""
    return file.with_name(f"{file.name}.{FILE_NAME}")


def hash_of(text: str) -> str:
    """SHA-256 of a record's text, which holds the hash of the one before."""
    return hashlib.sha256(text.encode()).hexdigest()


def read_records(path: Path) -> list[dict[str, Any]]:
    """Every record in order; raises JournalError for a file that is no audit log."""
    return [json.loads(text) for _, text, _ in _rows(path)[0]]


def verify(path: Path, kept: Head | None = None) -> Verdict:
    """Follow the chain from the first record to the head, and compare with a head that was kept elsewhere.

    Raises JournalError for a file that cannot be read as an audit log.
    """
    rows, head = _rows(path)
    last = Head()
    for n, text, stated in rows:
        fault = _fault(n, text, stated, last)
        if fault is not None:
            return Verdict(last, fault)
        last = Head(n, stated)
        if kept is not None and kept.n == n and kept.hash != stated:
            return Verdict(last, f"record {n} has another hash than the head that was kept: the chain was made anew")
    if last != head:
        return Verdict(last, f"the records end with {last.n}, the file's own head says {head.n}: the end was changed")
    if kept is not None and kept.n > last.n:
        return Verdict(last, f"the records end with {last.n}, the head that was kept says {kept.n}: the end is gone")
    return Verdict(last, None)


def set_aside(path: Path) -> None:
    """Rename a file that is no database, so that nothing of it is lost and another can begin."""
    number = 1
    while (target := path.with_name(f"{path.name}.unreadable-{number}")).exists():
        number += 1
    path.rename(target)


def _fault(n: int, text: str, stated: str, last: Head) -> str | None:
    """What is wrong with the record after `last`."""
    if n != last.n + 1:
        return f"record {last.n + 1} is missing: record {n} follows {last.n}"
    if hash_of(text) != stated:
        return f"record {n} was edited: its text does not have its hash"
    try:
        record = json.loads(text)
        number, before = record["n"], record["prev"]
    except (ValueError, KeyError, TypeError):
        return f"record {n} is no record"
    if number != n:
        return f"record {n} was written as record {number}: records were moved"
    if before != last.hash:
        return f"record {n} does not follow the one before it: something was inserted, removed or edited there"
    return None


def _rows(path: Path) -> tuple[list[tuple[int, str, str]], Head]:
    if not path.is_file():
        raise JournalError(str(path), "there is no audit log: no request was recorded here")
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path.absolute()))}?mode=ro", uri=True, timeout=1.0)) as db:
            if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
                raise JournalError(str(path), "it is not an audit log of this program")
            return list(_typed(db)), _read_head(db)
    except sqlite3.Error as error:
        raise JournalError(str(path), f"damaged: {error}") from error


def _typed(db: sqlite3.Connection) -> Iterator[tuple[int, str, str]]:
    """Rows whose columns are what they should be; SQLite itself would take anything."""
    for n, text, stated in db.execute("SELECT n, text, hash FROM audit ORDER BY n"):
        yield int(n), str(text), str(stated)


def _read_head(db: sqlite3.Connection) -> Head:
    row = db.execute("SELECT n, hash FROM head").fetchone()
    return Head() if row is None else Head(int(row[0]), str(row[1]))


def _is_database(path: Path) -> bool:
    with path.open("rb") as file:
        start = file.read(16)
    return not start or start == b"SQLite format 3\x00"
