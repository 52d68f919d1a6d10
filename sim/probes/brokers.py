"""F01 to F05 and F11 to F13: the broker dies, freezes, forgets or refuses; somebody takes our name; a gateway goes."""

from __future__ import annotations

import json
import queue
import resource
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from unittest.mock import patch

from controller.events import DetectorReading, Reason, Rung
from field_io.detector_door import DetectorDoor
from field_io.detector_payload import encode
from field_io.errors import BrokerUnreachable
from field_io.inbox import Inbox
from field_io.intake import Intake
from field_io.mqtt_link import BrokerAccess, Message, MqttLink, Will
from field_io.topics import DETECTORS, PRESENCE
from plans import load_site
from sim.faults.messages import Sent
from sim.faults.town import town
from sim.probes.mosquitto import Mosquitto, await_for, mosquitto, wait_until
from sim.probes.outcome import Figure, Outcome, Row
from sim.probes.scene import NEVER, Scene, since

HYSTERESIS_S = 60.0
OUTAGE_S = 5.0
WATCHED_S = 6.0
"""How long two clients of one name are watched (F12)."""


def _link(port: int, name: str, topics: tuple[str, ...], deliver: Callable[[Message], None]) -> MqttLink:
    link = MqttLink(BrokerAccess("127.0.0.1", port), name, [(topic, 1) for topic in topics], deliver)
    link.start()
    return link


class _Ends:
    """A gateway that publishes a second's counts ten times a second, and a controller's side that hears them."""

    def __init__(self, port: int) -> None:
        network = load_site(town(2)).network
        self._junction = network.junctions[0]
        self._topic = DETECTORS.at(network.site, junction=self._junction.id)
        self.door = DetectorDoor(network, 5.0)
        self.heard: queue.SimpleQueue[int] = queue.SimpleQueue()
        self.controller = _link(port, "controller", (self._topic,), self._hear)
        self.gateway = _link(port, "gateway", (), lambda _: None)
        self._number = 0

    def publish(self) -> int:
        """The next second's counts, numbered."""
        self._number += 1
        loops = tuple(loop.id for loop in self._junction.loops)
        nothing = (0,) * len(loops)
        reading = DetectorReading(self._junction.id, self._number - 1.0, self._number, loops, nothing, nothing)
        self.gateway.publish(self._topic, encode(reading, "gw", "b", self._number), qos=1)
        return self._number

    def _hear(self, message: Message) -> None:
        reading = self.door.accept(message.topic, message.payload, message.retained, message.received_s)
        if reading is not None:
            self.heard.put(json.loads(message.payload)["seq"])

    def until_heard(self, within_s: float = 15.0) -> float:
        """Publish until something fresh arrives; how long that took [s]."""
        began = time.monotonic()
        while time.monotonic() - began < within_s:
            self.publish()
            try:
                self.heard.get(timeout=0.1)
            except queue.Empty:
                continue
            return time.monotonic() - began
        return NEVER

    def close(self) -> None:
        """Both ends go."""
        self.controller.stop()
        self.gateway.stop()


def broker_killed() -> Outcome:
    """F01: a real Mosquitto is killed and is back after 5 s; the same outage in the town."""
    with mosquitto() as broker:
        ends = _Ends(broker.port)
        ends.until_heard()
        time.sleep(10.5)  # a connection of less than 10 s counts as one that somebody took from us (F12)
        detect_s = _kill_and_wait(broker, ends)
        time.sleep(OUTAGE_S - min(detect_s, OUTAGE_S))
        broker.start()
        back_s = ends.until_heard()
        doubles = len(_numbers(ends)) - len(set(_numbers(ends)))
        ends.close()
    scene = Scene(junctions=2)
    end_s = scene.now_s + OUTAGE_S
    scene.world.broker.troubles[1] = lambda _message, _now_s: []
    scene.run(int(OUTAGE_S))
    scene.world.broker.troubles.clear()
    fell_s = scene.until(lambda: scene.rung() is Rung.PLAN, 3)
    recover_s = scene.until(lambda: scene.rung() < Rung.PLAN, 90) + (fell_s if fell_s < NEVER else 0.0)
    return scene.outcome(
        f"made again {back_s:.1f} s after its return; the town held its demand for {OUTAGE_S:g} s"
        + (" and never left its rung" if fell_s == NEVER else " and went by plan until counts were fresh for 60 s"),
        Figure("noticed after", detect_s, 1.0, "s", timed=True),
        Figure("counts again after the return", back_s, 5.0, "s", timed=True),
        Figure("former rung after the return", since(end_s, end_s + recover_s), 5.0 + HYSTERESIS_S, "s"),
        Figure("double counts", doubles),
        detect_s=detect_s,
        safe_s=OUTAGE_S + fell_s if fell_s < NEVER else 0.0,
        recover_s=max(back_s, recover_s),
    )


