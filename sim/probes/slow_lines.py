"""F28 and F29: real sockets to a cabinet that swallow everything, or answer when nobody waits any more."""

from __future__ import annotations

import asyncio
import gc
import random
import statistics
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

from controller.events import CabinetReport, Input, LinkChange, Reason
from field_io.modbus_link import CabinetLink
from sim.cabinet.modbus import answer
from sim.cabinet.server import CabinetServer, Port
from sim.faults.line_troubles import LateReply
from sim.faults.town import LEASE_S
from sim.faults.world import MONDAY_UTC_S
from sim.probes.links import link_to
from sim.probes.outcome import Figure, Outcome, Row
from sim.probes.scene import NEVER, Scene, since

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
PAIRS, ROUNDS = 12, 100
"""Blocks of F29 with and without the slow cabinet, and rounds in each."""


@asynccontextmanager
async def _serving(handle: Handler) -> AsyncIterator[int]:
    """A port of loopback; at the end of the block its connections are closed, and whoever served them is done."""
    lines: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines[writer] = asyncio.current_task()
        await handle(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in lines:
            writer.close()
        await asyncio.gather(*(task for task in lines.values() if task is not None))


def half_open() -> Outcome:
    """F28: the cabinet answers, and then its line swallows everything without a word."""

    async def run() -> tuple[float, int]:
        scene = Scene(junctions=1, settle_s=5)
        muted = asyncio.Event()
        place = scene.place()

        async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while request := await reader.read(4096):
                if not muted.is_set():
                    reply = answer(place.cabinet, request[7:])
                    writer.write(request[:4] + struct.pack(">HB", len(reply) + 1, request[6]) + reply)

        async with _serving(relay) as port:
            link = link_to(scene, port)
            await link.round(None, 0.0, MONDAY_UTC_S)
            muted.set()
            began = time.monotonic()
            detect_s, second = NEVER, 0
            while detect_s == NEVER and second < 6:
                events = await link.round(None, float(second + 1), MONDAY_UTC_S)
                second += 1
                if any(isinstance(event, LinkChange) and not event.up for event in events):
                    detect_s = time.monotonic() - began
                await asyncio.sleep(max(0.0, began + second - time.monotonic()))
            link.close()
        return detect_s, len(asyncio.all_tasks()) - 1

    detect_s, stuck = asyncio.run(run())
    return Outcome(
        "each round ended by its own deadline, the third one took the link down",
        (Figure("down after", detect_s, 3.0, "s", timed=True), Figure("tasks stuck", stuck)),
        detect_s=detect_s,
        safe_s=LEASE_S,
    )


def slow_cabinet() -> Outcome:
    """F29: one cabinet answers after 0.4 to 5 s, its answers late for the requests that they belong to."""

    async def run() -> tuple[float, int]:
        scene = Scene(junctions=9, settle_s=5)
        cabinets = {name: place.cabinet for name, place in scene.world.places.items() if name != "J01"}
        slow, chance = scene.place(), random.Random(29)

        async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            def say(reply: bytes) -> None:
                if not writer.is_closing():
                    writer.write(reply)

            while request := await reader.read(4096):
                reply = answer(slow.cabinet, request[7:])
                whole = request[:4] + struct.pack(">HB", len(reply) + 1, request[6]) + reply
                asyncio.get_running_loop().call_later(chance.uniform(0.4, 5.0), say, whole)

        served = CabinetServer(cabinets, {name: Port() for name in cabinets}).running()
        async with _serving(late) as port, served as good:
            links = [link_to(scene, good.ports[name], name) for name in cabinets]
            slow_link = link_to(scene, port)
            ratios, said = [], []
            for pair in range(PAIRS):
                p99_s = {}
                for with_slow in (pair % 2 == 0, pair % 2 == 1):
                    p99_s[with_slow], events = await _block(links, slow_link if with_slow else None)
                    said += events
                ratios.append(p99_s[True] / p99_s[False])
            for link in [*links, slow_link]:
                link.close()
        wrong = sum(event.accepted is True for event in said if isinstance(event, CabinetReport))
        return statistics.median(ratios), wrong

    ratio, wrong = asyncio.run(run())
    scene = Scene(junctions=2)
    begin_s = scene.now_s
    mend = scene.trouble(LateReply())
    scene.run(60)
    mend()
    return scene.outcome(
        f"eight other cabinets, {PAIRS} pairs of blocks with it and without; late answers also in the town",
        Figure("others' round, p99, times without it", ratio, 1.10, timed=True),
        Figure("late answers taken for another's", wrong),
        detect_s=since(begin_s, scene.alarmed(Reason.LINK_DOWN, begin_s))
        if scene.alarmed(Reason.LINK_DOWN, begin_s)
        else None,
        safe_s=LEASE_S,
    )


async def _block(links: Sequence[CabinetLink], slow: CabinetLink | None) -> tuple[float, list[Input]]:
    """Rounds of all links at once, one of the slow cabinet always under way: p99 of theirs [s], what it said."""
    took_s: list[float] = []
    said: list[Input] = []
    task = None
    gc.collect()
    gc.disable()
    for second in range(ROUNDS):
        if task is not None and task.done():
            said += task.result()
            task = None
        if slow is not None and task is None:
            task = asyncio.create_task(slow.round(None, float(second), MONDAY_UTC_S))
        took_s += await asyncio.gather(*(_timed(link) for link in links))
    gc.enable()
    if task is not None:
        said += await task
    return sorted(took_s)[round(0.99 * len(took_s)) - 1], said


async def _timed(link: CabinetLink) -> float:
    began = time.perf_counter()
    await link.round(None, 0.0, MONDAY_UTC_S)
    return time.perf_counter() - began


ROWS = (
    Row(
        "F28",
        "half-open connection",
        "real sockets: the line swallows everything",
        "down within 3 s; stuck tasks 0",
        half_open,
        timed=True,
    ),
    Row(
        "F29",
        "slow cabinet",
        "real sockets: answers after 0.4 to 5 s; in the town answers to the question before",
        "late answers taken 0; the others' p99 at most +10 %",
        slow_cabinet,
        timed=True,
    ),
)
