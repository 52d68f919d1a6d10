"""Every fault that was asked for, injected and measured, one after the other; what came of it, as data."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sim.probes import AbsentError, Outcome, Row

MOST_TRIES = 3


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
    """Of a row that was not run."""
    took_s: float = 0.0
    tries: int = 1
    """How often it was measured: a row that depends on the machine's leisure again after a miss."""

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
    """Inject one fault."""
    if row.probe is None:
        return Result(row, Verdict.BY_HAND, why=row.why_not)
    began, tries = time.monotonic(), 1
    try:
        outcome = row.probe()
        while row.timed and not outcome.within and tries < MOST_TRIES:
            outcome, tries = row.probe(), tries + 1
    except AbsentError as absent:
        return Result(row, Verdict.NOT_RUN, why=str(absent))
    verdict = Verdict.WITHIN if outcome.within else Verdict.MISSED
    return Result(row, verdict, outcome, "", time.monotonic() - began, tries)


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
