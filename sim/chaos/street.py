"""A street for real processes to drive: watched cabinets behind real ports, a real broker, a gateway that speaks.

The cabinets are those of the deterministic runs, with the same checker at every scan and every write; what is new here
is that the controller is somebody else's process, and that nobody waits for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from controller.events import CabinetMode, CommandKind, DetectorReading
from field_io.detector_payload import encode
from field_io.mqtt_link import BrokerAccess, Message, MqttLink
from field_io.profiles import cabinet_key
from field_io.registers import COMMAND, ResultCode, decode_command
from field_io.topics import DETECTORS
from plans import Site, load_cabinet, load_junction, load_site
from sim.cabinet import CabinetConfig, CabinetServer, Port, VirtualCabinet
from sim.cabinet.server import monotonic_clock
from sim.faults.checker import LEASED, Breach, CabinetWatch, WatchedCabinet
from sim.faults.town import FIRST_PORT, LEASE_S, town
from sim.monitor.rules import JunctionRules

GATEWAY = "chaos-gateway"
LEASE_DS = 10 * LEASE_S


@dataclass(frozen=True, slots=True)
class Accepted:
    """A command block that a cabinet took; `at_s` by the street's clock, `issued_unix_s` as its sender stamped it."""

    at_s: float
    junction: str
    epoch: int
    sequence: int
    kind: CommandKind
    stage: int
    min_green_ds: int
    issued_unix_s: float


@dataclass(frozen=True, slots=True)
class LeftRemote:
    """A cabinet stopped doing what a centre asked; `silent_s` after the last block that it took."""

    at_s: float
    junction: str
    mode: CabinetMode
    silent_s: float


class RecordedCabinet(WatchedCabinet):
    """A watched cabinet that writes down every block that it took, and every time that it left remote."""

    taken: list[Accepted]
    left: list[LeftRemote]
    junction = ""
    read_s = float("-inf")
    """When somebody last read its identity or status by itself."""
    heard_s = float("-inf")
    """When somebody last read it in any way, with a command too."""
    _was: CabinetMode | None = None

    def advance(self, now_ds: int) -> None:
        """As any cabinet; leaving remote is written down."""
        super().advance(now_ds)
        self._note_mode()

    def write_holding(self, address: int, words: Sequence[int]) -> int:
        """As any cabinet; what it took is written down."""
        if address != COMMAND.first:
            return self._write_beside(address, words)
        code = super().write_holding(address, words)
        if code == 0 and self.result is ResultCode.ACCEPTED:
            block = decode_command(words, self.key)
            self.taken.append(
                Accepted(
                    self.now_ds / 10,
                    self.junction,
                    block.epoch,
                    block.sequence,
                    block.kind,
                    block.stage,
                    block.min_green_ds,
                    block.issued_unix_s + block.issued_ms / 1000,
                )
            )
        self._note_mode()
        return code

    def _write_beside(self, address: int, words: Sequence[int]) -> int:
        """A write that is no command block; the checker is told of what is refused: nothing may come of it."""
        before = self.orders
        code = VirtualCabinet.write_holding(self, address, words)
        if code and self.watch is not None:
            self.watch.wrote(words, code, before)
        return code

    def read_input(self, address: int, count: int) -> tuple[int, ...]:
        """As any cabinet; when is written down."""
        self.read_s = self.heard_s = self.now_ds / 10
        return super().read_input(address, count)

    def read_holding(self, address: int, count: int) -> tuple[int, ...]:
        """As any cabinet; when is written down."""
        self.heard_s = self.now_ds / 10
        return super().read_holding(address, count)

    def _note_mode(self) -> None:
        was, self._was = self._was, self.mode
        if was in LEASED and self.mode not in LEASED:
            last_s = self.taken[-1].at_s if self.taken else float("-inf")
            self.left.append(LeftRemote(self.now_ds / 10, self.junction, self.mode, self.now_ds / 10 - last_s))


Build = Callable[..., VirtualCabinet]


