"""Detectors, gateways and the broker, and what may be wrong with each: from what a loop saw to what the centre hears.

A loop trouble changes what one loop says. A message trouble gets each message on its way and answers which messages
come instead, and after how long.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from controller.events import DetectorReading
from controller.model import Network
from field_io.detector_payload import encode
from field_io.mqtt_link import Message
from field_io.topics import DETECTORS
from sim.faults.traffic import LoopSecond

JUNCTIONS_OF_A_GATEWAY = 4

Sent = list[tuple[float, Message]]
"""(delay [s], message)."""
LoopTrouble = Callable[[int, int, int], tuple[int, int]]
"""(second, count, occupied [ms]) as the loop saw it, to (count, occupied [ms]) as it says."""
MessageTrouble = Callable[[Message, float], Sent]
"""(message, now [s]) to what arrives instead."""


@dataclass(slots=True)
class Gateway:
    """What turns loops into messages."""

    name: str
    boot: int = 1
    sequence: int = 0
    clock_off_s: float = 0.0
    silent: bool = False
    copies: int = 1
    """A gateway gone wild sends each interval so often, each time under a new number."""

    def reboot(self) -> None:
        """A new start: a new boot id, and numbers from 1."""
        self.boot += 1
        self.sequence = 0


@dataclass(slots=True)
class Broker:
    """What lies between gateways and centres."""

    troubles: dict[int, MessageTrouble] = field(default_factory=dict)
    _coming: list[tuple[float, int, Message]] = field(default_factory=list)
    _sent: int = 0

    def send(self, messages: Sequence[Message], now_s: float) -> Sequence[Message]:
        """What arrives now, in the order in which it does: of these messages and of earlier ones that were late."""
        if not self.troubles and not self._coming:
            return messages
        for message in messages:
            for delay_s, changed in self._through_troubles(message, now_s):
                self._sent += 1
                heapq.heappush(self._coming, (now_s + delay_s, self._sent, changed))
        arrived = []
        while self._coming and self._coming[0][0] <= now_s:
            arrived.append(replace(heapq.heappop(self._coming)[2], received_s=now_s))
        return arrived

    def _through_troubles(self, message: Message, now_s: float) -> Sent:
        sent: Sent = [(0.0, message)]
        for trouble in self.troubles.values():
            sent = [(d + more, m) for d, one in sent for more, m in trouble(one, now_s)]
        return sent


class Gateways:
    """All loops of a town and the gateways that speak for them."""

    def __init__(self, network: Network) -> None:
        self.of: dict[str, Gateway] = {}
        """By junction."""
        self.loop_troubles: dict[str, dict[tuple[int, int], LoopTrouble]] = {}
        """By junction, then by (number of the fault, place of the loop)."""
        self.swapped: dict[str, tuple[int, int]] = {}
        """By junction: two loops that bear each other's names."""
        self._loops: dict[str, tuple[str, ...]] = {}
        self._topics: dict[str, str] = {}
        gateway = Gateway("g0")
        for place, junction in enumerate(network.junctions):
            if place % JUNCTIONS_OF_A_GATEWAY == 0:
                gateway = Gateway(f"g{place // JUNCTIONS_OF_A_GATEWAY}")
            self.of[junction.id] = gateway
            self._loops[junction.id] = tuple(loop.id for loop in junction.loops)
            self._topics[junction.id] = DETECTORS.at(network.site, junction=junction.id)

    def speak(self, seen: Mapping[str, LoopSecond], second: int) -> list[Message]:
        """One message for each junction whose gateway speaks, of the second that ends now."""
        messages = []
        for junction, saw in seen.items():
            gateway = self.of[junction]
            if gateway.silent:
                continue
            counts, occupied_ms = saw.counts, saw.occupied_ms
            if junction in self.loop_troubles or junction in self.swapped:
                counts, occupied_ms = self._troubled(junction, second, saw)
            t1_s = second + gateway.clock_off_s
            reading = DetectorReading(junction, t1_s - 1.0, t1_s, self._loops[junction], counts, occupied_ms)
            for _ in range(gateway.copies):
                gateway.sequence += 1
                payload = encode(reading, gateway.name, str(gateway.boot), gateway.sequence)
                messages.append(Message(self._topics[junction], payload, retained=False, received_s=float(second)))
        return messages

    def _troubled(self, junction: str, second: int, saw: LoopSecond) -> tuple[tuple[int, ...], tuple[int, ...]]:
        counts, occupied = list(saw.counts), list(saw.occupied_ms)
        for (_, loop), trouble in self.loop_troubles.get(junction, {}).items():
            counts[loop], occupied[loop] = trouble(second, counts[loop], occupied[loop])
        if junction in self.swapped:
            one, other = self.swapped[junction]
            for values in (counts, occupied):
                values[one], values[other] = values[other], values[one]
        return tuple(counts), tuple(occupied)


# ------------------------------------------------------------------------------------------------ troubles of a loop


