"""The page of the docs on a comparison, written from its JSON alone."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from console.output import markdown_table
from console.report import benchmark_tables as tables
from sim.bench.table import GRIDLOCK, note


def benchmark_page(result: Mapping[str, Any]) -> str:
    """The page as Markdown."""
    return "\n\n".join(_parts(result)) + "\n"


def _parts(result: Mapping[str, Any]) -> Iterator[str]:
    yield f"# {result['title']}"
    yield (
        "Made by `faikhiao bench-page RESULT.json --page PAGE.md` from the JSON of `faikhiao bench "
        f"--json RESULT.json`; SUMO {result['sumo_version']}. Do not edit."
    )
    yield note(result)
    yield from _table("Delay [s/vehicle]", tables.delays(result))
    yield from _table(f"What `{result['judged']}` was to reach", tables.targets(result))
    yield from _missed(result)
    yield from _table("To the best rival, the oracle and the floor", tables.gaps(result))
    yield GRIDLOCK
    for network, table in tables.levels(result).items():
        yield from _table(f"{network}: delay and vehicles left outside as demand grows", table)
    yield from _table("What each part is worth", tables.ablations(result))
    yield from _table("What no mean shows", tables.fairness(result))
    yield from _table("How long a step of the controller takes", tables.steps(result))


def _table(title: str, table: tables.Table) -> Iterator[str]:
    head, rows = table
    if rows:
        yield f"## {title}"
        yield markdown_table(head, rows)


def _missed(result: Mapping[str, Any]) -> Iterator[str]:
    """Every target that was missed, by how much, and the study's remark on it."""
    lines = []
    for scenario, summary in result["scenarios"].items():
        missed = [line for line in summary["verdict"] if not line["met"]]
        if missed:
            what = "; ".join(f"{line['what']} {line['found']:.2f}, not {line['limit']:.2f}" for line in missed)
            lines.append(f"- **{scenario}**: {what}.{' ' + summary['remark'] if summary['remark'] else ''}")
    if lines:
        yield "### Missed"
        yield "\n".join(lines)
    elif any(summary["verdict"] for summary in result["scenarios"].values()):
        yield "Every target was met."
