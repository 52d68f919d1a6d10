"""The calendar against itself and the plans: names known, times in order, every junction timed at every hour."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from plans.checks.signals import unknown
from plans.compile import seconds_of_day
from plans.findings import Problem, Severity
from plans.reading import CALENDAR, SiteFiles
from plans.schema import WEEKDAYS, CalendarFile, DayPlanEntry

SHORTEST_PLAN_S = 1800
"""Plans changed more often than about every half hour spend their time in transitions (FHWA Signal Timing Manual)."""


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
    yield from _day_problems(calendar)
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


def _day_problems(calendar: CalendarFile) -> Iterator[Problem]:
    used = set()
    for day in WEEKDAYS:
        name = getattr(calendar.weekdays, day)
        used.add(name)
        if name not in calendar.day_plans:
            yield unknown(CALENDAR, ("weekdays", day), name, calendar.day_plans, "day plan")
    dates: dict[str, int] = {}
    for index, special in enumerate(calendar.special_dates):
        used.add(special.day_plan)
        if special.day_plan not in calendar.day_plans:
            path = ("special_dates", index, "day_plan")
            yield unknown(CALENDAR, path, special.day_plan, calendar.day_plans, "day plan")
        if special.date in dates:
            message = f"{special.date} is there already (entry {dates[special.date]}); each date once"
            yield Problem(CALENDAR, ("special_dates", index, "date"), message)
        dates.setdefault(special.date, index)
    for name in calendar.day_plans:
        if name not in used:
            message = f"no weekday and no special date uses the day plan {name}; remove it, or name it in `weekdays`"
            yield Problem(CALENDAR, ("day_plans", name), message, Severity.WARNING, at_key=True)


def _plan_problems(files: SiteFiles, calendar: CalendarFile) -> Iterator[Problem]:
    used = {entry.plan for entries in calendar.day_plans.values() for entry in entries}
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