def _kill_and_wait(broker: Mosquitto, ends: _Ends) -> float:
    began = time.monotonic()
    broker.kill()
    wait_until(lambda: not ends.controller.connected)
    return time.monotonic() - began


def _numbers(ends: _Ends) -> list[int]:
    found = []
    while not ends.heard.empty():
        found.append(ends.heard.get())
    for number in found:
        ends.heard.put(number)
    return found


def broker_away() -> Outcome:
    """F02: no broker for half an hour, and then everything that was said meanwhile at once."""
    scene = Scene(junctions=2)
    before_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    back_s = scene.now_s + 1800.0
    used = _count_stale(scene)
    scene.world.broker.troubles[1] = _held_until(back_s)
    safe_s = scene.until(lambda: scene.rung() is Rung.PLAN, 10)
    left = _seconds_off(scene, Rung.PLAN, int(back_s - scene.now_s))
    scene.world.broker.troubles.clear()
    recover_s = scene.until(lambda: scene.rung() < Rung.PLAN, 120)
    grown_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024 - before_mib
    return scene.outcome(
        "by plan all the time; 1,800 s of messages of two junctions came at once on its return and were dropped",
        Figure("by plan after", safe_s, 6.0, "s"),
        Figure("seconds on another rung meanwhile", left),
        Figure("stale counts used", used[0]),
        Figure("memory grown", grown_mib, 20.0, "MiB"),
        detect_s=since(back_s - 1800.0, scene.alarmed(Reason.STALE_DETECTORS, back_s - 1800.0)),
        safe_s=safe_s,
        recover_s=recover_s,
    )


def _held_until(back_s: float) -> Callable[[Message, float], Sent]:
    return lambda message, now_s: [(max(0.0, back_s - now_s), message)]


def _seconds_off(scene: Scene, wanted: Rung, seconds: int) -> int:
    off = 0
    for _ in range(seconds):
        scene.second()
        off += scene.rung() is not wanted
    return off


def _count_stale(scene: Scene) -> list[int]:
    """A count, kept while the scene runs, of readings let in more than 5 s after what they saw."""
    used = [0]
    centre = scene.world.centre
    if centre is None:
        return used
    accept = centre.intake.door.accept

    def watched(topic: str, payload: bytes, retained: bool, now_s: float) -> DetectorReading | None:  # noqa: FBT001
        reading = accept(topic, payload, retained, now_s)
        seen_s = json.loads(payload)["t1"]
        used[0] += reading is not None and now_s - seen_s > 5.0
        return reading

    patch.object(centre.intake.door, "accept", watched).start()  # the door goes with the scene
    return used


def broker_frozen() -> Outcome:
    """F03: the broker takes everything and hands out nothing; a real one is stopped, and its link stays up."""
    with mosquitto() as broker:
        ends = _Ends(broker.port)
        ends.until_heard()
        broker.signal(signal.SIGSTOP)
        time.sleep(2.0)
        believed = ends.controller.connected
        broker.signal(signal.SIGCONT)
        ends.close()
    scene = Scene(junctions=2)
    begin_s = scene.now_s
    scene.world.broker.troubles[1] = _held_until(begin_s + 100.0)
    safe_s = scene.until(lambda: scene.rung() is Rung.PLAN, 10)
    scene.run(int(begin_s + 100.0 - scene.now_s))
    scene.world.broker.troubles.clear()
    recover_s = scene.until(lambda: scene.rung() < Rung.PLAN, 120)
    return scene.outcome(
        f"TCP {'stayed up' if believed else 'was given up'} for 2 s of silence; staleness alone led to the plan",
        Figure("by plan after", safe_s, 6.0, "s"),
        detect_s=since(begin_s, scene.alarmed(Reason.STALE_DETECTORS, begin_s)),
        safe_s=safe_s,
        recover_s=recover_s,
    )


