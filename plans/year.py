"""The dates that entries of a calendar stand for, year by year."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from controller.model import DatedDays


def years_named(entries: Iterable[DatedDays]) -> range:
    """From the first to the last year that an entry names, and the two after it for a leap day and a new year."""
    ordinals = [ordinal for days in entries if not days.yearly for ordinal in (days.first, days.last)]
    if not ordinals:
        return range(2024, 2026)
    return range(date.fromordinal(min(ordinals)).year, date.fromordinal(max(ordinals)).year + 2)


def dates_of(days: DatedDays, years: Iterable[int]) -> Iterator[date]:
    """Every date of the entry; of one that comes each year, those of these years."""
    if not days.yearly:
        yield from (date.fromordinal(ordinal) for ordinal in range(days.first, days.last + 1))
        return
    for year in years:
        first = date(year, 1, 1)
        in_year = (first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days))
        yield from (day for day in in_year if days.covers(0, 100 * day.month + day.day))
