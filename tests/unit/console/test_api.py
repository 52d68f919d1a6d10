"""Who may ask what of a running service, and does an accepted request become an input and an audit record?"""

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner, Result

from console.api.application import build_application
from console.api.brake import MOST_FAILURES, MOST_SOURCES, Brake
from console.api.client import ApiClient
from console.api.server import serving
from console.api.service_port import AuditRecord
from console.api.tokens import Role, TokenBook, TokenHolder, enter, new_token, revoke, write_lines
from console.application import build
from console.commands import operating
from console.exits import ConfigurationError, UnreachableError
from console.places import ApiPlace
from controller import Alarm, Decision, JunctionView, LaneView, Network, OperatorAction, OperatorRequest
from field_io.audit_trail import AuditEntry, AuditError
from field_io.deployment import ActivePlan, DeploymentRefused, Note
from field_io.deployment.archive import LARGEST_BYTES
from tests.towns import BANGKOK_S, MONDAY_UTC_S, ObedientStreet, three_stage_junction, town


@dataclass
class SmallService:
    """A running service without a street: the core in a town that obeys at once."""

    street: ObedientStreet
    network: Network
    strategy: str = "fixed_time"
    live: bool = False
    submitted: list[tuple[OperatorRequest, AuditRecord]] = field(default_factory=list)
    refused: list[AuditRecord] = field(default_factory=list)
    memory: list[tuple[float, Decision | Alarm]] = field(default_factory=list)
    disk_full: bool = False
    plans: list[ActivePlan] = field(default_factory=lambda: [ActivePlan(0, "0" * 64)])
    notes: list[AuditEntry] = field(default_factory=list)

    @property
    def now_s(self) -> float:
        return self.street.now_s - 1.0

    @property
    def local_shift_s(self) -> float:
        return MONDAY_UTC_S + BANGKOK_S

    def views(self) -> tuple[JunctionView, ...]:
        return self.street.controller.state_view()

    def lanes(self, junction: str) -> tuple[LaneView, ...]:
        return self.street.controller.lane_view(junction)

    def counters(self) -> Mapping[str, int]:
        return {"mqtt_messages": 7}

    def told(self) -> Iterable[tuple[float, Decision | Alarm]]:
        return self.memory

    def second(self, *requests: OperatorRequest) -> None:
        result = self.street.second(*requests)
        self.memory += [(result.now_s, decision) for decision in result.decisions]
        self.memory += [(result.now_s, alarm) for alarm in result.alarms]

    async def submit(self, request: OperatorRequest, record: AuditRecord) -> None:
        if self.disk_full:
            raise AuditError("disk full")
        self.submitted.append((request, record))

    @property
    def plan(self) -> ActivePlan:
        return self.plans[-1]

    def cabinets_knowing_plan(self) -> tuple[int, int]:
        return 1, 2

    async def deploy(self, data: bytes, note: Note, by: str) -> ActivePlan:
        if data == b"worse":
            raise DeploymentRefused("delay would be worse: 33.0 s/veh")
        version = int(data)
        self.notes.append(note({"version": version, "before": self.plan.version}))
        self.plans.append(ActivePlan(version, "a" * 64, "engineer-1", by, 0.0, self.plan.version))
        return self.plan

    async def roll_back(self, note: Note) -> ActivePlan:
        if len(self.plans) == 1:
            raise DeploymentRefused("there is nothing to go back to")
        self.notes.append(note({"version": self.plans[-2].version, "before": self.plan.version}))
        self.plans.pop()
        return self.plan

    async def audit(self, record: AuditRecord) -> None:
        if self.disk_full:
            raise AuditError("disk full")
        self.refused.append(record)


@pytest.fixture(scope="module")
def tokens() -> dict[str, tuple[str, TokenHolder]]:
    return {role.name.lower(): new_token(f"{role.name.lower()}-1", role) for role in Role}


@pytest.fixture
def service() -> SmallService:
    network = town(three_stage_junction("J1"), three_stage_junction("J2"))
    service = SmallService(ObedientStreet(network), network)
    for _ in range(3):
        service.second()
    return service


CLOCK = [0.0]
"""Seconds of the brake."""


def clock() -> float:
    return CLOCK[0]


