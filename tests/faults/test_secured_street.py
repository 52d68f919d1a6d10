"""A street where all is secured, made by our own commands: does it run, and does no secret leave its place (F70)?"""

import json
import os
import secrets
import signal
import sqlite3
import subprocess
import sys
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from console.api.client import ApiClient
from console.api.tokens import Role, enter, new_token
from console.exits import ConsoleError
from console.places import ApiPlace
from field_io.audit import audit_in_folder, read_records, verify
from plans import Bundle, load_site, write_site
from tests.faults.test_field_io_mosquitto import mosquitto, street_configuration
from tests.site_builder import make_site
from tests.unit.console.test_street_commands import two_free_ports

ROOT = Path(__file__).parents[2]
PATIENCE_S = 40.0
pytestmark = pytest.mark.mosquitto


def everything_in(folder: Path) -> bytes:
    """All that was journalled, as it stands and unpacked."""
    found = b"".join([path.read_bytes() for path in folder.iterdir()])
    for path in folder.glob("*.sqlite"):
        with closing(sqlite3.connect(path)) as db:
            for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
                for row in db.execute(f"SELECT * FROM {table}"):
                    for value in row:
                        raw = value if isinstance(value, bytes) else str(value).encode()
                        found += raw
                        if raw[:1] == b"x":
                            found += zlib.decompress(raw)
    return found


@pytest.fixture
def secured(tmp_path: Path) -> Path:
    """J01 is reached over TLS, J02 by plain Modbus with a key."""
    site = write_site(make_site(two_free_ports()), tmp_path / "street")
    first, second = site / "cabinets" / "J01.yaml", site / "cabinets" / "J02.yaml"
    first.write_text(first.read_text().replace('host: "127.0.0.1"', 'host: "127.0.0.1", transport: tls'))
    second.write_text(second.read_text() + "\nkey_env: CANARY_KEY_J02\n")
    assert [address.transport for address in load_site(Bundle.read(site)).addresses.values()] == ["tls", "tcp"]
    return site


@pytest.fixture
def started(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    """Start the command line as a process, its output into files NAME.out and NAME.err."""
    running: list[subprocess.Popen[bytes]] = []

    def start(*words: object, **environment: str) -> subprocess.Popen[bytes]:
        name = str(words[0])
        with (tmp_path / f"{name}.out").open("wb") as out, (tmp_path / f"{name}.err").open("wb") as err:
            running.append(
                subprocess.Popen(
                    [sys.executable, "-m", "console", *map(str, words)],
                    cwd=ROOT,
                    env={**os.environ, **environment},
                    stdout=out,
                    stderr=err,
                )
            )
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.wait()


def faikhiao(*words: object) -> None:
    subprocess.run([sys.executable, "-m", "console", *map(str, words)], cwd=ROOT, check=True, capture_output=True)


def test_a_secured_street_runs_and_no_secret_is_seen_anywhere(
    mosquitto_binary: str,
    tmp_path: Path,
    free_tcp_port: int,
    secured: Path,
    started: Callable[..., subprocess.Popen[bytes]],
) -> None:
    papers, journal, place = tmp_path / "papers", tmp_path / "journal", ApiPlace(socket=tmp_path / "api.sock")
    faikhiao("certificates", "make", papers, "--site", secured, "--gateway", "north=J01")
    key, password = secrets.token_hex(32), secrets.token_hex(20)
    for name, secret in (("key", key), ("password", password)):
        (tmp_path / name).write_text(secret)
        (tmp_path / name).chmod(0o600)
    token, holder = new_token("desk-1", Role.OPERATOR)
    enter(tmp_path / "tokens", holder)
    tls = f'ca_file = "{papers}/ca.crt"\ncert_file = "{papers}/controller.crt"\nkey_file = "{papers}/controller.key"\n'
    (tmp_path / "settings.toml").write_text(
        f'[broker]\nport = {free_tcp_port}\nusername = "x"\npassword_file = "{tmp_path}/password"\n{tls}'
        f'crl_file = "{papers}/ca.crl"\n[modbus]\n{tls}'
    )
    configuration = street_configuration(free_tcp_port, papers, papers / "faikhiao.acl")
    with mosquitto(mosquitto_binary, configuration, tmp_path, free_tcp_port):
        named = {"CANARY_KEY_J02_FILE": str(tmp_path / "key")}
        started("cabinet", secured, "--certificates", papers, **named)
        service = started(
            *("run", secured, "--live", "--json", "--settings", tmp_path / "settings.toml", "--journal", journal),
            *("--api", place.socket, "--api-tokens", tmp_path / "tokens"),
            **named,
        )
        state = until_met(ApiClient(place, token), service, tmp_path / "run.err")
        guess = secrets.token_urlsafe(32)
        with pytest.raises(ConsoleError):
            ApiClient(place, guess).get("/v1/state")
        ApiClient(place, token).post("/v1/junctions/J01/hold", {"for_s": 30})
        service.send_signal(signal.SIGTERM)
        assert service.wait(PATIENCE_S) == 0
    log = audit_in_folder(journal)
    assert [record["outcome"].partition(" ")[0] for record in read_records(log)] == ["refused", "accepted"]
    assert verify(log).fault is None
    told = (tmp_path / "run.err").read_bytes()
    assert str(verify(log).head).encode() in told  # kept where the log is not
    seen = told + (tmp_path / "run.out").read_bytes() + json.dumps(state).encode() + everything_in(journal)
    assert b"password_file" in seen
    private = [line.encode() for path in papers.glob("*.key") for line in path.read_text().splitlines()[1:-1]]
    for hidden in (key.encode(), bytes.fromhex(key), password.encode(), token.encode(), guess.encode(), *private):
        assert hidden not in seen


def until_met(client: ApiClient, service: subprocess.Popen[bytes], errors: Path) -> object:
    """Wait until both cabinets are up and have been read a few times; the state then."""
    end_s = time.monotonic() + PATIENCE_S
    while time.monotonic() < end_s:
        assert service.poll() is None, errors.read_text()
        try:
            state = client.get("/v1/state")
        except ConsoleError:
            time.sleep(0.1)
            continue
        if state["counters"]["modbus_round_trips"] >= 8 and not state["counters"]["links_down"]:
            return state
        time.sleep(0.1)
    pytest.fail(f"not met: {errors.read_text()}")
