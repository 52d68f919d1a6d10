"""Triggers against the site: names known, loops to count with, a figure to go off below that to go on."""

from __future__ import annotations

from collections.abc import Iterator

from plans.checks.signals import unknown
from plans.findings import Problem, Severity
from plans.reading import CALENDAR, SiteFiles
from plans.schema import CalendarFile, JunctionFile, TriggerEntry


def trigger_problems(files: SiteFiles, calendar: CalendarFile) -> Iterator[Problem]:
    """What is wrong with `triggers` of calendar.yaml."""
    seen: set[str] = set()
    for index, trigger in enumerate(calendar.triggers):
        path = ("triggers", index)
        if trigger.id in seen:
            yield Problem(CALENDAR, (*path, "id"), f"there is a trigger {trigger.id} already; each id once")
        seen.add(trigger.id)
        if trigger.off_below >= trigger.on_above:
            message = f"{trigger.off_below:g} is not less than on_above, {trigger.on_above:g}; leave a gap between them"
            yield Problem(CALENDAR, (*path, "off_below"), message)
        if trigger.measure == "degree_of_saturation" and trigger.on_above > 1.5:
            message = f"a degree of saturation never reaches {trigger.on_above:g}; 0.8 to 1 is a full green"
            yield Problem(CALENDAR, (*path, "on_above"), message, Severity.WARNING)
        yield from _plan_problems(files, path, trigger)
        yield from _place_problems(files, path, trigger)


def _plan_problems(files: SiteFiles, path: tuple[str, int], trigger: TriggerEntry) -> Iterator[Problem]:
    if not files.timings.knows(trigger.plan):
        where = f" (timings/{trigger.plan}.yaml)"
        yield unknown(CALENDAR, (*path, "plan"), trigger.plan, files.timings.files, "plan", where=where)
    for place, plan in enumerate(trigger.instead_of):
        if not files.timings.knows(plan):
            yield unknown(CALENDAR, (*path, "instead_of", place), plan, files.timings.files, "plan")


def _place_problems(files: SiteFiles, path: tuple[str, int], trigger: TriggerEntry) -> Iterator[Problem]:
    for place, name in enumerate(trigger.junctions):
        if not files.junctions.knows(name):
            yield unknown(CALENDAR, (*path, "junctions", place), name, files.junctions.files, "junction")
    if not files.junctions.knows(trigger.junction):
        yield unknown(CALENDAR, (*path, "junction"), trigger.junction, files.junctions.files, "junction")
        return
    junction = files.junctions.files.get(trigger.junction)
    if junction is not None:
        yield from _group_problems(path, trigger, junction)


def _group_problems(path: tuple[str, int], trigger: TriggerEntry, junction: JunctionFile) -> Iterator[Problem]:
    known = {group.id for group in junction.groups}
    for place, group in enumerate(trigger.groups):
        if group not in known:
            yield unknown(CALENDAR, (*path, "groups", place), group, sorted(known), "group")
        elif not any(loop.role == "stop_line" and group in loop.groups for loop in junction.loops):
            message = f"{group} of {trigger.junction} has no stop-line loop to count with; name a group that has one"
            yield Problem(CALENDAR, (*path, "groups", place), message)
