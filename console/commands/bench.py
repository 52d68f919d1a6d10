"""`faikhiao bench`: methods compared on the same traffic; `faikhiao bench-page`: what is told of it."""

from __future__ import annotations

import json as json_text
import time
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.commands.options import (
    USUAL_STRATEGY,
    AllRed,
    Amber,
    AsJson,
    Begin,
    Date,
    JsonTarget,
    Link,
    Minutes,
    ScenarioSite,
    check_times,
    date_of,
    one_of,
    seconds_of,
)
from console.commands.simulate import refuse_broken_safety
from console.exits import ConfigurationError, UsageError
from console.output import STANDARD_OUTPUT, as_json, check_writable, give_json, people_console, say, tell, write_whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sim.bench import BenchSettings, TracePlace
    from sim.simulate import SimulationSettings

EXAMPLES = (
    "faikhiao bench udon_thani/am_peak udon_thani/pm_peak --methods own-plan,actuated --seeds 3 --minutes 15",
    "faikhiao bench scenarios/cologne1 --methods own-plan,planner,planner:lease_s=5 --jobs 0 --json bench.json",
    "faikhiao bench --study study.yaml --jobs 0 --keep runs --json bench.json --html bench.html",
)
PAGE_EXAMPLES = (
    "faikhiao bench-page bench.json --page docs/reference/benchmark.md",
    "faikhiao bench-page bench.json --html bench.html",
)
Html = Annotated[
    Path | None, typer.Option("--html", help="Write tables and plots as one HTML page that needs nothing else.")
]


def bench(
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SCENARIO]...", help="As for `simulate`; a folder of scenarios stands for all in it."),
    ] = None,
    methods: Annotated[
        str,
        typer.Option(
            "--methods",
            "--strategies",
            metavar="A,B,...",
            help="What is compared, by name; NAME:PARAMETER=VALUE+PARAMETER=VALUE changes parameters.",
        ),
    ] = "own-plan,fixed_time,actuated,planner",
    study: Annotated[
        Path | None, typer.Option("--study", help="YAML file with scenarios, methods, seeds, and what must be reached.")
    ] = None,
    seeds: Annotated[
        int | None, typer.Option("--seeds", min=1, help="Seeds 1 to so many; every method meets each. Else 5.")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=0, help="Simulations at the same time; 0: one a core.")] = 1,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", help="Keep finished runs in this folder; what is kept there is not run again."),
    ] = None,
    trace: Annotated[
        list[str] | None,
        typer.Option("--trace", metavar="SCENARIO=A,B", help="Draw a time-space diagram of these methods, seed 1."),
    ] = None,
    judged: Annotated[
        str | None, typer.Option("--judged", metavar="METHOD", help="Who is held against the best rival.")
    ] = None,
    begin: Begin = None,
    minutes: Minutes = None,
    date: Date = "2026-01-05",
    link: Link = "direct",
    amber: Amber = None,
    all_red: AllRed = None,
    site: ScenarioSite = None,
    json: JsonTarget = None,
    html: Html = None,
) -> None:
    """Compare methods on the same traffic.

    Every method meets every seed of every scenario.

    Prints a Markdown table: means with 95 % intervals, the worst seed, the ratio and the paired difference to the best
    rival, gridlocked seeds, what no mean shows. Breaks of the safety rules S1-S4 by our own strategies end with exit
    code 5.
    """
    from sim.bench import KeptRuns, markdown
    from sim.bench import bench as compare
    from sim.simulate import LINKS, SimulationSettings

    check_times(amber, all_red)
    one_of("link", link, LINKS)
    for target in (json, None if html is None else str(html)):
        if target is not None:
            check_writable(target)
    like = SimulationSettings(
        scenario="",
        begin_s=None if begin is None else seconds_of(begin),
        minutes=minutes,
        date=date_of(date),
        link=link,
        amber_s=amber,
        all_red_s=all_red,
        site=site,
    )
    settings = _settings(scenarios or [], study, methods, seeds, jobs, judged, like)
    with showing_runs() as on_run:
        result = compare(settings, on_run, kept=KeptRuns(keep), traces=[_trace(told) for told in trace or []])
    if json is not None:
        give_json(result, json)
    if html is not None:
        _write_html(html, result)
    if json != STANDARD_OUTPUT:
        say(markdown(result))
    refuse_broken_safety(result["runs"])


