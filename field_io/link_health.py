"""When a link to a cabinet counts as up, when it is tried again, and when it is left alone. Pure: time is an argument.

A round either gave a valid report or it failed. Whoever carries the words, the same rounds give the same answers: the
Modbus link uses this in the street, and a simulation uses it under a clock of its own.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from controller.events import CabinetReport, Input, LinkChange
from field_io.session import Session

RECONNECT_S = (0.2, 5.0)
"""First and longest wait before the next connection is tried; doubled each time, and up to half of it random."""
FAILURES_UNTIL_DOWN = 3
"""Rounds in a row without a valid report until a link counts as down: half-open connections show within 3 s (F28)."""
HOLD_OFF_S = 60.0
"""A cabinet that acknowledges blocks and does not take them is left alone for so long (F35)."""
BUSY = frozenset({5, 6})
"""Modbus exceptions that mean: ask again next second."""
MISCONFIGURED = frozenset({1, 2, 3})
"""Modbus exceptions that mean: this is not the cabinet, or not the key, that the site says."""


class RoundFailed(Exception):  # noqa: N818 - trouble in the street, an answer of the round
    """This round gave no report; `cause` for people, `edge` when the link is down at once, `close` the connection."""

    def __init__(self, cause: str, *, edge: bool = False, close: bool = True) -> None:
        super().__init__(cause)
        self.cause, self.edge, self.close = cause, edge, close

    @classmethod
    def by_exception(cls, code: int) -> RoundFailed:
        """What a Modbus exception means for the link. It never means that nothing was written."""
        return cls(f"Modbus exception {code:02}", edge=code in MISCONFIGURED, close=code not in BUSY)


@dataclass(slots=True)
class LinkState:
    """What may be shown of a link."""

    up: bool = True
    """A link counts as up until it has failed."""
    cause: str = ""
    """Why it is down; empty while it is up."""
    round_trips: int = 0
    failures: int = 0
    """Rounds without a valid report."""
    connections: int = 0
    commands: int = 0
    """Blocks sent."""
    reported_s: float | None = None
    """Control time of the last valid report [s]."""
    echoes: int = 0
    """Blocks whose acceptance the cabinet's echo has proved."""
    echo_ms: float = 0.0
    """From a command's being posted to that echo, the last time [ms]; in lock-step nothing is posted."""
    second_ms: float = 0.0
    """From the second for which it was decided to that echo [ms]."""


def found_up(believed_down: Iterable[str], links: Mapping[str, LinkState]) -> list[Input]:
    """What a core that was restored must hear before its first step: links that it remembers as lost, and that are up.

    A new link counts as up and tells edges alone: the core would leave those cabinets to their own plans for ever.
    """
    return [LinkChange(junction, True, "met anew") for junction in believed_down if links[junction].up]


class LinkHealth:
    """What the rounds of one link say of it; `now_s` is control time, `clock_s` any clock that only rises."""

    def __init__(self, junction: str, session: Session, chance: random.Random) -> None:
        """`chance` spreads reconnections, seeded by who makes it."""
        self.state = LinkState()
        self.last_cause = ""
        """Why the last round failed."""
        self._junction, self._session, self._chance = junction, session, chance
        self._failures_in_row = 0
        self._wait_s = RECONNECT_S[0]
        self._next_try_s = float("-inf")
        self._held_until_s = float("-inf")

    def may_connect(self, clock_s: float) -> bool:
        """Whether the wait since the last connection was given up is over."""
        return clock_s >= self._next_try_s

    @property
    def next_failure_is_down(self) -> bool:
        """Whether one more failed round takes the link down."""
        return self._failures_in_row + 1 >= FAILURES_UNTIL_DOWN

    def succeeded(self, report: CabinetReport, now_s: float) -> tuple[Input, ...]:
        """A round gave a report; answers it, after a change of the link where it makes one."""
        self._failures_in_row, self._wait_s = 0, RECONNECT_S[0]
        self.state.reported_s = now_s
        if self._session.unheard >= FAILURES_UNTIL_DOWN:
            self._session.unheard = 0
            self._held_until_s = now_s + HOLD_OFF_S
            return *self._turn(up=False, cause="acknowledges commands and does not take them"), report
        if now_s < self._held_until_s:
            return (report,)
        return *self._turn(up=True, cause="reports again"), report

    def failed(self, failure: RoundFailed) -> tuple[Input, ...]:
        """A round gave none; answers the change of the link where it makes one."""
        self.state.failures += 1
        self._failures_in_row += 1
        self.last_cause = failure.cause
        never = self.state.reported_s is None
        if failure.edge or never or self._failures_in_row >= FAILURES_UNTIL_DOWN:
            return self._turn(up=False, cause=failure.cause)
        return ()

    def gave_up_connection(self, clock_s: float) -> None:
        """A connection was closed for a failure: the next one waits, twice as long each time."""
        self._next_try_s = clock_s + self._wait_s * (1 - self._chance.random() / 2)
        self._wait_s = min(2 * self._wait_s, RECONNECT_S[1])

    def _turn(self, *, up: bool, cause: str) -> tuple[Input, ...]:
        """Say it once, at the edge."""
        self.state.cause = "" if up else cause
        if up == self.state.up:
            return ()
        self.state.up = up
        return (LinkChange(self._junction, up, cause),)
