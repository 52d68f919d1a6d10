"""`faikhiao bench`: strategies compared on the same traffic."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.commands.options import (
    AllRed,
    Amber,
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
from console.exits import UsageError
from console.output import STANDARD_OUTPUT, check_writable, give_json, people_console, say

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = (
    "faikhiao bench udon_thani/am_peak udon_thani/pm_peak --strategies own-plan,actuated --seeds 3 --minutes 15",
    "faikhiao bench scenarios/cologne1 --strategies own-plan,fixed_time,actuated --seeds 5 --jobs 2 --json bench.json",
)


def bench(
    scenarios: Annotated[list[str], typer.Argument(metavar="SCENARIO...", help="As for `simulate`; one or more.")],
    strategies: Annotated[
        str, typer.Option("--strategies", metavar="A,B,...", help="What is compared, separated by commas.")
    ] = "own-plan,fixed_time,actuated",
    seeds: Annotated[int, typer.Option("--seeds", min=1, help="Seeds 1 to so many; every strategy meets each.")] = 5,
    jobs: Annotated[int, typer.Option("--jobs", min=1, help="Simulations at the same time.")] = 1,
    begin: Begin = None,
    minutes: Minutes = None,
    date: Date = "2026-01-05",
    link: Link = "direct",
    amber: Amber = None,
    all_red: AllRed = None,
    site: ScenarioSite = None,
    json: JsonTarget = None,
) -> None:
    """Compare strategies on the same traffic.

    Every strategy meets every seed of every scenario.

    Prints a Markdown table: means with 95 % intervals, the worst seed, the ratio to the best other strategy and the
    paired difference. Breaks of the safety rules S1-S4 by our own strategies end with exit code 5.
    """
    from sim.bench import BenchSettings, markdown
    from sim.bench import bench as compare
    from sim.simulate import LINKS, SimulationSettings
    from sim.simulate import strategies as known_strategies

    check_times(amber, all_red)
    chosen = tuple(dict.fromkeys(name.strip() for name in strategies.split(",") if name.strip()))
    for strategy in chosen:
        one_of("strategy", strategy, known_strategies())
    if not chosen:
        raise UsageError(f"--strategies names none: choose of {', '.join(known_strategies())}")
    one_of("link", link, LINKS)
    if json is not None:
        check_writable(json)
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
    with _showing_runs() as on_run:
        result = compare(BenchSettings(tuple(scenarios), chosen, seeds, jobs, like), on_run)
    if json is not None:
        give_json(result, json)
    if json != STANDARD_OUTPUT:
        say(markdown(result))
    refuse_broken_safety(result["runs"])


@contextmanager
def _showing_runs() -> Iterator[Callable[[int, int, Mapping[str, Any]], None]]:
    """A bar on a terminal; elsewhere a plain line after each run."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = people_console()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        task = progress.add_task("simulating", total=None)

        def show(done: int, of: int, answer: Mapping[str, Any]) -> None:
            what = f"{answer['scenario']} {answer['strategy']} seed {answer['seed']}: {answer['delay_s']:.1f} s"
            progress.update(task, completed=done, total=of, description=what)
            if not console.is_terminal:
                console.print(f"{done}/{of} {what}", highlight=False)

        yield show
