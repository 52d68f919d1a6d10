"""The two sides of a load run, each in a process of its own on a core of its own: the controller, and the street.

Both answer over a pipe: the street where its cabinets listen, and at the end what it sent; the controller every minute
what it measured.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

from field_io.heap import spare_what_stands
from field_io.link_health import LinkState
from field_io.service import Service
from field_io.settings import BrokerSettings, JournalSettings, ServiceSettings
from field_io.start import open_service
from sim.bench_load.gateways import Gateways
from sim.bench_load.relay import Line, Relay
from sim.bench_load.town import LOOPBACK, cabinet, site, town
from sim.cabinet.server import CabinetServer, Port
from sim.controller_process import QuietLog

END_S = 30.0
LOOK_S = 0.2
"""A link that is looked at so often is seen after each of its echoes, one a second."""
TROUBLED = 2
"""The last cabinets of the town stand behind relays: one that can die, one that can be slow."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a run is made of."""

    cabinets: int
    messages_s: int
    broker_port: int
    strategy: str
    journal: Path | None


@dataclass(frozen=True, slots=True)
class Minute:
    """What the controller measured in one minute."""

    echo_ms: tuple[float, ...]
    """From each decision to its echoed acceptance; of troubled cabinets none."""
    second_ms: tuple[float, ...]
    """From the beginning of the second for which it was decided to the same echo: the step is in it."""
    unanswered: int
    """Commands to sound cabinets whose acceptance did not come within their second."""
    counters: Mapping[str, int]
    """Since the beginning."""
    rss_mib: float
    cpu_s: float
    """Since the beginning."""
    step_ms: tuple[float, float, float]
    """p50, p99, max of the latest steps."""


