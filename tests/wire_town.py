"""A small town on real wires: its cabinets on loopback, a simulation that ticks, a service between them."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from controller.events import DetectorReading
from controller.model import Network
from field_io.clock import StreetClock
from field_io.detector_payload import encode
from field_io.mqtt_link import BrokerAccess, Crossing, Message, MqttLink
from field_io.registers import laboratory_key
from field_io.service import Service
from field_io.settings import BrokerSettings, LockStepSettings
from field_io.topics import DETECTORS, DONE, TICK
from plans import Site, load_cabinet, load_site
from sim.cabinet import CabinetConfig, VirtualCabinet
from sim.cabinet.server import CabinetServer, Port
from tests.site_builder import bundle_of, site_data

BEGIN_S = 25_200.0
UTC_AT_ZERO_S = 1_767_546_000.0
LOCK_STEP = LockStepSettings(begin_s=BEGIN_S, utc_at_zero_s=UTC_AT_ZERO_S)


class Quiet:
    """A log that keeps events."""

    def __init__(self) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []

    def info(self, event: str, **values: Any) -> None:
        self.events.append((event, values))

    warning = error = info


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass
class Street:
    """A site whose cabinets answer on loopback."""

    site: Site
    server: CabinetServer
    cabinets: dict[str, VirtualCabinet]


def make_site(ports: dict[str, int]) -> Site:
    files = site_data()
    for junction, port in ports.items():
        files[f"cabinets/{junction}.yaml"]["address"]["port"] = port
    return load_site(bundle_of(files))


@asynccontextmanager
async def street_of(begin_s: float, *, real_time: bool = False) -> AsyncIterator[Street]:
    """The two cabinets of the small site, in remote at `begin_s`."""
    bundle = bundle_of(site_data())
    cabinets = {}
    for number, junction in enumerate(("J01", "J02"), start=1):
        cabinets[junction] = VirtualCabinet(
            CabinetConfig.from_file(load_cabinet(bundle, junction)),
            boot_id=0x5EED_0000_0000_0000 | 1000 + number,
            key=laboratory_key(junction),
            now_ds=round(begin_s * 10),
            unix_at_zero_s=UTC_AT_ZERO_S,
        )
        cabinets[junction].begin_in_remote(round(begin_s * 10))
    clock = StreetClock(begin_s)
    server = CabinetServer(cabinets, {name: Port() for name in cabinets}, wall_clock=clock.now_s if real_time else None)
    async with server.running():
        yield Street(make_site(server.ports), server, cabinets)


def readings_of(network: Network, now_s: float) -> list[DetectorReading]:
    """Traffic of a kind: each loop sees a vehicle now and then."""
    readings = []
    for row, junction in enumerate(network.junctions):
        loops = tuple(loop.id for loop in junction.loops)
        counts = tuple(int((now_s * 7 + row + place) % 9 == 0) for place in range(len(loops)))
        readings.append(DetectorReading(junction.id, now_s - 1, now_s, loops, counts, tuple(300 * c for c in counts)))
    return readings


class Simulation:
    """The other side of lock-step: publishes loops and ticks, waits for done."""

    def __init__(self, site: str, broker: BrokerSettings) -> None:
        self.site = site
        self.sequence = 0
        self._done: asyncio.Queue[float] = asyncio.Queue()
        crossing = Crossing(asyncio.get_running_loop(), self._take)
        topics = [(DONE.at(site), 1)]
        self.link = MqttLink(BrokerAccess("127.0.0.1", broker.port), "simulation", topics, crossing)

    def _take(self, messages: Sequence[Message]) -> None:
        for message in messages:
            self._done.put_nowait(json.loads(message.payload)["t"])

    def publish(self, readings: Sequence[DetectorReading]) -> None:
        for reading in readings:
            self.sequence += 1
            payload = encode(reading, "sumo", "0", self.sequence)
            self.link.publish(DETECTORS.at(self.site, junction=reading.junction), payload, qos=1)

    async def tick(self, now_s: float) -> None:
        self.link.publish(TICK.at(self.site), json.dumps({"t": now_s}).encode(), qos=1)
        assert await asyncio.wait_for(self._done.get(), 20) == now_s


@asynccontextmanager
async def running(service: Service) -> AsyncIterator[None]:
    """A service while it waits for seconds; its failure is the test's."""
    task = asyncio.create_task(service.run())
    ready = asyncio.create_task(service.ready.wait())
    await asyncio.wait([task, ready], return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        ready.cancel()
        await task
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
