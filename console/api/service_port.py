"""What the control API needs of a running service, and the memory of what was told lately."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from controller import Alarm, Decision, JunctionView, Network, OperatorRequest, StepResult

REMEMBERED = 2000
"""Decisions and alarms kept for viewers; the journal has all of them."""


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """Who asked for what, to be journalled beside the input."""

    at_s: float
    """Control time [s]."""
    by: str
    role: str
    action: str
    detail: str
    """The request as JSON."""


class RunningService(Protocol):
    """A service as the API sees it. Everything is called in the service's own event loop."""

    @property
    def network(self) -> Network: ...
    @property
    def strategy(self) -> str: ...
    @property
    def live(self) -> bool: ...
    @property
    def now_s(self) -> float:
        """Control time of the last step [s]."""
        ...

    def views(self) -> tuple[JunctionView, ...]: ...
    def counters(self) -> Mapping[str, int]: ...
    def told(self) -> Iterable[tuple[float, Decision | Alarm]]:
        """(control time [s], what was told), oldest first."""
        ...

    def submit(self, request: OperatorRequest, record: AuditRecord) -> None:
        """Make the request an input of the next step, and write the audit record first."""
        ...


@dataclass(slots=True)
class Told:
    """The latest decisions and alarms of a running service."""

    entries: deque[tuple[float, Decision | Alarm]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))

    def hear(self, result: StepResult) -> None:
        """Remember what a step told."""
        self.entries.extend((result.now_s, decision) for decision in result.decisions)
        self.entries.extend((result.now_s, alarm) for alarm in result.alarms)
