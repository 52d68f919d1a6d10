"""F49 and F50: the disk is full, or fails: what a controller that must go on loses, and whether it says so."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, cast

from controller.events import StepResult
from field_io.audit import AuditLog, read_records, verify
from field_io.errors import JournalError
from field_io.journal import RETRY_EVERY_S, Journal
from field_io.segment import Head, Segment, open_for_writing
from sim.probes.outcome import Figure, Outcome, Row
from sim.probes.scene import NEVER, Scene

HEAD = Head("faulty", '{"files":{}}', "actuated", now_s=0.0, utc_s=1e9, epoch=7)
AWAY_S = 120


def _steps(path: Path) -> int:
    with Segment.reading(path) as segment:
        return len(list(segment.steps()))


def full_disk() -> Outcome:
    """F49: the journal's file may grow no more for two minutes, while a town is under control."""
    with tempfile.TemporaryDirectory(prefix="faikhiao-faults-") as name:
        path = Path(name) / "journal-000001.sqlite"
        connections: list[sqlite3.Connection] = []
        limit = [1 << 30]

        def opened(_number: int) -> sqlite3.Connection:
            made = open_for_writing(path, durable=False)
            made.execute(f"PRAGMA max_page_count = {limit[0]}")
            connections.append(made)
            return made

        journal = Journal(opened, HEAD, b"core")
        scene = Scene(junctions=2, settle_s=10)
        before = sum(place.watch.answers[1] for place in scene.world.places.values())
        taken = 0

        def seconds(n: int) -> float:
            nonlocal taken
            told = NEVER
            for number in range(n):
                journal.begin_step(scene.now_s, ())
                scene.second()
                result = scene.world.centre.result if scene.world.centre else None
                journal.end_step(result or StepResult(scene.now_s, (), (), ()))
                taken += 1
                if journal.trouble is not None and told == NEVER:
                    told = float(number + 1)
            return told

        seconds(10)
        limit[0] = int(connections[-1].execute("PRAGMA page_count").fetchone()[0])
        connections[-1].execute(f"PRAGMA max_page_count = {limit[0]}")
        audit = AuditLog(Path(name) / "audit.sqlite", durable=False)
        audit.append({"by": "desk-1"})
        cast("sqlite3.Connection", audit._db).execute("PRAGMA max_page_count = 1")
        refused = _refuses(lambda: audit.append({"by": "desk-2", "detail": "x" * 20_000}))
        detect_s = seconds(AWAY_S)
        cause = journal.trouble.cause if journal.trouble else ""
        limit[0] = 1 << 30
        recovered = 0
        while journal.trouble is not None and recovered < 60:
            seconds(1)
            recovered += 1
        journal.close()
        kept = _steps(path)
        commands = sum(place.watch.answers[1] for place in scene.world.places.values()) - before
        audit.close()
    return scene.outcome(
        f"told: {cause}; {taken} steps taken, {kept} in the journal afterwards, none of them later than the street's; "
        "what needs an audit record was refused",
        Figure("control ticks missed", 2 * taken - commands, 2.0 * 2),
        Figure("steps lost from the journal", taken - kept),
        Figure("audited action done all the same", float(not refused)),
        Figure("told after", detect_s, 60.0, "s"),
        detect_s=detect_s,
        safe_s=0.0,
        recover_s=float(recovered),
    )


def _refuses(action: Callable[[], object]) -> bool:
    try:
        action()
    except (sqlite3.Error, OSError):
        return True
    return False


class _FailingDisk:
    """A connection whose nth statement meets an error of the disk, and no other."""

    def __init__(self, real: sqlite3.Connection, fails_at: int, error: str) -> None:
        self._real, self._left, self._error = real, fails_at, error

    def execute(self, statement: str, values: Any = ()) -> sqlite3.Cursor:
        """As the real one, but for the nth time."""
        self._left -= 1
        if self._left == 0:
            raise sqlite3.OperationalError(self._error)
        return self._real.execute(statement, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


ERRORS: Mapping[str, int] = {
    "disk I/O error": 30,
    "attempt to write a readonly database": 30,
    "database or disk is full": 30,
}
"""Message of SQLite, and at how many statements of a log's life it is tried."""


class _AuditOnFailingDisk(AuditLog):
    def __init__(self, path: Path, fails_at: int, error: str) -> None:
        super().__init__(path, durable=False)
        self._fails_at, self._error = fails_at, error

    def _open(self) -> sqlite3.Connection:
        fresh = self._db is None
        real = super()._open()
        if fresh and self._fails_at:
            self._db = cast("sqlite3.Connection", _FailingDisk(real, self._fails_at, self._error))
            self._fails_at = 0
            return self._db
        return real


def failing_disk() -> Outcome:
    """F50: each of the first statements in turn meets an error of the disk, in the audit log and in the journal."""
    lost = tried = broken = silent = lost_steps = 0
    with tempfile.TemporaryDirectory(prefix="faikhiao-faults-") as name:
        for error, statements in ERRORS.items():
            for fails_at in range(1, statements + 1):
                tried += 1
                path = Path(name) / f"audit-{tried}.sqlite"
                log = _AuditOnFailingDisk(path, fails_at, error)
                acknowledged = [n for n in range(8) if not _refuses(partial(log.append, {"number": n}))]
                log.close()
                found = {record["number"] for record in read_records(path)}
                lost += len(set(acknowledged) - found)
                broken += _is_broken(path)
                said, missing = _journal_on_failing_disk(Path(name) / f"journal-{tried}.sqlite", fails_at, error)
                silent += not said
                lost_steps += missing
    return Outcome(
        f"{tried} errors, one at each statement: every acknowledged record is there and the chain holds; the journal "
        "said so each time and held all steps after its disk was back",
        (
            Figure("acknowledged and lost", lost),
            Figure("audit chains broken", broken),
            Figure("journal that said nothing", silent),
            Figure("steps lost", lost_steps),
        ),
        detect_s=0.0,
        recover_s=RETRY_EVERY_S,
    )


def _is_broken(path: Path) -> bool:
    try:
        return verify(path).fault is not None
    except JournalError:
        return True


def _journal_on_failing_disk(path: Path, fails_at: int, error: str) -> tuple[bool, int]:
    """Whether the journal told of its trouble, and how many of 30 steps are missing in the end."""
    left = [fails_at]

    def opened(_number: int) -> sqlite3.Connection:
        real, at = open_for_writing(path, durable=False), left[0]
        left[0] = 0
        return cast("sqlite3.Connection", _FailingDisk(real, at, error)) if at else real

    journal, said = Journal(opened, HEAD, b"core"), False
    for second in range(1, 31):
        journal.begin_step(float(second), ())
        journal.end_step(StepResult(float(second), (), (), ()))
        said = said or journal.trouble is not None
    journal.close()
    return said, 30 - _steps(path)


ROWS = (
    Row(
        "F49",
        "disk full",
        "the journal's and the audit log's files may grow no more for two minutes",
        "control ticks missed 0; told; audited actions refused",
        full_disk,
        timed=True,
    ),
    Row(
        "F50",
        "disk fails",
        "I/O error, read-only and full at each of 30 statements in turn",
        "acknowledged and lost 0; nothing silent",
        failing_disk,
        timed=True,
    ),
)
