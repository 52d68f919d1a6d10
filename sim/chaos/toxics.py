"""What may be wrong with a wire, one kind each: what becomes of a frame on its way.

The names are those of toxiproxy where it has them (latency, timeout, reset_peer, slicer, bandwidth), and what Modbus
and MQTT add: a bit flipped, a frame doubled, a reply that comes late, a reply with another's transaction number.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum


class Way(Enum):
    """Which way a frame goes."""

    UP = "to the server"
    DOWN = "to the client"


class Framing(Enum):
    """How frames are told apart in the stream."""

    MODBUS = "the header's length (Modbus messaging on TCP/IP, 3.1.3)"
    MQTT = "the remaining length of the fixed header (MQTT 3.1.1, 2.2.3)"


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a frame: pieces, each after a pause [s]; then, or instead, the end of the connection."""

    pieces: tuple[tuple[float, bytes], ...] = ()
    reset: bool = False
    out_of_order: bool = False
    """The pieces do not hold up the frames that come after."""


Toxic = Callable[[bytes, Way, random.Random], Fate]


def whole(frame: bytes, after_s: float = 0.0) -> Fate:
    """The frame as it is, after a pause [s]."""
    return Fate(((after_s, frame),))


def latency(frame: bytes, _way: Way, chance: random.Random) -> Fate:
    """A tenth of a second each way, give or take half of it."""
    return whole(frame, chance.uniform(0.05, 0.15))


def jitter(frame: bytes, _way: Way, chance: random.Random) -> Fate:
    """Mostly nothing, at times almost as long as anybody waits."""
    return whole(frame, chance.choice((0.0, 0.0, 0.0, chance.uniform(0.2, 0.45))))


def stall(frame: bytes, _way: Way, chance: random.Random) -> Fate:
    """One frame in ten waits for seconds, and all that follow wait behind it."""
    return whole(frame, chance.uniform(1.0, 4.0) if chance.random() < 0.1 else 0.0)


def reset(frame: bytes, _way: Way, chance: random.Random) -> Fate:
    """One frame in eight meets a connection that is reset, before it or after it."""
    if chance.random() >= 0.125:
        return whole(frame)
    return Fate(((0.0, frame),) if chance.random() < 0.5 else (), reset=True)


def slices(frame: bytes, _way: Way, chance: random.Random) -> Fate:
    """In pieces of some bytes, with pauses in between."""
    pieces, rest = [], frame
    while rest:
        size = chance.randint(1, 40)
        pieces.append((chance.uniform(0.0, 0.01), rest[:size]))
        rest = rest[size:]
    return Fate(tuple(pieces))


def corrupt(frame: bytes, _way: Way, chance: random.Random) -> Fate:
    """A bit flipped in one frame of three, anywhere in it."""
    if chance.random() >= 1 / 3:
        return whole(frame)
    data = bytearray(frame)
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return whole(bytes(data))


def truncate(frame: bytes, _way: Way, chance: random.Random) -> Fate:
    """One frame in eight ends too early; what follows is read as its end."""
    return whole(frame[: chance.randrange(len(frame))] if chance.random() < 0.125 else frame)


def duplicate(frame: bytes, _way: Way, chance: random.Random) -> Fate:
    """One frame in three comes twice."""
    return Fate(((0.0, frame), (chance.uniform(0.0, 0.2), frame))) if chance.random() < 1 / 3 else whole(frame)


def late_reply(frame: bytes, way: Way, chance: random.Random) -> Fate:
    """One reply in three comes when nobody waits for it any more, perhaps as the answer to another question."""
    if way is Way.UP or chance.random() >= 1 / 3:
        return whole(frame)
    return Fate(((chance.uniform(0.4, 1.6), frame),), out_of_order=True)


def late_request(frame: bytes, way: Way, chance: random.Random) -> Fate:
    """One request in three reaches the server out of order, up to three seconds late: a decision of another moment."""
    if way is Way.DOWN or chance.random() >= 1 / 3:
        return whole(frame)
    return Fate(((chance.uniform(0.4, 3.0), frame),), out_of_order=True)


def throttle(frame: bytes, _way: Way, _chance: random.Random) -> Fate:
    """A line of 2400 bytes a second."""
    return Fate(tuple((24 / 2400, frame[place : place + 24]) for place in range(0, len(frame), 24)))


def other_number(frame: bytes, way: Way, chance: random.Random) -> Fate:
    """One Modbus reply in three bears the transaction number of another request."""
    if way is Way.UP or len(frame) < 2 or chance.random() >= 1 / 3:
        return whole(frame)
    number = (int.from_bytes(frame[:2], "big") + chance.choice((-1, 1, 7))) & 0xFFFF
    return whole(number.to_bytes(2, "big") + frame[2:])


@dataclass(slots=True)
class Replay:
    """Requests that were recorded come again, seconds and minutes later, beside those of now."""

    recorded: list[bytes] = field(default_factory=list)

    def __call__(self, frame: bytes, way: Way, chance: random.Random) -> Fate:
        """The frame, and now and then an older one after it."""
        if way is Way.DOWN:
            return whole(frame)
        old = chance.choice(self.recorded) if self.recorded and chance.random() < 0.5 else None
        self.recorded.append(frame)
        return whole(frame) if old is None else Fate(((0.0, frame), (0.05, old)))


def half_open(_frame: bytes, _way: Way, _chance: random.Random) -> Fate:
    """Everything is swallowed and nobody is told: a cable pulled behind a switch."""
    return Fate()


TOXICS: Mapping[str, Callable[[], Toxic]] = {
    "latency": lambda: latency,
    "jitter": lambda: jitter,
    "stall": lambda: stall,
    "reset": lambda: reset,
    "slice": lambda: slices,
    "corrupt": lambda: corrupt,
    "truncate": lambda: truncate,
    "duplicate": lambda: duplicate,
    "late reply": lambda: late_reply,
    "late request": lambda: late_request,
    "throttle": lambda: throttle,
    "other number": lambda: other_number,
    "replay": Replay,
    "half open": lambda: half_open,
}
"""By name; each call makes one for one wire."""
MODBUS_ALONE = frozenset({"other number"})
"""What makes no sense on another kind of wire."""
