"""How the check reaches a cabinet: one Modbus request and its answer at a time, and the time between two of them.

Frames are made by hand here, because a check must be able to send what no library would: wrong lengths, functions that
are not there, two halves of a write.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import time
from typing import Protocol

from field_io.errors import Unreachable

ANSWER_S = 2.0
"""A cabinet that needs longer for an answer does not answer; four times what a controller waits."""
_HEADER = struct.Struct(">HHHB")


class NoAnswer(Unreachable):
    """Nobody answers there, or the connection ended without an answer."""


class Line(Protocol):
    """A cabinet within reach."""

    def exchange(self, request: bytes) -> bytes:
        """The response PDU to a request PDU; raises NoAnswer."""
        ...

    def wait(self, time_s: float) -> None:
        """Let so much of the cabinet's time pass."""
        ...


class TcpLine:
    """A cabinet at an address, over Modbus TCP or, with a context, Modbus/TCP Security; a Line in real time."""

    def __init__(self, host: str, port: int, unit: int = 1, *, tls: ssl.SSLContext | None = None) -> None:
        """Connects at the first request. `tls` checks the cabinet's certificate and shows ours."""
        self.host, self.port, self.unit = host, port, unit
        self._tls = tls
        self._socket: socket.socket | None = None
        self._transaction = 0

    def exchange(self, request: bytes) -> bytes:
        self._transaction = self._transaction + 1 & 0xFFFF
        frame = _HEADER.pack(self._transaction, 0, len(request) + 1, self.unit) + request
        try:
            line = self._connected()
            line.sendall(frame)
            return self._answer(line)
        except OSError as error:
            self.close()
            raise NoAnswer(f"{self.host}:{self.port}: {error.strerror or error}") from error

    def wait(self, time_s: float) -> None:
        time.sleep(time_s)

    def close(self) -> None:
        """Hang up; the next request connects anew."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.close()
            self._socket = None

    def _connected(self) -> socket.socket:
        if self._socket is None:
            line = socket.create_connection((self.host, self.port), ANSWER_S)
            line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket = line if self._tls is None else self._tls.wrap_socket(line, server_hostname=self.host)
        return self._socket

    def _answer(self, line: socket.socket) -> bytes:
        transaction, protocol, length, _ = _HEADER.unpack(self._read(line, _HEADER.size))
        if transaction != self._transaction or protocol != 0 or not 2 <= length <= 254:
            raise ConnectionError("what comes back is no answer to the request")
        return self._read(line, length - 1)

    @staticmethod
    def _read(line: socket.socket, size: int) -> bytes:
        parts = b""
        while len(parts) < size:
            part = line.recv(size - len(parts))
            if not part:
                raise ConnectionError("hung up without an answer")
            parts += part
        return parts
