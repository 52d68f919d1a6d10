"""A relay before a cabinet that can make it look dead or slow, and alive again, while its connections stand."""

from __future__ import annotations

import asyncio
import contextlib
from enum import Enum

from sim.bench_load.town import LOOPBACK

SLOW_S = 0.4
"""An answer that is late, and still within the half second that the controller gives it."""


class Line(Enum):
    """How the line behaves."""

    WELL = "well"
    SLOW = "slow"
    DEAD = "dead"


class Relay:
    """Passes bytes both ways. Dead: what is asked is swallowed, new connections are taken and never answered."""

    def __init__(self, port: int) -> None:
        """`port`: where the cabinet listens."""
        self.line = Line.WELL
        self.port = 0
        """Where the relay listens, once it does."""
        self._behind = port
        self._server: asyncio.Server | None = None
        self._meetings: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen on a free port."""
        self._server = await asyncio.start_server(self._take, LOOPBACK, 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.get_running_loop().create_task(self._meet(reader, writer))
        self._meetings.add(task)
        task.add_done_callback(self._meetings.discard)

    async def _meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection(LOOPBACK, self._behind)
        ways = [
            asyncio.create_task(self._pass_on(reader, there_writer, asks=True)),
            asyncio.create_task(self._pass_on(there_reader, writer, asks=False)),
        ]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        for end in (writer, there_writer):
            end.close()

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, asks: bool) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(4096):
                if self.line is Line.DEAD:
                    continue
                if self.line is Line.SLOW and asks:
                    await asyncio.sleep(SLOW_S)
                writer.write(data)
                await writer.drain()
