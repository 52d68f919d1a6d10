"""`faikhiao faults`: inject the faults of the list, and show what came of each beside its limit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.commands.options import JsonTarget
from console.exits import ConfigurationError, ExitCode, UsageError
from console.output import check_writable, give_json, say, tell, write_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from console.faults.run import Result
    from sim.probes import Row

EXAMPLES = (
    "faikhiao faults --list",
    "faikhiao faults --id F27 --id F40",
    "faikhiao faults --json faults.json --page docs/reference/faults.md",
)


def faults(
    ids: Annotated[
        list[str] | None, typer.Option("--id", metavar="FNN", help="Only this fault; may be given again.")
    ] = None,
    known: Annotated[
        list[str] | None,
        typer.Option(
            "--known", metavar="FNN", help="A miss that is known: shown as missed, and no failure of the run."
        ),
    ] = None,
    keep_in: Annotated[
        Path | None,
        typer.Option(
            "--keep", metavar="FILE", help="Keep each row in this file as it comes, and measure none that is in it."
        ),
    ] = None,
    no_more: Annotated[
        bool, typer.Option("--no-more", help="With --keep: show what is kept, and measure nothing more.")
    ] = False,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="A line for each row; figures only of those that missed or were not run.")
    ] = False,
    only_list: Annotated[bool, typer.Option("--list", help="List the faults and their limits; inject none.")] = False,
    json_target: JsonTarget = None,
    page: Annotated[
        Path | None,
        typer.Option("--page", metavar="FILE", help="Write the page of the docs, dated today, to this file."),
    ] = None,
) -> None:
    """Inject the faults of the list and measure: time to detect, safe and recover, breaches, wrong commands.

    Most strike a small town under a virtual clock; brokers, sockets, processes and files are real, of this machine
    alone, and what a busy machine may have spoilt of those is measured again, at once and after all others. Ends with
    0 where every row kept its limit, 5 where a safety rule was broken, else 1.
    """
    from console.faults.table import all_rows

    rows = _asked(all_rows(), ids)
    if only_list:
        _list(rows)
        return
    for target in (json_target, *(str(path) for path in (page, keep_in) if path is not None)):
        if target is not None:
            check_writable(target)
    kept, keep = _kept(keep_in)
    told = _run(rows, kept, keep, no_more=no_more, briefly=quiet)
    if json_target is not None:
        give_json(told, json_target)
    if page is not None:
        from datetime import UTC, datetime

        from console.faults.page import faults_page

        write_whole(page, faults_page(told, datetime.now(UTC).date()))
    head = told["summary"]
    tell(
        f"{head['within']} within their limits, {head['missed']} missed, {head['not run']} not run, "
        f"{head['not automated']} not automated; breaches {head['breaches']}, wrong commands {head['wrong_commands']}"
    )
    excused = {one.upper() for one in known or ()}
    news = [row for row in told["faults"] if row["verdict"] == "missed" and row["id"] not in excused]
    if any(row["breaches"] for row in news):
        raise typer.Exit(int(ExitCode.SAFETY))
    if news:
        raise typer.Exit(int(ExitCode.FINDINGS))


def _asked(rows: Sequence[Row], ids: Sequence[str] | None) -> list[Row]:
    if not ids:
        return list(rows)
    known = {row.id: row for row in rows}
    unknown = [one for one in ids if one.upper() not in known]
    if unknown:
        raise UsageError(f"no fault {', '.join(unknown)}: F01 to F{len(rows):02} (`faikhiao faults --list`)")
    return [row for row in rows if row.id in {one.upper() for one in ids}]


def _kept(path: Path | None) -> tuple[dict[str, dict[str, Any]], Callable[[dict[str, Any]], None]]:
    """Rows of an earlier, perhaps interrupted run, and how to keep those of this one."""
    from console.faults.run import kept_rows
    from console.output import as_json

    if path is None:
        return {}, lambda _: None
    try:
        kept = kept_rows(path.read_text(encoding="utf-8")) if path.exists() else {}
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{path} cannot be used: {error}") from error
    return kept, lambda told: write_whole(path, as_json(told) + "\n")


def _list(rows: Sequence[Row]) -> None:
    for row in rows:
        by = "" if row.probe is not None else f"  [not automated: {row.why_not}]"
        say(f"{row.id}  {row.name}: {row.injected}. Limit: {row.limit}{by}")


def _run(
    rows: Sequence[Row],
    kept: dict[str, dict[str, Any]],
    keep: Callable[[dict[str, Any]], None],
    *,
    no_more: bool,
    briefly: bool,
) -> dict[str, Any]:
    """All rows as data: those that were kept as they are, the others measured now; `keep` is given each state of it."""
    from console.faults.run import summary
    from console.faults.telling import missed_told, row_told

    machine, told = _machine(), dict(kept)
    for result in _measured([row for row in rows if row.id not in kept], no_more=no_more):
        say(row_told(result, briefly=briefly))
        if result.measured_again and not no_more:
            tell(f"{result.row.id} is measured once more when all others are done")
            continue
        told[result.row.id] = result.as_data()
        if not briefly:
            tell(f"[{len(told)}/{len(rows)}, {result.took_s:.1f} s]")
        if not no_more:
            keep({"machine": machine, "faults": list(told.values())})
    ordered = [told[row.id] for row in rows]
    for line in missed_told(ordered):
        say(line)
    return {"machine": machine, "summary": summary(ordered), "faults": ordered}


def _measured(rows: Sequence[Row], *, no_more: bool) -> Iterator[Result]:
    """Each row as it is known; last, once more, those that a busy machine may have spoilt."""
    from console.faults.run import left_out, run_again, run_row

    later = []
    for row in rows:
        result = left_out(row) if no_more else run_row(row)
        if result.measured_again:
            later.append(result)
        yield result
    yield from map(run_again, later)


def _machine() -> str:
    """What the real parts ran on: a busy machine is slower than its limits."""
    import os
    import platform

    return f"Python {platform.python_version()} on {os.cpu_count()} cores, load {os.getloadavg()[1]:.1f} at the start"
