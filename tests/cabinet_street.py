"""A virtual cabinet of the example site behind a real port, in a thread of its own: for clients that block.

Its time passes only when a test says so, so a loaded machine changes nothing.
"""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

from field_io.registers import laboratory_key
from plans import Bundle, load_cabinet
from sim.cabinet import CabinetConfig, CabinetServer, Port, VirtualCabinet

EXAMPLE = Bundle.read(Path(__file__).parents[1] / "plans" / "example")
KEY = laboratory_key("J01")
BEGIN_DS = 300
"""The start-up is over."""


class CabinetStreet:
    """One cabinet; a context manager."""

    def __init__(self, build: Callable[..., VirtualCabinet] = VirtualCabinet) -> None:
        config = CabinetConfig.from_file(load_cabinet(EXAMPLE, "J01"))
        self.cabinet = build(config, boot_id=77, key=KEY, now_ds=0, unix_at_zero_s=1e9)
        self.cabinet.advance(BEGIN_DS)
        self.port = 0
        self._now_ds = float(BEGIN_DS)
        self._server = CabinetServer({"J01": self.cabinet}, {"J01": Port()})
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()))

    def __enter__(self) -> Self:
        self._over = asyncio.Event()
        self._thread.start()
        assert self._ready.wait(30)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(30)
        self._loop.close()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def wait(self, time_s: float) -> None:
        """Let so much of the cabinet's time pass, between two requests."""
        self._now_ds += 10 * time_s
        asyncio.run_coroutine_threadsafe(self._advance(round(self._now_ds)), self._loop).result(30)

    async def _advance(self, now_ds: int) -> None:
        self._server.advance(now_ds)

    async def _serve(self) -> None:
        async with self._server.running() as server:
            self.port = server.ports["J01"]
            self._ready.set()
            await self._over.wait()