def store_lost() -> Outcome:
    """F04: the broker is killed, its database deleted, and started again."""
    with mosquitto("persistence true\npersistence_location FOLDER/\n") as broker:
        ends = _Ends(broker.port)
        ends.until_heard()
        detect_s = _kill_and_wait(broker, ends)
        for file in broker.folder.glob("*.db"):
            file.unlink()
        broker.start()
        back_s = ends.until_heard(20.0)
        ends.close()
    return Outcome(
        "subscribed again by itself, the next second's counts came; nothing depends on what a broker keeps",
        (Figure("counts again", back_s, 10.0, "s", timed=True),),
        detect_s=detect_s,
        recover_s=back_s,
    )


def store_corrupt() -> Outcome:
    """F05: the broker's database is damaged, and it will not start."""
    with mosquitto("persistence true\npersistence_location FOLDER/\n") as broker:
        broker.kill()
        (broker.folder / "mosquitto.db").write_bytes(bytes(range(256)) * 40)
        broker.start()
        refuses = not broker.alive
        began, said = time.monotonic(), ""
        try:
            _link(broker.port, "controller", (), lambda _: None).stop()
        except BrokerUnreachable as error:
            said = str(error)
        took_s = time.monotonic() - began
    return Outcome(
        f"Mosquitto {'refuses to start' if refuses else 'starts all the same'}; told: {said or 'nothing'}",
        (
            Figure("told after", took_s if said or not refuses else NEVER, 10.0, "s", timed=True),
            Figure("broker that refuses", float(refuses), 1.0, least=1.0, timed=True),
        ),
        detect_s=took_s,
    )


