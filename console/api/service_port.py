"""What the control API needs of a running service; `field_io.service.Service` has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from controller import Alarm, Decision, JunctionView, Network, OperatorRequest


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
