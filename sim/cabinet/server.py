"""Modbus TCP servers around virtual cabinets: each its own port, all on one event loop.

Two clocks. In real time the server moves the cabinets every 100 ms, and once more before each request, so that a block
is judged at the moment it arrives. In lock-step nothing moves but by `advance`, called at each tick of the harness.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import struct
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass

from field_io.certificates import role_in
from sim.cabinet.modbus import EVERYTHING, ModbusCabinet, answer, functions_of

SCAN_S = 0.1
MAX_CONNECTIONS = 16
"""Connections to one cabinet; further ones are closed at once, so that a flood leaves the controller its own."""
HANDSHAKE_S = 5.0
"""Who has not finished a TLS handshake by then is hung up on."""
GATEWAY_TARGET_FAILED = 0x0B
ANY_UNIT = frozenset({0, 0xFF})
"""Unit ids that mean nobody in particular (Modbus messaging on TCP/IP, 4.4.2.1)."""
_MBAP = struct.Struct(">HHHB")
_MAX_LENGTH = 254
"""Unit id and PDU of at most 253 bytes (Modbus messaging on TCP/IP, 4.1)."""


@dataclass(frozen=True, slots=True)
class Port:
    """Where a cabinet listens. Port 0: one that is free."""

    host: str = "127.0.0.1"
    port: int = 0
    unit: int = 1
    tls: ssl.SSLContext | None = None
    """Modbus/TCP Security: who connects must show a certificate, and may do what the role in it says."""


class _Connection(asyncio.Protocol):
    """One TCP connection to one cabinet: MBAP frames in, in whatever pieces, answers out in their order."""

    def __init__(
        self, cabinet: ModbusCabinet, unit: int, clock: Callable[[], float] | None, open_now: set[_Connection]
    ) -> None:
        self._cabinet = cabinet
        self._units = ANY_UNIT | {unit}
        self._clock = clock
        self._open_now = open_now
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._allowed = EVERYTHING

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take the connection, unless there are too many or there is no power. asyncio itself sets TCP_NODELAY."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - a TCP server makes no other
        if self._cabinet.connections >= MAX_CONNECTIONS or not self._cabinet.answers:
            transport.abort()
            return
        shown = transport.get_extra_info("ssl_object")
        if shown is not None:
            self._allowed = functions_of(role_in(shown.getpeercert(binary_form=True)))
        self._cabinet.connections += 1
        self._transport = transport
        self._open_now.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """The other side went, or we did."""
        if self._transport is not None:
            self._cabinet.connections -= 1
            self._transport = None
            self._open_now.discard(self)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Answer every frame that is complete; a stream that is no Modbus is closed."""
        self._buffer += data
        while self._transport is not None and len(self._buffer) >= _MBAP.size:
            transaction, protocol, length, unit = _MBAP.unpack_from(self._buffer)
            if protocol != 0 or not 2 <= length <= _MAX_LENGTH:
                self._buffer.clear()
                self._transport.abort()
                return
            end = _MBAP.size - 1 + length
            if len(self._buffer) < end:
                return
            request = bytes(self._buffer[_MBAP.size : end])
            del self._buffer[:end]
            response = self._answer(unit, request)
            if response:
                self._transport.write(_MBAP.pack(transaction, 0, len(response) + 1, unit) + response)

    def _answer(self, unit: int, request: bytes) -> bytes:
        if not self._cabinet.answers:
            return b""  # no power: the line is silent
        if unit not in self._units:
            return bytes((request[0] | 0x80, GATEWAY_TARGET_FAILED))
        if self._clock is not None:  # in real time a block is judged at the moment it arrives
            self._cabinet.advance(int(self._clock() * 10))
        return answer(self._cabinet, request, self._allowed)


class CabinetServer:
    """Serves cabinets by name, each on its own port.

    `wall_clock` None: lock-step. Else real time: `wall_clock()` are seconds that only rise, and a cabinet's scan time
    is the same in tenths, so build the cabinets with `now_ds` of that clock.
    """

    def __init__(
        self,
        cabinets: Mapping[str, ModbusCabinet],
        ports: Mapping[str, Port],
        *,
        wall_clock: Callable[[], float] | None = None,
    ) -> None:
        self._cabinets = dict(cabinets)
        self._asked = dict(ports)
        self._clock = wall_clock
        self._servers: list[asyncio.Server] = []
        self._connections: set[_Connection] = set()
        self.ports: dict[str, int] = {}
        """Where each cabinet really listens."""

    def advance(self, now_ds: int) -> None:
        """Lock-step: let all cabinets live until `now_ds`."""
        for cabinet in self._cabinets.values():
            cabinet.advance(now_ds)

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[CabinetServer]:
        """Listen on every port, or on none; raises OSError with the cabinet's name where a port cannot be had."""
        scanning = None
        try:
            for name, cabinet in self._cabinets.items():
                await self._listen(name, cabinet, self._asked[name])
            if self._clock is not None:
                scanning = asyncio.create_task(self._scan(self._clock))
            yield self
        finally:
            if scanning is not None:
                scanning.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await scanning
            await self._stop()

    async def _listen(self, name: str, cabinet: ModbusCabinet, port: Port) -> None:
        loop = asyncio.get_running_loop()
        try:
            server = await loop.create_server(
                lambda: _Connection(cabinet, port.unit, self._clock, self._connections),
                port.host,
                port.port,
                ssl=port.tls,
                ssl_handshake_timeout=None if port.tls is None else HANDSHAKE_S,
            )
        except OSError as error:
            where = f"cabinet {name} cannot listen on {port.host}:{port.port}"
            raise OSError(error.errno, f"{where}: {error.strerror}") from error
        self._servers.append(server)
        self.ports[name] = server.sockets[0].getsockname()[1]

    async def _scan(self, clock: Callable[[], float]) -> None:
        """Real time: move all cabinets every 100 ms."""
        while True:
            self.advance(int(clock() * 10))
            await asyncio.sleep(SCAN_S)

    async def _stop(self) -> None:
        servers, self._servers = self._servers, []
        for server in servers:
            server.close()
        for connection in list(self._connections):
            connection.close()
        for server in servers:
            await server.wait_closed()


def monotonic_clock() -> Callable[[], float]:
    """Seconds since now that only rise, whatever is done to the machine's civil time."""
    begin_s = time.monotonic()
    return lambda: time.monotonic() - begin_s
