"""Modbus application protocol of a cabinet's side: one request PDU in, one response PDU out. Pure.

Allowed are what the profile's table lists of 03, 04, 16, 23 and 43/14; all else is exception 01. A request is checked
whole before anything is touched: FC23 with a read range that is not there writes nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from field_io.registers import ExceptionCode

READ_HOLDING, READ_INPUT, WRITE_MULTIPLE, READ_WRITE, ENCAPSULATED = 3, 4, 16, 23, 43
READ_DEVICE_ID = 14
MAX_READ, MAX_WRITE, MAX_WRITE_WITH_READ = 125, 123, 121
"""Registers in one PDU (Modbus application protocol V1.1b3, 6.3, 6.12 and 6.17)."""

EVERYTHING = frozenset({READ_HOLDING, READ_INPUT, WRITE_MULTIPLE, READ_WRITE, ENCAPSULATED})
READING = frozenset({READ_HOLDING, READ_INPUT, ENCAPSULATED})
ROLES: Mapping[str, frozenset[int]] = {
    "tsc-controller": EVERYTHING,
    "tsc-reader": READING,
    "tsc-operator": READING,
}
"""Role in a client's certificate and the functions it may use; any other role, and none, may use nothing."""

_RANGE = struct.Struct(">HH")
_WRITE = struct.Struct(">HHB")
_READ_WRITE = struct.Struct(">HHHHB")


class ReadRefused(Exception):  # noqa: N818 - a refusal is an answer of the protocol, not a failure of the program
    """A read that is answered by a Modbus exception."""

    def __init__(self, exception_code: ExceptionCode, address: int, count: int) -> None:
        super().__init__(f"read of {count} registers at {address} refused with exception {exception_code:02}")
        self.exception_code = exception_code


class ModbusCabinet(Protocol):
    """What a cabinet of any profile offers to a server."""

    connections: int
    """Open connections, kept by the server."""

    @property
    def functions(self) -> tuple[int, ...]:
        """Modbus functions that it answers."""

    @property
    def product(self) -> str:
        """Its profile, for the device identification."""

    @property
    def answers(self) -> bool:
        """Whether it has power."""

    def advance(self, now_ds: int) -> None:
        """Live until `now_ds`."""

    def read_input(self, address: int, count: int) -> tuple[int, ...]:
        """Input registers; raises ReadRefused."""

    def read_holding(self, address: int, count: int) -> tuple[int, ...]:
        """Holding registers; raises ReadRefused."""

    def holds(self, address: int, count: int) -> bool:
        """Whether these holding registers can be read."""

    def write_holding(self, address: int, words: Sequence[int]) -> int:
        """Write holding registers: 0, or the Modbus exception."""

    def count_bad_write(self) -> None:
        """A write came that was no write: its lengths contradict each other."""

    def count_stranger(self) -> None:
        """A request came from somebody whose role does not allow it."""


def functions_of(role: str | None) -> frozenset[int]:
    """What the holder of a role may use; nothing without a role that is known."""
    return ROLES.get(role or "", frozenset())


def answer(cabinet: ModbusCabinet, request: bytes, allowed: frozenset[int] = EVERYTHING) -> bytes:
    """The response PDU to a request PDU, which may be anything of one byte and more.

    A function beyond what is `allowed` to the one who asks is exception 03, counted (TSC-MB/1.0, 4.4).
    """
    function, body = request[0], request[1:]
    if function in EVERYTHING - allowed:
        cabinet.count_stranger()
        return _exception(function, ExceptionCode.ILLEGAL_VALUE)
    handler = _HANDLERS.get(function)
    if handler is None or function not in cabinet.functions:
        return _exception(function, ExceptionCode.ILLEGAL_FUNCTION)
    try:
        return bytes((function,)) + handler(cabinet, body)
    except ReadRefused as refusal:
        return _exception(function, refusal.exception_code)
    except _Refused as refusal:
        return _exception(function, refusal.code)


class _Refused(Exception):  # noqa: N818 - as ReadRefused
    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def _exception(function: int, code: int) -> bytes:
    return bytes((function | 0x80, code))


