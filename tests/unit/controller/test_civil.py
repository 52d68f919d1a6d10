"""Is the plan of the hour the one that the calendar means?"""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from controller import ClockReading, DatedDays, DatedKind, DayPlan, Schedule
from controller.civil import CivilClock, day_plan_of, plan_of_the_hour

WORKDAY = DayPlan("workday", ((6 * 3600, "day"), (22 * 3600, "night")))
FAIR = DayPlan("fair", ((0, "fair"),))
SONGKRAN = date(2026, 4, 13)  # a Monday
SPECIAL = DatedDays(DatedKind.SPECIAL, SONGKRAN.toordinal(), SONGKRAN.toordinal(), ("fair",) * 7)
CALENDAR = Schedule(("workday",) * 7, (WORKDAY, FAIR), (SPECIAL,))


@pytest.mark.parametrize(
    ("day", "second", "plan"),
    [
        (date(2026, 1, 5), 6 * 3600, "day"),
        (date(2026, 1, 5), 6 * 3600 - 1, "night"),  # last night's plan goes on until the first entry
        (date(2026, 1, 5), 23 * 3600, "night"),
        (SONGKRAN, 12 * 3600, "fair"),  # a special date outranks the weekday
        (date(2026, 4, 14), 3600, "fair"),  # and its last plan runs into the next morning
    ],
)
def test_plan_of_the_hour(day: date, second: int, plan: str) -> None:
    """Day plans, the night before, special dates."""
    assert plan_of_the_hour(CALENDAR, day.toordinal(), second) == plan


def test_local_time_is_utc_plus_zone() -> None:
    """17:00:05 UTC on 4 January is five seconds past midnight on the 5th in Thailand."""
    clock = CivilClock.unset()
    assert clock.local(100.0) is None
    clock.hear(ClockReading(1767546005.0, 25200), 100.0)
    assert clock.local(100.0) == (date(2026, 1, 5).toordinal(), 5)
    assert clock.local(100.0 + 86400) == (date(2026, 1, 6).toordinal(), 5)


def test_untrusted_reading_changes_nothing() -> None:
    """A clock that says itself that it is not set is not believed."""
    clock = CivilClock.unset()
    clock.hear(ClockReading(0.0, 25200, trusted=False), 0.0)
    assert clock.local(0.0) is None


def days(kind: DatedKind, first: int, last: int, day_plan: str, *, yearly: bool = True) -> DatedDays:
    """An entry of the calendar with one day plan for all weekdays."""
    return DatedDays(kind, first, last, (day_plan,) * 7, yearly)


def test_special_days_outrank_holidays_outrank_terms_outrank_the_week() -> None:
    """13 April is a special day, the 14th a holiday, the 15th in the term, and 1 May is a day of the usual week."""
    plans = tuple(DayPlan(name, ((0, name),)) for name in ("week", "term", "holiday", "special"))
    ranked = (
        days(DatedKind.SPECIAL, 413, 413, "special"),
        days(DatedKind.HOLIDAY, 413, 414, "holiday"),
        days(DatedKind.TERM, 1101, 430, "term"),  # over the new year
    )
    schedule = Schedule(("week",) * 7, plans, ranked)
    found = [day_plan_of(schedule, date(2026, *day).toordinal()).id for day in ((4, 13), (4, 14), (4, 15), (5, 1))]
    assert found == ["special", "holiday", "term", "week"]
    assert day_plan_of(schedule, date(2026, 1, 1).toordinal()).id == "term"
    assert day_plan_of(schedule, date(2026, 10, 31).toordinal()).id == "week"


def test_an_hour_read_twice_begins_its_plans_once() -> None:
    """At 03:00 the clock goes back to 02:00: what began at 02:30 goes on, and 03:00 comes when it comes."""
    clock = CivilClock.unset()
    midnight_s = datetime(2026, 10, 25, tzinfo=UTC).timestamp()  # of the local clock, written as if it were UTC
    clock.hear(ClockReading(midnight_s, 0), 0.0)
    assert clock.for_calendar(3 * 3600 - 1) == (date(2026, 10, 25).toordinal(), 3 * 3600 - 1)
    clock.hear(ClockReading(midnight_s + 3 * 3600, -3600), 3 * 3600.0)
    ordinal = date(2026, 10, 25).toordinal()
    assert clock.local(3 * 3600) == (ordinal, 2 * 3600)
    assert clock.for_calendar(3 * 3600) == (ordinal, 3 * 3600 - 1)
    assert clock.for_calendar(4 * 3600 - 1) == (ordinal, 3 * 3600 - 1)
    assert clock.for_calendar(4 * 3600) == (ordinal, 3 * 3600)


def test_a_clock_that_was_a_day_ahead_is_followed_back() -> None:
    """More than two hours back is a correction, not daylight saving."""
    clock = CivilClock.unset()
    clock.hear(ClockReading(1767546005.0 + 86400, 25200), 0.0)
    clock.hear(ClockReading(1767546005.0, 25200), 1.0)
    assert clock.for_calendar(1.0) == (date(2026, 1, 5).toordinal(), 5)
