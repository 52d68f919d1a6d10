"""The calendar file becomes the schedule that the core runs: times in seconds, dates as ordinals, ranks in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from controller.model import DatedDays, DatedKind, DayPlan, Schedule, TrafficMeasure, Trigger, Week
from plans.schema import CalendarFile, SpecialDate, TriggerEntry


def compile_schedule(calendar: CalendarFile) -> Schedule:
    """The schedule of a calendar that agrees with itself (plans/checks/calendar.py)."""
    return Schedule(
        weekdays=calendar.weekdays.days,
        day_plans=tuple(
            DayPlan(day_plan, tuple((seconds_of_day(entry.at), entry.plan) for entry in entries))
            for day_plan, entries in sorted(calendar.day_plans.items())
        ),
        dated=in_rank(days for _, days in dated_days(calendar)),
        triggers=tuple(compile_trigger(trigger) for trigger in calendar.triggers),
        max_changes_h=calendar.max_changes_per_hour,
    )


def in_rank(entries: Iterable[DatedDays]) -> tuple[DatedDays, ...]:
    """The highest rank first; within a rank, what is written for one year outranks what comes every year."""
    kinds = list(DatedKind)
    return tuple(sorted(entries, key=lambda days: (kinds.index(days.kind), days.yearly)))


def dated_days(calendar: CalendarFile) -> Iterator[tuple[tuple[str | int, ...], DatedDays]]:
    """Everything that outranks the usual week, each with its path in the file.

    What names a week that is not there is left out: the checks tell of it.
    """
    for index, special in enumerate(calendar.special_dates):
        week = _week_of_special(calendar, special)
        if week is not None:
            path = ("special_dates", index, "date")
            yield path, days_between(DatedKind.SPECIAL, special.date, special.until, week, special.name)
    holidays = calendar.holidays
    if holidays is not None:
        week = _every_day(holidays.day_plan)
        for index, fixed in enumerate(holidays.fixed):
            at = ("holidays", "fixed", index)
            yield (*at, "date"), days_between(DatedKind.HOLIDAY, fixed.date, fixed.until, week, fixed.name)
        for index, moving in enumerate(holidays.moving):
            for place, day in enumerate(moving.dates):
                yield (
                    ("holidays", "moving", index, "dates", place),
                    days_between(DatedKind.HOLIDAY, day, None, week, moving.name),
                )
    for index, term in enumerate(calendar.terms):
        if term.week in calendar.weeks:
            days = calendar.weeks[term.week].days
            yield ("terms", index, "date"), days_between(DatedKind.TERM, term.date, term.until, days, term.name)


def days_between(kind: DatedKind, first: str, last: str | None, week: Week, name: str = "") -> DatedDays:
    """The days from "YYYY-MM-DD" or, each year, "MM-DD" to the last day in the same form (None: that day alone).

    >>> days = days_between(DatedKind.HOLIDAY, "12-31", "01-01", ("rest",) * 7)
    >>> days.yearly, days.first, days.last
    (True, 1231, 101)
    """
    yearly = len(first) == len("MM-DD")
    return DatedDays(kind, _day_number(first), _day_number(last or first), week, yearly, name)


def _day_number(text: str) -> int:
    if len(text) == len("MM-DD"):
        month, day = text.split("-")
        return 100 * int(month) + int(day)
    return date.fromisoformat(text).toordinal()


def _week_of_special(calendar: CalendarFile, special: SpecialDate) -> Week | None:
    if special.day_plan is not None:
        return _every_day(special.day_plan)
    return calendar.weeks[special.week].days if special.week in calendar.weeks else None


def _every_day(day_plan: str) -> Week:
    return (day_plan, day_plan, day_plan, day_plan, day_plan, day_plan, day_plan)


def compile_trigger(entry: TriggerEntry) -> Trigger:
    """A trigger as the core watches it."""
    return Trigger(
        id=entry.id,
        plan=entry.plan,
        junction=entry.junction,
        groups=entry.groups,
        measure=TrafficMeasure(entry.measure),
        on_above=entry.on_above,
        off_below=entry.off_below,
        window_s=entry.window_s,
        stay_s=entry.stay_s,
        instead_of=entry.instead_of,
        junctions=entry.junctions,
    )


def seconds_of_day(clock: str) -> int:
    """Seconds since midnight of "HH:MM".

    >>> seconds_of_day("06:30")
    23400
    """
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60
