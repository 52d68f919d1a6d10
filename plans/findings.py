"""What is wrong with a site's files, said once for each thing, with the place and the remedy.

PlanError            the engineer's text cannot be used: all findings at once, before anything starts
└── carries Finding  one mistake: file, line, column, severity, path, message
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Whether the site may be used in spite of a finding."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One mistake in one file. Lines and columns count from 1; `path` leads from the file's top to the value."""

    file: str
    line: int
    column: int
    severity: Severity
    path: str
    message: str

    def __str__(self) -> str:
        where = f"{self.path}: " if self.path else ""
        return f"{self.file}:{self.line}:{self.column}: {self.severity}: {where}{self.message}"


@dataclass(frozen=True, slots=True)
class Problem:
    """A finding before its place is looked up: the path still in its parts, from the top of the file."""

    file: str
    path: tuple[str | int, ...]
    message: str
    severity: Severity = Severity.ERROR
    at_key: bool = False
    """Whether the name itself is wrong (an unknown key) rather than what stands behind it."""


class PlanError(ValueError):
    """The files of a site cannot be used; `findings` lists every reason at once, in the order of the files."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        self.findings = tuple(sorted(findings))
        super().__init__(self.findings)

    def __str__(self) -> str:
        return "\n".join(str(finding) for finding in self.findings)


def errors_of(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings that forbid the use of the site."""
    return tuple(finding for finding in findings if finding.severity is Severity.ERROR)
