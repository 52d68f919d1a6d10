"""The command that checks a cabinet: over a real socket, with its exit codes, and with its refusals."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from typer.testing import Result

from controller.events import CommandKind
from field_io.cabinet_check import TcpLine
from sim.cabinet import VirtualCabinet
from sim.cabinet.wrong import WRONG
from tests.cabinet_street import KEY, CabinetStreet
from tests.cabinets import Centre

Call = Callable[..., Result]


@contextmanager
def street_of(
    monkeypatch: pytest.MonkeyPatch, build: Callable[..., VirtualCabinet] = VirtualCabinet
) -> Iterator[CabinetStreet]:
    """A cabinet behind a port; where the check would sleep, its time passes."""
    with CabinetStreet(build) as street:
        monkeypatch.setattr(TcpLine, "wait", lambda self, time_s: street.wait(time_s))
        yield street


@pytest.fixture
def ours(monkeypatch: pytest.MonkeyPatch) -> Iterator[CabinetStreet]:
    with street_of(monkeypatch) as street:
        yield street


def test_our_cabinet_passes_over_the_wire(call: Call, ours: CabinetStreet) -> None:
    words = [word for family in ("ID", "RD", "WR", "LE") for word in ("--only", family)]
    result = call("cabinet-check", ours.address, "--site", "plans/example", "--junction", "J01", *words, "--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["count"]["fail"]) == (0, 0), result.stdout
    assert told["count"] == {"pass": 38, "fail": 0, "not applicable": 0}
    assert {"id", "clause", "says", "verdict", "seen"} == set(told["statements"][0])


def test_a_wrong_cabinet_ends_with_1_and_says_what_was_seen(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    with street_of(monkeypatch, WRONG["takes unsigned"].build) as street:
        result = call("cabinet-check", street.address, "--only", "WR-5", "--only", "ID-1")
    assert result.exit_code == 1
    assert "fail            WR-5" in result.stdout
    assert "gives exception 00, not 03" in result.stdout
    assert "1 pass, 1 fail, 0 not applicable" in result.stderr


def test_a_cabinet_that_a_controller_drives_is_refused_and_left_as_it_is(call: Call, ours: CabinetStreet) -> None:
    centre = Centre(ours.cabinet, epoch=9)
    centre.send(centre.block(CommandKind.REQUEST_STAGE, stage=1, lease_ms=30_000), KEY)
    accepted = ours.cabinet.status.accepted_crc
    result = call("cabinet-check", ours.address)
    assert result.exit_code == 2
    assert "a controller (epoch 9) holds its lease" in result.stderr
    assert "--it-drives-no-street" in result.stderr
    assert (ours.cabinet.status.accepted_crc, ours.cabinet.status.refused_blocks) == (accepted, 0)


def test_a_cabinet_beyond_this_machine_is_refused_before_a_word_is_sent(call: Call) -> None:
    result = call("cabinet-check", "192.0.2.7:502")
    assert result.exit_code == 2
    assert "may stand in a street" in result.stderr


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["nonsense"], 2, "HOST:PORT"),
        (["127.0.0.1:1", "--only", "XX"], 2, "no statement XX"),
        (["127.0.0.1:1", "--site", "plans/example"], 2, "belong together"),
        (["127.0.0.1:1", "--site", "nowhere", "--junction", "J01"], 3, "not a folder"),
        (["127.0.0.1:1", "--site", "plans/example", "--junction", "J9"], 2, "no junction J9"),
        (["192.0.2.7:502", "--it-drives-no-street", "--key-env", "NO_SUCH_KEY"], 2, "hex digits"),
    ],
)
def test_what_cannot_be_done_is_said(
    call: Call, words: list[str], code: int, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_SUCH_KEY", raising=False)
    monkeypatch.setattr("field_io.cabinet_check.why_not", lambda *_, **__: None if "--key-env" in words else "no")
    result = call("cabinet-check", *words)
    assert (result.exit_code, says in result.stderr) == (code, True), result.stderr


def test_a_cabinet_that_does_not_answer_ends_with_4(call: Call, free_tcp_port: int) -> None:
    result = call("cabinet-check", f"127.0.0.1:{free_tcp_port}")
    assert result.exit_code == 4
    assert "refused" in result.stderr
