"""What the control API needs of a running service; `field_io.service.Service` has it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from controller import Alarm, Decision, JunctionView, LaneView, Network, OperatorRequest
from field_io.deployment import ActivePlan, Note


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
    source: str = ""
    """Where from: an address, or the Unix socket."""
    outcome: str = "accepted"


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

    @property
    def local_shift_s(self) -> float:
        """Local time in seconds since 1970 minus control time [s]."""
        ...

    def views(self) -> tuple[JunctionView, ...]: ...
    def lanes(self, junction: str) -> tuple[LaneView, ...]:
        """What is believed of each lane of a junction; none before the first step."""
        ...

    def counters(self) -> Mapping[str, int]: ...
    def told(self) -> Iterable[tuple[float, Decision | Alarm]]:
        """(control time [s], what was told), oldest first."""
        ...

    async def submit(self, request: OperatorRequest, record: AuditRecord) -> None:
        """Write the audit record, then make the request an input of the next step; raises AuditError."""
        ...

    @property
    def plan(self) -> ActivePlan:
        """Which plan runs."""
        ...

    def cabinets_knowing_plan(self) -> tuple[int, int]:
        """(cabinets that say that they know which plan runs, cabinets that can keep it)."""
        ...

    async def deploy(self, data: bytes, note: Note, by: str) -> ActivePlan:
        """Activate a signed bundle; raises DeploymentRefused or AuditError: then nothing was changed."""
        ...

    async def roll_back(self, note: Note) -> ActivePlan:
        """Activate what was active before; raises as `deploy`."""
        ...

    async def audit(self, record: AuditRecord) -> None:
        """Write an audit record of something that was not done; raises AuditError."""
        ...
