"""calendar.yaml: which plan applies at which hour of which day, and while which traffic."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from plans.schema.base import CLOCK_PATTERN, DATE_PATTERN, DAY_PATTERN, Id, Name, PlanModel, Real, Whole

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LEAP_YEAR = 2000
"""A year that has every day of the year."""


def real_date(text: str) -> str:
    """Check that the date exists in the Gregorian calendar; a day of every year may be 29 February."""
    try:
        date.fromisoformat(text if len(text) == len("YYYY-MM-DD") else f"{LEAP_YEAR}-{text}")
    except ValueError as error:
        raise ValueError(f"is no date of the calendar ({error}); write YYYY-MM-DD, Gregorian year") from error
    return text


Date = Annotated[str, Field(pattern=DATE_PATTERN), AfterValidator(real_date)]
"""One date."""
Day = Annotated[str, Field(pattern=DAY_PATTERN), AfterValidator(real_date)]
"""One date, or the same day of every year."""


class DayPlanEntry(PlanModel):
    """From this time of day on, this plan."""

    at: Annotated[str, Field(pattern=CLOCK_PATTERN)] = Field(
        description='Local time of day, quoted: "HH:MM".', examples=["06:30"]
    )
    plan: Id = Field(description="Id of the plan: the file timings/<id>.yaml.", examples=["am_peak"])


class WeekdaysEntry(PlanModel):
    """A day plan for each day of the week."""

    monday: Id = Field(description="Day plan of Mondays.", examples=["workday"])
    tuesday: Id = Field(description="Day plan of Tuesdays.")
    wednesday: Id = Field(description="Day plan of Wednesdays.")
    thursday: Id = Field(description="Day plan of Thursdays.")
    friday: Id = Field(description="Day plan of Fridays.")
    saturday: Id = Field(description="Day plan of Saturdays.")
    sunday: Id = Field(description="Day plan of Sundays.")

    @property
    def days(self) -> tuple[str, str, str, str, str, str, str]:
        """Monday first."""
        return (
            self.monday, self.tuesday, self.wednesday, self.thursday, self.friday, self.saturday, self.sunday,
        )  # fmt: skip


class TermEntry(PlanModel):
    """Days with another week than the usual one: a school term, a season."""

    date: Day = Field(description='First day, quoted: "MM-DD" each year, or "YYYY-MM-DD" once.', examples=["05-16"])
    until: Day = Field(description="Last day, in the same form; each year it may lie in the next.", examples=["10-10"])
    week: Id = Field(description="Id of the week, one of `weeks`.", examples=["school"])
    name: Name = Field(default="", description="What it is.", examples=["First school term"])


class FixedHoliday(PlanModel):
    """A holiday on the same day of every year."""

    date: Day = Field(description='"MM-DD" each year; "YYYY-MM-DD" once.', examples=["04-13"])
    until: Day | None = Field(default=None, description="Last day, in the same form, where it is several.")
    name: Name = Field(default="", description="What day it is.", examples=["Songkran"])
    source: Name = Field(default="", description="Who says so.")


class MovingHoliday(PlanModel):
    """A holiday that is proclaimed for each year, such as those of the lunar calendar."""

    name: Name = Field(min_length=1, description="What day it is.", examples=["Makha Bucha"])
    dates: tuple[Date, ...] = Field(
        min_length=1,
        description="Its date in each year, as proclaimed. `faikhiao calendar` reports a year that has none.",
        examples=[["2026-03-03", "2027-02-21"]],
    )
    source: Name = Field(default="", description="Who says so.")


class HolidaysEntry(PlanModel):
    """Public holidays: outrank the week and the terms."""

    day_plan: Id = Field(description="Day plan of all of them.", examples=["holiday"])
    fixed: tuple[FixedHoliday, ...] = Field(default=(), description="Those on a fixed day, and single ones.")
    moving: tuple[MovingHoliday, ...] = Field(default=(), description="Those that move from year to year.")


class SpecialDate(PlanModel):
    """Days that outrank everything else: a fair, a procession, Songkran."""

    date: Day = Field(
        description='Date, quoted: "YYYY-MM-DD", Gregorian year; or "MM-DD", each year.', examples=["2026-04-13"]
    )
    until: Day | None = Field(default=None, description="Last day, in the same form, where it is several.")
    day_plan: Id | None = Field(default=None, description="Id of the day plan.", examples=["weekend"])
    week: Id | None = Field(
        default=None, description="Id of a week, in place of `day_plan`: where its weekdays differ."
    )
    name: Name = Field(default="", description="What day it is.", examples=["Songkran"])


class TriggerEntry(PlanModel):
    """A plan that runs while traffic holds, whatever the hour."""

    id: Id = Field(description="Id of the trigger, told with its decisions.", examples=["school-overflow"])
    plan: Id = Field(description="Plan that runs while it is on.", examples=["am_peak"])
    junction: Id = Field(description="Junction whose stop-line loops are counted.", examples=["J05"])
    groups: tuple[Id, ...] = Field(min_length=1, description="Signal groups whose loops are counted.")
    measure: Literal["flow_veh_h", "degree_of_saturation"] = Field(
        description="Vehicles an hour over all those loops; or their share of what the green could have served."
    )
    on_above: Annotated[Real, Field(gt=0, le=20_000)] = Field(
        description="It goes on above this [veh/h or 1].", examples=[1400]
    )
    off_below: Annotated[Real, Field(gt=0, le=20_000)] = Field(
        description="It goes off below this, less than `on_above` (hysteresis).", examples=[1100]
    )
    window_s: Annotated[Whole, Field(ge=60, le=1800)] = Field(
        default=300, description="Measured over the last so many seconds [s]; a few cycles at least."
    )
    stay_s: Annotated[Whole, Field(ge=300, le=14_400)] = Field(
        default=1800, description="Once on, it stays on for at least this [s]."
    )
    instead_of: tuple[Id, ...] = Field(
        default=(), description="Plans of the calendar that it may replace; none named: any."
    )
    junctions: tuple[Id, ...] = Field(
        default=(), description="Junctions that change to the plan; none named: the whole site."
    )


class CalendarFile(PlanModel):
    """The file calendar.yaml: one for each site.

    Special dates outrank holidays, holidays outrank terms, terms outrank the usual week. Within a rank a date with
    its year outranks one of every year. What a trigger asks for replaces what the day says, and what an operator asks
    for replaces everything.
    """

    day_plans: dict[Id, Annotated[tuple[DayPlanEntry, ...], Field(min_length=1)]] = Field(
        min_length=1,
        description="Day plan id: plans by time of day, sorted; until the first one the last one of the day before "
        "holds.",
    )
    weekdays: WeekdaysEntry = Field(description="Day plan of each weekday; all seven. The usual week.")
    weeks: dict[Id, WeekdaysEntry] = Field(default={}, description="Other weeks, by id, for terms and special dates.")
    terms: tuple[TermEntry, ...] = Field(default=(), description="School terms and seasons.")
    holidays: HolidaysEntry | None = Field(default=None, description="Public holidays; optional.")
    special_dates: tuple[SpecialDate, ...] = Field(default=(), description="Dates that outrank all others.")
    triggers: tuple[TriggerEntry, ...] = Field(
        default=(), description="Plans by traffic; the first that is on decides."
    )
    max_changes_per_hour: Annotated[Whole, Field(ge=1, le=60)] = Field(
        default=4, description="Calendar and triggers change a junction's plan at most so often in any hour."
    )
