"""F65 and F72: guessing at the control API, and asking for what a role may not do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from console.api.application import build_application
from console.api.brake import MOST_FAILURES, WINDOW_S, Brake
from console.api.service_port import AuditRecord
from console.api.tokens import Role, TokenBook, TokenHolder, new_token
from controller import Alarm, Decision, JunctionView, LaneView, Network, OperatorRequest
from field_io.deployment import ActivePlan, Note
from sim.probes import Figure, Outcome, Row
from sim.probes.scene import Scene

LEAST_ROLE = (
    ("POST", "/v1/junctions/J01/hold", Role.OPERATOR),
    ("POST", "/v1/junctions/J01/step", Role.OPERATOR),
    ("POST", "/v1/junctions/J01/release", Role.OPERATOR),
    ("POST", "/v1/plan", Role.OPERATOR),
    ("POST", "/v1/junctions/J01/mode", Role.ENGINEER),
    ("GET", "/v1/state", Role.VIEWER),
    ("GET", "/v1/junctions", Role.VIEWER),
    ("GET", "/v1/decisions", Role.VIEWER),
)
"""What may be asked, and who may at least."""


@dataclass
class _Service:
    """A running service as the API sees it: the core of a town, and what was asked of it."""

    scene: Scene
    submitted: list[OperatorRequest] = field(default_factory=list)
    refused: list[AuditRecord] = field(default_factory=list)
    strategy: str = "actuated"
    live: bool = True

    @property
    def network(self) -> Network:
        return self.scene.world.site.network

    @property
    def now_s(self) -> float:
        return self.scene.now_s

    @property
    def local_shift_s(self) -> float:
        return float(self.network.utc_offset_s)

    def views(self) -> tuple[JunctionView, ...]:
        centre = self.scene.world.centre
        return () if centre is None else centre.controller.state_view()

    def lanes(self, junction: str) -> tuple[LaneView, ...]:
        centre = self.scene.world.centre
        return () if centre is None else centre.controller.lane_view(junction)

    def counters(self) -> Mapping[str, int]:
        return {}

    def told(self) -> Iterable[tuple[float, Decision | Alarm]]:
        return ()

    async def submit(self, request: OperatorRequest, record: AuditRecord) -> None:
        self.submitted.append(request)

    @property
    def plan(self) -> ActivePlan:
        return ActivePlan(0, "0" * 64)

    def cabinets_knowing_plan(self) -> tuple[int, int]:
        return 0, 0

    async def deploy(self, data: bytes, note: Note, by: str) -> ActivePlan:
        return self.plan

    async def roll_back(self, note: Note) -> ActivePlan:
        return self.plan

    async def audit(self, record: AuditRecord) -> None:
        self.refused.append(record)


class _Api:
    """The API without a socket: one request in, the status out (ASGI 3)."""

    def __init__(self, holders: Iterable[TokenHolder]) -> None:
        self.clock_s = 0.0
        self.service = _Service(Scene(junctions=1, settle_s=3))
        self._app = build_application(self.service, TokenBook(tuple(holders)), Brake(lambda: self.clock_s))

    def ask(self, method: str, path: str, token: str | None) -> int:
        """The status that this request gets."""
        headers = [(b"content-type", b"application/json")]
        if token is not None:
            headers.append((b"authorization", f"Bearer {token}".encode()))
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": b"",
            "root_path": "",
            "headers": headers,
            "client": ("127.0.0.1", 40000),
            "server": ("127.0.0.1", 80),
        }
        statuses: list[int] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"{}", "more_body": False}

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                statuses.append(message["status"])

        asyncio.run(self._app(scope, receive, send))
        return statuses[0]


def guessing() -> Outcome:
    """F65: no token, and a hundred wrong ones from one place in a minute."""
    token, holder = new_token("desk-1", Role.VIEWER)
    api = _Api([holder])
    let_in = api.ask("GET", "/v1/state", None) == 200
    tries = answered = 0
    for number in range(100):
        status = api.ask("GET", "/v1/state", f"guess-{number}")
        tries += 1
        answered += status == 401
        let_in = let_in or status == 200
        api.clock_s += WINDOW_S / 200
    kept = api.ask("GET", "/v1/state", token) == 200
    return Outcome(
        f"{answered} of {tries} guesses looked at in a minute, the others told to wait; who has a token is answered; "
        "at the broker a certificate is the only way in (F66)",
        (
            Figure("tries a minute and source", answered + 1, MOST_FAILURES),
            Figure("let in", float(let_in)),
            Figure("holder shut out", float(not kept)),
        ),
        detect_s=0.0,
    )


def beyond_the_role() -> Outcome:
    """F72: every request by every role, and by nobody."""
    made = {role: new_token(role.name.lower(), role) for role in Role}
    api = _Api(holder for _, holder in made.values())
    allowed, denied, refusals = 0, 0, 0
    for method, path, least in LEAST_ROLE:
        for role in (None, *Role):
            token = made[role][0] if role is not None else None
            status = api.ask(method, path, token)
            api.clock_s += WINDOW_S
            if role is not None and role >= least:
                denied += status not in {200, 202}
            else:
                refusals += 1
                allowed += status not in {401, 403}
    return Outcome(
        f"{len(LEAST_ROLE)} requests by {len(Role)} roles and nobody: {refusals} refused with 401 or 403, each noted",
        (
            Figure("allowed", allowed),
            Figure("refused to who may", denied),
            Figure("not in the audit log", refusals - len(api.service.refused)),
        ),
        detect_s=0.0,
    )


ROWS = (
    Row(
        "F65",
        "guessed passwords and tokens",
        "no token and a hundred wrong ones from one place in a minute",
        "5 tries a minute and source at most",
        guessing,
    ),
    Row("F72", "beyond the role", "every request by every role and by nobody", "allowed 0, noted", beyond_the_role),
)
