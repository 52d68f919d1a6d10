"""`faikhiao estimates`: what loops make the controller believe, against the simulator's truth."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from console.commands.options import USUAL_STRATEGY, AllRed, Amber, Begin, JsonTarget, Minutes, check_times, seconds_of
from console.commands.simulate import showing_time
from console.output import STANDARD_OUTPUT, check_writable, give_json, markdown_table, plain, say, tell, write_whole

EXAMPLES = (
    "faikhiao estimates udon_thani/am_peak --minutes 20",
    "faikhiao estimates udon_thani/am_peak own-networks/arterial/arterial-080 --page docs/reference/estimates.md",
)


def estimates(
    scenarios: Annotated[
        list[str],
        typer.Argument(metavar="SCENARIO...", help="As for `simulate`; a folder of scenarios stands for all in it."),
    ],
    strategy: Annotated[str, typer.Option("--strategy", help="Which of our strategies drives.")] = USUAL_STRATEGY,
    seed: Annotated[int, typer.Option("--seed", min=0, help="SUMO's seed.")] = 1,
    begin: Begin = None,
    minutes: Minutes = None,
    amber: Amber = None,
    all_red: AllRed = None,
    page: Annotated[Path | None, typer.Option("--page", help="Write the page of the docs (Markdown).")] = None,
    json: JsonTarget = None,
) -> None:
    """Compare every estimate with the truth.

    Drives each scenario in the closed loop, and compares what the loops make the controller believe of each lane
    (queue, who is coming, arrivals, discharge, longest wait, degree of saturation, start-up loss, turning shares, full
    exits) with what the simulator knows: bias, mean error, correlation, the lane with the largest error, and the error
    by how far the estimate was trusted.
    """
    from console.report.estimates_page import HEAD, estimate_tables, estimates_page
    from sim.estimates import ESTIMATES, SETTLED_S, compare_estimates
    from sim.scenario import scenarios_in
    from sim.simulate import SimulationSettings

    check_times(amber, all_red)
    for target in (json, None if page is None else str(page)):
        if target is not None:
            check_writable(target)
    runs: list[dict[str, Any]] = []
    for scenario in [found for named in scenarios for found in scenarios_in(named)]:
        settings = SimulationSettings(
            scenario=scenario,
            strategy=strategy,
            seed=seed,
            begin_s=None if begin is None else seconds_of(begin),
            minutes=minutes,
            amber_s=amber,
            all_red_s=all_red,
        )
        with showing_time(scenario) as progress:
            runs.append(compare_estimates(settings, progress))
        tell(f"{runs[-1]['scenario']}: done")
    result: dict[str, Any] = {
        "command": shlex.join(["faikhiao", *sys.argv[1:]]),
        "settled_s": SETTLED_S,
        "told": {name: {"unit": unit, "what": what} for name, (unit, what) in ESTIMATES.items()},
        "runs": runs,
    }
    if page is not None:
        write_whole(page, estimates_page(result))
        tell(f"wrote {page}")
    if json is not None:
        give_json(plain(result), json)
    if json != STANDARD_OUTPUT:
        for name, (unit, _, rows) in estimate_tables(result).items():
            say(f"\n{name} [{unit}]\n{markdown_table(HEAD, rows)}")
