"""The journal off the event loop: a disk that hangs may keep a step waiting for a moment, never a lamp."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from controller.events import Input, StepResult
from field_io.journal import Journal

PATIENCE_S = 0.25
"""How long a step waits for the disk; then it goes on, and what was to be written waits in memory."""
MAX_BACKLOG = 1800
"""Writes that wait for a disk that hangs: a quarter of an hour at two a second; then steps are lost, and noted."""


class JournalThread:
    """Writes a journal in one thread of its own, in order."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.slow_writes = 0
        """Writes that took longer than the patience."""
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._backlog = 0
        self._lost_steps = 0

    @property
    def wants_snapshot(self) -> bool:
        """Whether the next `end_step` should be given a snapshot of the core."""
        return self.journal.wants_snapshot

    @property
    def trouble(self) -> str | None:
        """What is wrong, or None."""
        if self.journal.trouble is not None:
            return self.journal.trouble.cause
        return "the disk hangs" if self._backlog > 2 else None

    async def begin_step(self, now_s: float, inputs: Sequence[Input]) -> None:
        """Write the inputs of a step, before it is taken."""
        if self._backlog >= MAX_BACKLOG:
            self._lost_steps += 1
            return
        await self._note_lost()
        await self._do(lambda: self.journal.begin_step(now_s, inputs))

    async def end_step(self, result: StepResult, snapshot: bytes | None = None) -> None:
        """Write the outputs of the step begun, before anything is sent."""
        if not self._lost_steps:
            await self._do(lambda: self.journal.end_step(result, snapshot))

    async def note(self, kind: str, text: str, utc_s: float) -> None:
        """Write a note."""
        await self._do(lambda: self.journal.note(kind, text, utc_s))

    async def begin_anew(self, bundle: str, snapshot: bytes) -> None:
        """A new segment, because another plan runs from the next step on."""
        await self._note_lost()
        await self._do(lambda: self.journal.begin_anew(bundle, snapshot))

    async def close(self) -> None:
        """Write what waits, and close the file."""
        await self._note_lost()
        await self._do(self.journal.close)
        self._thread.shutdown(wait=False)

    async def _note_lost(self) -> None:
        lost, self._lost_steps = self._lost_steps, 0
        if lost:
            await self._do(lambda: self.journal.lose_steps(lost))

    async def _do(self, write: Callable[[], None]) -> None:
        self._backlog += 1
        written = asyncio.get_running_loop().run_in_executor(self._thread, write)
        written.add_done_callback(self._done)
        done, _ = await asyncio.wait([written], timeout=PATIENCE_S)
        self.slow_writes += not done

    def _done(self, written: asyncio.Future[None]) -> None:
        self._backlog -= 1
        if not written.cancelled():
            written.result()  # a fault that is not the disk's is a bug: let the loop's handler tell it