@dataclass
class Street:
    """The cabinets of a town of faults, served in real time, and what they saw."""

    junctions: int
    build: Mapping[str, Build] = field(default_factory=dict)
    """Another kind of cabinet for a junction; the others are RecordedCabinet."""
    breaches: list[Breach] = field(default_factory=list)
    cabinets: dict[str, VirtualCabinet] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.site: Site = load_site(town(self.junctions))
        self.clock = monotonic_clock()
        """Seconds of the street: the cabinets' scans count tenths of them."""
        self.unix_at_zero_s = time.time() - self.clock()

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[Street]:
        """Serve until the end of the block; every cabinet begins in remote, with a full lease and no owner."""
        self.cabinets = {junction.id: self._cabinet(junction.id) for junction in self.site.network.junctions}
        ports = dict.fromkeys(self.cabinets, Port())
        async with CabinetServer(self.cabinets, ports, wall_clock=self.clock).running() as server:
            self.ports = dict(server.ports)
            yield self

    def write_site(self, folder: Path, ports: Mapping[str, int]) -> Path:
        """The site as a folder for `faikhiao run`, its cabinets at these ports of loopback."""
        for name, text in self.site.bundle.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            junction = path.stem
            if name.startswith("cabinets/"):
                own = f"port: {FIRST_PORT + list(self.cabinets).index(junction)}"
                if own not in text:
                    raise ValueError(f"{name} has no {own!r}")
                text = text.replace(own, f"port: {ports[junction]}")  # noqa: PLW2901 - the text as it is written
            path.write_text(text)
        return folder

    def recorded(self) -> list[RecordedCabinet]:
        """The cabinets that keep a record."""
        return [cabinet for cabinet in self.cabinets.values() if isinstance(cabinet, RecordedCabinet)]

    @property
    def taken(self) -> list[Accepted]:
        """Every block taken anywhere, in order of time."""
        return sorted((block for cabinet in self.recorded() for block in cabinet.taken), key=lambda block: block.at_s)

    @property
    def left(self) -> list[LeftRemote]:
        """Every time that a cabinet left remote."""
        return [left for cabinet in self.recorded() for left in cabinet.left]

    @property
    def left_early(self) -> list[LeftRemote]:
        """Of these the ones before the lease was over: nobody but a person may cause that."""
        return [left for left in self.left if 10 * left.silent_s < LEASE_DS - 1]

    def owners(self) -> dict[str, int]:
        """Who owns each cabinet now; 0 nobody."""
        return {junction: cabinet.orders.owner_epoch for junction, cabinet in self.cabinets.items()}

    def _cabinet(self, junction: str) -> VirtualCabinet:
        address = self.site.addresses[junction]
        config = CabinetConfig.from_file(load_cabinet(self.site.bundle, address.cabinet))
        now_ds = int(self.clock() * 10)
        cabinet = self.build.get(junction, RecordedCabinet)(
            config,
            boot_id=0xC405_0000_0000_0000 | config.number,
            key=cabinet_key(address),
            now_ds=now_ds,
            unix_at_zero_s=self.unix_at_zero_s,
        )
        cabinet.begin_in_remote(now_ds)
        if isinstance(cabinet, WatchedCabinet):
            rules = JunctionRules.from_file(load_junction(self.site.bundle, junction))
            cabinet.watch = CabinetWatch(rules, cabinet, self.breaches)
        if isinstance(cabinet, RecordedCabinet):
            cabinet.junction, cabinet.taken, cabinet.left = junction, [], []
        return cabinet


class StreetGateway:
    """Loops of all junctions, told once a second over MQTT, with some traffic by chance."""

    def __init__(self, site: Site, broker: BrokerAccess, seed: int) -> None:
        self._site, self._chance = site, random.Random(seed)
        self.heard: list[Message] = []
        self.link = MqttLink(broker, GATEWAY, [], self.heard.append)
        self.sequence = 0
        self._boot = f"b{seed}-{time.monotonic_ns()}"

    def speak(self, now_s: float) -> None:
        """One message of each junction for the second that ends at `now_s` [s]."""
        self.sequence += 1
        for junction in self._site.network.junctions:
            loops = tuple(loop.id for loop in junction.loops)
            counts = tuple(int(self._chance.random() < 0.15) for _ in loops)
            reading = DetectorReading(
                junction.id, now_s - 1.0, now_s, loops, counts, tuple(300 * count for count in counts)
            )
            topic = DETECTORS.at(self._site.network.site, junction=junction.id)
            self.link.publish(topic, encode(reading, GATEWAY, self._boot, self.sequence), qos=DETECTORS.qos)

    @contextlib.asynccontextmanager
    async def speaking(self, clock: Callable[[], float]) -> AsyncIterator[None]:
        """Speak each second until the end of the block."""
        await asyncio.to_thread(self.link.start)
        task = asyncio.create_task(self._every_second(clock))
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
            await asyncio.to_thread(self.link.stop)

    async def _every_second(self, clock: Callable[[], float]) -> None:
        while True:
            began_s = clock()
            self.speak(time.time())
            await asyncio.sleep(1.0 - (clock() - began_s))
