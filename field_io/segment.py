"""One segment of a journal: a SQLite file with a head, the steps, snapshots of the core and notes.

head      key, value           format, site, bundle, strategy, version, epoch, now_s, utc_s, first_step
step      n, now_s, inputs     what the core was given
result    n, digest, outputs   what it answered: SHA-256 and the whole
snapshot  n, now_s, core       the core after step n; the first one is that before the segment's first step
note      step, utc_s, kind, text
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from urllib.parse import quote

from controller.events import Input, StepResult
from field_io import records
from field_io.errors import JournalError

APPLICATION_ID = 0x464B4A31
"""`FKJ1` in the file's header: a journal of this program, format 1."""
FORMAT = 1
BUSY_S = 1.0
"""How long a writer waits for a reader that locks the file."""
SCHEMA = f"""
    PRAGMA application_id = {APPLICATION_ID};
    CREATE TABLE IF NOT EXISTS head (key TEXT PRIMARY KEY, value);
    CREATE TABLE IF NOT EXISTS step (n INTEGER PRIMARY KEY, now_s REAL NOT NULL, inputs BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS result (n INTEGER PRIMARY KEY, digest BLOB NOT NULL, outputs BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS snapshot (n INTEGER PRIMARY KEY, now_s REAL NOT NULL, core BLOB NOT NULL);
    CREATE TABLE IF NOT EXISTS note (id INTEGER PRIMARY KEY, step INTEGER, utc_s REAL, kind TEXT, text TEXT);
"""

_TABLES = {"head", "step", "result", "snapshot", "note"}


@dataclass(frozen=True, slots=True)
class Head:
    """What stands at the head of a segment."""

    site: str
    bundle: str
    """The site's files, as `Bundle.to_json` gives them."""
    strategy: str
    now_s: float
    utc_s: float
    epoch: int = 0
    version: str = ""
    first_step: int = 1


@dataclass(frozen=True, slots=True)
class Step:
    """One step as journalled; without outputs where the run ended in it."""

    number: int
    now_s: float
    inputs: tuple[Input, ...]
    digest: bytes | None
    outputs: bytes | None

    def result(self) -> StepResult | None:
        """What the core answered; raises RecordError where it is damaged."""
        if self.outputs is None:
            return None
        (result,) = records.unpack(self.outputs)
        return result if isinstance(result, StepResult) else None


def open_for_writing(path: Path, *, durable: bool) -> sqlite3.Connection:
    """A new or existing segment; raises sqlite3.Error or OSError.

    Durable: each commit is on the disk before it returns (synchronous=FULL). Else a power cut may lose the last ones,
    as is right for a simulation.
    """
    connection = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'OFF'}")
        connection.executescript(SCHEMA)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def never_begun(path: Path) -> bool:
    """Whether the writer was killed between making the file and writing its head: a database without a single row."""
    try:
        with closing(_connect_to_read(path)) as connection:
            tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            return set(tables) <= _TABLES and not any(
                connection.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone()  # noqa: S608 - names of our own tables
                for table in tables
            )
    except sqlite3.Error:
        return False


class Segment:
    """A segment opened for reading; every fault is a JournalError that names the file."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._db = connection
        self.head = self._read_head()

    @classmethod
    @contextmanager
    def reading(cls, path: Path) -> Iterator[Self]:
        """Open a segment, read its head, and close it at the end; raises JournalError."""
        if not path.is_file():
            raise JournalError(str(path), "there is no such file")
        try:
            with closing(_connect_to_read(path)) as connection:
                yield cls(path, connection)
        except (sqlite3.Error, records.RecordError) as error:
            raise JournalError(str(path), str(error)) from error

    def steps(self, after: int = 0) -> Iterator[Step]:
        """Every step of the segment after that number, in order; raises JournalError at the first that is damaged."""
        query = (
            "SELECT step.n, now_s, inputs, digest, outputs FROM step LEFT JOIN result ON result.n = step.n "
            "WHERE step.n >= ? ORDER BY step.n"
        )
        last = "the head"
        try:
            for number, now_s, inputs, digest, outputs in self._db.execute(
                query, (max(self.head.first_step, after + 1),)
            ):
                yield Step(number, now_s, _inputs(inputs), digest, outputs)
                last = f"step {number} ({now_s:g} s)"
        except (sqlite3.Error, records.RecordError) as error:
            raise JournalError(str(self.path), f"damaged after {last}: {error}") from error

    def packed_steps(self, first: int, last: int) -> Iterator[tuple[float, bytes, bytes | None]]:
        """(now_s, inputs, outputs) of steps `first` to `last` as they are packed, for readers of whole columns."""
        query = (
            "SELECT now_s, inputs, outputs FROM step LEFT JOIN result ON result.n = step.n "
            "WHERE step.n BETWEEN ? AND ? ORDER BY step.n"
        )
        try:
            yield from self._db.execute(query, (max(first, self.head.first_step), last))
        except sqlite3.Error as error:
            raise JournalError(str(self.path), f"damaged between steps {first} and {last}: {error}") from error

    def first_snapshot(self) -> bytes:
        """The core before the first step."""
        return self._snapshot("ORDER BY n LIMIT 1")[1]

    def last_snapshot(self) -> tuple[int, bytes]:
        """The newest snapshot and the number of the step it was taken after."""
        return self._snapshot("ORDER BY n DESC LIMIT 1")

    def snapshot_before(self, now_s: float) -> tuple[int, bytes]:
        """The newest snapshot taken before a control time [s], and the number of the step it was taken after."""
        return self._snapshot("WHERE now_s < ? ORDER BY n DESC LIMIT 1", now_s)

    def last_step(self) -> tuple[int, float]:
        """Number and control time of the last step begun; those of the head where there is none."""
        row = self._db.execute("SELECT n, now_s FROM step ORDER BY n DESC LIMIT 1").fetchone()
        return (int(row[0]), float(row[1])) if row else (self.head.first_step - 1, self.head.now_s)

    def notes(self) -> list[tuple[int, str, str]]:
        """(step, kind, text) of every note."""
        return [(step, kind, text) for step, kind, text in self._db.execute("SELECT step, kind, text FROM note")]

    def _snapshot(self, which: str, *values: float) -> tuple[int, bytes]:
        query = f"SELECT n, core FROM snapshot {which}"  # noqa: S608 - a constant of this file
        row = self._db.execute(query, values).fetchone()
        if row is None or not isinstance(row[1], bytes):
            raise JournalError(str(self.path), "it has no snapshot of the core")
        return int(row[0]), row[1]

    def _read_head(self) -> Head:
        if self._db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise JournalError(str(self.path), "it is not a journal of this program")
        values: dict[str, Any] = dict(self._db.execute("SELECT key, value FROM head"))
        if values.pop("format", None) != FORMAT:
            raise JournalError(str(self.path), "it was begun and has no head, or is of another format")
        try:
            return Head(**values)
        except TypeError as error:
            raise JournalError(str(self.path), f"its head is damaged: {error}") from error


def _connect_to_read(path: Path) -> sqlite3.Connection:
    """Read-only; a file on a read-only medium is taken as it is."""
    name = quote(str(path.absolute()))
    connection = sqlite3.connect(f"file:{name}?mode=ro", uri=True, timeout=BUSY_S)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        connection.close()
        connection = sqlite3.connect(f"file:{name}?mode=ro&immutable=1", uri=True)
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def _inputs(blob: object) -> tuple[Input, ...]:
    if not isinstance(blob, bytes):
        raise records.RecordError("the inputs are no bytes")
    events = records.unpack(blob)
    return tuple(event for event in events if isinstance(event, Input))
