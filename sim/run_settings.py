"""What a closed loop must be told of one run, whichever link it takes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from controller.events import OperatorRequest


@dataclass(frozen=True, slots=True)
class RunSettings:
    """One run under one of our strategies."""

    strategy: str
    begin_s: float
    end_s: float
    utc_at_zero_s: float
    """Seconds since 1970 UTC at SUMO's time 0."""
    cold_start: bool = False
    """Begin with the cabinets' start-up sequence, not in remote."""
    journal: Path | None = None
    requests: tuple[tuple[float, OperatorRequest], ...] = ()
    """(second, what an operator asks for then), in order; the link direct alone plays them."""
    broker: tuple[str, int] | None = None
    """Host and port for the wire; None: an embedded one on loopback."""
