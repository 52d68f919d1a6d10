"""The street's broker, for real: what its configuration promises, and what if it is killed (F01, F12, F64-F66)."""

import getpass
import json
import os
import queue
import shutil
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from field_io import mqtt_link
from field_io.errors import BrokerUnreachable
from field_io.mosquitto_acl import acl_text
from field_io.mqtt_link import BrokerAccess, Message, MqttLink, Will
from field_io.settings import BrokerSettings
from field_io.tls import Credentials, TlsFiles
from field_io.topics import DETECTORS, PRESENCE, STATE, TICK
from tests.authority import TOMORROW, YESTERDAY, ThrowAway, make_authority

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
        for _ in range(3000):
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

    def next(self, timeout_s: float = 60.0) -> Message:
        return self.messages.get(timeout=timeout_s)


def until(condition: Callable[[], bool], seconds: float = 60.0) -> None:
    waiting = threading.Event()
    for _ in range(int(seconds * 100)):
        if condition():
            return
        waiting.wait(0.01)
    pytest.fail("it never came about")


SILENCE_S = 1.5
"""After so long without a message none comes any more."""


def burst(binary: str, configuration: str, folder: Path, port: int) -> list[int]:
    """Ten thousand messages to a reader that is busy while they come; those that it got in the end."""
    free, got = threading.Event(), list[int]()

    def slowly(message: Message) -> None:
        free.wait(60)
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
            time.sleep(SILENCE_S)
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


