"""Statements about a cabinet, and what became of each: pass, fail, or not applicable with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from field_io.cabinet_check.probe import Probe


class Verdict(StrEnum):
    """What became of a statement."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    NOT_APPLICABLE = "not applicable"


class Broken(Exception):  # noqa: N818 - what a cabinet does, not a failure of the program
    """A cabinet does not keep a statement; the text says what was seen and what would be right."""


class NotApplicable(Exception):  # noqa: N818 - as Broken
    """A statement cannot be asked of this cabinet, or not now; the text says why."""


@dataclass(frozen=True, slots=True)
class Statement:
    """One thing that a cabinet of TSC-MB/1.0 must do."""

    id: str
    clause: str
    """Where the page of the register map says it."""
    says: str
    check: Callable[[Probe], None]
    """Returns when it holds; raises Broken or NotApplicable."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A statement and its verdict on one cabinet."""

    statement: Statement
    verdict: Verdict
    seen: str = ""
    """What was seen instead, or why the statement was not asked."""


def expect(holds: bool, seen: str) -> None:  # noqa: FBT001 - reads as a sentence
    """Raise Broken with what was seen, unless it holds."""
    if not holds:
        raise Broken(seen)
