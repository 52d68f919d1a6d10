"""A TCP proxy that spoils what goes through it, seeded: between controller and cabinet, controller and broker.

It cuts the stream into frames, so that a fate falls on a whole request or reply; what is no frame passes as it came.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass, field

from sim.chaos.toxics import Fate, Framing, Toxic, Way, whole

_CHUNK = 65536
_LONGEST = 300
"""A Modbus frame that says it is longer is none (260 bytes, Modbus messaging on TCP/IP, 4.1)."""


def modbus_length(data: bytes) -> int | None:
    """Bytes of the first frame; None while that cannot be told, 0 for what is no frame."""
    if len(data) < 6:
        return None
    length = 6 + int.from_bytes(data[4:6], "big")
    return length if length <= _LONGEST else 0


def mqtt_length(data: bytes) -> int | None:
    """Bytes of the first packet; None while that cannot be told, 0 for what is no packet."""
    length, place = 0, 1
    for place in range(1, 5):
        if place >= len(data):
            return None
        length |= (data[place] & 0x7F) << 7 * (place - 1)
        if not data[place] & 0x80:
            return 1 + place + length
    return 0


_LENGTH: dict[Framing, Callable[[bytes], int | None]] = {Framing.MODBUS: modbus_length, Framing.MQTT: mqtt_length}


class Frames:
    """Cuts a stream into frames."""

    def __init__(self, framing: Framing) -> None:
        self._length = _LENGTH[framing]
        self._rest = b""

    def __call__(self, data: bytes) -> list[bytes]:
        """The frames that are complete now."""
        self._rest += data
        frames = []
        while self._rest:
            length = self._length(self._rest)
            if length is None or length > len(self._rest):
                break
            cut = length or len(self._rest)
            frames.append(self._rest[:cut])
            self._rest = self._rest[cut:]
        return frames


@dataclass
class ChaosProxy:
    """One wire to `host`:`port`; `toxic` may be changed at any time, None passes everything."""

    port: int
    framing: Framing
    seed: int
    toxic: Toxic | None = None
    host: str = "127.0.0.1"
    own_port: int = 0
    """Where it listens itself, while it runs."""
    counted: Counter[str] = field(default_factory=Counter)
    """Connections, frames, pieces, resets."""
    _open: set[asyncio.StreamWriter] = field(default_factory=set)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[ChaosProxy]:
        """Listen until the end of the block."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.own_port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            self.cut()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await server.wait_closed()

    def cut(self) -> None:
        """Reset every connection that is open now."""
        for writer in list(self._open):
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.counted["connections"] += 1
        try:
            far_reader, far_writer = await asyncio.open_connection(self.host, self.port)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, far_writer}
        up = self._spawn(self._pump(reader, far_writer, Way.UP))
        down = self._spawn(self._pump(far_reader, writer, Way.DOWN))
        await asyncio.wait({up, down}, return_when=asyncio.FIRST_COMPLETED)
        for end in (writer, far_writer):
            self._open.discard(end)
            end.transport.abort()

    def _spawn(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, way: Way) -> None:
        """One direction until either end has gone."""
        frames = Frames(self.framing)
        with contextlib.suppress(OSError):
            while data := await reader.read(_CHUNK):
                for frame in frames(data):
                    self.counted["frames"] += 1
                    fate = whole(frame) if self.toxic is None else self.toxic(frame, way, self._chance)
                    if fate.out_of_order:
                        self._spawn(self._send(fate, writer))
                    else:
                        await self._send(fate, writer)
                    if fate.reset:
                        self.counted["resets"] += 1
                        return

    async def _send(self, fate: Fate, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            for pause_s, piece in fate.pieces:
                if pause_s:
                    await asyncio.sleep(pause_s)
                if writer.transport.is_closing():
                    return
                self.counted["pieces"] += 1
                writer.write(piece)
                await writer.drain()