@pytest.fixture
def client(service: SmallService, tokens: dict[str, tuple[str, TokenHolder]]) -> Iterator[TestClient]:
    book = TokenBook([holder for _, holder in tokens.values()])
    with TestClient(build_application(service, book, Brake(clock))) as client:
        yield client


@pytest.fixture
def shown(tokens: dict[str, tuple[str, TokenHolder]]) -> dict[str, dict[str, str]]:
    return {role: {"Authorization": f"Bearer {token}"} for role, (token, _) in tokens.items()}


Shown = dict[str, dict[str, str]]


@pytest.mark.parametrize(
    "path", ["/v1/state", "/v1/junctions", "/v1/junctions/J1", "/v1/junctions/J1/lanes", "/v1/decisions"]
)
def test_nobody_looks_without_a_token(client: TestClient, shown: Shown, path: str) -> None:
    assert client.get(path).status_code == 401
    assert client.get(path, headers={"Authorization": "Bearer guess"}).status_code == 401
    assert client.get(path, headers=shown["viewer"]).status_code == 200


def test_every_lane_is_told_with_how_far_it_may_be_trusted(
    client: TestClient, shown: Shown, service: SmallService
) -> None:
    for _ in range(200):
        service.second()
    lanes = client.get("/v1/junctions/J2/lanes", headers=shown["viewer"]).json()
    assert [lane["lane"] for lane in lanes] == ["l0", "l1", "l2", "l3"]
    assert lanes[0]["turning"] == {"K0": 1.0}
    assert lanes[0]["max_flow_veh_h"] == pytest.approx(1800)
    assert (lanes[0]["queue_veh"], lanes[0]["saturation"], lanes[0]["congested"]) == (0, 0, False)
    assert 0 < lanes[0]["queue_trust"] <= 1
    assert client.get("/v1/junctions/J9/lanes", headers=shown["viewer"]).status_code == 404


ASKED: list[tuple[str, dict[str, Any], str]] = [
    ("/v1/junctions/J1/hold", {"stage": "B"}, "operator"),
    ("/v1/junctions/J1/step", {}, "operator"),
    ("/v1/junctions/J1/release", {}, "operator"),
    ("/v1/plan", {"plan": "own"}, "operator"),
    ("/v1/junctions/J1/mode", {"strategy": "actuated"}, "engineer"),
]


@pytest.mark.parametrize(("path", "body", "least"), ASKED)
def test_each_request_needs_its_role(
    client: TestClient, service: SmallService, shown: Shown, path: str, body: dict[str, Any], least: str
) -> None:
    roles = [role.name.lower() for role in Role]
    assert client.post(path, json=body).status_code == 401
    for role in roles[: roles.index(least)]:
        assert client.post(path, json=body, headers=shown[role]).status_code == 403
    assert service.submitted == []
    for role in roles[roles.index(least) :]:
        assert client.post(path, json=body, headers=shown[role]).status_code == 202
    assert len(service.submitted) == len(roles) - roles.index(least)


def test_a_hold_becomes_an_input_and_an_audit_record(client: TestClient, service: SmallService, shown: Shown) -> None:
    answer = client.post("/v1/junctions/J1/hold", json={"stage": "B", "for_s": 60}, headers=shown["operator"])
    assert answer.json() == {
        "action": "hold", "junction": "J1", "by": "operator-1", "at_s": 2.0, "until_s": 62.0,
        "until": "2026-01-05T00:01:02",
    }  # fmt: skip
    (request, record) = service.submitted[0]
    assert request == OperatorRequest(OperatorAction.HOLD, "J1", stage=2, until_s=62.0, by="operator-1")
    assert (record.at_s, record.by, record.role, record.action) == (2.0, "operator-1", "operator", "hold")
    assert json.loads(record.detail) == {"junction": "J1", "stage": "B", "for_s": 60.0}
    assert (record.source, record.outcome) == ("testclient", "accepted")


def test_each_refusal_is_noted_with_who_and_what(client: TestClient, service: SmallService, shown: Shown) -> None:
    """F72."""
    client.post("/v1/junctions/J1/mode", json={}, headers=shown["operator"])
    client.get("/v1/state", headers={"Authorization": "Bearer guess"})
    known, unknown = service.refused
    assert (known.by, known.role, known.action) == ("operator-1", "operator", "POST /v1/junctions/J1/mode")
    assert "needs engineer" in known.outcome
    assert (unknown.by, unknown.source) == ("", "testclient")
    assert "guess" not in repr(unknown)


