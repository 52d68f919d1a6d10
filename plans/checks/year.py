"""A calendar over a span of dates: holidays that nobody has dated, plans too short to arrive, too many changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from controller.model import DatedDays, DatedKind, Network
from plans.calendar import days_between, seconds_of_day
from plans.checks.calendar import SHORTEST_PLAN_S
from plans.findings import Problem, Severity
from plans.reading import CALENDAR
from plans.schema import CalendarFile, HolidaysEntry, MovingHoliday
from plans.timeline import PlanRun, clock_changes, clock_of, plan_runs
from plans.year import dates_of
from plans.zone import zone_offset_s

SEASON_DAYS = 35
"""A holiday of the lunar calendar moves by a month at most from one year to another."""
SATURDAY = 5
SUBSTITUTE_DAYS = 2
"""A holiday on a weekend is made up for on the Monday or Tuesday after it, where it is."""
NO_WEEK = ("", "", "", "", "", "", "")
HOUR_S = 3600


def span_problems(calendar: CalendarFile, network: Network, first: date, last: date) -> Iterator[Problem]:
    """What is missing or contradicts itself from `first` to `last`, both included."""
    holidays = calendar.holidays
    if holidays is not None:
        for index, moving in enumerate(holidays.moving):
            yield from _undated(index, moving, first, last)
        yield from _without_substitute(holidays, network, first, last)
    runs = plan_runs(network, first, last)
    yield from _short_runs(runs, network)
    yield from _too_many_changes(runs, calendar, network)
    yield from _jumps(calendar, network, first, last)


def _undated(index: int, moving: MovingHoliday, first: date, last: date) -> Iterator[Problem]:
    """Years in whose season of the holiday the span has days, and which have no date of it."""
    dates = [date.fromisoformat(text) for text in moving.dates]
    for year in range(first.year, last.year + 1):
        if any(known.year == year for known in dates):
            continue
        season = [_in_year(known, year) for known in dates]
        begins, ends = min(season) - timedelta(SEASON_DAYS), max(season) + timedelta(SEASON_DAYS)
        if begins <= last and ends >= first:
            message = f"{moving.name} has no date in {year}; add it to `dates` when it is proclaimed"
            yield Problem(CALENDAR, ("holidays", "moving", index, "dates"), message)


def _in_year(day: date, year: int) -> date:
    return date(year, 1, 1) + timedelta(days=day.timetuple().tm_yday - 1)


def _without_substitute(holidays: HolidaysEntry, network: Network, first: date, last: date) -> Iterator[Problem]:
    """Holidays on a weekend after which no other holiday follows: perhaps a day in lieu was not entered."""
    years = range(first.year, last.year + 1)
    entries = [days for days in network.schedule.dated if days.kind is DatedKind.HOLIDAY]
    free = {day.toordinal() for days in entries for day in dates_of(days, years)}
    for path, days in _last_days(holidays):
        for day in dates_of(days, years):
            if not first <= day <= last or day.weekday() < SATURDAY or day.toordinal() + 1 in free:
                continue
            monday = day.toordinal() + 7 - day.weekday()
            if not free & set(range(monday, monday + SUBSTITUTE_DAYS)):
                name = days.name or "the holiday"
                message = f"{name} falls on a weekend, {day}; if a day in lieu is proclaimed, add it to `fixed`"
                yield Problem(CALENDAR, path, message, Severity.WARNING)


def _last_days(holidays: HolidaysEntry) -> Iterator[tuple[tuple[str | int, ...], DatedDays]]:
    """The last day of each holiday, with its path."""
    for index, fixed in enumerate(holidays.fixed):
        path = ("holidays", "fixed", index, "date")
        yield path, days_between(DatedKind.HOLIDAY, fixed.until or fixed.date, None, NO_WEEK, fixed.name)
    for index, moving in enumerate(holidays.moving):
        for place, day in enumerate(moving.dates):
            at = ("holidays", "moving", index, "dates", place)
            yield at, days_between(DatedKind.HOLIDAY, day, None, NO_WEEK, moving.name)


def _short_runs(runs: Sequence[PlanRun], network: Network) -> Iterator[Problem]:
    """Plans that end before they are worth their transition; the first and the last are cut by the span."""
    for run in runs[1:-1]:
        if run.end_s - run.begin_s < SHORTEST_PLAN_S:
            minutes = (run.end_s - run.begin_s) / 60
            message = (
                f"on {_local_date(network, run.begin_s)} the plan {run.plan} runs for {minutes:g} min, from "
                f"{clock_of(network, run.begin_s)}; 30 min or more, else transitions eat the gain"
            )
            yield Problem(CALENDAR, ("day_plans",), message, Severity.WARNING, at_key=True)


def _too_many_changes(runs: Sequence[PlanRun], calendar: CalendarFile, network: Network) -> Iterator[Problem]:
    """An hour with more changes than the limit: the core would hold the last of them back."""
    most, starts = calendar.max_changes_per_hour, [run.begin_s for run in runs[1:]]
    for early_s, late_s in zip(starts, starts[most:], strict=False):
        if late_s - early_s < HOUR_S:
            message = (
                f"on {_local_date(network, early_s)} the plan changes {most + 1} times within an hour from "
                f"{clock_of(network, early_s)}, and the limit is {most}; fewer changes, or a higher limit"
            )
            yield Problem(CALENDAR, ("day_plans",), message, at_key=True)


def _jumps(calendar: CalendarFile, network: Network, first: date, last: date) -> Iterator[Problem]:
    """Times of day that the clock skips or reads twice on a date: said, because nobody expects it."""
    for at_s, jump_s in clock_changes(network, first, last):
        day = _local_date(network, at_s)
        before_s = (at_s + zone_offset_s(network, at_s) - jump_s) % 86400
        low_s, high_s = sorted((before_s, before_s + jump_s))
        for name, entries in calendar.day_plans.items():
            for index, entry in enumerate(entries):
                if low_s < seconds_of_day(entry.at) < high_s or (jump_s > 0 and seconds_of_day(entry.at) == low_s):
                    what = "skips it; the plan begins with the jump" if jump_s > 0 else "reads it twice; it begins once"
                    message = f"on {day} the clock {what}"
                    yield Problem(CALENDAR, ("day_plans", name, index, "at"), message, Severity.WARNING)


def _local_date(network: Network, utc_s: float) -> date:
    return date(1970, 1, 1) + timedelta(days=(utc_s + zone_offset_s(network, utc_s)) // 86400)
