"""What `faikhiao faults` says while it runs: a row as soon as it is known, and at the end those that missed again.

A log of a run may be cut anywhere; its last lines then still tell what failed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from console.faults.run import Result, Verdict
from sim.probes import Outcome

_INDENT = " " * 20


def row_told(result: Result, *, briefly: bool) -> str:
    """A row with its figures; briefly in one line where it kept its limit."""
    head = f"{result.row.id}  {result.verdict.value:13}  {result.row.name}"
    tried = f", {result.tries} tries" if result.tries > 1 else ""
    if result.outcome is None:
        return f"{head}: {result.why}{tried}"
    if briefly and result.verdict is Verdict.WITHIN:
        return f"{head} ({result.took_s:.1f} s{tried})"
    return "\n".join([f"{head}: {result.outcome.happened}{tried}", *_figures(result.outcome)])


def _figures(outcome: Outcome) -> Iterator[str]:
    times = (("detect", outcome.detect_s), ("safe", outcome.safe_s), ("recover", outcome.recover_s))
    shown = [f"{what} {_seconds(value)}" for what, value in times if value is not None]
    shown += [f"breaches {len(outcome.breaches)}", f"wrong commands {outcome.wrong_commands}"]
    yield f"{_INDENT}{', '.join(shown)}"
    for figure in outcome.figures:
        yield f"{_INDENT}{'  ' if figure.holds else '! '}{figure}"
    for breach in outcome.breaches[:5]:
        yield f"{_INDENT}! {breach}"


def missed_told(rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Of rows as data those that missed, with their figures; nothing where none did."""
    missed = [row for row in rows if row["verdict"] == Verdict.MISSED]
    if missed:
        yield f"missed ({len(missed)}):"
    for row in missed:
        tried = f", {row['tries']} tries" if row["tries"] > 1 else ""
        yield f"{row['id']}  {row['fault']}: {row.get('happened') or row.get('why')}{tried}"
        for figure in row.get("figures", ()):
            yield f"{_INDENT}{'  ' if figure['holds'] else '! '}{figure['text']}"
        for breach in row.get("breaches", ()):
            yield f"{_INDENT}! {breach}"
        if row.get("wrong_commands"):
            yield f"{_INDENT}! wrong commands {row['wrong_commands']}"


def _seconds(value: float) -> str:
    if value == float("inf"):
        return "never"
    return f"{1000 * value:.0f} ms" if 0 < value < 1 else f"{value:.1f} s"
