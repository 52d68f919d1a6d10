"""Civil time and the plan of the hour: from a clock reading and the calendar, nothing else.

A plan begins when the local clock first reaches its time of day. Where daylight saving ends, the clock reads an hour
twice: what has begun in the first goes on through the second and does not begin again. Where it begins, a time that
the clock never reads is passed by the jump, and its plan begins with it.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date

import numpy as np

from controller.events import ClockReading
from controller.layout import FloatArray
from controller.model import DatedDays, DayPlan, Network, Schedule

DAY_S = 86400
REPEATED_HOUR_S = 7200
"""A local clock that goes back by no more than this repeats an hour (daylight saving: at most two hours in any zone);
one that goes back farther was wrong before, and the calendar follows it."""
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


@dataclass(slots=True)
class CivilClock:
    """What the readings said: local seconds since 1970. NaN before the first."""

    local_at_zero_s: FloatArray  # (1,) at control time 0
    reached_s: FloatArray  # (1,) the latest that the local clock had read before it went back

    @classmethod
    def unset(cls) -> CivilClock:
        """Before any reading."""
        return cls(np.full(1, np.nan), np.full(1, np.nan))

    def hear(self, reading: ClockReading, now_s: float) -> None:
        """Take a trusted reading; an untrusted one changes nothing."""
        if not reading.trusted:
            return
        before_s = float(np.fmax(self.local_at_zero_s[0] + now_s, self.reached_s[0]))
        self.local_at_zero_s[0] = reading.utc_s + reading.zone_offset_s - now_s
        back_s = before_s - float(self.local_at_zero_s[0]) - now_s  # NaN before the first reading
        last_read_s = before_s - 1.0  # the second before: this one the clock reads only when it comes round again
        self.reached_s[0] = last_read_s if 0 < back_s <= REPEATED_HOUR_S else np.nan

    def local(self, now_s: float) -> tuple[int, int] | None:
        """(date ordinal, second of the day) or None before the first reading."""
        return _date_and_second(float(self.local_at_zero_s[0]) + now_s)

    def for_calendar(self, now_s: float) -> tuple[int, int] | None:
        """The same, but it never goes back through an hour that the clock reads twice."""
        local_s = float(self.local_at_zero_s[0]) + now_s
        return _date_and_second(float(np.fmax(local_s, self.reached_s[0])))


def _date_and_second(local_s: float) -> tuple[int, int] | None:
    if np.isnan(local_s):
        return None
    day, second = divmod(int(np.floor(local_s + 1e-6)), DAY_S)
    return _EPOCH_ORDINAL + day, second


def plan_of_the_hour(schedule: Schedule, ordinal: int, second: int) -> str:
    """Id of the plan that applies on this date in this second of the day.

    Before a day's first entry, the last entry of the day before holds.
    """
    today = day_plan_of(schedule, ordinal)
    place = bisect_right([at_s for at_s, _ in today.entries], second)
    if place > 0:
        return today.entries[place - 1][1]
    return day_plan_of(schedule, ordinal - 1).entries[-1][1]


def day_plan_of(schedule: Schedule, ordinal: int) -> DayPlan:
    """The day plan of a date: of a special day, else of a holiday, else of a term, else of the weekday."""
    days = dated_days_of(schedule, ordinal)
    name = (days.week if days else schedule.weekdays)[date.fromordinal(ordinal).weekday()]
    return next(plan for plan in schedule.day_plans if plan.id == name)


def dated_days_of(schedule: Schedule, ordinal: int) -> DatedDays | None:
    """The days of highest rank that cover a date; None on a day of the usual week."""
    day = date.fromordinal(ordinal)
    month_day = 100 * day.month + day.day
    return next((days for days in schedule.dated if days.covers(ordinal, month_day)), None)


def plan_place(network: Network, plans: tuple[str, ...], clock: CivilClock, now_s: float) -> int:
    """Place of the plan of the hour in `plans`; 0 before civil time is known."""
    when = clock.for_calendar(now_s)
    return plans.index(plan_of_the_hour(network.schedule, *when)) if when and plans else 0
