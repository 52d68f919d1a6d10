"""What a look at something found, and how bad that is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from console.exits import ExitCode


class Verdict(StrEnum):
    """How bad a finding is."""

    FINE = "fine"
    OPTIONAL = "not here"
    """Absent, and only some commands need it."""
    DOUBTFUL = "doubtful"
    """It works, and should not stay so."""
    MISSING = "missing"
    WRONG = "wrong"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Examined:
    """One thing looked at."""

    what: str
    verdict: Verdict
    found: str
    advice: str = ""

    def record(self) -> dict[str, str]:
        """As JSON."""
        return {"what": self.what, "verdict": self.verdict.value, "found": self.found, "advice": self.advice}


def exit_code(findings: Iterable[Examined]) -> ExitCode:
    """4 when something does not answer, else 1 when something is to be mended, else 0."""
    verdicts = {finding.verdict for finding in findings}
    if Verdict.UNREACHABLE in verdicts:
        return ExitCode.UNREACHABLE
    if verdicts & {Verdict.MISSING, Verdict.WRONG, Verdict.DOUBTFUL}:
        return ExitCode.FINDINGS
    return ExitCode.OK
