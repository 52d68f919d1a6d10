"""The one inbox: everything that happened since the last step, bounded, and handed over in one order.

The order is by kind, then by junction, then by time, whatever order the street sent it in. So the same second gives the
same inputs over every link, and a flood at one junction pushes out that junction's oldest readings and nobody else's.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Sequence

from controller.events import (
    CabinetReport,
    ClockReading,
    DetectorReading,
    Input,
    LinkChange,
    OperatorRequest,
    PriorityRequest,
    StepOverrun,
)
from controller.model import Network

MAX_READINGS = 16
"""Readings kept for a junction between two steps: sixteen seconds' worth, three times the staleness limit."""
MAX_OTHERS = 64
"""Everything else kept of a kind for a junction; more in one second is a loop of somebody's, not information."""
SITE = ""
"""Stands for the whole site where an input names no junction."""

ORDER: dict[type[Input], int] = {
    ClockReading: 0,
    StepOverrun: 1,
    OperatorRequest: 2,
    PriorityRequest: 3,
    LinkChange: 4,
    CabinetReport: 5,
    DetectorReading: 6,
}
"""Time first, then what people want, then whether cabinets can be reached, what they say, what the loops saw."""


class CanonicalOrder:
    """Sorts the inputs of a step the same way for every link."""

    def __init__(self, network: Network) -> None:
        self._rank = {SITE: 0} | {junction.id: 1 + index for index, junction in enumerate(network.junctions)}

    def __call__(self, inputs: Iterable[Input]) -> tuple[Input, ...]:
        """By kind, junction and end of interval; equal ones keep the order in which they came."""
        return tuple(sorted(inputs, key=self._key))

    def _key(self, event: Input) -> tuple[int, int, float]:
        junction = getattr(event, "junction", None) or SITE
        ends_s = event.t1_s if isinstance(event, DetectorReading) else 0.0
        return ORDER[type(event)], self._rank.get(junction, len(self._rank)), ends_s


class Inbox:
    """Collects inputs between steps; single-threaded (threads cross in the links)."""

    def __init__(self, network: Network) -> None:
        self.overflowed: Counter[str] = Counter()
        """Inputs pushed out by newer ones, by junction."""
        self._order = CanonicalOrder(network)
        self._waiting: dict[tuple[type[Input], str], deque[Input]] = {}

    def put(self, event: Input) -> None:
        """Take one input; the oldest of its kind and junction goes where there are too many."""
        junction = getattr(event, "junction", None) or SITE
        place = (type(event), junction)
        waiting = self._waiting.get(place)
        if waiting is None:
            limit = MAX_READINGS if isinstance(event, DetectorReading) else MAX_OTHERS
            waiting = self._waiting[place] = deque(maxlen=limit)
        if len(waiting) == waiting.maxlen:
            self.overflowed[junction] += 1
        waiting.append(event)

    def put_all(self, events: Iterable[Input]) -> None:
        """Take several."""
        for event in events:
            self.put(event)

    def drain(self) -> Sequence[Input]:
        """Everything that waits, in the canonical order; the inbox is empty afterwards."""
        waiting, self._waiting = self._waiting, {}
        return self._order(event for events in waiting.values() for event in events)

    def forget_readings(self) -> None:
        """Drop detector readings that wait: after a pause they tell of another time."""
        for place in [place for place in self._waiting if place[0] is DetectorReading]:
            del self._waiting[place]
