"""The calendar against itself and the plans: names known, times in order, ranks without contradiction, hours timed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from controller.model import DatedDays
from plans.calendar import dated_days, seconds_of_day
from plans.checks.signals import Path, unknown
from plans.checks.trigger import trigger_problems
from plans.findings import Problem, Severity
from plans.reading import CALENDAR, SiteFiles
from plans.schema import WEEKDAYS, CalendarFile, DayPlanEntry, WeekdaysEntry
from plans.year import dates_of, years_named

SHORTEST_PLAN_S = 1800
"""Plans changed more often than about every half hour spend their time in transitions (FHWA Signal Timing Manual)."""

LAST_MONTH_DAY = 1231


def calendar_problems(files: SiteFiles) -> Iterator[Problem]:
    """What contradicts itself, or the plans, in calendar.yaml."""
    if files.calendar is None:
        return
    calendar = files.calendar
    for name, entries in calendar.day_plans.items():
        yield from _entry_problems(("day_plans", name), entries)
        for index, entry in enumerate(entries):
            if not files.timings.knows(entry.plan):
                path = ("day_plans", name, index, "plan")
                where = f" (timings/{entry.plan}.yaml)"
                yield unknown(CALENDAR, path, entry.plan, files.timings.files, "plan", where=where)
    yield from _name_problems(calendar)
    yield from _form_problems(calendar)
    yield from _overlap_problems(calendar)
    yield from trigger_problems(files, calendar)
    yield from _plan_problems(files, calendar)


def _entry_problems(path: tuple[str, str], entries: Sequence[DayPlanEntry]) -> Iterator[Problem]:
    for index in range(1, len(entries)):
        gap_s = seconds_of_day(entries[index].at) - seconds_of_day(entries[index - 1].at)
        where = (*path, index, "at")
        if gap_s <= 0:
            message = f"{entries[index].at} does not come after {entries[index - 1].at}; sort the times, each once"
            yield Problem(CALENDAR, where, message)
        elif gap_s < SHORTEST_PLAN_S:
            message = f"the plan changes again after {gap_s // 60} min; 30 min or more, else transitions eat the gain"
            yield Problem(CALENDAR, where, message, Severity.WARNING)


def _name_problems(calendar: CalendarFile) -> Iterator[Problem]:
    """Day plans and weeks that are named and not there, or there and never named."""
    day_plans, weeks = list(_day_plans_named(calendar)), list(_weeks_named(calendar))
    for path, name in day_plans:
        if name not in calendar.day_plans:
            yield unknown(CALENDAR, path, name, calendar.day_plans, "day plan")
    for path, name in weeks:
        if name not in calendar.weeks:
            yield unknown(CALENDAR, path, name, calendar.weeks, "week")
    for name in calendar.day_plans.keys() - {name for _, name in day_plans}:
        message = f"no weekday and no special date uses the day plan {name}; remove it, or name it in `weekdays`"
        yield Problem(CALENDAR, ("day_plans", name), message, Severity.WARNING, at_key=True)
    for name in calendar.weeks.keys() - {name for _, name in weeks}:
        message = f"no term and no special date uses the week {name}; remove it, or name it in one"
        yield Problem(CALENDAR, ("weeks", name), message, Severity.WARNING, at_key=True)


def _day_plans_named(calendar: CalendarFile) -> Iterator[tuple[Path, str]]:
    yield from _of_week(("weekdays",), calendar.weekdays)
    for name, week in calendar.weeks.items():
        yield from _of_week(("weeks", name), week)
    if calendar.holidays is not None:
        yield ("holidays", "day_plan"), calendar.holidays.day_plan
    for index, special in enumerate(calendar.special_dates):
        if special.day_plan is not None:
            yield ("special_dates", index, "day_plan"), special.day_plan


def _of_week(path: Path, week: WeekdaysEntry) -> Iterator[tuple[Path, str]]:
    for day, name in zip(WEEKDAYS, week.days, strict=True):
        yield (*path, day), name


def _weeks_named(calendar: CalendarFile) -> Iterator[tuple[Path, str]]:
    for index, term in enumerate(calendar.terms):
        yield ("terms", index, "week"), term.week
    for index, special in enumerate(calendar.special_dates):
        if special.week is not None:
            yield ("special_dates", index, "week"), special.week


def _form_problems(calendar: CalendarFile) -> Iterator[Problem]:
    """A special date names one of day plan and week; both ends of a range are written alike and in order."""
    for index, special in enumerate(calendar.special_dates):
        if (special.day_plan is None) == (special.week is None):
            message = "a special date has either `day_plan` or `week`; write one of them"
            yield Problem(CALENDAR, ("special_dates", index), message)
    ranges: list[tuple[Path, str, str | None]] = [
        (("special_dates", index), special.date, special.until) for index, special in enumerate(calendar.special_dates)
    ]
    ranges += [(("terms", index), term.date, term.until) for index, term in enumerate(calendar.terms)]
    if calendar.holidays is not None:
        fixed = enumerate(calendar.holidays.fixed)
        ranges += [(("holidays", "fixed", index), holiday.date, holiday.until) for index, holiday in fixed]
    for path, first, last in ranges:
        if last is not None and len(first) != len(last):
            message = f"{last} is not of the form of `date`, {first}; write both with a year, or both without"
            yield Problem(CALENDAR, (*path, "until"), message)
        elif last is not None and len(first) == len("YYYY-MM-DD") and last < first:
            yield Problem(CALENDAR, (*path, "until"), f"{last} lies before {first}; the last day comes after the first")


def _overlap_problems(calendar: CalendarFile) -> Iterator[Problem]:
    """Two of one rank on one date: nothing says which applies. A date with its year outranks one of every year."""
    dates: dict[str, int] = {}
    twice = set()
    for index, special in enumerate(calendar.special_dates):
        if special.date in dates:
            twice.add(("special_dates", index, "date"))
            message = f"{special.date} is there already (entry {dates[special.date]}); each date once"
            yield Problem(CALENDAR, ("special_dates", index, "date"), message)
        dates.setdefault(special.date, index)
    found = [(path, days) for path, days in dated_days(calendar) if path not in twice and _whole(days)]
    years = years_named(days for _, days in found)
    taken: dict[tuple[str, bool, int], tuple[DatedDays, str]] = {}
    for path, days in found:
        told = False
        for day in dates_of(days, years):
            day_plan = days.week[day.weekday()]
            other, other_plan = taken.setdefault((days.kind, days.yearly, day.toordinal()), (days, day_plan))
            if other_plan != day_plan and not told:
                told = True
                message = (
                    f"{day.isoformat()} has two {days.kind.value} entries, {other.name or 'one'} with {other_plan} and "
                    f"{days.name or 'this'} with {day_plan}; end one of them earlier, or give both the same"
                )
                yield Problem(CALENDAR, path, message)


def _whole(days: DatedDays) -> bool:
    """Both ends are written alike and in order; what is not has its own finding."""
    return days.last <= LAST_MONTH_DAY if days.yearly else days.first <= days.last


def _plan_problems(files: SiteFiles, calendar: CalendarFile) -> Iterator[Problem]:
    used = {entry.plan for entries in calendar.day_plans.values() for entry in entries}
    used |= {trigger.plan for trigger in calendar.triggers}
    for name, plan in files.timings.files.items():
        file = f"timings/{name}.yaml"
        if name not in used:
            message = f"the calendar never uses the plan {name}; name it in calendar.yaml, or remove the file"
            yield Problem(file, (), message, Severity.WARNING)
            continue
        for junction in files.junctions.files:
            if junction not in plan.junctions:
                message = f"the calendar uses this plan and it has no timing for {junction}; add `{junction}:`"
                yield Problem(file, ("junctions",), message)
