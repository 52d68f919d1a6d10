"""A brake on guessing: who fails too often is told to wait, and a flood of failures fills no log."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable

MOST_FAILURES = 5
WINDOW_S = 60.0
"""Failures of one source that are answered one by one: five a minute (F65)."""
MOST_SOURCES = 1024
"""Sources remembered; beyond it the one that has been quiet longest is forgotten."""


class Brake:
    """Counts failures by source. Who shows a right token is never braked: on a loopback all share one address."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def wait_s(self, source: str) -> float:
        """Take note of a failure: 0 while there are few of them, else how long this source should wait [s]."""
        now = self._clock()
        failures = self._failures.pop(source, deque(maxlen=MOST_FAILURES))
        self._failures[source] = failures
        while len(self._failures) > MOST_SOURCES:
            self._failures.popitem(last=False)
        if len(failures) == MOST_FAILURES and now - failures[0] < WINDOW_S:
            return WINDOW_S - (now - failures[0])
        failures.append(now)
        return 0.0
