"""What a probe answers: what happened, how long it took, and its figures beside their limits."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass


class AbsentError(Exception):
    """This machine lacks what a probe needs; the text says what and where it comes from."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value with the range in which it must lie."""

    says: str
    value: float
    most: float = 0.0
    unit: str = ""
    least: float = -math.inf
    timed: bool = False
    """A busy machine alone can make it miss: a wait of the wall clock, never what was taken, lost or let in."""

    @property
    def holds(self) -> bool:
        """Whether it lies within its limits; what was never reached is infinite, and does not."""
        return self.least <= self.value <= self.most

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        value = "never" if math.isinf(self.value) else f"{_rounded(self.value)}{unit}"
        bounds = [f"at least {_rounded(self.least)}"] if math.isfinite(self.least) else []
        bounds += [f"at most {_rounded(self.most)}"] if math.isfinite(self.most) else []
        return f"{self.says} {value} ({', '.join(bounds)}{unit})"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of injecting one fault. Times are seconds; None where the fault has no such moment."""

    happened: str
    figures: tuple[Figure, ...]
    detect_s: float | None = None
    """From the fault to the first sign of it: an alarm, a refusal, a counter."""
    safe_s: float | None = None
    """From the fault to the level that is safe without what is missing."""
    recover_s: float | None = None
    """From the mending to the former level."""
    breaches: tuple[str, ...] = ()
    """Of S1-S10 and L1-L4, each with what was seen."""
    wrong_commands: int = 0
    """Commands executed that should not have been, or believed executed that were not."""

    @property
    def within(self) -> bool:
        """Whether every figure keeps its limit and nothing was broken."""
        return self._unbroken and all(figure.holds for figure in self.figures)

    @property
    def only_late(self) -> bool:
        """Whether it missed by nothing but what a busy machine alone can cause."""
        missed = [figure for figure in self.figures if not figure.holds]
        return self._unbroken and bool(missed) and all(figure.timed for figure in missed)

    @property
    def _unbroken(self) -> bool:
        return not self.breaches and self.wrong_commands == 0


Probe = Callable[[], Outcome]


@dataclass(frozen=True, slots=True)
class Row:
    """One fault of the list: how it is injected, what must hold, and the probe that tries it."""

    id: str
    name: str
    injected: str
    limit: str
    probe: Probe | None = None
    why_not: str = ""
    """Without a probe: why the command does not try it, and where it is tried."""

    timed: bool = False
    """Real sockets, brokers, processes, files or wall clocks: an error of theirs, or a miss of a timed figure, is
    measured again, twice at most. What strikes the virtual clock alone is the same each time, and a miss is a miss."""

    def __post_init__(self) -> None:
        if (self.probe is None) != bool(self.why_not):
            raise ValueError(f"{self.id}: a row has a probe, or a reason why it has none")


def _rounded(value: float) -> str:
    return f"{value:.0f}" if value == int(value) else f"{value:.3g}"
