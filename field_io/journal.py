"""The journal: what the core saw and what it said, on disk before it counts.

The inputs of each step are written before the step, its outputs before anything is sent: so every command that was
executed was journalled as intended before (invariant S8), and a replay can start at any segment.

A disk that is full or broken never holds up a lamp: what cannot be written waits in memory, bounded, and is written
when the disk is back; what was lost by then is noted as a gap. No error of the disk leaves this file.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.metadata import PackageNotFoundError, version

from controller.events import Input, StepResult
from field_io import records
from field_io.segment import FORMAT, Head

SNAPSHOT_EVERY_S = 300.0
"""A restart loses at most this much of what was learned."""
RETRY_EVERY_S = 10.0
"""A disk that failed is tried again after so long."""
MAX_WAITING = 1800
"""Writes kept in memory while the disk fails: a quarter of an hour at two a second."""
SIZE_CHECK_STEPS = 60

Write = tuple[str, tuple[object, ...]]
STEP = "INSERT OR REPLACE INTO step VALUES (?, ?, ?)"
RESULT = "INSERT OR REPLACE INTO result VALUES (?, ?, ?)"
SNAPSHOT = "INSERT OR REPLACE INTO snapshot VALUES (?, ?, ?)"
HEAD = "INSERT OR REPLACE INTO head VALUES (?, ?)"
NOTE = "INSERT INTO note (step, utc_s, kind, text) VALUES (?, ?, ?, ?)"


def program_version() -> str:
    """The version of this program as installed; `unknown` where it runs from its sources alone."""
    try:
        return version("faikhiao")
    except PackageNotFoundError:
        return "unknown"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the journal does not write."""

    since_s: float
    cause: str
    lost_steps: int = 0


