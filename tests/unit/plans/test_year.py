"""Is what the calendar prints what will run, also where clocks jump, and are its holes found?"""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from controller.civil import CivilClock, plan_of_the_hour
from controller.events import ClockReading
from controller.model import DayPlan, Network, Schedule
from plans import Bundle, check_calendar, clock_of, day_lines, dump_yaml
from plans.timeline import plan_runs
from plans.zone import zone_offset_s
from tests.site_builder import site_data

ENTRIES = ((0, "night"), (9000, "early"), (10800, "day"), (79200, "night"))  # 00:00, 02:30, 03:00, 22:00
BERLIN = Network(
    "t", (), Schedule(("all",) * 7, (DayPlan("all", ENTRIES),)), utc_offset_s=3600, time_zone="Europe/Berlin"
)


def told(day: date, network: Network = BERLIN) -> list[tuple[str, str]]:
    (line,) = day_lines(network, day, day)
    return [(clock_of(network, run.begin_s), run.plan) for run in line.runs]


def test_an_usual_day() -> None:
    assert told(date(2026, 6, 1)) == [("00:00", "night"), ("02:30", "early"), ("03:00", "day"), ("22:00", "night")]


def test_in_spring_a_skipped_time_begins_with_the_jump() -> None:
    """29 March 2026: after 01:59:59 comes 03:00; 02:30 is never read, and 03:00 begins its own plan at once."""
    assert told(date(2026, 3, 29)) == [("00:00", "night"), ("03:00", "day"), ("22:00", "night")]


def test_in_autumn_an_hour_read_twice_begins_its_plan_once() -> None:
    """25 October 2026: 02:00 to 03:00 is read twice; `early` begins in the first and runs 90 minutes."""
    assert told(date(2026, 10, 25)) == [("00:00", "night"), ("02:30", "early"), ("03:00", "day"), ("22:00", "night")]
    early = next(run for run in plan_runs(BERLIN, date(2026, 10, 25), date(2026, 10, 25)) if run.plan == "early")
    assert early.end_s - early.begin_s == 5400


@settings(max_examples=40, deadline=None)
@given(
    zone=st.sampled_from(["Europe/Berlin", "Asia/Bangkok", "America/New_York", "Australia/Lord_Howe", "Africa/Cairo"]),
    day=st.dates(date(2025, 1, 1), date(2028, 12, 31)),
    second=st.integers(0, 2 * 86400),
)
def test_the_timeline_is_what_the_core_chooses(zone: str, day: date, second: int) -> None:
    """A core that lives through the same days, told the time each half hour, runs the plan that was printed."""
    network = Network("t", (), BERLIN.schedule, time_zone=zone)
    runs = plan_runs(network, day, day.fromordinal(day.toordinal() + 2))
    at_s = runs[0].begin_s + second
    clock = CivilClock.unset()
    for tick_s in range(int(runs[0].begin_s) - 86400, int(at_s) + 1, 1800):
        clock.hear(ClockReading(tick_s, zone_offset_s(network, tick_s)), tick_s)
    when = clock.for_calendar(at_s)
    assert when is not None
    printed = next(run.plan for run in runs if run.begin_s <= at_s < run.end_s)
    assert plan_of_the_hour(network.schedule, *when) == printed


def bundle_with(**calendar: Any) -> Bundle:
    files = site_data()
    files["calendar.yaml"] |= calendar
    return Bundle({name: dump_yaml(data) for name, data in files.items()})


def test_a_holiday_without_a_date_in_its_season_is_a_gap_at_its_line() -> None:
    moving = [{"name": "Makha Bucha", "dates": ["2026-03-03"]}]
    bundle = bundle_with(holidays={"day_plan": "weekend", "moving": moving})
    assert check_calendar(bundle, date(2026, 1, 1), date(2027, 1, 20)).errors == ()
    (gap,) = check_calendar(bundle, date(2026, 1, 1), date(2027, 3, 1)).errors
    assert str(gap).startswith("calendar.yaml:")
    assert gap.message == "Makha Bucha has no date in 2027; add it to `dates` when it is proclaimed"
    assert gap.path == "holidays.moving.0.dates"


def test_two_special_entries_of_one_date_with_other_day_plans_are_a_conflict() -> None:
    special = [
        {"date": "12-01", "until": "12-10", "day_plan": "weekend", "name": "Fair"},
        {"date": "12-05", "day_plan": "workday", "name": "Parade"},
    ]
    found = check_calendar(bundle_with(special_dates=special), date(2026, 1, 1), date(2026, 1, 2))
    assert found.blocking
    assert "has two special entries, Fair with weekend and Parade with workday" in found.errors[0].message


def test_a_date_with_its_year_outranks_one_of_every_year() -> None:
    special = [
        {"date": "12-01", "until": "12-10", "day_plan": "weekend"},
        {"date": "2026-12-07", "day_plan": "workday"},
    ]
    bundle = bundle_with(special_dates=special)
    assert check_calendar(bundle, date(2026, 12, 1), date(2026, 12, 10)).errors == ()


def test_a_weekend_holiday_without_a_day_in_lieu_is_said() -> None:
    fixed = [{"date": "12-05", "name": "Father's Day"}]
    warned = check_calendar(bundle_with(holidays={"day_plan": "weekend", "fixed": fixed}), *YEAR_2026).findings
    assert [finding.message for finding in warned] == [
        "Father's Day falls on a weekend, 2026-12-05; if a day in lieu is proclaimed, add it to `fixed`"
    ]
    fixed.append({"date": "2026-12-07", "name": "In lieu"})
    assert check_calendar(bundle_with(holidays={"day_plan": "weekend", "fixed": fixed}), *YEAR_2026).findings == ()


def test_more_changes_an_hour_than_allowed_is_a_conflict() -> None:
    day_plans = site_data()["calendar.yaml"]["day_plans"]
    day_plans["weekend"] = [
        {"at": f"{9 + n // 2:02}:{30 * (n % 2):02}", "plan": ("day", "night")[n % 2]} for n in range(6)
    ]
    found = check_calendar(bundle_with(day_plans=day_plans, max_changes_per_hour=1), date(2026, 1, 3), date(2026, 1, 4))
    assert "changes 2 times within an hour" in found.errors[0].message


YEAR_2026 = (date(2026, 1, 1), date(2026, 12, 31))
