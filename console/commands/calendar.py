"""`faikhiao calendar`: which plan runs when, and what is missing or contradicts itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.commands.check import FindingFormat, finding_record, say_findings
from console.commands.options import AsJson, Site, check_site_folder, date_of
from console.exits import ExitCode, UsageError
from console.output import as_json, say, tell, write_whole

if TYPE_CHECKING:
    from controller import Network
    from plans import DayLine, Finding

EXAMPLES = (
    "faikhiao calendar my-town",
    "faikhiao calendar my-town --from 2026-04-01 --to 2026-04-30 --figure april.png",
    "faikhiao calendar my-town --from 2026-01-01 --to 2026-12-31 --json",
)
LONGEST_DAYS = 3 * 366
WEEK = timedelta(days=6)


def calendar(
    site: Site,
    first: Annotated[
        str | None, typer.Option("--from", metavar="YYYY-MM-DD", help="First day; without it today.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", metavar="YYYY-MM-DD", help="Last day; without it a week in all.")
    ] = None,
    figure: Annotated[Path | None, typer.Option("--figure", metavar="FILE", help="Draw it into this PNG.")] = None,
    json: AsJson = False,
) -> None:
    """Show which plan runs when, day by day, and find gaps and conflicts.

    What is printed is what the controller chooses by the calendar; plans by traffic or by hand come on top.
    A holiday without a date for the year asked for is a gap, two entries of one rank with different day plans on one
    date are a conflict: both end the command with 1.
    """
    from plans import check_calendar, day_lines, load_site

    begin = date_of(first) if first is not None else date.today()  # noqa: DTZ011 - the day where the user is
    end = date_of(last) if last is not None else begin + WEEK
    if not begin <= end <= begin + timedelta(days=LONGEST_DAYS):
        raise UsageError(f"--from {begin} and --to {end} are no span of at most {LONGEST_DAYS} days")
    bundle = _bundle(site)
    found = check_calendar(bundle, begin, end)
    if found.blocking:
        say_findings(site, found.findings, FindingFormat.JSON if json else FindingFormat.TEXT)
        raise typer.Exit(int(ExitCode.FINDINGS))
    network = load_site(bundle).network
    lines = day_lines(network, begin, end)
    if figure is not None:
        from console.charts.calendar_chart import calendar_picture

        write_whole(figure, calendar_picture(network, lines))
        tell(f"wrote {figure}")
    if json:
        say(as_json(calendar_record(site, network, lines, found.findings)))
    else:
        _say_lines(network, lines)
        say_findings(site, found.findings, FindingFormat.TEXT)
    if found.errors:
        raise typer.Exit(int(ExitCode.FINDINGS))


def _bundle(site: Path) -> Any:
    from plans import Bundle

    check_site_folder(site)
    return Bundle.read(site)


def _say_lines(network: Network, lines: Sequence[DayLine]) -> None:
    from controller import DatedKind
    from plans import clock_of

    width = max(len(line.day_plan) for line in lines)
    for line in lines:
        plans = "  ".join(f"{clock_of(network, run.begin_s)} {run.plan}" for run in line.runs)
        days = line.days
        what = f"  ({days.name or days.kind.value})" if days is not None and days.kind is not DatedKind.TERM else ""
        say(f"{line.day} {line.day:%a}  {line.day_plan:{width}}  {plans}{what}")
    for trigger in network.schedule.triggers:
        where = f"{trigger.junction} {', '.join(trigger.groups)}"
        limits = f"above {trigger.on_above:g} until below {trigger.off_below:g}, at least {trigger.stay_s / 60:g} min"
        say(f"trigger {trigger.id}: {trigger.plan} while {trigger.measure.value} of {where} is {limits}")


def calendar_record(
    site: Path, network: Network, lines: Sequence[DayLine], findings: Sequence[Finding]
) -> dict[str, Any]:
    """The calendar as JSON: a record for each day, hours of each plan, findings."""
    from plans import clock_of

    hours: dict[str, float] = {}
    for line in lines:
        for run in line.runs:
            hours[run.plan] = hours.get(run.plan, 0.0) + (run.end_s - run.begin_s) / 3600
    return {
        "site": network.site,
        "time_zone": network.time_zone or None,
        "utc_offset_s": network.utc_offset_s,
        "days": [
            {
                "date": line.day.isoformat(),
                "weekday": f"{line.day:%A}".lower(),
                "day_plan": line.day_plan,
                "kind": line.days.kind.value if line.days else "week",
                "name": line.days.name if line.days else "",
                "plans": [
                    {"at": clock_of(network, run.begin_s), "utc_s": run.begin_s, "plan": run.plan} for run in line.runs
                ],
            }
            for line in lines
        ],
        "hours": {plan: round(total, 3) for plan, total in sorted(hours.items())},
        "findings": [finding_record(site, finding) for finding in findings],
    }
