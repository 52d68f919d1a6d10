"""What may be wrong with the line to a cabinet: a frame lost, late, doubled, damaged, or a lie."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from field_io.link_health import RoundFailed
from field_io.session import Registers
from sim.cabinet.modbus import READ_WRITE, answer
from sim.faults.line import Place, Request, Trouble


def cut(_place: Place, _request: Request) -> Sequence[int]:
    """Nothing goes through."""
    raise RoundFailed("no answer within 0.5 s")


def lose_reply(place: Place, request: Request) -> Sequence[int]:
    """The cabinet acts, and the centre never hears of it."""
    place.honestly(request)
    raise RoundFailed("no answer within 0.5 s")


@dataclass(slots=True)
class Delay:
    """Frames come so late that the centre has given the connection up; they come all the same."""

    chance: random.Random
    longest_ds: int = 60

    def __call__(self, place: Place, request: Request) -> Sequence[int]:
        if request.words is not None:
            place.deliver_later(request.words, self.chance.randint(6, self.longest_ds))
        raise RoundFailed("no answer within 0.5 s")


@dataclass(slots=True)
class Repeat:
    """Each block comes twice, the second time some scans to some minutes later: a replay."""

    chance: random.Random
    delays_ds: tuple[int, ...] = (0, 1, 7, 13, 40, 130, 700)

    def __call__(self, place: Place, request: Request) -> Sequence[int]:
        if request.words is not None:
            place.deliver_later(request.words, self.chance.choice(self.delays_ds))
        return place.honestly(request)


@dataclass(slots=True)
class LateReply:
    """Each answer is the one to the question before."""

    last: dict[Registers, Sequence[int]] = field(default_factory=dict)

    def __call__(self, place: Place, request: Request) -> Sequence[int]:
        reply = place.honestly(request)
        late = self.last.get(request.back, reply)
        self.last[request.back] = reply
        return late


@dataclass(slots=True)
class FlipReply:
    """One or two bits of what the cabinet says are turned over on the way."""

    chance: random.Random

    def __call__(self, place: Place, request: Request) -> Sequence[int]:
        reply = list(place.honestly(request))
        for _ in range(self.chance.randint(1, 2)):
            reply[self.chance.randrange(len(reply))] ^= 1 << self.chance.randrange(16)
        return tuple(reply)


@dataclass(slots=True)
class FlipRequest:
    """One to three bits of the request's PDU are turned over; the cabinet gets what is left of it."""

    chance: random.Random

    def __call__(self, place: Place, request: Request) -> Sequence[int]:
        if request.words is None:
            return place.honestly(request)
        if not place.cabinet.answers:
            raise RoundFailed("no answer")
        frame = bytearray(read_write_pdu(request))
        for _ in range(self.chance.randint(1, 3)):
            frame[self.chance.randrange(len(frame))] ^= 1 << self.chance.randrange(8)
        place.watch.expects = request.words
        reply = answer(place.cabinet, bytes(frame))
        place.watch.expects = None
        if reply[0] != READ_WRITE or len(reply) != 2 + 2 * request.back.count:
            raise RoundFailed.by_exception(reply[1]) if len(reply) == 2 else RoundFailed("no valid answer")
        return struct.unpack(f">{request.back.count}H", reply[2:])


@dataclass(slots=True)
class Torn:
    """The first half of a snapshot is older than the second."""

    before: Sequence[int] = ()

    def __call__(self, place: Place, request: Request) -> Sequence[int]:
        reply, before = place.honestly(request), self.before
        self.before = reply
        return (*before[:50], *reply[50:]) if len(before) == len(reply) else reply


@dataclass(slots=True)
class Frozen:
    """The same snapshot again and again, whatever was written."""

    kept: dict[Registers, Sequence[int]] = field(default_factory=dict)

    def __call__(self, place: Place, request: Request) -> Sequence[int]:
        return self.kept.setdefault(request.back, place.honestly(request))


def swallow(place: Place, request: Request) -> Sequence[int]:
    """The block is acknowledged and thrown away; what is read is true."""
    return place.honestly(Request(request.back))


@dataclass(slots=True)
class Refuse:
    """Every request is answered by a Modbus exception."""

    chance: random.Random
    codes: tuple[int, ...] = (1, 2, 3, 4, 5, 6, 10, 11)

    def __call__(self, place: Place, request: Request) -> Sequence[int]:
        raise RoundFailed.by_exception(self.chance.choice(self.codes))


@dataclass(slots=True)
class AtTimes:
    """Another trouble, in some of the rounds only."""

    chance: random.Random
    trouble: Trouble
    share: float

    def __call__(self, place: Place, request: Request) -> Sequence[int]:
        return self.trouble(place, request) if self.chance.random() < self.share else place.honestly(request)


TROUBLES: dict[str, Callable[[random.Random], Trouble]] = {
    "cut": lambda _: cut,
    "reply lost": lambda chance: AtTimes(chance, lose_reply, 0.5),
    "late": lambda chance: AtTimes(chance, Delay(chance), 0.5),
    "repeated": lambda chance: AtTimes(chance, Repeat(chance), 0.7),
    "late reply": lambda _: LateReply(),
    "reply damaged": lambda chance: AtTimes(chance, FlipReply(chance), 0.7),
    "request damaged": lambda chance: AtTimes(chance, FlipRequest(chance), 0.7),
    "torn": lambda _: Torn(),
    "frozen": lambda _: Frozen(),
    "swallowed": lambda _: swallow,
    "exceptions": lambda chance: AtTimes(chance, Refuse(chance), 0.7),
}


def read_write_pdu(request: Request) -> bytes:
    """FC23 as it travels (Modbus application protocol V1.1b3, 6.17)."""
    words, back = request.words or (), request.back
    head = struct.pack(">BHHHHB", READ_WRITE, back.address, back.count, request.address, len(words), 2 * len(words))
    return head + struct.pack(f">{len(words)}H", *words)
