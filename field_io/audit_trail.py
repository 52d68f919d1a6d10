"""The audit log off the event loop: a record is on the disk before what it tells of is done, or that is not done."""

from __future__ import annotations

import asyncio
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from field_io.audit import AuditLog, Head
from field_io.errors import FieldError
from field_io.log import Log

PATIENCE_S = 2.0
"""How long a request waits for its record to be on the disk; then it is refused."""


class AuditEntry(Protocol):
    """Who asked for what, and what became of it."""

    @property
    def at_s(self) -> float:
        """Control time [s]."""
        ...

    @property
    def by(self) -> str: ...
    @property
    def role(self) -> str: ...
    @property
    def source(self) -> str:
        """Where from: an address, or the Unix socket."""
        ...

    @property
    def action(self) -> str: ...
    @property
    def detail(self) -> str: ...
    @property
    def outcome(self) -> str:
        """`accepted`, or why not."""
        ...


class AuditError(FieldError):
    """The audit log cannot be written, so what it should tell of is not done."""

    def __init__(self, cause: str) -> None:
        super().__init__(f"the audit log cannot be written ({cause}): nothing was done")


class AuditTrail:
    """Writes one log in one thread of its own, in order; used in one event loop."""

    def __init__(self, log: AuditLog, told: Log) -> None:
        """Each head is `told` to the service's log, so that it is kept where this file is not."""
        self._log, self._told = log, told
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="audit")

    async def write(self, entry: AuditEntry, utc_s: float) -> Head:
        """Write a record; raises AuditError when it is not on the disk in time."""
        record = as_record(entry) | {"utc_s": utc_s}
        writing = asyncio.get_running_loop().run_in_executor(self._thread, self._log.append, record)
        try:
            head = await asyncio.wait_for(asyncio.shield(writing), PATIENCE_S)
        except TimeoutError:
            writing.add_done_callback(_forget)
            raise AuditError("the disk hangs") from None
        except (sqlite3.Error, OSError) as error:
            raise AuditError(str(error)) from error
        self._told.info("audit", head=str(head), by=entry.by, action=entry.action, outcome=entry.outcome)
        return head

    def close(self) -> None:
        """Close the file when what is under way is written."""
        self._thread.submit(self._log.close)
        self._thread.shutdown(wait=False)


def as_record(entry: AuditEntry) -> dict[str, Any]:
    """An entry as JSON carries it."""
    return {
        "at_s": entry.at_s,
        "by": entry.by,
        "role": entry.role,
        "source": entry.source,
        "action": entry.action,
        "detail": entry.detail,
        "outcome": entry.outcome,
    }


def _forget(writing: asyncio.Future[Head]) -> None:
    """Take what a write that came too late has to say; nobody waits for it any more."""
    if not writing.cancelled():
        writing.exception()
