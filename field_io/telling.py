"""What a step tells: states and alarms to the broker, edges to the log, the latest decisions to whoever looks."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Collection, Mapping, Sequence

from controller import JunctionView
from controller.events import Alarm, CabinetReport, ClockReading, Decision, Input, LinkChange, StepResult
from controller.model import Network
from field_io.log import Log
from field_io.session import Session
from field_io.state_publisher import Publish, StatePublisher

REMEMBERED = 2000
"""Decisions and alarms kept for viewers; the journal has all of them."""
DROPPED_EVERY_S = 60.0
"""Dropped messages are told at most so often, by cause (fault F20)."""


class Teller:
    """Tells each step once, and trouble at its edges."""

    def __init__(self, network: Network, publish: Publish, log: Log, *, dry_run: bool) -> None:
        self.latest: deque[tuple[float, Decision | Alarm]] = deque(maxlen=REMEMBERED)
        """(control time [s], what was told), oldest first."""
        self.decisions = 0
        self._publisher = StatePublisher(network, publish, dry_run=dry_run)
        self._log = log
        self._utc_minus_now_s: float | None = None
        self._edges: dict[str, object] = {"journal": "", "broker": "", "fenced": "", "gateway clocks off": ""}
        self._dropped: Counter[str] = Counter()
        self._dropped_s = float("-inf")
        self._strangers: dict[str, int] = {}
        self._strangers_s = float("-inf")

    def tell(self, inputs: Sequence[Input], result: StepResult, views: Sequence[JunctionView]) -> None:
        """A step was taken."""
        now_s = result.now_s
        for event in inputs:
            if isinstance(event, ClockReading):
                self._utc_minus_now_s = event.utc_s - now_s
            elif isinstance(event, LinkChange):
                self._log.warning("link", junction=event.junction, up=event.up, cause=event.cause)
        self.decisions += len(result.decisions)
        self.latest.extend((now_s, decision) for decision in result.decisions)
        self.latest.extend((now_s, alarm) for alarm in result.alarms)
        self._publisher.hear(event for event in inputs if isinstance(event, CabinetReport))
        self._publisher.tell(views, now_s, None if self._utc_minus_now_s is None else now_s + self._utc_minus_now_s)
        self._publisher.alarm(result.alarms, now_s)

    def tell_troubles(
        self,
        *,
        journal: str,
        broker: str,
        links: Mapping[str, Session],
        clocks_off: Collection[str],
        dropped: Counter[str],
        now_s: float,
    ) -> None:
        """What is wrong with ourselves and with whom we talk to, as it is now; `links` by junction."""
        self.tell_edge("journal", journal)
        self.tell_edge("broker", broker)
        self.tell_edge("fenced", ", ".join(junction for junction, session in links.items() if session.fenced(now_s)))
        self.tell_edge("gateway clocks off", ", ".join(sorted(clocks_off)))
        self.tell_dropped(dropped, now_s)
        self.tell_strangers({junction: session.strangers for junction, session in links.items()}, now_s)

    def tell_edge(self, what: str, trouble: str) -> None:
        """Say it when something is in trouble, when the trouble is another one, and when it is over."""
        if trouble != self._edges[what]:
            self._edges[what] = trouble
            self._log.error(what, trouble=trouble or "over")

    def tell_strangers(self, strangers: Mapping[str, int], now_s: float) -> None:
        """Say at which cabinets requests were refused for want of a key or a right since the last time (F61)."""
        news = {name: count for name, count in strangers.items() if count > self._strangers.get(name, 0)}
        if news and now_s - self._strangers_s >= DROPPED_EVERY_S:
            told = {name: count - self._strangers.get(name, 0) for name, count in news.items()}
            self._log.error("cabinets refused strangers", **told)
            self._strangers, self._strangers_s = dict(strangers), now_s

    def tell_dropped(self, dropped: Counter[str], now_s: float) -> None:
        """Say how many messages were dropped since the last time, by cause."""
        if now_s - self._dropped_s >= DROPPED_EVERY_S and dropped != self._dropped:
            self._log.warning("messages dropped", **(dropped - self._dropped))
            self._dropped, self._dropped_s = dropped.copy(), now_s