@contextmanager
def _scripted_broker(grants: Callable[[], int]) -> Iterator[int]:
    """A broker of a few lines: it takes everybody, and answers each subscription with what `grants` says."""
    listener = socket.create_server(("127.0.0.1", 0))
    open_now: list[socket.socket] = []

    def serve(line: socket.socket) -> None:
        with line:
            while head := line.recv(2):
                if len(head) < 2:
                    return
                body = line.recv(head[1]) if head[1] else b""
                kind = head[0] >> 4
                if kind == 1:
                    line.sendall(b"\x20\x02\x00\x00")
                elif kind == 8:
                    line.sendall(struct.pack(">BBHB", 0x90, 3, struct.unpack(">H", body[:2])[0], grants()))
                elif kind == 12:
                    line.sendall(b"\xd0\x00")

    def accept() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            open_now.append(line)
            threading.Thread(target=_quietly(serve), args=(line,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
        for line in open_now:
            line.close()


def _quietly(serve: Callable[[socket.socket], None]) -> Callable[[socket.socket], None]:
    def run(line: socket.socket) -> None:
        try:
            serve(line)
        except OSError:  # the other side went, or the probe is over
            return

    return run


def subscription_refused() -> Outcome:
    """F11: the broker lets us in and then refuses the subscription, at the start and later."""
    answers = [0x80]
    with _scripted_broker(lambda: answers[-1]) as port:
        began, said = time.monotonic(), ""
        try:
            _link(port, "controller", ("a",), lambda _: None).stop()
        except BrokerUnreachable as error:
            said = str(error)
        at_start_s = time.monotonic() - began if said else NEVER
        answers.append(1)
        link = _link(port, "controller", ("a",), lambda _: None)
        answers.append(0x80)
        began = time.monotonic()
        link._client.subscribe([("a", 1)])  # as after a connection made anew
        detect_s = wait_until(lambda: bool(link.refused))
        answers.append(1)
        granted_s = wait_until(lambda: not link.refused, 12.0)
        link.stop()
    scene = Scene(junctions=2)
    scene.world.broker.troubles[1] = lambda _message, _now_s: []
    safe_s = scene.until(lambda: scene.rung() is Rung.PLAN, 10)
    return scene.outcome(
        f"told: {said}; asked for again until it was granted",
        Figure("told at the start", at_start_s, 2.0, "s", timed=True),
        Figure("told while it runs", detect_s, 2.0, "s", timed=True),
        Figure("granted again after", granted_s, 10.0, "s", timed=True),
        detect_s=detect_s,
        safe_s=safe_s,
        recover_s=granted_s,
    )


def name_taken() -> Outcome:
    """F12: a second client with our client id; each throws the other out."""
    with mosquitto() as broker:
        first, second = (_link(broker.port, "controller", (), lambda _: None) for _ in range(2))
        began = time.monotonic()
        detect_s = wait_until(lambda: not first.connected)
        time.sleep(max(0.0, WATCHED_S - (time.monotonic() - began)))
        watched_s = time.monotonic() - began
        most = max(first.connections, second.connections) - 1
        first.stop()
        second.stop()
    return Outcome(
        f"{first.connections + second.connections} connections in {watched_s:.0f} s, of which two were the first ones",
        (Figure("reconnects of a client in 5 s", most / watched_s * 5.0, 1.0, timed=True),),
        detect_s=detect_s,
    )


def gateway_dies() -> Outcome:
    """F13: a gateway's last will comes, later its new start, and then the late will of the old one."""
    with mosquitto() as broker:
        network = load_site(town(2)).network
        inbox = Inbox(network)
        intake = Intake(network, inbox, lock_step=False)
        topics = tuple(name for name, _ in intake.subscriptions)
        link = _link(broker.port, "controller", topics, lambda message: intake.take([message]))
        where = PRESENCE.at(network.site, gateway="g0")
        will = Will(where, "first")
        gateway = MqttLink(BrokerAccess("127.0.0.1", broker.port), "g0", [], lambda _: None, will=will)
        gateway.start()
        await_for(lambda: "g0" in intake.gateways and intake.gateways["g0"].online, "the gateway's presence")
        began = time.monotonic()
        sock = gateway._client.socket()
        gateway._client.loop_stop()
        if sock is not None:
            sock.close()
        detect_s = wait_until(lambda: not intake.gateways["g0"].online)
        took_s = time.monotonic() - began
        reborn = _link(broker.port, "g0-new", (), lambda _: None)
        reborn.publish(where, Will(where, "second").payload(online=True), qos=1)
        await_for(lambda: intake.gateways["g0"].online, "the new start of the gateway")
        reborn.publish(where, will.payload(online=False), qos=1)
        time.sleep(0.3)
        false_stale = int(not intake.gateways["g0"].online)
        reborn.stop()
        link.stop()
    scene = Scene(junctions=5)
    scene.world.gateways.of["J05"].silent = True
    safe_s = scene.until(lambda: scene.rung("J05") is Rung.PLAN, 10)
    others = sum(scene.rung(junction) is Rung.PLAN for junction in ("J01", "J02"))
    scene.world.gateways.of["J05"].silent = False
    scene.world.gateways.of["J05"].reboot()
    recover_s = scene.until(lambda: scene.rung("J05") < Rung.PLAN, 120)
    return scene.outcome(
        f"shown offline {took_s:.2f} s after its line went; its counts are stale after 5 s; "
        "the late will of its former start changed nothing",
        Figure("shown offline after its will", detect_s, 1.0, "s", timed=True),
        Figure("false stale", false_stale + others),
        detect_s=detect_s,
        safe_s=safe_s,
        recover_s=recover_s,
    )


ROWS = (
    Row(
        "F01",
        "broker killed, back in 5 s",
        "SIGKILL to a Mosquitto of our own",
        "noticed in 1 s; back within 5 s of it (+60 s hysteresis); double counts 0",
        broker_killed,
        timed=True,
    ),
    Row(
        "F02",
        "broker away for 30 min",
        "all messages held back, then delivered at once",
        "by plan all the time; memory +20 MiB at most; stale counts used 0",
        broker_away,
    ),
    Row("F03", "broker frozen", "SIGSTOP; messages held in the town", "by plan within 6 s", broker_frozen, timed=True),
    Row(
        "F04",
        "broker loses its store",
        "SIGKILL, database deleted, started again",
        "full state within 10 s",
        store_lost,
        timed=True,
    ),
    Row(
        "F05",
        "broker's store is damaged",
        "Mosquitto with a damaged database",
        "told within 10 s",
        store_corrupt,
        timed=True,
    ),
    Row(
        "F11",
        "subscription refused",
        "a scripted broker answers 0x80 at the start and while it runs",
        "told within 2 s; asked again with a wait",
        subscription_refused,
        timed=True,
    ),
    Row(
        "F12",
        "client id taken over",
        "a second client with the same id",
        "one reconnect in 5 s at most",
        name_taken,
        timed=True,
    ),
    Row(
        "F13",
        "gateway dies and comes back",
        "its line drops; a late will of its former start",
        "known 1 s after the will; false stale 0",
        gateway_dies,
        timed=True,
    ),
)
