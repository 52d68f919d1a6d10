"""Civil time and the plan of the hour: from a clock reading and the calendar, nothing else."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date

import numpy as np

from controller.events import ClockReading
from controller.layout import FloatArray
from controller.model import DayPlan, Network, Schedule

DAY_S = 86400
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


@dataclass(slots=True)
class CivilClock:
    """What the last reading said: local seconds since 1970 at control time 0. NaN before the first."""

    local_at_zero_s: FloatArray  # (1,)

    @classmethod
    def unset(cls) -> CivilClock:
        """Before any reading."""
        return cls(np.full(1, np.nan))

    def hear(self, reading: ClockReading, now_s: float) -> None:
        """Take a trusted reading; an untrusted one changes nothing."""
        if reading.trusted:
            self.local_at_zero_s[0] = reading.utc_s + reading.zone_offset_s - now_s

    def local(self, now_s: float) -> tuple[int, int] | None:
        """(date ordinal, second of the day) or None before the first reading."""
        local_s = float(self.local_at_zero_s[0]) + now_s
        if np.isnan(local_s):
            return None
        day, second = divmod(int(np.floor(local_s + 1e-6)), DAY_S)
        return _EPOCH_ORDINAL + day, second


def plan_of_the_hour(schedule: Schedule, ordinal: int, second: int) -> str:
    """Id of the plan that applies on this date in this second of the day.

    A special date outranks the weekday. Before a day's first entry, the last entry of the day before holds.
    """
    today = _day_plan(schedule, ordinal)
    place = bisect_right([at_s for at_s, _ in today.entries], second)
    if place > 0:
        return today.entries[place - 1][1]
    return _day_plan(schedule, ordinal - 1).entries[-1][1]


def _day_plan(schedule: Schedule, ordinal: int) -> DayPlan:
    special = dict(schedule.special_dates).get(ordinal)
    name = special or schedule.weekdays[date.fromordinal(ordinal).weekday()]
    return next(plan for plan in schedule.day_plans if plan.id == name)


def plan_place(network: Network, plans: tuple[str, ...], clock: CivilClock, now_s: float) -> int:
    """Place of the plan of the hour in `plans`; 0 before civil time is known."""
    when = clock.local(now_s)
    return plans.index(plan_of_the_hour(network.schedule, *when)) if when and plans else 0
