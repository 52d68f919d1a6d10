"""A virtual cabinet of the example site behind a real port, in a thread of its own: for clients that block."""

import asyncio
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from field_io.registers import laboratory_key
from plans import Bundle, load_cabinet
from sim.cabinet import CabinetConfig, CabinetServer, Port, VirtualCabinet

EXAMPLE = Bundle.read(Path(__file__).parents[1] / "plans" / "example")
KEY = laboratory_key("J01")


class CabinetStreet:
    """One cabinet, its start-up over; a context manager. Its time runs `faster` than ours, or stands still (0)."""

    def __init__(self, build: Callable[..., VirtualCabinet] = VirtualCabinet, *, faster: float = 1.0) -> None:
        config = CabinetConfig.from_file(load_cabinet(EXAMPLE, "J01"))
        self.cabinet = build(config, boot_id=77, key=KEY, now_ds=0, unix_at_zero_s=1e9)
        self.cabinet.advance(300)
        began_s = time.monotonic()
        self._server = CabinetServer(
            {"J01": self.cabinet},
            {"J01": Port()},
            wall_clock=(lambda: 30 + faster * (time.monotonic() - began_s)) if faster else None,
        )
        self._ready, self._over = threading.Event(), threading.Event()
        self.port = 0
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(10)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def _serve(self) -> None:
        async with self._server.running() as server:
            self.port = server.ports["J01"]
            self._ready.set()
            await asyncio.to_thread(self._over.wait)
