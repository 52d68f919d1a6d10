"""Every fault that was asked for, injected and measured, one after the other; what came of it, as data."""

from __future__ import annotations

import json
import math
import sqlite3
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from field_io.errors import FieldError
from sim.probes import AbsentError, Outcome, Row

AT_ONCE, MOST_TRIES = 2, 3
"""Tries one after the other of what a busy machine may have spoilt, and in all: the last after all other rows."""
TROUBLES = (OSError, EOFError, subprocess.SubprocessError, sqlite3.Error, FieldError)
"""What sockets, processes and files of a machine in trouble raise: a miss of that row, and no end of the run."""


class Verdict(StrEnum):
    """What a row came to."""

    WITHIN = "within"
    MISSED = "missed"
    NOT_RUN = "not run"
    """This machine lacks what the probe needs."""
    BY_HAND = "not automated"


@dataclass(frozen=True, slots=True)
class Result:
    """One row and what came of it."""

    row: Row
    verdict: Verdict
    outcome: Outcome | None = None
    why: str = ""
    """Of a row without an outcome: why it was not run, or what its probe met."""
    took_s: float = 0.0
    tries: int = 1
    """How often it was measured."""

    @property
    def measured_again(self) -> bool:
        """Whether it missed by what a busy machine alone can cause, and may be tried once more."""
        excused = self.outcome is None or self.outcome.only_late
        return self.row.timed and self.verdict is Verdict.MISSED and excused and self.tries < MOST_TRIES

    def as_data(self) -> dict[str, Any]:
        """As JSON tells it; what was never reached is null."""
        row, outcome = self.row, self.outcome
        told: dict[str, Any] = {
            "id": row.id,
            "fault": row.name,
            "injected": row.injected,
            "limit": row.limit,
            "verdict": self.verdict.value,
            "took_s": round(self.took_s, 1),
            "tries": self.tries,
        }
        if outcome is None:
            return told | {"why": self.why}
        return told | {
            "happened": outcome.happened,
            "time_to_detect_s": _finite(outcome.detect_s),
            "time_to_safe_s": _finite(outcome.safe_s),
            "time_to_recover_s": _finite(outcome.recover_s),
            "breaches": list(outcome.breaches),
            "wrong_commands": outcome.wrong_commands,
            "figures": [
                {
                    "says": figure.says,
                    "value": _finite(figure.value),
                    "unit": figure.unit,
                    "at_most": _finite(figure.most),
                    "at_least": _finite(figure.least),
                    "holds": figure.holds,
                    "text": str(figure),
                }
                for figure in outcome.figures
            ],
        }


def run_row(row: Row) -> Result:
    """Inject one fault; what a busy machine may have spoilt, at once again."""
    result = _measured(row, 0.0, 1)
    while result.measured_again and result.tries < AT_ONCE:
        result = run_again(result)
    return result


def run_again(result: Result) -> Result:
    """Inject the fault once more."""
    return _measured(result.row, result.took_s, result.tries + 1)


def _measured(row: Row, took_s: float, tries: int) -> Result:
    """One try; `took_s` went to those before it."""
    if row.probe is None:
        return Result(row, Verdict.BY_HAND, why=row.why_not)
    began = time.monotonic()
    try:
        outcome = row.probe()
    except AbsentError as absent:
        return Result(row, Verdict.NOT_RUN, why=str(absent))
    except TROUBLES as trouble:
        why = f"{type(trouble).__name__}: {trouble}"
        return Result(row, Verdict.MISSED, None, why, took_s + time.monotonic() - began, tries)
    verdict = Verdict.WITHIN if outcome.within else Verdict.MISSED
    return Result(row, verdict, outcome, "", took_s + time.monotonic() - began, tries)


def left_out(row: Row) -> Result:
    """A row that was not asked for this time."""
    if row.probe is None:
        return Result(row, Verdict.BY_HAND, why=row.why_not)
    return Result(row, Verdict.NOT_RUN, why="not measured in this run")


def summary(told: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The headline of rows as data: how many, how many within, breaches, and the worst times [s]."""
    measured = [row for row in told if "figures" in row]
    safe = [row["time_to_safe_s"] for row in measured if row["time_to_safe_s"] is not None]
    recover = sorted(row["time_to_recover_s"] for row in measured if row["time_to_recover_s"] is not None)
    return {
        **{verdict.value: sum(row["verdict"] == verdict for row in told) for verdict in Verdict},
        "breaches": sum(len(row["breaches"]) for row in measured),
        "wrong_commands": sum(row["wrong_commands"] for row in measured),
        "worst_time_to_safe_s": max(safe, default=0.0),
        "time_to_recover_p95_s": recover[math.ceil(0.95 * len(recover)) - 1] if recover else 0.0,
    }


def kept_rows(text: str) -> dict[str, dict[str, Any]]:
    """Rows of an earlier run's JSON, by id; raises ValueError for text that is none."""
    try:
        rows = json.loads(text)["faults"]
        return {row["id"]: row for row in rows if row["verdict"] in (Verdict.WITHIN, Verdict.MISSED)}
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"not the JSON of `faikhiao faults`: {error}") from error


def _finite(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 4)
