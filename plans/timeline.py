"""Which plan runs when, by the calendar alone: what the core would choose, walked from one possible change to the next.

The core's own functions answer at each moment, so that what is printed is what will run, also where daylight saving
moves the clock. Triggers and operators are not foreseen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from controller.civil import CivilClock, dated_days_of, day_plan_of, plan_of_the_hour
from controller.events import ClockReading
from controller.model import DatedDays, Network
from plans.zone import time_zone, utc_at_midnight, zone_offset_s

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class PlanRun:
    """A plan without interruption; times in s since 1970 UTC."""

    plan: str
    begin_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class DayLine:
    """One date of the calendar: what it is, and the plans that run in it."""

    day: date
    day_plan: str
    days: DatedDays | None
    """The entry that outranks the usual week; None on a usual day."""
    runs: tuple[PlanRun, ...]
    """Cut at local midnight."""


def plan_runs(network: Network, first: date, last: date) -> tuple[PlanRun, ...]:
    """The plans from the midnight before `first` to the midnight after `last`, each as long as it runs."""
    begin_s, end_s = utc_at_midnight(network, first), utc_at_midnight(network, last + DAY)
    clock, runs = CivilClock.unset(), list[PlanRun]()
    for at_s in sorted({begin_s, *_moments(network, first, last)}):
        clock.hear(ClockReading(at_s, zone_offset_s(network, at_s)), at_s)
        when = clock.for_calendar(at_s)
        if when is None or not begin_s <= at_s < end_s:
            continue
        plan = plan_of_the_hour(network.schedule, *when)
        if runs and runs[-1].plan == plan:
            continue
        if runs:
            runs[-1] = PlanRun(runs[-1].plan, runs[-1].begin_s, at_s)
        runs.append(PlanRun(plan, at_s, end_s))
    return tuple(runs)


def day_lines(network: Network, first: date, last: date) -> tuple[DayLine, ...]:
    """One line for each date."""
    runs = plan_runs(network, first, last)
    lines, day = [], first
    while day <= last:
        begin_s, end_s = utc_at_midnight(network, day), utc_at_midnight(network, day + DAY)
        cut = tuple(
            PlanRun(run.plan, max(run.begin_s, begin_s), min(run.end_s, end_s))
            for run in runs
            if run.begin_s < end_s and run.end_s > begin_s
        )
        ordinal, schedule = day.toordinal(), network.schedule
        lines.append(DayLine(day, day_plan_of(schedule, ordinal).id, dated_days_of(schedule, ordinal), cut))
        day += DAY
    return tuple(lines)


def clock_of(network: Network, utc_s: float) -> str:
    """What a local clock reads, "HH:MM", with seconds where it is not a whole minute.

    A time that the clock reads for the second time is marked with `*`.
    """
    local = datetime.fromtimestamp(utc_s + zone_offset_s(network, utc_s), tz=UTC)
    text = local.strftime("%H:%M" if local.second == 0 else "%H:%M:%S")
    again = network.time_zone and datetime.fromtimestamp(utc_s, time_zone(network.time_zone)).fold
    return f"{text}*" if again else text


def clock_changes(network: Network, first: date, last: date) -> Iterator[tuple[float, int]]:
    """(s since 1970 UTC, by how many seconds the local clock jumps) within the dates."""
    if not network.time_zone:
        return
    at_s, end_s = utc_at_midnight(network, first), utc_at_midnight(network, last + DAY)
    while at_s < end_s:
        before, after = zone_offset_s(network, at_s), zone_offset_s(network, at_s + 86400)
        if before != after:
            low_s, high_s = at_s, at_s + 86400
            while high_s - low_s > 1:
                middle_s = (low_s + high_s) // 2
                low_s, high_s = (middle_s, high_s) if zone_offset_s(network, middle_s) == before else (low_s, middle_s)
            yield high_s, after - before
        at_s += 86400


def _moments(network: Network, first: date, last: date) -> Iterator[float]:
    """Every moment at which the plan may change [s since 1970 UTC], and each jump of the clock, with the second after.

    A time of day is taken both times where the clock reads it twice.
    """
    for at_s, _ in clock_changes(network, first - DAY, last):
        yield from (at_s - 1, at_s)
    day = first
    while day <= last:
        seconds = {0} | {at_s for at_s, _ in day_plan_of(network.schedule, day.toordinal()).entries}
        for second in seconds:
            if not network.time_zone:
                yield utc_at_midnight(network, day) + second
                continue
            local = datetime(day.year, day.month, day.day, tzinfo=time_zone(network.time_zone)) + timedelta(0, second)
            yield from (local.replace(fold=fold).timestamp() for fold in (0, 1))
        day += DAY
