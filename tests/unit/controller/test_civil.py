"""Is the plan of the hour the one that the calendar means?"""

from __future__ import annotations

from datetime import date

import pytest

from controller import ClockReading, DatedDays, DatedKind, DayPlan, Schedule
from controller.civil import CivilClock, plan_of_the_hour

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
