"""The street's broker, for real: what its configuration promises, and what if it is killed (F01, F12, F64-F66)."""

import json
import os
import queue
import signal
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from field_io import mqtt_link
from field_io.errors import BrokerUnreachable
from field_io.mqtt_link import BrokerAccess, Message, MqttLink, Will
from field_io.settings import BrokerSettings
from field_io.topics import DETECTORS, PRESENCE, STATE, TICK

pytestmark = pytest.mark.mosquitto
CONFIGURATION = Path(__file__).parents[2] / "field_io" / "mosquitto"


@contextmanager
def mosquitto(binary: str, configuration: str, folder: Path, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A broker with this configuration, from when it listens until the end."""
    path = folder / f"mosquitto-{port}.conf"
    path.write_text(configuration)
    log = (folder / "mosquitto.log").open("ab")
    process = subprocess.Popen([binary, "-c", str(path)], stdout=log, stderr=log)
    try:
        for _ in range(500):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert process.poll() is None, (folder / "mosquitto.log").read_text()
            time.sleep(0.01)
        yield process
    finally:
        process.kill()
        process.wait()
        log.close()


def loopback(port: int) -> str:
    text = (CONFIGURATION / "mosquitto-loopback.conf").read_text()
    assert "listener 1883 127.0.0.1" in text
    return text.replace("listener 1883", f"listener {port}")


class Client:
    """A link that keeps what comes."""

    def __init__(self, access: BrokerAccess, name: str, topics: list[str], will: Will | None = None) -> None:
        self.messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.link = MqttLink(access, name, [(topic, 1) for topic in topics], self.messages.put, will=will)
        self.link.start()

    def next(self, timeout_s: float = 10.0) -> Message:
        return self.messages.get(timeout=timeout_s)


def until(condition: Callable[[], bool], seconds: float = 15.0) -> None:
    waiting = threading.Event()
    for _ in range(int(seconds * 100)):
        if condition():
            return
        waiting.wait(0.01)
    pytest.fail("it never came about")


def burst(binary: str, configuration: str, folder: Path, port: int) -> list[int]:
    """Ten thousand messages to a reader that is busy while they come; those that it got in the end."""
    free, got = threading.Event(), list[int]()

    def slowly(message: Message) -> None:
        free.wait(20)
        got.append(int(message.payload))

    with mosquitto(binary, configuration, folder, port):
        access = BrokerAccess("127.0.0.1", port)
        reader, writer = MqttLink(access, "reader", [("burst", 1)], slowly), Client(access, "writer", [])
        reader.start()
        for number in range(10_000):
            assert writer.link.publish("burst", b"%d" % number, qos=1)
        until(lambda: not writer.link._client._out_messages)
        free.set()
        count = -1
        while len(got) not in (count, 10_000):
            count = len(got)
            time.sleep(0.3)
        reader.stop()
        writer.link.stop()
    return got


def test_a_burst_of_ten_thousand_is_delivered_whole(
    mosquitto_binary: str, tmp_path: Path, free_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And with Mosquitto's own limits it is not, and nothing says so."""
    monkeypatch.setattr(mqtt_link, "MAX_QUEUED", 0)
    ours = loopback(free_tcp_port)
    assert burst(mosquitto_binary, ours, tmp_path, free_tcp_port) == list(range(10_000))
    limits = ("max_queued_messages", "max_inflight_messages")
    default = "\n".join(line for line in ours.splitlines() if not line.startswith(limits))
    assert len(burst(mosquitto_binary, default, tmp_path, free_tcp_port)) < 10_000


def test_a_killed_broker_is_found_again_within_five_seconds(
    mosquitto_binary: str, tmp_path: Path, free_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F01: subscriptions come back by themselves, what was said meanwhile is not sent later."""
    monkeypatch.setattr(mqtt_link, "SHORT_LIFE_S", 0.0)
    access = BrokerAccess("127.0.0.1", free_tcp_port)
    with mosquitto(mosquitto_binary, loopback(free_tcp_port), tmp_path, free_tcp_port) as process:
        reader = Client(access, "reader", ["a"])
        os.kill(process.pid, signal.SIGKILL)
        until(lambda: not reader.link.connected)
    assert not reader.link.publish("b", b"stale", qos=1)
    with mosquitto(mosquitto_binary, loopback(free_tcp_port), tmp_path, free_tcp_port):
        back = time.monotonic()
        until(lambda: reader.link.connected)
        assert time.monotonic() - back < 5.0
        writer = Client(access, "writer", ["b"])
        until(lambda: reader.link.connections == 2)
        writer.link.publish("a", b"fresh", qos=1)
        assert reader.next().payload == b"fresh"
        reader.link.publish("b", b"new", qos=1)
        assert writer.next().payload == b"new"
        for client in (reader, writer):
            client.link.stop()


def test_a_second_client_of_our_name_causes_no_storm(mosquitto_binary: str, tmp_path: Path, free_tcp_port: int) -> None:
    """F12: each takes the name from the other; both wait at least five seconds before they come again."""
    with mosquitto(mosquitto_binary, loopback(free_tcp_port), tmp_path, free_tcp_port):
        access = BrokerAccess("127.0.0.1", free_tcp_port)
        first, second = Client(access, "controller", []), Client(access, "controller", [])
        until(lambda: not first.link.connected)
        time.sleep(1.5)
        assert first.link.connections + second.link.connections == 2
        for client in (first, second):
            client.link.stop()


# ---------------------------------------------------------------------------------------------- the street's own


@dataclass(frozen=True)
class Authority:
    """A certificate authority that makes one certificate a user."""

    folder: Path

    def run(self, *arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=self.folder)

    def found(self) -> "Authority":
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        self.run("req", "-x509", *curve, "-days", "2", "-subj", "/CN=authority", "-keyout", "ca.key", "-out", "ca.crt")
        return self

    def certify(self, name: str) -> None:
        curve = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        (self.folder / "names").write_text("subjectAltName=IP:127.0.0.1")
        self.run("req", *curve, "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.csr")
        signed = ("-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "1", "-extfile", "names")
        self.run("x509", "-req", "-in", f"{name}.csr", *signed, "-out", f"{name}.crt")
        (self.folder / f"{name}.key").chmod(0o600)

    def access(self, name: str, port: int) -> BrokerAccess:
        return BrokerSettings(
            host="127.0.0.1",
            port=port,
            ca_file=self.folder / "ca.crt",
            cert_file=self.folder / f"{name}.crt",
            key_file=self.folder / f"{name}.key",
        ).access({})


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    found = Authority(tmp_path_factory.mktemp("authority")).found()
    for name in ("broker", "controller", "gateway-north", "display"):
        found.certify(name)
    return found


@pytest.fixture
def street(mosquitto_binary: str, tmp_path: Path, free_tcp_port: int, authority: Authority) -> Iterator[int]:
    """The street's configuration as it stands in the repository, but for port, user and places."""
    text = (CONFIGURATION / "mosquitto.conf").read_text()
    changes = {
        "listener 8883": f"user {os.environ.get('USER', 'root')}\nlistener {free_tcp_port} 127.0.0.1",
        "/etc/mosquitto/certs": str(authority.folder),
        "/etc/mosquitto/faikhiao.acl": str(CONFIGURATION / "faikhiao.acl"),
    }
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    with mosquitto(mosquitto_binary, text, tmp_path, free_tcp_port):
        yield free_tcp_port


def test_a_gateway_writes_its_own_junctions_and_nothing_else(street: int, authority: Authority) -> None:
    """F64, by what is delivered: a SUBACK or PUBACK of Mosquitto proves nothing."""
    site = "my-site"
    everything = [topic.at(site) for topic in (DETECTORS, STATE, PRESENCE)]
    controller = Client(authority.access("controller", street), "controller", everything)
    display = Client(authority.access("display", street), "display", [*everything, "#"])
    here = PRESENCE.at(site, gateway="gateway-north")
    gateway = Client(authority.access("gateway-north", street), "gateway", everything, Will(here, "b1"))
    assert json.loads(controller.next().payload)["online"]
    for junction in ("J03", "J01"):
        gateway.link.publish(DETECTORS.at(site, junction=junction), junction.encode(), qos=1)
    gateway.link.publish(STATE.at(site, junction="J01"), b"forged", qos=1)
    gateway.link.publish(PRESENCE.at(site, gateway="controller"), b"forged", qos=1)
    gateway.link.publish(DETECTORS.at(site, junction="J02"), b"J02", qos=1)
    assert [controller.next().payload for _ in range(2)] == [b"J01", b"J02"]
    controller.link.publish(TICK.at(site), b"forged", qos=1)
    controller.link.publish(STATE.at(site, junction="J01"), b"green", qos=1)
    assert display.next().payload == b"green"
    assert controller.messages.empty()
    assert display.messages.empty()
    for client in (controller, display, gateway):
        client.link.stop()


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # paho leaves a refused TLS socket open
def test_who_has_no_certificate_of_ours_is_not_let_in(street: int, authority: Authority, tmp_path: Path) -> None:
    """F65, F66: anonymous, self-made, and a broker that is not ours."""
    anonymous = BrokerAccess("127.0.0.1", street)
    with pytest.raises(BrokerUnreachable):
        MqttLink(anonymous, "x", [], print).start(1.0)
    bare = ssl.create_default_context(cafile=str(authority.folder / "ca.crt"))
    with pytest.raises(BrokerUnreachable, match="closes the connection"):
        MqttLink(BrokerAccess("127.0.0.1", street, tls=bare), "x", [], print).start(1.0)
    stranger = Authority(tmp_path).found()
    stranger.certify("controller")
    with pytest.raises(BrokerUnreachable, match="certificate verify failed"):
        MqttLink(stranger.access("controller", street), "x", [], print).start(1.0)
