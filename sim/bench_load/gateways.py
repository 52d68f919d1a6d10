"""Gateways that publish detector messages at a fixed rate, whatever becomes of them: an open loop.

They write the bytes of MQTT 3.1.1 themselves (CONNECT, PUBLISH at QoS 1; PUBACKs are counted), so that sending costs
less than what is measured. A message's interval ends at the moment at which it is due.
"""

from __future__ import annotations

import asyncio
import json
import random
import struct
import time
from collections.abc import Sequence

from controller.model import Network
from field_io.topics import DETECTORS
from sim.bench_load.town import LOOPBACK

SLICE_S = 0.01
"""What is due within so long is sent together."""
PUBLISH_QOS_1, PUBACK = 0x32, 0x40
_STARTS = "load"


class Gateways:
    """One connection that speaks for the gateways of all junctions; `sent` and `acknowledged` are counted."""

    def __init__(self, network: Network, messages_s: int, seed: int = 1) -> None:
        """`messages_s`: in each second, spread over it and over the junctions in turn."""
        self.sent = self.acknowledged = 0
        self._junctions = [junction.id for junction in network.junctions]
        self._topics = [DETECTORS.at(network.site, junction=name).encode() for name in self._junctions]
        self._loops = [loop.id for loop in network.junctions[0].loops]
        self._messages_s = messages_s
        self._interval_s = len(self._junctions) / messages_s
        self._chance = random.Random(seed)

    async def run(self, port: int, until: asyncio.Event) -> None:
        """Publish until told to stop, then wait a little for the last acknowledgements."""
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        writer.write(_connect("load-gateways"))
        await reader.readexactly(4)
        counting = asyncio.create_task(self._count(reader))
        began_s = time.time()
        while not until.is_set():
            due = int((time.time() - began_s) * self._messages_s)
            if due > self.sent:
                writer.write(b"".join(self._message(number, began_s) for number in range(self.sent, due)))
                self.sent = due
                await writer.drain()
            await asyncio.sleep(SLICE_S)
        for _ in range(500):
            if self.acknowledged >= self.sent:
                break
            await asyncio.sleep(SLICE_S)
        counting.cancel()
        writer.close()

    async def _count(self, reader: asyncio.StreamReader) -> None:
        while True:
            kind, length = struct.unpack(">BB", await reader.readexactly(2))
            await reader.readexactly(length)
            self.acknowledged += kind == PUBACK

    def _message(self, number: int, began_s: float) -> bytes:
        """The `number`-th message: of the junctions in turn, each with its own numbers."""
        turn, place = divmod(number, len(self._junctions))
        t1_s = began_s + (number + 1) / self._messages_s
        payload = self._payload(self._junctions[place], turn, t1_s)
        return _publish(self._topics[place], 1 + number % 0xFFFF, payload)

    def _payload(self, junction: str, turn: int, t1_s: float) -> bytes:
        """Some 500 vehicles an hour over each loop."""
        t0_s = t1_s - self._interval_s
        share = 0.14 * self._interval_s
        counts = {loop: int(self._chance.random() < share) for loop in self._loops}
        loops = {loop: [count, round(300 * self._interval_s) * count] for loop, count in counts.items()}
        message = {"v": 1, "gw": f"gw-{junction}", "boot": _STARTS, "seq": turn, "t0": t0_s, "t1": t1_s, "loops": loops}
        return json.dumps(message, separators=(",", ":")).encode()


def _connect(name: str) -> bytes:
    """CONNECT with a clean session and no keep-alive (MQTT 3.1.1, 3.1)."""
    body = b"\x00\x04MQTT\x04\x02\x00\x00" + _text(name.encode())
    return bytes((0x10, len(body))) + body


def _publish(topic: bytes, packet: int, payload: bytes) -> bytes:
    """PUBLISH at QoS 1 (MQTT 3.1.1, 3.3)."""
    body = _text(topic) + struct.pack(">H", packet) + payload
    return bytes((PUBLISH_QOS_1,)) + bytes(_length(len(body))) + body


def _text(text: bytes) -> bytes:
    return struct.pack(">H", len(text)) + text


def _length(size: int) -> Sequence[int]:
    """Remaining length: seven bits a byte, the lowest first (MQTT 3.1.1, 2.2.3)."""
    digits = []
    while True:
        size, digit = divmod(size, 128)
        digits.append(digit | (128 if size else 0))
        if not size:
            return digits
