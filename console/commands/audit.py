"""`faikhiao audit ...`: who asked for what, and has anybody changed the record of it?"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.options import AsJson
from console.exits import ExitCode, UsageError
from console.output import as_json, say

if TYPE_CHECKING:
    from field_io.audit import Head

EXAMPLES = {
    "verify": (
        "faikhiao audit verify journal",
        "faikhiao audit verify journal --head 12:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    ),
    "show": ("faikhiao audit show journal --limit 20",),
}

Journal = Annotated[Path, typer.Argument(metavar="JOURNAL", help="Folder or file of the journal, or the log itself.")]


def verify(
    journal: Journal,
    head: Annotated[
        str | None,
        typer.Option("--head", metavar="N:HASH", help="A head that was kept elsewhere, as in the service's log."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Follow the hash chain of the audit log: any record that was edited, removed, inserted or moved is named.

    The chain alone cannot tell that all of it was made anew: give the latest head that the service told its log (lines
    with `audit`), or that an earlier `verify` printed. Ends with 1 when the log is not as it was written.
    """
    from field_io.audit import verify as follow

    verdict = follow(_log_of(journal), _head(head))
    if json:
        say(as_json({"whole": verdict.fault is None, "fault": verdict.fault, "head": str(verdict.head)}))
    elif verdict.fault is None:
        say(f"{verdict.head.n} records, none changed\nhead {verdict.head}")
    else:
        say(f"{verdict.fault}\nup to record {verdict.head.n} all is as it was written")
    if verdict.fault is not None:
        raise typer.Exit(int(ExitCode.FINDINGS))


def show(
    journal: Journal,
    limit: Annotated[int, typer.Option("--limit", min=1, help="The latest so many.")] = 50,
    json: AsJson = False,
) -> None:
    """Show who asked for what, and what became of it."""
    from field_io.audit import read_records

    records = read_records(_log_of(journal))[-limit:]
    if json:
        say(as_json(records))
        return
    for record in records:
        when = datetime.fromtimestamp(record["utc_s"], UTC).strftime("%Y-%m-%d %H:%M:%SZ")
        who = f"{record['by'] or 'nobody known'} ({record['role'] or '-'}, {record['source'] or '-'})"
        say(f"{record['n']:5}  {when}  {who}  {record['action']}  {record['detail']}  {record['outcome']}")


def _log_of(journal: Path) -> Path:
    from field_io.audit import FILE_NAME, audit_beside, audit_in_folder

    if journal.is_dir():
        return audit_in_folder(journal)
    return journal if journal.name.endswith(FILE_NAME) else audit_beside(journal)


def _head(text: str | None) -> Head | None:
    from field_io.audit import Head

    if text is None:
        return None
    number, _, stated = text.partition(":")
    if not number.isdecimal() or len(stated) != 64:
        raise UsageError(f"{text!r} is no head: write N:HASH as the service's log has it")
    return Head(int(number), stated)
