"""Do run, cabinet and operator work together on loopback, and say who does not answer?"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from console.api.tokens import Role, new_token
from plans import write_site
from tests.site_builder import make_site
from tests.unit.console.conftest import Call

ROOT = Path(__file__).parents[3]
PATIENCE_S = 30.0


def two_free_ports() -> int:
    """The first of two neighbouring ports on loopback that nobody listened on a moment ago."""
    for _ in range(50):
        with socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", 0))
            port: int = one.getsockname()[1]
            try:
                other.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port
    raise OSError("no two neighbouring ports")


@pytest.fixture
def street(tmp_path: Path) -> Path:
    """A small site whose cabinets have free ports."""
    return write_site(make_site(two_free_ports()), tmp_path / "street")


@pytest.fixture
def started() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start the command line as a process; what still runs at the end is stopped."""
    running: list[subprocess.Popen[str]] = []

    def start(*words: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "console", *map(str, words)]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
        process = subprocess.Popen(
            command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def eventually(what: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end_s = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < end_s, "waited in vain"
        time.sleep(0.05)


def test_a_town_is_driven_and_an_operator_overrules_it(
    street: Path, started: Callable[..., subprocess.Popen[str]], tmp_path: Path, call: Call, free_tcp_port: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    token, holder = new_token("desk-1", Role.OPERATOR)
    (tmp_path / "tokens").write_text(holder.line())
    monkeypatch.setenv("FAIKHIAO_TOKEN", token)
    place, journal = tmp_path / "api.sock", tmp_path / "journal"
    cabinets = started("cabinet", street)
    assert cabinets.stdout is not None
    assert cabinets.stdout.readline().startswith("J01  127.0.0.1:")
    service = started(
        "run", street, "--live", "--broker", f"embedded:{free_tcp_port}", "--journal", journal,
        "--api", place, "--api-tokens", tmp_path / "tokens",
    )  # fmt: skip
    eventually(lambda: call("operator", "state", "--socket", place).exit_code == 0)
    assert json.loads(call("operator", "state", "--socket", place, "--json").stdout)["live"] is True
    asked = call("operator", "hold", "J02", "--stage", "B", "--for", "60", "--socket", place)
    assert (asked.exit_code, asked.stdout.split()[:2]) == (0, ["hold", "J02:"])

    def heard() -> bool:
        return "desk-1" in call("operator", "decisions", "--junction", "J02", "--socket", place).stdout

    eventually(heard)
    refused = call("operator", "mode", "J02", "actuated", "--socket", place)
    assert refused.exit_code == 3
    assert "needs engineer" in refused.stderr
    service.send_signal(signal.SIGTERM)
    cabinets.send_signal(signal.SIGINT)
    assert service.wait(PATIENCE_S) == 0
    assert cabinets.wait(PATIENCE_S) == 130
    assert not place.exists()
    assert call("replay", journal).exit_code == 0
    assert '"by": "desk-1"' in call("report", journal).stdout


def test_a_broker_that_is_not_there_ends_with_4(call: Call, street: Path, free_tcp_port: int) -> None:
    result = call("run", street, "--broker", f"127.0.0.1:{free_tcp_port}")
    assert result.exit_code == 4
    assert f"no MQTT broker at 127.0.0.1:{free_tcp_port}" in result.stderr


def test_cabinets_that_are_not_there_end_with_4(call: Call, street: Path, free_tcp_port: int, tmp_path: Path) -> None:
    result = call("run", street, "--broker", f"embedded:{free_tcp_port}", "--journal", tmp_path / "journal")
    assert result.exit_code == 4
    assert "J01 at 127.0.0.1:" in result.stderr
    assert "faikhiao cabinet SITE" in result.stderr
    assert [file.name for file in (tmp_path / "journal").iterdir()] == ["controller.epoch"], "no step was taken"


def test_a_port_that_is_taken_ends_with_4(call: Call, street: Path) -> None:
    from plans import Bundle, load_site

    address = load_site(Bundle.read(street)).addresses["J01"]
    with socket.socket() as other:
        other.bind((address.host, address.port))
        other.listen()
        result = call("cabinet", street)
    assert result.exit_code == 4
    assert "cabinet J01 cannot listen" in result.stderr


def test_cabinets_end_by_themselves_where_asked(call: Call, street: Path) -> None:
    result = call("cabinet", street, "--only", "J02", "--for", "0.05", "--json")
    assert result.exit_code == 0
    assert list(json.loads(result.stdout)) == ["J02"]
    assert call("cabinet", street, "--only", "J99").exit_code == 2


def test_a_service_that_is_not_there_ends_with_4(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIKHIAO_TOKEN", "token")
    result = call("operator", "state", "--socket", tmp_path / "none.sock")
    assert result.exit_code == 4
    assert "no running service answers" in result.stderr


def test_nobody_asks_without_a_token(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAIKHIAO_TOKEN", raising=False)
    assert call("operator", "release", "J01").exit_code == 2


def test_a_token_is_made_with_its_line(call: Call) -> None:
    made = json.loads(call("operator", "token", "desk-1", "--role", "viewer", "--json").stdout)
    assert made["line"].startswith("desk-1:viewer:")
    assert made["token"] not in made["line"]


@pytest.mark.parametrize(
    ("settings", "says"),
    [("strategy = 3", "strategy"), ("brokr = 1", "brokr"), ("not toml", "cannot be read")],
)
def test_settings_with_mistakes_end_with_3(call: Call, street: Path, tmp_path: Path, settings: str, says: str) -> None:
    (tmp_path / "service.toml").write_text(settings)
    result = call("run", street, "--settings", tmp_path / "service.toml")
    assert result.exit_code == 3
    assert says in result.stderr


def test_an_api_without_holders_of_tokens_ends_with_3(
    call: Call, street: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FAIKHIAO_API_TOKENS", raising=False)
    result = call("run", street, "--api", tmp_path / "api.sock")
    assert result.exit_code == 3
    assert "make a token" in result.stderr
    assert not (tmp_path / "api.sock").exists()


def test_the_doctor_looks_at_what_is_named(call: Call, street: Path, free_tcp_port: int) -> None:
    healthy = call("doctor")
    assert healthy.exit_code == 0
    assert "SUMO" in healthy.stdout
    ill = call("doctor", "--broker", f"127.0.0.1:{free_tcp_port}", "--site", street, "--json")
    assert ill.exit_code == 4
    unreachable = [found["what"] for found in json.loads(ill.stdout) if found["verdict"] == "unreachable"]
    assert len(unreachable) == 3


def test_run_and_cabinet_need_no_sumo(street: Path, free_tcp_port: int) -> None:
    without = "import sys; sys.modules.update(dict.fromkeys(['sumo', 'sumolib', 'libsumo', 'traci']))"
    for words, code in (
        (["cabinet", str(street), "--for", "0.05"], 0),
        (["run", str(street), "--broker", f"127.0.0.1:{free_tcp_port}"], 4),
    ):
        calling = f"{without}; from console.application import build; build()({words!r}, prog_name='faikhiao')"
        run = subprocess.run([sys.executable, "-c", calling], cwd=ROOT, capture_output=True, text=True, check=False)
        assert run.returncode == code, run.stderr
