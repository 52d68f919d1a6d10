"""The line to one cabinet, and what may be wrong with it: a frame lost, late, doubled, damaged, or a lie.

Words go straight through while all is well. A trouble gets each round in its hands instead: what was asked, the cabinet
at the other end, and its own chance; it answers the words that the centre reads, or fails as a socket would.
"""

from __future__ import annotations

import heapq
import random
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from controller.events import CabinetReport, Input, PermittedCommand
from field_io.link_health import LinkHealth, RoundFailed
from field_io.session import Registers, Rejected, Session
from sim.cabinet.modbus import READ_WRITE, answer
from sim.faults.checker import CabinetWatch, WatchedCabinet
from sim.faults.town_journal import TownJournal

Words = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Request:
    """One round: words to write at an address (none: a read alone), and what to read back."""

    back: Registers
    address: int = 0
    words: Words | None = None


class Trouble(Protocol):
    """What is wrong with a line."""

    def __call__(self, place: Place, request: Request, /) -> Sequence[int]:
        """The words read; raises RoundFailed."""


@dataclass
class Place:
    """A cabinet at the end of its line."""

    cabinet: WatchedCabinet
    watch: CabinetWatch
    troubles: dict[int, Trouble] = field(default_factory=dict)
    """By number of the fault; the newest has the line."""
    believed_wrongly: int = 0
    """Commands that a centre took for accepted and that the cabinet had not accepted."""
    _coming: list[tuple[int, int, Words]] = field(default_factory=list)
    _sent: int = 0

    def live(self, until_ds: int) -> None:
        """Let time pass; frames that are still on their way arrive at their moment."""
        while self._coming and self._coming[0][0] <= until_ds:
            due_ds, _, words = heapq.heappop(self._coming)
            self.cabinet.advance(max(due_ds, self.cabinet.now_ds))
            if self.cabinet.answers:
                self.cabinet.write_holding(0, words)
        self.cabinet.advance(until_ds)

    def deliver_later(self, words: Words, delay_ds: int) -> None:
        """These words reach the cabinet when nobody waits for them any more."""
        self._sent += 1
        heapq.heappush(self._coming, (self.cabinet.now_ds + delay_ds, self._sent, words))

    def ask(self, request: Request) -> Sequence[int]:
        """One round; raises RoundFailed."""
        if self.troubles:
            trouble = next(reversed(self.troubles.values()))
            return trouble(self, request)
        return self.honestly(request)

    def honestly(self, request: Request) -> Sequence[int]:
        """What the cabinet answers over a good line."""
        cabinet, back = self.cabinet, request.back
        if not cabinet.answers:
            raise RoundFailed("no answer")
        if request.words is not None:
            code = cabinet.write_holding(request.address, request.words)
            if code:
                raise RoundFailed.by_exception(code)
        read = cabinet.read_input if back.function == 4 else cabinet.read_holding
        return read(back.address, back.count)


class Conversation:
    """One centre's session with one place: what the Modbus link does in a round, without the sockets."""

    def __init__(
        self,
        session: Session,
        place: Place,
        junction: str,
        chance: random.Random,
        journal: TownJournal | None = None,
    ) -> None:
        self.session = session
        self._junction, self._journal = junction, journal
        self.health = LinkHealth(junction, session, chance)
        self._place = place
        self._connected = False

    def round(self, command: PermittedCommand | None, now_s: float, unix_s: float) -> tuple[Input, ...]:
        """Write the command, if it may be written, and read the cabinet; answers the inputs that follow."""
        try:
            report = self._exchange(command, now_s, unix_s)
        except RoundFailed as failure:
            if failure.close:
                had_connection = self._connected
                self.close()
                if had_connection:
                    self.health.gave_up_connection(now_s)
            else:
                self.session.disconnected()
            return self.health.failed(failure)
        return self.health.succeeded(report, now_s)

    def close(self) -> None:
        """Give the connection up."""
        self.session.disconnected()
        self._connected = False

    def _exchange(self, command: PermittedCommand | None, now_s: float, unix_s: float) -> CabinetReport:
        session, place = self.session, self._place
        if not self._connected:
            if not self.health.may_connect(now_s):
                raise RoundFailed(self.health.last_cause)
            session.disconnected()
            self._connected = True
        if not session.identified and session.identity_registers is not None:
            refused = session.identify(place.ask(Request(session.identity_registers)), now_s)
            if refused is not None:
                raise RoundFailed(refused.detail, edge=True)
        words = session.block(command, now_s, unix_s)
        if words is None:
            report = session.report(place.ask(Request(session.status_registers)), now_s)
        else:
            self.health.state.commands += 1
            if self._journal is not None and command is not None:
                self._journal.sent(words, command)
            report = session.report(
                place.ask(Request(session.read_back_registers, session.write_address, words)), now_s
            )
        if isinstance(report, Rejected):
            raise RoundFailed(report.detail, close=self.health.next_failure_is_down)
        if words is not None and report.accepted and place.watch.last_words != words:
            place.believed_wrongly += 1
        if report.accepted and self._journal is not None:
            self._journal.echoed(self._junction)
        return report


# ------------------------------------------------------------------------------------------------------- the troubles


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
