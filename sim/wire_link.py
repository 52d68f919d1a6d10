"""The street on real wires: detector gateway and lock-step over MQTT, virtual cabinets behind Modbus TCP, on loopback.

One second: messages of all junctions, then the tick; the controller, in its own process, steps, writes to every cabinet
and reads it back, and answers `done`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import queue
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping

from controller.events import DetectorReading
from field_io.detector_payload import encode
from field_io.mqtt_link import BrokerAccess, Message, MqttLink, Will
from field_io.topics import DETECTORS, DONE, PRESENCE, TICK
from plans import Site
from sim.cabinet import CabinetServer, Port
from sim.controller_process import ControllerEndedError, ControllerProcess
from sim.street_cabinets import StreetCabinets

GATEWAY = "sumo"
BOOT = "0"
LOOPBACK = "127.0.0.1"
SECOND_S = 60.0
"""A second that takes longer than this on the wall clock will not end."""
ALIVE_EVERY_S = 1.0
"""So often, while it waits, the harness looks whether the controller is still there [s]."""


class WireLink:
    """The street's side of the wires."""

    def __init__(self, site: Site, broker: tuple[str, int], *, utc_at_zero_s: float) -> None:
        self._utc_at_zero_s = utc_at_zero_s
        self._sequence = 0
        self._done: queue.SimpleQueue[float] = queue.SimpleQueue()
        name = site.network.site
        self._topics = {junction.id: DETECTORS.at(name, junction=junction.id) for junction in site.network.junctions}
        self._tick = TICK.at(name)
        self._mqtt = MqttLink(
            BrokerAccess(*broker),
            f"{name}-{GATEWAY}",
            [(DONE.at(name), DONE.qos)],
            self._hear,
            will=Will(PRESENCE.at(name, gateway=GATEWAY), BOOT),
        )

    @property
    def published(self) -> int:
        """Messages sent."""
        return self._mqtt.published

    @contextlib.contextmanager
    def connected(self) -> Iterator[None]:
        """Connect to the broker; raises BrokerUnreachable."""
        self._mqtt.start()
        try:
            yield
        finally:
            self._mqtt.stop()

    def publish(self, readings: Iterable[DetectorReading]) -> None:
        """Send the readings of the last second."""
        for reading in readings:
            self._sequence += 1
            payload = encode(reading, GATEWAY, BOOT, self._sequence)
            self._mqtt.publish(self._topics[reading.junction], payload, qos=DETECTORS.qos)

    def tick(self, now_s: float, controller: ControllerProcess) -> None:
        """Tell the second and wait until it is decided and done; raises ControllerEndedError where it never will be."""
        payload = json.dumps({"t": now_s, "utc": self._utc_at_zero_s + now_s}).encode()
        self._mqtt.publish(self._tick, payload, qos=TICK.qos)
        waited_s = 0.0
        while waited_s < SECOND_S:
            try:
                done_s = self._done.get(timeout=ALIVE_EVERY_S)
            except queue.Empty:
                waited_s += ALIVE_EVERY_S
                if not controller.alive:
                    raise controller.why() from None
                continue
            if done_s == now_s:
                return
        raise ControllerEndedError(f"second {now_s:g} was not done within {SECOND_S:g} s: is the broker overloaded?")

    def _hear(self, message: Message) -> None:
        """Called by MQTT's network thread."""
        with contextlib.suppress(ValueError, KeyError, TypeError):
            self._done.put(float(json.loads(message.payload)["t"]))


class CabinetThread:
    """The Modbus servers of all cabinets, on an event loop in a thread of their own; a context manager."""

    def __init__(self, cabinets: StreetCabinets) -> None:
        self.ports: Mapping[str, int] = {}
        """Where each junction's cabinet listens."""
        self._server = CabinetServer(cabinets.cabinets, dict.fromkeys(cabinets.cabinets, Port(LOOPBACK)))
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="cabinets", daemon=True)
        self._listening = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._end: asyncio.Event | None = None
        self._failure: OSError | None = None

    def __enter__(self) -> CabinetThread:  # noqa: PYI034 - nobody inherits from it
        """Listen; raises OSError where a port cannot be had."""
        self._thread.start()
        self._listening.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(self, *_: object) -> None:
        """Hang up and end the thread."""
        if self._loop is not None and self._end is not None:
            self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        try:
            async with self._server.running():
                self.ports = dict(self._server.ports)
                self._listening.set()
                await self._end.wait()
        except OSError as error:
            self._failure = error
            self._listening.set()


def free_port() -> int:
    """A port on loopback that nobody listened on a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port
