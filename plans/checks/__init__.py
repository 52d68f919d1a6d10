"""Everything in a site that can contradict itself, one file a subject."""

from __future__ import annotations

from collections.abc import Iterator

from plans.checks.cabinet import cabinet_problems, is_loopback
from plans.checks.calendar import calendar_problems
from plans.checks.junction import junction_problems
from plans.checks.site import cross_problems
from plans.checks.timing import timing_problems
from plans.findings import Problem
from plans.reading import SiteFiles


def site_problems(files: SiteFiles) -> Iterator[Problem]:
    """The problems of all files, each with itself and with the others."""
    for name, junction in files.junctions.files.items():
        yield from junction_problems(name, junction)
    for name, cabinet in files.cabinets.files.items():
        yield from cabinet_problems(name, cabinet)
    yield from cross_problems(files)
    yield from timing_problems(files)
    yield from calendar_problems(files)


__all__ = ["cabinet_problems", "calendar_problems", "is_loopback", "junction_problems", "site_problems"]