def test_who_guesses_is_told_to_wait_and_fills_no_log(client: TestClient, service: SmallService, shown: Shown) -> None:
    """F65: five a minute; who has a token is answered all the same."""
    guess = {"Authorization": "Bearer guess"}
    codes = [client.get("/v1/state", headers=guess).status_code for _ in range(MOST_FAILURES + 3)]
    assert codes == [401] * MOST_FAILURES + [429] * 3
    waiting = client.get("/v1/state", headers=guess)
    assert 0 < int(waiting.headers["Retry-After"]) <= 60
    assert len(service.refused) == MOST_FAILURES
    assert client.get("/v1/state", headers=shown["viewer"]).status_code == 200
    CLOCK[0] += 61.0
    assert client.get("/v1/state", headers=guess).status_code == 401


def test_the_brake_forgets_the_quietest_of_many_sources() -> None:
    brake = Brake(lambda: 0.0)
    for number in range(3 * MOST_SOURCES):
        assert brake.wait_s(f"10.0.0.{number}") == 0.0
    assert len(brake._failures) == MOST_SOURCES


def test_what_cannot_be_recorded_is_not_done(client: TestClient, service: SmallService, shown: Shown) -> None:
    """F49: but who may not is refused all the same, and looking needs no record."""
    service.disk_full = True
    answer = client.post("/v1/junctions/J1/hold", json={}, headers=shown["operator"])
    assert (answer.status_code, service.submitted) == (503, [])
    assert "audit log" in answer.json()["detail"]
    assert client.post("/v1/junctions/J1/hold", json={}, headers=shown["viewer"]).status_code == 403
    assert client.get("/v1/state", headers=shown["viewer"]).status_code == 200


def test_a_token_ends_with_its_day(service: SmallService) -> None:
    token, holder = new_token("desk-1", Role.VIEWER, days=30)
    assert holder.until is not None
    day = [holder.until]
    book = TokenBook([holder], today=lambda: day[0])
    header = {"Authorization": f"Bearer {token}"}
    with TestClient(build_application(service, book)) as client:
        assert client.get("/v1/state", headers=header).status_code == 200
        day[0] += timedelta(days=1)
        late = client.get("/v1/state", headers=header)
    assert late.status_code == 401
    assert "ended" in late.json()["detail"]
    assert service.refused[0].by == "desk-1"


def test_a_token_is_taken_back_and_given_while_the_service_runs(service: SmallService, tmp_path: Path) -> None:
    file, troubles = tmp_path / "tokens", list[str]()
    (first, desk), (second, office) = new_token("desk-1", Role.VIEWER), new_token("office", Role.VIEWER)
    enter(file, desk)
    with TestClient(build_application(service, TokenBook.read(file, troubles.append))) as client:

        def answers(token: str) -> int:
            return client.get("/v1/state", headers={"Authorization": f"Bearer {token}"}).status_code

        assert (answers(first), answers(second)) == (200, 401)
        enter(file, office)
        assert (answers(first), answers(second)) == (200, 200)
        assert revoke(file, "desk-1") == 1
        assert (answers(first), answers(second)) == (401, 200)
        assert revoke(file, "desk-1") == 0
        write_lines(file, ["nonsense"])
        assert (answers(first), answers(second)) == (401, 200)
    assert "not a token line" in troubles[0]


def test_the_core_obeys_what_was_submitted(client: TestClient, service: SmallService, shown: Shown) -> None:
    client.post("/v1/junctions/J1/hold", json={"stage": "3"}, headers=shown["operator"])
    for _ in range(30):
        request = [service.submitted.pop()[0]] if service.submitted else []
        service.second(*request)
    state = client.get("/v1/junctions/J1", headers=shown["viewer"]).json()
    assert (state["mode"], state["stage"], state["stage_number"]) == ("operator", "C", 3)
    told = client.get("/v1/decisions", params={"junction": "J1"}, headers=shown["viewer"]).json()
    assert any("operator-1" in decision["sentence"] for decision in told)


