"""Pictures of a running service: what a viewer may have; nothing in them reaches back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from field_io.link_health import LinkState
from field_io.standby import Role


@dataclass(frozen=True, slots=True)
class StepTimes:
    """How long the controller's steps took lately [ms]."""

    p50: float
    p99: float
    max: float

    @classmethod
    def of(cls, step_ms: Sequence[float]) -> StepTimes:
        """Of measured steps; zeros where there is none."""
        if not step_ms:
            return cls(0.0, 0.0, 0.0)
        ordered, count = sorted(step_ms), len(step_ms)
        return cls(ordered[count // 2], ordered[min(count - 1, count * 99 // 100)], ordered[-1])


@dataclass(frozen=True, slots=True)
class ServiceStatus:
    """Everything that may be shown of a service."""

    now_s: float
    live: bool
    epoch: int
    broker_connected: bool
    links: Mapping[str, LinkState]
    """By junction."""
    gateways_online: tuple[str, ...]
    journal_trouble: str | None
    steps: int
    step_ms: StepTimes
    counters: Mapping[str, int]
    role: Role = Role.ALONE
    """Whether it drives, where there are two."""
