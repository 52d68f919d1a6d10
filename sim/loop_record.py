"""What a run leaves behind besides SUMO's outputs: what was decided, how fast, and what travelled."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class LoopRecord:
    """Counts of one run; zeros where SUMO drove its own lamps."""

    decisions: int = 0
    decision_ms: Mapping[str, float] = field(default_factory=dict)
    """How long a step of the controller took: p50, p99, max [ms]."""
    messages: int = 0
    """MQTT messages: those of the detectors, and on the wire also ticks and what the controller publishes."""
    round_trips: int = 0
    """Modbus transactions."""
    wall_s: float = 0.0
    """How long the seconds of the simulation took; import and start not counted."""


def quantiles(milliseconds: Sequence[float]) -> dict[str, float]:
    """p50, p99 and maximum; empty where nothing was measured. The p-quantile: the least value not below p of all."""
    if not milliseconds:
        return {}
    ordered = sorted(milliseconds)
    p50, p99 = (ordered[max(0, math.ceil(share * len(ordered)) - 1)] for share in (0.5, 0.99))
    return {"p50": p50, "p99": p99, "max": ordered[-1]}
