"""Frames as they went over the wire, and a capture file that a dissector can read.

No privilege is needed: a relay writes down the bytes of each direction, and the packets around them are made here
(raw IP, one TCP segment a piece, sequence numbers that add up).
"""

import socket
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Self

CLIENT, CABINET = "127.0.0.1", "127.0.0.2"
CLIENT_PORT, CABINET_PORT = 40_000, 502
_RAW_IP = 101
_SYN, _ACK, _PUSH = 2, 16, 8


class Relay:
    """Stands between a client and a port, passes everything on, and keeps (whether from the client, bytes)."""

    def __init__(self, port: int) -> None:
        self.pieces: list[tuple[bool, bytes]] = []
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self.port: int = self._listener.getsockname()[1]

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def _start(self, work: Callable[..., None], *args: object) -> None:
        thread = threading.Thread(target=work, args=args)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            cabinet = socket.create_connection(("127.0.0.1", self._target))
            self._start(self._pass_on, client, cabinet, True)
            self._start(self._pass_on, cabinet, client, False)

    def _pass_on(self, source: socket.socket, target: socket.socket, from_client: bool) -> None:
        with source, target:
            while True:
                try:
                    data = source.recv(65_536)
                    if not data:
                        target.shutdown(socket.SHUT_RDWR)
                        return
                    self.pieces.append((from_client, data))
                    target.sendall(data)
                except OSError:
                    return


def write_capture(path: Path, pieces: list[tuple[bool, bytes]]) -> None:
    """A pcap file with one TCP conversation."""
    sent = {True: 1, False: 1}
    packets = [_packet(True, 0, 0, _SYN, b""), _packet(False, 0, 1, _SYN | _ACK, b""), _packet(True, 1, 1, _ACK, b"")]
    for from_client, data in pieces:
        packets.append(_packet(from_client, sent[from_client], sent[not from_client], _ACK | _PUSH, data))
        sent[from_client] += len(data)
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65_535, _RAW_IP))
        for number, packet in enumerate(packets):
            file.write(struct.pack("<IIII", 1_767_571_200, number, len(packet), len(packet)) + packet)


def _packet(from_client: bool, sequence: int, acknowledged: int, flags: int, data: bytes) -> bytes:
    source, target = (CLIENT, CABINET) if from_client else (CABINET, CLIENT)
    ports = (CLIENT_PORT, CABINET_PORT) if from_client else (CABINET_PORT, CLIENT_PORT)
    addresses = socket.inet_aton(source) + socket.inet_aton(target)
    tcp = struct.pack(">HHIIBBHHH", *ports, sequence, acknowledged, 5 << 4, flags, 65_535, 0, 0) + data
    tcp = tcp[:16] + _checksum(addresses + struct.pack(">HH", 6, len(tcp)) + tcp) + tcp[18:]
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), 0, 0, 64, 6, 0) + addresses
    return ip[:10] + _checksum(ip) + ip[12:] + tcp


def _checksum(data: bytes) -> bytes:
    words = struct.unpack(f">{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2))
    total = sum(words)
    total = (total & 0xFFFF) + (total >> 16)
    return struct.pack(">H", ~(total + (total >> 16)) & 0xFFFF)