def test_a_viewer_sees_when_a_manual_period_ends_by_itself(
    client: TestClient, service: SmallService, shown: Shown
) -> None:
    def seen() -> tuple[str, float | None]:
        state = client.get("/v1/junctions/J1", headers=shown["viewer"]).json()
        return state["manual"], state["manual_until_s"]

    assert seen() == ("automatic", None)
    client.post("/v1/junctions/J1/hold", json={"stage": "B", "for_s": 90}, headers=shown["operator"])
    service.second(service.submitted.pop()[0])
    assert seen() == ("held", 92.0)
    for _ in range(50):
        service.second()
    assert seen() == ("ending", 92.0)
    client.post("/v1/junctions/J1/step", json={"for_s": 300}, headers=shown["operator"])  # asking renews it
    service.second(service.submitted.pop()[0])
    assert seen() == ("held", 353.0)
    client.post("/v1/junctions/J1/release", json={}, headers=shown["operator"])
    service.second(service.submitted.pop()[0])
    assert seen()[1] is None
    assert client.get("/v1/junctions/J2", headers=shown["viewer"]).json()["manual_until_s"] is None


@pytest.fixture
def desk(client: TestClient, shown: Shown, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command line of an operator at this service."""

    class Asked:
        def get(self, path: str, query: Mapping[str, str | None]) -> object:
            return client.get(path, params=query, headers=shown["operator"]).json()

        def post(self, path: str, body: Mapping[str, object]) -> object:
            wish = {name: value for name, value in body.items() if value is not None}
            return client.post(path, json=wish, headers=shown["operator"]).json()

    monkeypatch.setattr(operating, "connect", lambda _place: Asked())
    return lambda *words: CliRunner().invoke(build(), ["operator", *map(str, words)])


def test_the_desk_is_told_local_times_and_which_line_is_an_alarm(
    desk: Callable[..., Result], service: SmallService
) -> None:
    """The day begins at midnight; the third second has run."""
    assert (
        desk("hold", "J1", "--stage", "B", "--for", 90).stdout
        == "hold J1: from the next second on until 00:01:32 (90 s)\n"
    )
    service.second(service.submitted.pop()[0])
    shown_now = desk("state").stdout.splitlines()
    assert shown_now[0].startswith("test: 2026-01-05 00:00:03, dry run")
    assert shown_now[1].endswith("[by hand: held, ends by itself at 00:01:32, in 89 s]")
    for _ in range(50):
        service.second()
    told = desk("decisions", "--junction", "J1").stdout.splitlines()
    assert "2026-01-05 00:00:48  alarm: J1: manual control will end soon unless it is renewed (44 s left)" in told
    assert desk("release", "J1").stdout == "release J1: from the next second on\n"


def test_a_hold_without_a_time_ends_after_the_limit_of_the_site(
    client: TestClient, service: SmallService, shown: Shown
) -> None:
    client.post("/v1/junctions/J1/hold", json={}, headers=shown["operator"])
    service.second(service.submitted.pop()[0])
    state = client.get("/v1/state", headers=shown["viewer"]).json()["junctions"][0]
    assert state["manual_until_s"] == 2.0 + service.network.parameters.manual_limit_s


def test_only_an_engineer_deploys_and_rolls_back_and_everybody_sees_what_runs(
    client: TestClient, service: SmallService, shown: Shown
) -> None:
    for path, body in (("/v1/deployment", b"4"), ("/v1/deployment/rollback", b"")):
        assert client.post(path, content=body).status_code == 401
        assert client.post(path, content=body, headers=shown["operator"]).status_code == 403
    assert service.plan.version == 0
    answer = client.post("/v1/deployment", content=b"4", headers=shown["engineer"])
    assert (answer.status_code, answer.json()["version"], answer.json()["previous"]) == (200, 4, 0)
    assert (answer.json()["cabinets_knowing"], answer.json()["cabinets_able"]) == (1, 2)
    assert client.get("/v1/deployment", headers=shown["viewer"]).json() == answer.json()
    assert client.get("/v1/state", headers=shown["viewer"]).json()["plan"]["version"] == 4
    assert client.post("/v1/deployment/rollback", headers=shown["engineer"]).json()["version"] == 0
    assert [(n.by, n.role, n.action, json.loads(n.detail)) for n in service.notes] == [
        ("engineer-1", "engineer", "deploy", {"version": 4, "before": 0}),
        ("engineer-1", "engineer", "roll back", {"version": 0, "before": 4}),
    ]


def test_a_bundle_that_is_refused_is_answered_with_the_figures_and_noted(
    client: TestClient, service: SmallService, shown: Shown
) -> None:
    answer = client.post("/v1/deployment", content=b"worse", headers=shown["engineer"])
    assert (answer.status_code, answer.json()["detail"]) == (409, "delay would be worse: 33.0 s/veh")
    empty = client.post("/v1/deployment/rollback", headers=shown["engineer"])
    assert empty.status_code == 409
    assert [(r.action, r.outcome) for r in service.refused] == [
        ("deploy", "refused (409): delay would be worse: 33.0 s/veh"),
        ("roll back", "refused (409): there is nothing to go back to"),
    ]


def test_no_more_is_read_than_a_bundle_may_have(client: TestClient, service: SmallService, shown: Shown) -> None:
    answer = client.post("/v1/deployment", content=b"0" * (LARGEST_BYTES + 1), headers=shown["engineer"])
    assert answer.status_code == 409
    assert "larger than" in answer.json()["detail"]
    assert service.notes == []


def test_sentences_come_in_thai_where_asked_for(client: TestClient, shown: Shown) -> None:
    english = client.get("/v1/decisions", headers=shown["viewer"]).json()
    thai = client.get("/v1/decisions", params={"language": "th"}, headers=shown["viewer"]).json()
    assert [told["reason"] for told in english] == [told["reason"] for told in thai]
    assert english[0]["sentence"] != thai[0]["sentence"]


@pytest.mark.parametrize(
    ("path", "body", "status", "says"),
    [
        ("/v1/junctions/J9/hold", {}, 404, "one of J1, J2"),
        ("/v1/junctions/J1/hold", {"stage": "Z"}, 404, "one of A, B, C"),
        ("/v1/junctions/J1/hold", {"stage": "4"}, 404, "one of A, B, C"),
        ("/v1/junctions/J1/hold", {"stag": "A"}, 422, "stag"),
        ("/v1/junctions/J1/hold", {"for_s": 0}, 422, "for_s"),
        ("/v1/junctions/J1/hold", {"for_s": 1e9}, 422, "for_s"),
        ("/v1/plan", {"plan": "lunch"}, 404, "one of own"),
        ("/v1/junctions/J1/mode", {"strategy": "hope"}, 404, "fixed_time"),
    ],
)
def test_what_does_not_exist_is_refused_with_what_does(
    client: TestClient, service: SmallService, shown: Shown, path: str, body: dict[str, Any], status: int, says: str
) -> None:
    answer = client.post(path, json=body, headers=shown["engineer"])
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert says in answer.json()["detail"]
    assert service.submitted == []


def test_the_description_needs_nothing_from_elsewhere(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    assert {"/v1/state", "/v1/plan", "/v1/junctions/{junction}/hold"} <= set(paths)
    page = client.get("/docs").text
    assert "/v1/junctions/{junction}/hold" in page
    assert "http://" not in page
    assert "https://" not in page
    assert "<script" not in page


async def test_the_client_reaches_the_service_over_a_unix_socket(
    service: SmallService, tokens: dict[str, tuple[str, TokenHolder]], tmp_path: Path
) -> None:
    place = ApiPlace(socket=tmp_path / "api.sock")
    token, holder = tokens["operator"]
    async with serving(build_application(service, TokenBook([holder])), place):
        assert (tmp_path / "api.sock").stat().st_mode & 0o077 == 0
        state = await asyncio.to_thread(ApiClient(place, token).get, "/v1/state")
        answer = await asyncio.to_thread(ApiClient(place, token).post, "/v1/junctions/J2/release", {})
        with pytest.raises(ConfigurationError, match="401"):
            await asyncio.to_thread(ApiClient(place, "guess").get, "/v1/state")
        with pytest.raises(UnreachableError, match="another service"):
            async with serving(build_application(service, TokenBook([holder])), place):
                pass
    assert state["site"] == "test"
    assert answer["by"] == "operator-1"
    assert not (tmp_path / "api.sock").exists()


def test_a_service_that_is_not_there_is_said_to_be_unreachable(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="no running service answers"):
        ApiClient(ApiPlace(socket=tmp_path / "none.sock"), "token").get("/v1/state")