def _settings(
    scenarios: list[str],
    study: Path | None,
    methods: str,
    seeds: int | None,
    jobs: int,
    judged: str | None,
    like: SimulationSettings,
) -> BenchSettings:
    """What to compare, by a study or by the command line; raises UsageError, ScenarioError."""
    from sim.bench import BenchSettings, Fairness, plain_cases, read_study, study_cases
    from sim.bench.methods import read_method
    from sim.scenario import ScenarioError

    if study is not None:
        if scenarios or seeds is not None:
            raise UsageError("a study names its scenarios and seeds itself: leave them out, or leave --study out")
        told = read_study(study)
        return BenchSettings(study_cases(told, like), judged or told.judged, told.fair, jobs, told.title, told.variants)
    chosen = [name.strip() for name in methods.split(",") if name.strip()]
    if not scenarios or not chosen:
        raise UsageError("name at least one scenario and one method, or a --study")
    try:
        for name in chosen:
            read_method(name)
    except ScenarioError as error:
        raise UsageError(str(error)) from error
    cases = plain_cases(scenarios, chosen, seeds or 5, like)
    return BenchSettings(cases, judged or USUAL_STRATEGY, Fairness(), jobs)


def _trace(told: str) -> TracePlace:
    """`SCENARIO=METHOD,METHOD`; raises UsageError."""
    from sim.bench import TracePlace

    scenario, equals, methods = told.partition("=")
    names = tuple(name.strip() for name in methods.split(",") if name.strip())
    if not equals or not names:
        raise UsageError(f"--trace {told}: write SCENARIO=METHOD,METHOD")
    return TracePlace(scenario, names)


def page(
    result: Annotated[Path, typer.Argument(metavar="RESULT", help="JSON that `bench` wrote.")],
    page: Annotated[Path | None, typer.Option("--page", help="Write the page of the docs (Markdown).")] = None,
    html: Html = None,
    json: AsJson = False,
) -> None:
    """Make the pages of a comparison from its JSON, without a run.

    The docs' page docs/reference/benchmark.md is made by this command.
    """
    if page is None and html is None:
        raise UsageError("say what to write: --page FILE.md, --html FILE.html, or both")
    found = _read_result(result)
    if page is not None:
        from console.report.benchmark_page import benchmark_page

        write_whole(page, benchmark_page(found))
        tell(f"wrote {page}")
    if html is not None:
        _write_html(html, found)
    if json:
        say(as_json({"wrote": [str(path) for path in (page, html) if path is not None]}))


def _read_result(path: Path) -> Mapping[str, Any]:
    try:
        found = json_text.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(
            f"{path} cannot be read ({error.strerror}): name the JSON that `bench` wrote"
        ) from error
    except ValueError as error:
        raise ConfigurationError(f"{path} is no JSON: {error}") from error
    if not isinstance(found, dict) or "scenarios" not in found or "judged" not in found:
        raise ConfigurationError(f"{path} is no result of `bench`")
    return found


def _write_html(path: Path, result: Mapping[str, Any]) -> None:
    from console.report.benchmark_html import benchmark_html

    write_whole(path, benchmark_html(result))
    tell(f"wrote {path}")


@contextmanager
def showing_runs() -> Iterator[Callable[[int, int, Mapping[str, Any]], None]]:
    """A bar with the time left on a terminal; elsewhere a plain line after each run."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = people_console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    began_s = time.monotonic()
    made = 0
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("simulating", total=None)

        def show(done: int, of: int, answer: Mapping[str, Any]) -> None:
            nonlocal made
            made += not answer["kept"]
            what = f"{answer['scenario']} {answer['method']} seed {answer['seed']}: {answer['delay_s']:.1f} s"
            progress.update(task, completed=done, total=of, description=what)
            if not console.is_terminal and not answer["kept"]:
                left_min = (time.monotonic() - began_s) / made * (of - done) / 60
                console.print(f"{done}/{of} {what}, about {left_min:.0f} min left", highlight=False)

        yield show
