"""The page of the docs on faults, written from the JSON of a run alone."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from console.faults.table import GROUPS
from console.output import markdown_table

_HEAD = ("fault", "injected", "limit", "what happened", "detect", "safe", "recover", "breaches", "wrong", "verdict")
_NOTE = """\
*Detect*: from the fault to the first sign of it. *Safe*: from the fault to the level that is safe without what is
missing. *Recover*: from the mending to the former level; the waits of the ladder (60 s of good health, doubled for who
flaps) are part of it. *Breaches*: of the invariants S1-S10 and the bounds L1-L4, asked at every scan. *Wrong*: commands
executed or believed that should not have been. A dash: the fault has no such moment. Most faults strike a small town
under a virtual clock, with the real controller, codecs and cabinets; those of sockets, processes and files are real.
What a busy machine alone can cause (a wait of the wall clock that is too long, an error of a socket, process or file)
is measured again, three times in all, the last time after all other rows; a breach, a wrong command or a count is never
measured again. Times of the virtual clock are whole seconds where the controller is asked and tenths where a cabinet
is. Rows may be of several sittings (`--keep`)."""


def faults_page(told: Mapping[str, Any], on: date) -> str:
    """The page as Markdown."""
    return "\n\n".join(_parts(told, on)) + "\n"


def _parts(told: Mapping[str, Any], on: date) -> Iterator[str]:
    rows, head = told["faults"], told["summary"]
    yield "# Faults"
    yield (
        "What happens when each of the 72 faults of the list is injected, beside its limit. Made by "
        f"`faikhiao faults --page docs/reference/faults.md` on {on.isoformat()} with {told['machine']}. Do not edit."
    )
    yield (
        f"**{head['within']} within their limits, {head['missed']} missed, {head['not run']} not run here, "
        f"{head['not automated']} not automated. Breaches {head['breaches']}, wrong commands {head['wrong_commands']}, "
        f"worst time to safe {head['worst_time_to_safe_s']:.0f} s, time to recover p95 "
        f"{head['time_to_recover_p95_s']:.0f} s.**"
    )
    yield _NOTE
    for heading, (first, last) in GROUPS.items():
        shown = [row for row in rows if first <= int(row["id"][1:]) <= last]
        if shown:
            yield f"## {heading}"
            yield markdown_table(_HEAD, [_cells(row) for row in shown], numbers=False)
    yield from _missed(rows)
    yield from _by_hand(rows)


def _cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    name = f"{row['id']} {row['fault']}"
    verdict = f"**{row['verdict']}**" if row["verdict"] == "missed" else row["verdict"]
    if row["tries"] > 1:
        verdict += f" ({row['tries']} tries)"
    if "figures" not in row:
        return (name, row["injected"], row["limit"], _plain(row["why"]), "-", "-", "-", "-", "-", verdict)
    figures = "; ".join(figure["text"] for figure in row["figures"])
    times = (_time(row[f"time_to_{what}_s"]) for what in ("detect", "safe", "recover"))
    happened = _plain(f"{row['happened']}. {figures}")
    return (
        name, row["injected"], row["limit"], happened, *times,
        str(len(row["breaches"])), str(row["wrong_commands"]), verdict,
    )  # fmt: skip


def _plain(text: str) -> str:
    """Fit for a cell of a table, and without this machine's port of the moment."""
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1", " ".join(text.split())).replace("|", "\\|")


def _time(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{1000 * value:.0f} ms" if 0 < value < 1 else f"{value:.0f} s"


def _missed(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    missed = [row for row in rows if row["verdict"] == "missed"]
    if missed:
        yield "## Missed"
        yield "\n".join(f"- {row['id']} {row['fault']}: {_why_missed(row)}" for row in missed)


def _why_missed(row: Mapping[str, Any]) -> str:
    if "figures" not in row:
        return _plain(row["why"])
    why = [figure["text"] for figure in row["figures"] if not figure["holds"]]
    why += row["breaches"][:3]
    return _plain("; ".join(why) or f"{row['wrong_commands']} wrong commands")


def _by_hand(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    others = [row for row in rows if row["verdict"] in ("not automated", "not run")]
    if others:
        yield "## Not run by the command"
        yield "\n".join(f"- {row['id']} {row['fault']}: {row['why']}." for row in others)