def stuck_off(_second: int, _count: int, _occupied_ms: int) -> tuple[int, int]:
    """It sees nobody."""
    return 0, 0


def stuck_on(_second: int, _count: int, _occupied_ms: int) -> tuple[int, int]:
    """It always sees somebody standing."""
    return 0, 1000


def chatter(_second: int, _count: int, _occupied_ms: int) -> tuple[int, int]:
    """Five pulses a second."""
    return 5, 500


def frozen(_second: int, _count: int, _occupied_ms: int) -> tuple[int, int]:
    """The same value again and again."""
    return 1, 300


def spoofed(chance: random.Random) -> LoopTrouble:
    """Plausible counts that nobody drove: a platoon of 20 s in every minute."""
    begins = chance.randrange(60)

    def trouble(second: int, count: int, occupied_ms: int) -> tuple[int, int]:
        return (1, 400) if (second - begins) % 60 < 20 and second % 2 else (count, occupied_ms)

    return trouble


LOOP_TROUBLES: dict[str, Callable[[random.Random], LoopTrouble]] = {
    "stuck off": lambda _: stuck_off,
    "stuck on": lambda _: stuck_on,
    "chatter": lambda _: chatter,
    "frozen constant": lambda _: frozen,
    "spoofed": spoofed,
}


# --------------------------------------------------------------------------------------------- troubles of a message


def lost(chance: random.Random, share: float) -> MessageTrouble:
    """So many of the messages never arrive."""
    return lambda message, _: [] if chance.random() < share else [(0.0, message)]


def doubled(chance: random.Random) -> MessageTrouble:
    """Each message comes two to four times."""
    return lambda message, _: [(float(chance.choice((0, 0, 1, 3))), message) for _ in range(chance.randint(2, 4))]


def shuffled(chance: random.Random, longest_s: int) -> MessageTrouble:
    """Each message is some seconds late, so that they overtake each other."""
    return lambda message, _: [(float(chance.randint(0, longest_s)), message)]


def late(delay_s: float) -> MessageTrouble:
    """Each message is late by as much."""
    return lambda message, _: [(delay_s, message)]


def retained(message: Message, _now_s: float) -> Sent:
    """The broker hands out each message as a retained one."""
    return [(0.0, replace(message, retained=True))]


def damaged(chance: random.Random) -> MessageTrouble:
    """Some bytes of each payload are others."""

    def trouble(message: Message, _now_s: float) -> Sent:
        payload = bytearray(message.payload)
        for _ in range(chance.randint(1, 3) if payload else 0):
            payload[chance.randrange(len(payload))] ^= 1 << chance.randrange(8)
        return [(0.0, replace(message, payload=bytes(payload)))]

    return trouble


def hostile(chance: random.Random) -> MessageTrouble:
    """A publisher of nonsense beside each honest message."""

    def trouble(message: Message, _now_s: float) -> Sent:
        payload = chance.choice(HOSTILE_PAYLOADS)
        return [(0.0, replace(message, payload=payload)), (0.0, message)]

    return trouble


_GOOD = '{"v":1,"gw":"g0","boot":"x","seq":1,"t0":1,"t1":2,"loops":{"Ns":[%s,0]}}'
HOSTILE_PAYLOADS: tuple[bytes, ...] = (
    *(
        (_GOOD % value).encode()
        for value in ("NaN", "Infinity", "-1", "1e18", "true", '"3"', "null", "0.5", "[1]", "11")
    ),
    b"",
    b"{",
    b"null",
    b"[]",
    b"\xff\xfe{}",
    b"[" * 5000,
    b'{"v":1,"v":1}',
    b" " * 1_048_576,
    b'{"v":2,"gw":"g0","boot":"x","seq":1,"t0":1,"t1":2,"loops":{}}',
    b'{"v":1,"gw":"g0","boot":"x","seq":1,"t0":1,"t1":61,"loops":{"Ns":[1,0]}}',
    b'{"v":1,"gw":"g0","boot":"x","seq":1,"t0":2,"t1":1,"loops":{"Ns":[1,0]}}',
    b'{"v":1,"gw":"g0","boot":"x","seq":-1,"t0":1,"t1":2,"loops":{"Ns":[1,0]}}',
    b'{"v":1,"gw":"g0","boot":"x","seq":1,"t0":1e999,"t1":2,"loops":{"Ns":[1,0]}}',
    b'{"v":1,"gw":"g0","boot":"x","seq":1,"t0":1,"t1":2,"loops":{"nobody":[1,0]}}',
)
"""What a publisher may send that no gateway would: numbers that are none, broken JSON, wrong intervals, a megabyte."""
MESSAGE_TROUBLES: dict[str, Callable[[random.Random], MessageTrouble]] = {
    "messages lost": lambda chance: lost(chance, 0.5),
    "messages doubled": doubled,
    "messages shuffled": lambda chance: shuffled(chance, 5),
    "messages late": lambda chance: late(float(chance.randint(6, 600))),
    "messages retained": lambda _: retained,
    "messages damaged": damaged,
    "hostile publisher": hostile,
}
