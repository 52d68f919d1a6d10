"""The centre in the simulation's own process: controller, journal, and a link without sockets."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from functools import partial
from typing import Self

from controller import Controller
from controller.events import DetectorReading
from field_io.clock import CivilTime, LockStepClock
from field_io.inbox import Inbox
from field_io.journal import Journal
from field_io.journal_files import journal_in_file
from field_io.segment import Head
from plans import Site
from plans.zone import zone_offset_s
from sim.direct_link import EPOCH, DirectLink
from sim.loop_record import LoopRecord, quantiles
from sim.run_settings import RunSettings
from sim.street_cabinets import StreetCabinets


class DirectCentre:
    """Does in one process, in the same order, what the service does; a context manager that closes the journal."""

    def __init__(
        self, site: Site, cabinets: StreetCabinets, settings: RunSettings, controller: Controller | None = None
    ) -> None:
        """Meet the cabinets; raises JournalError where the journal cannot be written.

        `controller`: a yardstick's; None makes the one that `settings` name.
        """
        network = site.network
        self._inbox = Inbox(network)
        self._clock = LockStepClock(settings.utc_at_zero_s)
        self._clock.set(settings.begin_s)
        self._civil = CivilTime(self._clock, partial(zone_offset_s, network))
        self._link = DirectLink(site, cabinets, self._inbox, utc_at_zero_s=settings.utc_at_zero_s)
        self._controller = controller or Controller(network, settings.strategy, settings.begin_s)
        self._requests = deque(settings.requests)
        self._journal = _journal(site, settings, self._controller)
        self._decisions = 0
        self._step_ms: list[float] = []
        self._link.exchange((), settings.begin_s)

    def __enter__(self) -> Self:
        """Everything is ready."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the journal."""
        if self._journal is not None:
            self._journal.close()

    def second(self, readings: Sequence[DetectorReading], now_s: float) -> None:
        """Deliver, journal, decide, journal, exchange."""
        self._clock.set(now_s)
        self._link.publish(readings, now_s)
        civil_time = self._civil.reading(now_s)
        if civil_time is not None:
            self._inbox.put(civil_time)
        while self._requests and self._requests[0][0] <= now_s:
            self._inbox.put(self._requests.popleft()[1])
        inputs = self._inbox.drain()
        journal = self._journal
        if journal is not None:
            journal.begin_step(now_s, inputs)
        began = time.perf_counter()
        result = self._controller.step(now_s, inputs)
        self._step_ms.append(1000 * (time.perf_counter() - began))
        if journal is not None:
            journal.end_step(result, self._controller.snapshot() if journal.wants_snapshot else None)
        self._decisions += len(result.decisions)
        self._link.exchange(result.commands, now_s)

    def finish(self) -> LoopRecord:
        """What was counted."""
        return LoopRecord(
            decisions=self._decisions,
            decision_ms=quantiles(self._step_ms),
            messages=self._link.messages,
            round_trips=self._link.round_trips,
        )


def _journal(site: Site, settings: RunSettings, controller: Controller) -> Journal | None:
    if settings.journal is None:
        return None
    head = Head(
        site=site.network.site,
        bundle=site.bundle.to_json(),
        strategy=settings.strategy,
        now_s=settings.begin_s,
        utc_s=settings.utc_at_zero_s + settings.begin_s,
        epoch=EPOCH,
    )
    return journal_in_file(settings.journal, head, controller.snapshot())
