"""calendar.yaml: which plan applies at which hour of which day."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import AfterValidator, Field

from plans.schema.base import CLOCK_PATTERN, DATE_PATTERN, Id, Name, PlanModel

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def real_date(text: str) -> str:
    """Check that the date exists in the Gregorian calendar."""
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"is no date of the calendar ({error}); write YYYY-MM-DD, Gregorian year") from error
    return text


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


class SpecialDate(PlanModel):
    """A date that outranks its weekday."""

    date: Annotated[str, Field(pattern=DATE_PATTERN), AfterValidator(real_date)] = Field(
        description='Date, quoted: "YYYY-MM-DD", Gregorian year.', examples=["2026-04-13"]
    )
    day_plan: Id = Field(description="Id of the day plan.", examples=["weekend"])
    name: Name = Field(default="", description="What day it is.", examples=["Songkran"])


class CalendarFile(PlanModel):
    """The file calendar.yaml: one for each site."""

    day_plans: dict[Id, Annotated[tuple[DayPlanEntry, ...], Field(min_length=1)]] = Field(
        min_length=1,
        description="Day plan id: plans by time of day, sorted; until the first one the last one of the day before "
        "holds.",
    )
    weekdays: WeekdaysEntry = Field(description="Day plan of each weekday; all seven.")
    special_dates: tuple[SpecialDate, ...] = Field(default=(), description="Dates that outrank their weekday.")
