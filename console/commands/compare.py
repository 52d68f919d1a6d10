"""`faikhiao compare`: what changed between two sites or plans, and what it does to the traffic."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.bench import showing_runs
from console.commands.options import (
    AsJson,
    Begin,
    Date,
    Minutes,
    check_plan,
    check_site_folder,
    date_of,
    one_of,
    seconds_of,
)
from console.commands.simulate import refuse_broken_safety
from console.exits import ExitCode, UsageError
from console.output import as_json, check_writable, say, tell, write_whole

if TYPE_CHECKING:
    from plans.differences import Difference

EXAMPLES = (
    "faikhiao compare my-town my-town-new",
    "faikhiao compare my-town my-town-new --scenario udon_thani/am_peak --seeds 10 --jobs 0 --html change.html",
    "faikhiao compare my-town my-town --plan am_peak,tuned --scenario udon_thani/am_peak --language th --html th.html",
)


def compare(
    before: Annotated[Path, typer.Argument(metavar="SITE_A", help="Folder of the site as it is.")],
    after: Annotated[
        Path, typer.Argument(metavar="SITE_B", help="Folder of the site as it would be; may be the same.")
    ],
    scenario: Annotated[
        str | None,
        typer.Option("--scenario", help="Traffic to try both on, as for `simulate`; without it only changes are told."),
    ] = None,
    seeds: Annotated[int, typer.Option("--seeds", min=1, max=1000, help="Paired seeds, 1 to so many.")] = 10,
    strategy: Annotated[
        str, typer.Option("--strategy", help="Who runs the signals in both; plans show under fixed_time.")
    ] = "fixed_time",
    plan: Annotated[
        str | None,
        typer.Option("--plan", metavar="P|P,Q", help="Plan P all day in both, or P in SITE_A and Q in SITE_B."),
    ] = None,
    begin: Begin = None,
    minutes: Minutes = None,
    date: Date = "2026-01-05",
    jobs: Annotated[int, typer.Option("--jobs", min=0, help="Simulations at the same time; 0: one a core.")] = 1,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", help="Keep finished runs in this folder; what is kept there is not run again."),
    ] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write one HTML page that needs nothing else.")] = None,
    language: Annotated[str, typer.Option("--language", metavar="en|th", help="Language of page and text.")] = "en",
    json: AsJson = False,
) -> None:
    """Tell what differs between two sites, and what that does to delay, stops, the worst approach and people on foot.

    Changes are told in engineering words: cycles, splits, offsets, minimums, loops. With --scenario both sites run on
    the same seeds, and each measure is compared seed by seed with its 95 % interval.

    Ends with 1 where a decisive measure is worse and not by chance, with 5 where a run broke a safety rule.
    """
    from console.report.compared import change_records, changes_section, compared_sections, comparison_record
    from console.report.pages import as_html, as_text
    from console.sentences import Language

    one_of("language", language, list(Language))
    tongue = Language(language)
    for folder in (before, after):
        check_site_folder(folder)
    if html is not None:
        check_writable(str(html))
    plans = _plans(plan)
    _check_plans((before, after), plans)
    title = f"{before} → {after}" + (f", {plan}" if plan else "")
    if scenario is None:
        changes = _changes(before, after, plans)
        sections = [changes_section(changes, tongue)]
        if html is not None:
            _write(html, as_html(title, sections, tongue))
        say(as_json({"changes": change_records(changes)}) if json else as_text(sections))
        return

    from sim.bench import KeptRuns
    from sim.comparison import ComparedSite, ComparisonSettings, compare_sites
    from sim.simulate import SimulationSettings, strategies

    one_of("strategy", strategy, strategies())
    begin_s = None if begin is None else seconds_of(begin)
    settings = ComparisonSettings(
        before=ComparedSite(before, plans[0] if plans else None),
        after=ComparedSite(after, plans[1] if plans else None),
        scenario=scenario,
        seeds=seeds,
        strategy=strategy,
        like=SimulationSettings("", begin_s=begin_s, minutes=minutes, date=date_of(date)),
        jobs=jobs,
    )
    with showing_runs() as on_run:
        found = compare_sites(settings, on_run, kept=KeptRuns(keep))
    if html is not None:
        _write(html, as_html(title, compared_sections(found, tongue, drawn=True), tongue))
    say(as_json(comparison_record(found)) if json else as_text(compared_sections(found, tongue, drawn=False)))
    refuse_broken_safety([answer for answers in found.answers.values() for answer in answers.values()])
    if found.worse:
        raise typer.Exit(int(ExitCode.FINDINGS))


def _plans(told: str | None) -> tuple[str, str] | None:
    """`P` or `P,Q`; raises UsageError."""
    if told is None:
        return None
    names = [name.strip() for name in told.split(",")]
    if len(names) > 2 or not all(names):
        raise UsageError(f"--plan {told}: write one plan, or two with a comma between them")
    return names[0], names[-1]


def _check_plans(folders: tuple[Path, Path], plans: tuple[str, str] | None) -> None:
    from plans import Bundle, load_site

    for folder, plan in zip(folders, plans or (), strict=False):
        check_plan(folder, load_site(Bundle.read(folder)), plan)


def _changes(before: Path, after: Path, plans: tuple[str, str] | None) -> tuple[Difference, ...]:
    from plans import Bundle, load_site
    from plans.differences import site_differences

    return site_differences(load_site(Bundle.read(before)), load_site(Bundle.read(after)), plans)


def _write(path: Path, page: str) -> None:
    write_whole(path, page)
    tell(f"wrote {path}")