def _words(words: Sequence[int]) -> bytes:
    return struct.pack(f">B{len(words)}H", 2 * len(words), *words)


def _range(body: bytes) -> tuple[int, int]:
    if len(body) != _RANGE.size:
        raise _Refused(ExceptionCode.ILLEGAL_VALUE)
    address, count = _RANGE.unpack(body)
    if not 1 <= count <= MAX_READ:
        raise _Refused(ExceptionCode.ILLEGAL_VALUE)
    return address, count


def _read_holding(cabinet: ModbusCabinet, body: bytes) -> bytes:
    return _words(cabinet.read_holding(*_range(body)))


def _read_input(cabinet: ModbusCabinet, body: bytes) -> bytes:
    return _words(cabinet.read_input(*_range(body)))


def _values(cabinet: ModbusCabinet, data: bytes, count: int, byte_count: int, limit: int) -> tuple[int, ...]:
    """The words of a write whose three lengths agree."""
    if not 1 <= count <= limit or byte_count != 2 * count or len(data) != byte_count:
        cabinet.count_bad_write()
        raise _Refused(ExceptionCode.ILLEGAL_VALUE)
    return struct.unpack(f">{count}H", data)


def _write(cabinet: ModbusCabinet, address: int, words: tuple[int, ...]) -> None:
    code = cabinet.write_holding(address, words)
    if code:
        raise _Refused(code)


def _write_multiple(cabinet: ModbusCabinet, body: bytes) -> bytes:
    if len(body) < _WRITE.size:
        cabinet.count_bad_write()
        raise _Refused(ExceptionCode.ILLEGAL_VALUE)
    address, count, byte_count = _WRITE.unpack_from(body)
    _write(cabinet, address, _values(cabinet, body[_WRITE.size :], count, byte_count, MAX_WRITE))
    return _RANGE.pack(address, count)


def _read_write(cabinet: ModbusCabinet, body: bytes) -> bytes:
    if len(body) < _READ_WRITE.size:
        cabinet.count_bad_write()
        raise _Refused(ExceptionCode.ILLEGAL_VALUE)
    read_address, read_count, address, count, byte_count = _READ_WRITE.unpack_from(body)
    words = _values(cabinet, body[_READ_WRITE.size :], count, byte_count, MAX_WRITE_WITH_READ)
    if not 1 <= read_count <= MAX_READ:
        raise _Refused(ExceptionCode.ILLEGAL_VALUE)
    if not cabinet.holds(read_address, read_count):
        raise _Refused(ExceptionCode.ILLEGAL_ADDRESS)
    _write(cabinet, address, words)
    return _words(cabinet.read_holding(read_address, read_count))


def _device_id(cabinet: ModbusCabinet, body: bytes) -> bytes:
    """Basic device identification: vendor, product, revision (V1.1b3, 6.21)."""
    if len(body) != 3 or body[0] != READ_DEVICE_ID:
        raise _Refused(ExceptionCode.ILLEGAL_FUNCTION)
    code, wanted = body[1], body[2]
    objects = (b"Fai Khiao", b"virtual cabinet " + cabinet.product.encode("ascii", "replace"), b"1.0")
    if code not in {1, 2, 3, 4}:
        raise _Refused(ExceptionCode.ILLEGAL_VALUE)
    if code == 4 and wanted >= len(objects):
        raise _Refused(ExceptionCode.ILLEGAL_ADDRESS)
    first = wanted if wanted < len(objects) else 0
    chosen = [(first, objects[first])] if code == 4 else list(enumerate(objects))[first:]
    listed = b"".join(bytes((number, len(text))) + text for number, text in chosen)
    # Conformity 0x81: basic identification, by stream and one by one; nothing follows.
    return bytes((READ_DEVICE_ID, code, 0x81, 0, 0, len(chosen))) + listed


_HANDLERS: dict[int, Callable[[ModbusCabinet, bytes], bytes]] = {
    READ_HOLDING: _read_holding,
    READ_INPUT: _read_input,
    WRITE_MULTIPLE: _write_multiple,
    READ_WRITE: _read_write,
    ENCAPSULATED: _device_id,
}
