"""Time: the only reader of clocks. Control time never goes backwards; civil time is told to the core as an input.

In the street control time is the machine's monotonic clock, shifted so that it goes on from where the last run ended.
In lock-step the simulation says what time it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from controller.events import ClockReading

TELL_AGAIN_S = 3600.0
"""Civil time is told to the core at least once an hour."""
STEP_S = 0.5
"""A wall clock that differs by more from where it should be was set: told at once."""
SANE_UTC_S = 1_735_689_600.0
"""2025-01-01: a wall clock before this was never set."""


class Clock(Protocol):
    """Control time [s] and the civil time that belongs to it."""

    def now_s(self) -> float: ...
    def utc_s(self) -> float: ...


class StreetClock:
    """Monotonic control time that begins at `origin_s` [s]."""

    def __init__(self, origin_s: float = 0.0) -> None:
        self._shift_s = origin_s - time.monotonic()

    @classmethod
    def after(cls, last_s: float, last_utc_s: float) -> StreetClock:
        """A clock that goes on after a run that ended at control time `last_s`, UTC `last_utc_s`.

        The time in between counts as far as the wall clock tells it, never backwards.
        """
        return cls(last_s + max(0.0, time.time() - last_utc_s))

    def now_s(self) -> float:
        """Control time [s]; any thread may ask."""
        return time.monotonic() + self._shift_s

    def utc_s(self) -> float:
        """Seconds since 1970 by the machine's wall clock."""
        return time.time()


class LockStepClock:
    """Control time as the simulation tells it; UTC = `utc_at_zero_s` + control time unless it tells that too."""

    def __init__(self, utc_at_zero_s: float) -> None:
        self._now_s = 0.0
        self._utc_at_zero_s = utc_at_zero_s

    def set(self, now_s: float, utc_s: float | None = None) -> None:
        """The simulation has come to `now_s` [s]."""
        self._now_s = now_s
        if utc_s is not None:
            self._utc_at_zero_s = utc_s - now_s

    def now_s(self) -> float:
        """The second that was told last [s]."""
        return self._now_s

    def utc_s(self) -> float:
        """Seconds since 1970 that belong to it."""
        return self._utc_at_zero_s + self._now_s


class CivilTime:
    """Decides when the core must be told the civil time anew."""

    def __init__(self, clock: Clock, zone_offset_s: Callable[[float], int]) -> None:
        """`zone_offset_s` answers local time minus UTC [s] at a moment [s since 1970 UTC]."""
        self._clock = clock
        self._zone_offset_s = zone_offset_s
        self._told: tuple[float, float, int] | None = None

    def reading(self, now_s: float) -> ClockReading | None:
        """A reading for `now_s`: the first time, hourly, and when wall clock or daylight saving moved; else None."""
        utc_s = self._clock.utc_s() + (now_s - self._clock.now_s())
        offset_s = self._zone_offset_s(utc_s)
        if self._told is not None:
            told_s, told_utc_s, told_offset_s = self._told
            expected_utc_s = told_utc_s + (now_s - told_s)
            steady = abs(utc_s - expected_utc_s) <= STEP_S and offset_s == told_offset_s
            if now_s - told_s < TELL_AGAIN_S and steady:
                return None
        self._told = (now_s, utc_s, offset_s)
        return ClockReading(utc_s, offset_s, trusted=utc_s >= SANE_UTC_S)
