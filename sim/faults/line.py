"""The line to one cabinet, and the conversation over it.

Words go straight through while all is well. A trouble gets each round in its hands instead: what was asked, the cabinet
at the other end, and its own chance; it answers the words that the centre reads, or fails as a socket would.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from controller.events import CabinetReport, Input, PermittedCommand
from field_io.link_health import LinkHealth, RoundFailed
from field_io.session import Registers, Rejected, Session
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
