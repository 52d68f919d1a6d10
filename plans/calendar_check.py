"""A site's calendar judged over a span of dates: what `faikhiao calendar` says besides the plans."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from plans.bundle import Bundle
from plans.checks import calendar_problems, site_problems
from plans.checks.year import span_problems
from plans.compile import compile_network
from plans.findings import Finding, PlanError, errors_of
from plans.reading import CALENDAR, read_site


@dataclass(frozen=True, slots=True)
class CalendarFindings:
    """What was found, and whether the calendar can be shown in spite of it."""

    findings: tuple[Finding, ...]
    blocking: bool
    """The file contradicts itself: there is no one answer to which plan runs."""

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Gaps and conflicts."""
        return errors_of(self.findings)


def check_calendar(bundle: Bundle, first: date, last: date) -> CalendarFindings:
    """Gaps and conflicts of the calendar from `first` to `last`.

    Raises PlanError where another file of the site cannot be used, or calendar.yaml cannot be read.
    """
    files = read_site(bundle)
    own = files.place(calendar_problems(files))
    others = [finding for finding in (*files.findings, *files.place(site_problems(files))) if finding not in own]
    if files.site is None or files.calendar is None or errors_of(others):
        raise PlanError(others)
    if errors_of(own):
        return CalendarFindings(tuple(sorted(own)), blocking=True)
    cabinets = files.cabinets.files
    network = compile_network(files.site, files.junctions.files, cabinets, files.timings.files, files.calendar)
    spans = files.place(span_problems(files.calendar, network, first, last))
    return CalendarFindings(
        tuple(sorted([*(found for found in own if found.file == CALENDAR), *spans])), blocking=False
    )
