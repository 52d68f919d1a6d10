"""What an import did and could not do, told by name: repairs with their seconds, notes, refusals.

ImportRefused     the network cannot be carried; `reasons` lists every cause at once and nothing was written
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class ImportRefused(ValueError):  # noqa: N818 - the network is refused; nothing erred
    """The network or one of its programs cannot be turned into a site; every reason at once, each with a remedy."""

    def __init__(self, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("\n".join(self.reasons))


@dataclass(frozen=True, slots=True)
class Repair:
    """A stretch of the cycle in which the lamps of one link differ from the SUMO program, and why."""

    junction: str
    link: int
    """Place in SUMO's state string."""
    group: str | None
    first_s: int
    """Second of the cycle, 0 <= first_s < cycle."""
    duration_s: int
    programme: str
    """What the SUMO program shows, one letter."""
    shown: str
    """What is shown instead, one letter."""
    why: str

    def __str__(self) -> str:
        group = f" ({self.group})" if self.group else ""
        return (
            f"{self.junction}: link {self.link}{group}: from second {self.first_s} for {self.duration_s} s "
            f"{self.shown} instead of {self.programme}: {self.why}"
        )


@dataclass(frozen=True, slots=True)
class Note:
    """Something an engineer should know that changes no lamp."""

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True, slots=True)
class JunctionSummary:
    """One imported junction in figures."""

    junction: str
    tls: str
    groups: int
    stages: int
    selectable_stages: int
    loops: int
    cycle_s: int


@dataclass(frozen=True, slots=True)
class ImportReport:
    """All that an engineer should read after an import."""

    site: str
    junctions: tuple[JunctionSummary, ...]
    repairs: tuple[Repair, ...]
    notes: tuple[Note, ...]
    left_to_sumo: Mapping[str, str]
    """Signals that are no part of the site, with the reason: SUMO goes on running them."""
    repaired_seconds: Mapping[str, frozenset[int]]
    """Junction: seconds of the cycle in which its lamps differ from the SUMO program; in all others they are equal.
    The second of the cycle at simulation time t (the step from t to t + 1) is (t - offset) mod cycle."""

    def lines(self) -> list[str]:
        """The report as text, a line each."""
        figures = {
            "junctions": len(self.junctions),
            "groups": sum(junction.groups for junction in self.junctions),
            "stages": sum(junction.stages for junction in self.junctions),
            "loops": sum(junction.loops for junction in self.junctions),
            "repaired seconds": sum(len(seconds) for seconds in self.repaired_seconds.values()),
        }
        total = ", ".join(f"{figure} {what}" for what, figure in figures.items())
        left = [f"{tls}: left to SUMO: {reason}" for tls, reason in self.left_to_sumo.items()]
        return [total, *map(str, self.repairs), *map(str, self.notes), *left]
