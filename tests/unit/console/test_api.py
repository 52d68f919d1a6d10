"""Who may ask what of a running service, and does an accepted request become an input and an audit record?"""

import asyncio
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from console.api.application import build_application
from console.api.client import ApiClient
from console.api.server import serving
from console.api.service_port import AuditRecord
from console.api.tokens import Role, TokenHolder, new_token
from console.exits import ConfigurationError, UnreachableError
from console.places import ApiPlace
from controller import Alarm, Decision, JunctionView, Network, OperatorAction, OperatorRequest
from tests.towns import ObedientStreet, three_stage_junction, town


@dataclass
class SmallService:
    """A running service without a street: the core in a town that obeys at once."""

    street: ObedientStreet
    network: Network
    strategy: str = "fixed_time"
    live: bool = False
    submitted: list[tuple[OperatorRequest, AuditRecord]] = field(default_factory=list)
    memory: list[tuple[float, Decision | Alarm]] = field(default_factory=list)

    @property
    def now_s(self) -> float:
        return self.street.now_s - 1.0

    def views(self) -> tuple[JunctionView, ...]:
        return self.street.controller.state_view()

    def counters(self) -> Mapping[str, int]:
        return {"mqtt_messages": 7}

    def told(self) -> Iterable[tuple[float, Decision | Alarm]]:
        return self.memory

    def second(self, *requests: OperatorRequest) -> None:
        result = self.street.second(*requests)
        self.memory += [(result.now_s, decision) for decision in result.decisions]
        self.memory += [(result.now_s, alarm) for alarm in result.alarms]

    def submit(self, request: OperatorRequest, record: AuditRecord) -> None:
        self.submitted.append((request, record))


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


@pytest.fixture
def client(service: SmallService, tokens: dict[str, tuple[str, TokenHolder]]) -> Iterator[TestClient]:
    with TestClient(build_application(service, [holder for _, holder in tokens.values()])) as client:
        yield client


@pytest.fixture
def shown(tokens: dict[str, tuple[str, TokenHolder]]) -> dict[str, dict[str, str]]:
    return {role: {"Authorization": f"Bearer {token}"} for role, (token, _) in tokens.items()}


Shown = dict[str, dict[str, str]]


@pytest.mark.parametrize("path", ["/v1/state", "/v1/junctions", "/v1/junctions/J1", "/v1/decisions"])
def test_nobody_looks_without_a_token(client: TestClient, shown: Shown, path: str) -> None:
    assert client.get(path).status_code == 401
    assert client.get(path, headers={"Authorization": "Bearer guess"}).status_code == 401
    assert client.get(path, headers=shown["viewer"]).status_code == 200


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
    assert answer.json() == {"action": "hold", "junction": "J1", "by": "operator-1", "at_s": 2.0, "until_s": 62.0}
    (request, record) = service.submitted[0]
    assert request == OperatorRequest(OperatorAction.HOLD, "J1", stage=2, until_s=62.0, by="operator-1")
    assert (record.at_s, record.by, record.role, record.action) == (2.0, "operator-1", "operator", "hold")
    assert json.loads(record.detail) == {"stage": "B", "for_s": 60.0}


def test_the_core_obeys_what_was_submitted(client: TestClient, service: SmallService, shown: Shown) -> None:
    client.post("/v1/junctions/J1/hold", json={"stage": "3"}, headers=shown["operator"])
    for _ in range(30):
        request = [service.submitted.pop()[0]] if service.submitted else []
        service.second(*request)
    state = client.get("/v1/junctions/J1", headers=shown["viewer"]).json()
    assert (state["mode"], state["stage"], state["stage_number"]) == ("operator", "C", 3)
    told = client.get("/v1/decisions", params={"junction": "J1"}, headers=shown["viewer"]).json()
    assert any("operator-1" in decision["sentence"] for decision in told)


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
    async with serving(build_application(service, [holder]), place):
        assert (tmp_path / "api.sock").stat().st_mode & 0o077 == 0
        state = await asyncio.to_thread(ApiClient(place, token).get, "/v1/state")
        answer = await asyncio.to_thread(ApiClient(place, token).post, "/v1/junctions/J2/release", {})
        with pytest.raises(ConfigurationError, match="401"):
            await asyncio.to_thread(ApiClient(place, "guess").get, "/v1/state")
        with pytest.raises(UnreachableError, match="another service"):
            async with serving(build_application(service, [holder]), place):
                pass
    assert state["site"] == "test"
    assert answer["by"] == "operator-1"
    assert not (tmp_path / "api.sock").exists()


def test_a_service_that_is_not_there_is_said_to_be_unreachable(tmp_path: Path) -> None:
    with pytest.raises(UnreachableError, match="no running service answers"):
        ApiClient(ApiPlace(socket=tmp_path / "none.sock"), "token").get("/v1/state")
