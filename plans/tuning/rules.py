"""What the engineer asks of a tuned plan."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from plans.tuning.splits import Aim


class OffsetAim(StrEnum):
    """What the offsets are made for."""

    DELAY = "delay"
    BANDWIDTH = "bandwidth"
    MULTIBAND = "multiband"
    """Bands of their own width between each two junctions, weighed by the traffic there."""
    KEEP = "keep"
    """Those of the plan it begins with stay."""


@dataclass(frozen=True, slots=True)
class TuningRules:
    """Limits and wishes."""

    shortest_cycle_s: int = 30
    """RiLSA: 30 s."""
    longest_cycle_s: int = 120
    """RiLSA: 120 s."""
    aim: Aim = Aim.LEAST_DELAY
    choose_stages: bool = True
    """Other stages than those of the plan it begins with, and in another order; only such as the junction has."""
    most_stages: int = 5
    """A cycle of more is not looked for."""
    one_cycle: bool = True
    """Junctions that are coordinated share one cycle, or its half."""
    cycle_s: int | None = None
    """Given by the engineer, in place of a computed one."""
    half_cycles: bool = True
    offsets: OffsetAim = OffsetAim.DELAY
    corridors: tuple[tuple[str, ...], ...] = ()
    """Junctions in their row; only for bandwidth and multiband."""

    @property
    def with_bands(self) -> bool:
        """Whether bands are made, through which all of a row need one cycle."""
        return self.offsets in {OffsetAim.BANDWIDTH, OffsetAim.MULTIBAND}