class Journal:
    """Appends steps to segments; for one thread at a time. Made by `journal_files`."""

    def __init__(
        self,
        open_segment: Callable[[int], sqlite3.Connection],
        head: Head,
        snapshot: bytes,
        *,
        segment: int = 1,
        segment_bytes: int | None = None,
        rotated: Callable[[int], None] | None = None,
    ) -> None:
        """Begin segment number `segment` with `snapshot` of the core.

        With `segment_bytes` a larger segment is followed by a new one, and `rotated` is called with its number;
        without, there is one segment for ever.
        """
        self.trouble: Trouble | None = None
        """What is wrong; None while all is written."""
        self.unreplayable = False
        """Whether steps were lost: only a new segment can be replayed again."""
        self._open_segment = open_segment
        self._head = replace(head, version=head.version or program_version())
        self._segment, self._segment_bytes, self._rotated = segment, segment_bytes, rotated
        self._step = head.first_step - 1
        self._now_s = self._snapshot_s = self._retry_s = head.now_s
        self._full = False
        self._waiting: deque[Write] = deque()
        self._db: sqlite3.Connection | None = None
        self._begin_segment(snapshot)

    @property
    def wants_snapshot(self) -> bool:
        """Whether the next `end_step` should be given a snapshot of the core."""
        return self._now_s - self._snapshot_s >= SNAPSHOT_EVERY_S or self._segment_due

    def begin_step(self, now_s: float, inputs: Sequence[Input]) -> None:
        """Write the inputs of a step, before it is taken."""
        self._step += 1
        self._now_s = now_s
        self._write((STEP, (self._step, now_s, records.pack(inputs))))

    def end_step(self, result: StepResult, snapshot: bytes | None = None) -> None:
        """Write the outputs of the step begun, before anything is sent; with the snapshot that was wanted."""
        outputs = records.to_json((result,))
        self._write((RESULT, (self._step, records.digest_of(outputs), records.compressed(outputs))))
        if snapshot is not None:
            self._snapshot_s = self._now_s
            if self._segment_due:
                self._next_segment(snapshot)
            else:
                self._write((SNAPSHOT, (self._step, self._now_s, snapshot)))
        if self._segment_bytes is not None and self._step % SIZE_CHECK_STEPS == 0:
            self._full = self._size_bytes() >= self._segment_bytes

    def note(self, kind: str, text: str, utc_s: float) -> None:
        """Write something a person may look for later: a gap, a change of settings, an audit record."""
        self._write((NOTE, (self._step, utc_s, kind, text)))

    def lose_steps(self, steps: int) -> None:
        """So many steps were taken and could not even be kept: what follows cannot be replayed before a new segment."""
        self._step += steps
        self.unreplayable = True
        self._write((NOTE, (self._step, None, "gap", f"{steps} steps before {self._now_s:g} s were not kept")))

    def begin_anew(self, bundle: str, snapshot: bytes) -> None:
        """A new segment, because another plan runs from the next step on: it stands on its own, with plan and core."""
        self._head = replace(self._head, bundle=bundle)
        self._snapshot_s = self._now_s
        self._next_segment(snapshot)

    def close(self) -> None:
        """Write what waits, as far as the disk lets it, and close the file."""
        self._recover()
        self._disconnect()

    @property
    def _segment_due(self) -> bool:
        return self._segment_bytes is not None and (self._full or self.unreplayable)

    # ------------------------------------------------------------------------------------------------ the disk

    def _write(self, *writes: Write) -> None:
        if self.trouble is None:
            try:
                self._commit(writes)
            except (sqlite3.Error, OSError) as error:
                self.trouble = Trouble(self._now_s, str(error))
                self._retry_s = self._now_s + RETRY_EVERY_S
                self._keep(writes)
            return
        self._keep(writes)
        if self._now_s >= self._retry_s:
            self._recover()

    def _commit(self, writes: Sequence[Write]) -> None:
        """All of them in one transaction, or none; raises what SQLite raises."""
        if self._db is None:
            self._db = self._open_segment(self._segment)
        self._db.execute("BEGIN IMMEDIATE")
        try:
            for statement, values in writes:
                self._db.execute(statement, values)
            self._db.execute("COMMIT")
        except sqlite3.Error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _keep(self, writes: Sequence[Write]) -> None:
        """Hold writes in memory; the oldest go where there are too many."""
        self._waiting.extend(writes)
        lost_steps = 0
        while len(self._waiting) > MAX_WAITING:
            lost_steps += self._waiting.popleft()[0] is STEP
            self.unreplayable = True
        if self.trouble is not None and lost_steps:
            self.trouble = replace(self.trouble, lost_steps=self.trouble.lost_steps + lost_steps)

    def _recover(self) -> None:
        """Try the disk again with a fresh connection: what waits, and a note of why it waited."""
        trouble = self.trouble
        if trouble is None:
            return
        self._retry_s = self._now_s + RETRY_EVERY_S
        text = f"{trouble.cause}; from {trouble.since_s:g} to {self._now_s:g} s, {trouble.lost_steps} steps lost"
        self._disconnect()
        try:
            self._commit([*self._waiting, (NOTE, (self._step, None, "gap", text))])
        except (sqlite3.OperationalError, OSError) as error:
            self.trouble = replace(trouble, cause=str(error))
        except sqlite3.DatabaseError as error:  # the file itself is damaged: leave it as it is, begin another
            self.trouble = replace(trouble, cause=str(error))
            self.unreplayable = True
        else:
            self._waiting.clear()
            self.trouble = None

    def _disconnect(self) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    def _size_bytes(self) -> int:
        if self._db is None:
            return 0
        try:
            pages = int(self._db.execute("PRAGMA page_count").fetchone()[0])
            return pages * int(self._db.execute("PRAGMA page_size").fetchone()[0])
        except sqlite3.Error:
            return 0

    # ------------------------------------------------------------------------------------------------ segments

    def _next_segment(self, snapshot: bytes) -> None:
        """Begin a new file; what still waits for a broken one is given up, and noted in the new one."""
        trouble = self.trouble
        self._disconnect()
        self._segment += 1
        self._full, self.unreplayable, self.trouble = False, False, None
        self._waiting.clear()
        utc_s = self._head.utc_s + (self._now_s - self._head.now_s)
        self._head = replace(self._head, now_s=self._now_s, utc_s=utc_s, first_step=self._step + 1)
        self._begin_segment(snapshot)
        if trouble is not None:
            self.note("gap", f"{trouble.cause}; from {trouble.since_s:g} to {self._now_s:g} s, not journalled", utc_s)
        if self._rotated is not None:
            self._rotated(self._segment)

    def _begin_segment(self, snapshot: bytes) -> None:
        head: list[Write] = [(HEAD, item) for item in [("format", FORMAT), *asdict(self._head).items()]]
        self._write(*head, (SNAPSHOT, (self._step, self._head.now_s, snapshot)))