class Side:
    """A process with a pipe to it; a context manager that ends it."""

    def __init__(self, main: Callable[..., None], load: Load, core: int, *more: object) -> None:
        context = multiprocessing.get_context("spawn")
        self._line, self._far_end = context.Pipe()
        self._told_to_end = False
        self._process = context.Process(target=main, args=(self._far_end, load, core, *more), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        self._far_end.close()
        return self

    def __exit__(self, *_: object) -> None:
        self._process.join(END_S if self._told_to_end else 0)
        self._process.terminate()
        self._process.join(END_S)
        self._line.close()

    def tell(self, word: object) -> None:
        """Say something to it; `None` is the end."""
        self._told_to_end = self._told_to_end or word is None
        self._line.send(word)

    def hear(self) -> Any:
        """What it says next; raises EOFError when it has ended."""
        return self._line.recv()


# ------------------------------------------------------------------------------------------------------ the street


def street(line: Connection, load: Load, core: int) -> None:
    """Cabinets and gateways, until told `None`; a pair of lines is what the two troubled ones do from now on."""
    _settle(core)
    asyncio.run(_street(line, load))


async def _street(line: Connection, load: Load) -> None:
    network = town(load.cabinets)
    began_s, unix_s = time.monotonic(), time.time()
    cabinets = {each.id: cabinet(each, 0, unix_s) for each in network.junctions}
    server = CabinetServer(
        cabinets, dict.fromkeys(cabinets, Port(LOOPBACK)), wall_clock=lambda: time.monotonic() - began_s
    )
    async with server.running():
        spare_what_stands()
        ports = dict(server.ports)
        relays = [Relay(ports[name]) for name in [*ports][-TROUBLED:]]
        for name, relay in zip([*ports][-TROUBLED:], relays, strict=True):
            await relay.start()
            ports[name] = relay.port
        line.send(ports)
        gateways = Gateways(network, load.messages_s)
        begin, ended, over = asyncio.Event(), asyncio.Event(), asyncio.Event()
        asyncio.get_running_loop().add_reader(line.fileno(), _hear, line, relays, begin, over)
        await begin.wait()
        publishing = asyncio.create_task(gateways.run(load.broker_port, ended)) if load.messages_s else None
        await over.wait()
        ended.set()
        if publishing is not None:
            await publishing
        line.send((gateways.sent, gateways.acknowledged))
        line.recv()


def _hear(line: Connection, relays: Sequence[Relay], begin: asyncio.Event, over: asyncio.Event) -> None:
    """The first word begins the publishing: by then the controller has subscribed."""
    word: tuple[Line, Line] | None = line.recv()
    begin.set()
    if word is None:
        over.set()
        asyncio.get_running_loop().remove_reader(line.fileno())
        return
    for relay, behaviour in zip(relays, word, strict=True):
        relay.line = behaviour


# -------------------------------------------------------------------------------------------------- the controller


def centre(line: Connection, load: Load, core: int, ports: Mapping[str, int], minute_s: float) -> None:
    """The service as in the street, until told `None`; a `Minute` after each of them."""
    _settle(core)
    asyncio.run(_centre(line, load, ports, minute_s))


async def _centre(line: Connection, load: Load, ports: Mapping[str, int], minute_s: float) -> None:
    settings = ServiceSettings(
        broker=BrokerSettings(host=LOOPBACK, port=load.broker_port),
        journal=JournalSettings(folder=load.journal),
        strategy=load.strategy,
        live=True,
        cabinets_at_start="any",
    )
    service, _ = open_service(settings, site(town(load.cabinets), ports), log=QuietLog())
    run = asyncio.create_task(service.run())
    measuring = asyncio.create_task(_measure(line, service, minute_s, [*ports][-TROUBLED:]))
    over = asyncio.Event()
    asyncio.get_running_loop().add_reader(line.fileno(), over.set)
    waiting = asyncio.create_task(over.wait())
    await asyncio.wait({run, measuring, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if run.done():
        run.result()
    line.send(await _last_counters(service))
    for task in (measuring, run):
        task.cancel()
    await asyncio.gather(measuring, run, return_exceptions=True)


async def _last_counters(service: Service) -> dict[str, int]:
    """Everything counted, once nothing more comes in of what was published."""
    counters = dict(service.counters())
    for _ in range(round(END_S)):
        await asyncio.sleep(1.5)
        before, counters = counters, dict(service.counters())
        if counters["mqtt_received"] == before["mqtt_received"]:
            break
    return counters


async def _measure(line: Connection, service: Service, minute_s: float, troubled: Sequence[str]) -> None:
    """Look at every link several times a second, and tell of each minute."""
    await service.ready.wait()
    line.send("ready")
    links = {name: state for name, state in service.status().links.items() if name not in troubled}
    ends_s = time.monotonic()
    before = _unproved(links)
    while True:
        ends_s += minute_s
        echo_ms, second_ms, unproved = await _echoes(links, ends_s)
        unanswered, before = unproved - before, unproved
        line.send(
            Minute(
                echo_ms=tuple(echo_ms),
                second_ms=tuple(second_ms),
                unanswered=unanswered,
                counters=dict(service.counters()),
                rss_mib=resident_mib(),
                cpu_s=time.process_time(),
                step_ms=astuple(service.status().step_ms),
            )
        )


async def _echoes(links: Mapping[str, LinkState], ends_s: float) -> tuple[list[float], list[float], int]:
    """Every echo until then: how long after its decision and after its second it came [ms]; and the blocks without.

    A look may meet blocks under way; the fewest that the last second's looks saw were without an echo for good.
    """
    echo_ms: list[float] = []
    second_ms: list[float] = []
    unproved: deque[int] = deque(maxlen=round(1 / LOOK_S))
    seen = {name: state.echoes for name, state in links.items()}
    while time.monotonic() < ends_s:
        await asyncio.sleep(LOOK_S)
        for name, state in links.items():
            if state.echoes != seen[name]:
                seen[name] = state.echoes
                echo_ms.append(state.echo_ms)
                second_ms.append(state.second_ms)
        unproved.append(_unproved(links))
    return echo_ms, second_ms, min(unproved, default=_unproved(links))


def _unproved(links: Mapping[str, LinkState]) -> int:
    """Blocks sent whose acceptance no echo has proved; those under way are among them."""
    return sum(state.commands - state.echoes for state in links.values())


def resident_mib() -> float:
    """Memory of this process that is in RAM [MiB] (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


def _settle(core: int) -> None:
    """One core, and Ctrl-C is for the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.sched_setaffinity(0, {core % (os.cpu_count() or 1)})
