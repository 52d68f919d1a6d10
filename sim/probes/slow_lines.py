"""F28 and F29: real sockets to a cabinet that swallow everything, or answer when nobody waits any more."""

from __future__ import annotations

import asyncio
import random
import statistics
import struct
import time
from collections.abc import Awaitable, Callable

from controller.events import CabinetReport, LinkChange, Reason
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


async def _serving(handle: Handler) -> tuple[asyncio.Server, int]:
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    return server, port


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

        server, port = await _serving(relay)
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
        server.close()
        stuck = len(
            [task for task in asyncio.all_tasks() if task is not asyncio.current_task() and "relay" not in repr(task)]
        )
        return detect_s, stuck

    detect_s, stuck = asyncio.run(run())
    return Outcome(
        "each round ended by its own deadline, the third one took the link down",
        (Figure("down after", detect_s, 3.0, "s"), Figure("tasks stuck", stuck)),
        detect_s=detect_s,
        safe_s=LEASE_S,
    )


def slow_cabinet() -> Outcome:
    """F29: one cabinet answers after 0.4 to 5 s, its answers late for the requests that they belong to."""

    async def run() -> tuple[float, int, int]:
        scene = Scene(junctions=9, settle_s=5)
        cabinets = {name: place.cabinet for name, place in scene.world.places.items() if name != "J01"}
        slow, chance = scene.place(), random.Random(29)

        async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while request := await reader.read(4096):
                reply = answer(slow.cabinet, request[7:])
                asyncio.get_running_loop().call_later(
                    chance.uniform(0.4, 5.0),
                    writer.write,
                    request[:4] + struct.pack(">HB", len(reply) + 1, request[6]) + reply,
                )

        server, port = await _serving(late)
        async with CabinetServer(cabinets, {name: Port() for name in cabinets}).running() as good:
            links = [link_to(scene, good.ports[name], name) for name in cabinets]
            slow_link = link_to(scene, port)
            idle: list[float] = []
            busy: list[float] = []
            reports, wrong = 0, 0
            for block in range(10):
                took: list[float] = []
                task = None
                for second in range(100):
                    if block % 2 and (task is None or task.done()):
                        task = asyncio.create_task(slow_link.round(None, float(second), MONDAY_UTC_S))
                    took += await asyncio.gather(*(_timed(link) for link in links))
                if task is not None:
                    said = [event for event in await task if isinstance(event, CabinetReport)]
                    reports += len(said)
                    wrong += sum(event.accepted is True for event in said)
                (busy if block % 2 else idle).append(sorted(took)[round(0.99 * len(took)) - 1])
            for link in [*links, slow_link]:
                link.close()
        server.close()
        return statistics.median(busy) / statistics.median(idle), wrong, reports

    ratio, wrong, _ = asyncio.run(run())
    scene = Scene(junctions=2)
    begin_s = scene.now_s
    mend = scene.trouble(LateReply())
    scene.run(60)
    mend()
    return scene.outcome(
        "eight other cabinets, five blocks with it and five without in turn; late answers also in the town",
        Figure("others' round, p99, times without it", ratio, 1.10),
        Figure("late answers taken for another's", wrong),
        detect_s=since(begin_s, scene.alarmed(Reason.LINK_DOWN, begin_s))
        if scene.alarmed(Reason.LINK_DOWN, begin_s)
        else None,
        safe_s=LEASE_S,
    )


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