def test_a_killed_broker_is_found_again(
    mosquitto_binary: str, tmp_path: Path, free_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F01: subscriptions come back by themselves, what was said meanwhile is not sent later. How soon: `faults`."""
    monkeypatch.setattr(mqtt_link, "SHORT_LIFE_S", 0.0)
    access = BrokerAccess("127.0.0.1", free_tcp_port)
    with mosquitto(mosquitto_binary, loopback(free_tcp_port), tmp_path, free_tcp_port) as process:
        reader = Client(access, "reader", ["a"])
        os.kill(process.pid, signal.SIGKILL)
        until(lambda: not reader.link.connected)
    assert not reader.link.publish("b", b"stale", qos=1)
    with mosquitto(mosquitto_binary, loopback(free_tcp_port), tmp_path, free_tcp_port):
        until(lambda: reader.link.connected)
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
        began_s = time.monotonic()
        time.sleep(1.5)
        again = first.link.connections + second.link.connections - 2
        assert again <= (time.monotonic() - began_s) / 5.0
        for client in (first, second):
            client.link.stop()


# ---------------------------------------------------------------------------------------------- the street's own


def access(authority: ThrowAway, name: str, port: int, **changes: Path) -> BrokerAccess:
    """How a client of that name is let in."""
    folder = authority.folder
    named = {"ca_file": folder / "ca.crt", "cert_file": folder / f"{name}.crt", "key_file": folder / f"{name}.key"}
    return BrokerSettings.model_validate({"host": "127.0.0.1", "port": port} | named | changes).access({})


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> ThrowAway:
    made = make_authority(tmp_path_factory.mktemp("authority"))
    made.server("broker")
    for name in ("controller", "gateway-north", "gateway-south", "display", "taken-back"):
        made.client(name)
    made.authority.revoke("taken-back")
    return made


def street_configuration(port: int, certificates: Path, acl: Path = CONFIGURATION / "faikhiao.acl") -> str:
    """The street's configuration as it stands in the repository, but for port, user and places."""
    text = (CONFIGURATION / "mosquitto.conf").read_text()
    changes = {
        "listener 8883": f"user {getpass.getuser()}\nlistener {port} 127.0.0.1",
        "/etc/mosquitto/certs": str(certificates),
        "/etc/mosquitto/faikhiao.acl": str(acl),
    }
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.fixture
def street(mosquitto_binary: str, tmp_path: Path, free_tcp_port: int, authority: ThrowAway) -> Iterator[int]:
    """A broker as the street has it."""
    configuration = street_configuration(free_tcp_port, authority.folder)
    with mosquitto(mosquitto_binary, configuration, tmp_path, free_tcp_port):
        yield free_tcp_port


def delivered(client: Client, last: bytes) -> list[bytes]:
    """What came, up to a message that is known to come last."""
    payloads = [client.next().payload]
    while payloads[-1] != last:
        payloads.append(client.next().payload)
    return payloads


def test_a_gateway_writes_its_own_junctions_and_nothing_else(street: int, authority: ThrowAway) -> None:
    """F64, by what is delivered: a SUBACK or PUBACK of Mosquitto proves nothing."""
    site = "my-site"
    everything = [topic.at(site) for topic in (DETECTORS, STATE, PRESENCE)]
    controller = Client(access(authority, "controller", street), "controller", everything)
    display = Client(access(authority, "display", street), "display", [*everything, "#"])
    here = PRESENCE.at(site, gateway="gateway-north")
    gateway = Client(access(authority, "gateway-north", street), "gateway", everything, Will(here, "b1"))
    assert json.loads(controller.next().payload)["online"]
    for junction in ("J03", "J01"):
        gateway.link.publish(DETECTORS.at(site, junction=junction), junction.encode(), qos=1)
    gateway.link.publish(STATE.at(site, junction="J01"), b"forged", qos=1)
    gateway.link.publish(PRESENCE.at(site, gateway="controller"), b"forged", qos=1)
    gateway.link.publish(PRESENCE.at(site, gateway="gateway-south"), b"forged", qos=1)
    gateway.link.publish(DETECTORS.at("other-site", junction="J01"), b"forged", qos=1)
    gateway.link.publish(DETECTORS.at(site, junction="J02"), b"J02", qos=1)
    assert delivered(controller, b"J02") == [b"J01", b"J02"]
    controller.link.publish(TICK.at(site), b"forged", qos=1)
    controller.link.publish(STATE.at(site, junction="J01"), b"green", qos=1)
    assert delivered(display, b"green") == [b"green"]
    assert controller.messages.empty()
    assert gateway.messages.empty()  # it subscribed to all of it, and was granted all of it
    for client in (controller, display, gateway):
        client.link.stop()


def test_two_gateways_cannot_speak_for_each_other(
    street: int, authority: ThrowAway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F64, F12: not under the other's junctions, nor as its client id, nor through a last will."""
    monkeypatch.setattr(mqtt_link, "SHORT_LIFE_S", 0.0)
    site = "my-site"
    controller = Client(access(authority, "controller", street), "controller", [DETECTORS.at(site), PRESENCE.at(site)])
    north = Client(access(authority, "gateway-north", street), "gateway-north", [])
    will = Will(PRESENCE.at(site, gateway="gateway-north"), "x")
    south = Client(access(authority, "gateway-south", street), "gateway-north", [], will)  # the other's client id
    for name, client in (("north", north), ("south", south)):
        for junction in ("J01", "J03"):
            client.link.publish(DETECTORS.at(site, junction=junction), f"{name} {junction}".encode(), qos=1)
    until(lambda: not south.link._client._out_messages)
    south.link._client._sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]  # so that its will is read
    until(lambda: south.link.connections == 2)
    south.link.publish(DETECTORS.at(site, junction="J03"), b"last", qos=1)
    *told, last = delivered(controller, b"last")  # two connections: their order is the broker's
    assert (sorted(told), last) == ([b"north J01", b"south J03"], b"last")
    assert (north.link.connections, north.link.connected) == (1, True)
    for client in (controller, north, south):
        client.link.stop()


def test_the_acl_of_the_repository_is_made_from_a_table() -> None:
    """So that a city's own, made by `certificates make`, is the one that is tested here."""
    made = acl_text("my-site", {"gateway-north": ("J01", "J02"), "gateway-south": ("J03",)})
    assert (CONFIGURATION / "faikhiao.acl").read_text() == made


STRANGERS = ["expired", "not yet valid", "another authority", "revoked", "a server's", "no certificate", "no TLS"]


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # paho leaves a refused TLS socket open
@pytest.mark.parametrize("kind", STRANGERS)
def test_who_has_no_certificate_of_ours_is_not_let_in(
    street: int, authority: ThrowAway, tmp_path: Path, kind: str
) -> None:
    """F65, F66: anonymous, out of date, taken back, self-made, or made for something else."""
    maker, name = authority, "stranger"
    match kind:
        case "expired":
            authority.client(name, now=YESTERDAY - timedelta(days=1))
        case "not yet valid":
            authority.client(name, now=TOMORROW)
        case "another authority":
            maker = make_authority(tmp_path)
            maker.client(name)
        case "revoked":
            name = "taken-back"
        case "a server's":
            authority.server(name)
        case _:
            authority.client(name)
    trusted = authority.folder / "ca.crt"
    let_in = access(maker, name, street, ca_file=trusted)
    if kind == "no certificate":
        let_in = BrokerAccess("127.0.0.1", street, tls=Credentials(TlsFiles(trusted)))
    if kind == "no TLS":
        let_in = BrokerAccess("127.0.0.1", street)
    with pytest.raises(BrokerUnreachable):
        MqttLink(let_in, "x", [], print).start(1.5)


WRONG_BROKERS = {
    "expired": "certificate has expired",
    "not yet valid": "not yet valid",
    "another authority": "certificate verify failed",
    "another host": "mismatch",
    "revoked": "revoked",
}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # as above
@pytest.mark.parametrize(("kind", "says"), WRONG_BROKERS.items())
def test_a_broker_that_is_not_ours_is_not_spoken_to(
    mosquitto_binary: str, tmp_path: Path, free_tcp_port: int, kind: str, says: str
) -> None:
    """F66, the other direction, with the reason told."""
    authority = make_authority(tmp_path / "ours")
    authority.client("controller")
    servers = make_authority(tmp_path / "other") if kind == "another authority" else authority
    match kind:
        case "expired":
            servers.server("broker", now=YESTERDAY - timedelta(days=1))
        case "not yet valid":
            servers.server("broker", now=TOMORROW)
        case "another host":
            servers.server("broker", hosts=("10.9.9.9",))
        case _:
            servers.server("broker")
    if kind == "revoked":
        authority.authority.revoke("broker")
    configuration = street_configuration(free_tcp_port, servers.folder)
    with mosquitto(mosquitto_binary, configuration, tmp_path, free_tcp_port):
        ours = access(authority, "controller", free_tcp_port, crl_file=authority.folder / "ca.crl")
        with pytest.raises(BrokerUnreachable, match=says):
            MqttLink(ours, "x", [], print).start(1.5)


def test_a_new_certificate_is_shown_at_the_next_connection(
    street: int, authority: ThrowAway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F67: swap the files under a running link; what it may do then is what the new one's name may."""
    monkeypatch.setattr(mqtt_link, "SHORT_LIFE_S", 0.0)
    site = "my-site"
    controller = Client(access(authority, "controller", street), "controller", [DETECTORS.at(site)])
    folder, own = authority.folder, ("gateway-north", "gateway-south")
    for suffix in ("crt", "key"):
        shutil.copy(folder / f"{own[0]}.{suffix}", folder / f"rotating.{suffix}")
    link = Client(access(authority, "rotating", street), "x", []).link
    for suffix in ("crt", "key"):
        shutil.copy(folder / f"{own[1]}.{suffix}", folder / f"rotating.{suffix}")
    link.publish(DETECTORS.at(site, junction="J01"), b"north", qos=1)
    assert controller.next().payload == b"north"
    link._client._sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]  # a line that breaks
    until(lambda: link.connections == 2)
    link.publish(DETECTORS.at(site, junction="J01"), b"forged", qos=1)
    link.publish(DETECTORS.at(site, junction="J03"), b"south", qos=1)
    assert controller.next().payload == b"south"
    link.stop()
    controller.link.stop()
