"""Does control time only go forward, and is civil time told when it must be?"""

import time
from datetime import UTC, datetime
from functools import partial

from controller import Network, Schedule
from controller.events import ClockReading
from field_io.clock import SANE_UTC_S, CivilTime, LockStepClock, StreetClock
from plans.zone import zone_offset_s


def thailand(_utc_s: float) -> int:
    """No daylight saving."""
    return 25200


class FakeClock:
    """Control time and a wall clock that can be set."""

    def __init__(self) -> None:
        self.now, self.utc = 0.0, SANE_UTC_S + 1000.0

    def now_s(self) -> float:
        return self.now

    def utc_s(self) -> float:
        return self.utc

    def pass_s(self, seconds: float) -> None:
        self.now += seconds
        self.utc += seconds


def test_civil_time_is_told_at_the_start_and_hourly() -> None:
    clock = FakeClock()
    civil = CivilTime(clock, thailand)
    told = []
    for _ in range(3 * 3600 + 1):
        if civil.reading(clock.now):
            told.append(clock.now)
        clock.pass_s(1.0)
    assert told == [0.0, 3600.0, 7200.0, 10800.0]
    assert CivilTime(clock, thailand).reading(clock.now) == ClockReading(clock.utc, 25200, trusted=True)


def test_a_wall_clock_that_is_set_is_told_once_and_at_once() -> None:
    clock = FakeClock()
    civil = CivilTime(clock, thailand)
    civil.reading(0.0)
    clock.pass_s(10.0)
    clock.utc -= 3600.0
    told = civil.reading(10.0)
    assert told is not None
    assert told.utc_s == clock.utc
    clock.pass_s(1.0)
    assert civil.reading(11.0) is None


def test_small_corrections_of_the_wall_clock_are_no_news_until_they_add_up() -> None:
    clock = FakeClock()
    civil = CivilTime(clock, thailand)
    civil.reading(0.0)
    told = 0
    for _ in range(100):
        clock.pass_s(1.0)
        clock.utc += 0.01
        told += civil.reading(clock.now) is not None
    assert told == 1


def test_a_wall_clock_that_was_never_set_is_not_trusted() -> None:
    clock = FakeClock()
    clock.utc = 3600.0
    reading = CivilTime(clock, thailand).reading(0.0)
    assert reading is not None
    assert not reading.trusted


def test_in_lock_step_civil_time_follows_the_simulation() -> None:
    clock = LockStepClock(utc_at_zero_s=SANE_UTC_S)
    clock.set(25200.0)
    assert (clock.now_s(), clock.utc_s()) == (25200.0, SANE_UTC_S + 25200.0)
    clock.set(25201.0, utc_s=SANE_UTC_S)
    assert clock.utc_s() == SANE_UTC_S


def test_control_time_goes_on_from_the_run_before() -> None:
    clock = StreetClock.after(5000.0, time.time() - 100.0)
    assert 5100.0 <= clock.now_s() < 5101.0
    behind = StreetClock.after(5000.0, time.time() + 1e6)
    assert 5000.0 <= behind.now_s() < 5001.0


def test_a_jump_of_daylight_saving_is_told_in_its_second() -> None:
    """Berlin, 25 October 2026: at 01:00 UTC the clocks go back from UTC+2 to UTC+1."""
    network = Network("t", (), Schedule(("all",) * 7, ()), utc_offset_s=3600, time_zone="Europe/Berlin")
    clock = FakeClock()
    change_s = datetime(2026, 10, 25, 1, tzinfo=UTC).timestamp()
    clock.utc = change_s - 3
    civil = CivilTime(clock, partial(zone_offset_s, network))
    told = []
    for _ in range(6):
        reading = civil.reading(clock.now)
        told += [(reading.utc_s - change_s, reading.zone_offset_s)] if reading else []
        clock.pass_s(1.0)
    assert told == [(-3, 7200), (0, 3600)]
