"""`faikhiao simulate`: one run of one scenario."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.commands.options import (
    USUAL_STRATEGY,
    AllRed,
    Amber,
    Begin,
    Broker,
    Date,
    JsonTarget,
    Link,
    Minutes,
    Scenario,
    ScenarioSite,
    check_times,
    date_of,
    one_of,
    seconds_of,
)
from console.exits import SafetyBrokenError, UsageError
from console.output import STANDARD_OUTPUT, check_writable, give_json, people_console, say

if TYPE_CHECKING:
    from collections.abc import Iterator

EXAMPLES = (
    "faikhiao simulate udon_thani/pm_peak --minutes 15",
    "faikhiao simulate udon_thani/am_peak --strategy own-plan --seed 2 --json result.json",
    "faikhiao simulate udon_thani/night --strategy actuated --link wire --minutes 10 --journal night.journal",
)


def simulate(
    scenario: Scenario,
    strategy: Annotated[
        str,
        typer.Option(
            "--strategy",
            metavar="NAME",
            help="own-plan, sumo-actuated: SUMO drives its signals; planner, fixed_time, actuated: we do.",
        ),
    ] = USUAL_STRATEGY,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of SUMO's chance.")] = 1,
    begin: Begin = None,
    minutes: Minutes = None,
    date: Date = "2026-01-05",
    link: Link = "direct",
    cold_start: Annotated[
        bool, typer.Option("--cold-start", help="Begin with the cabinets' start-up sequence, not in remote control.")
    ] = False,
    amber: Amber = None,
    all_red: AllRed = None,
    site: ScenarioSite = None,
    broker: Broker = None,
    journal: Annotated[
        Path | None, typer.Option("--journal", help="Write a journal, for `replay` and `report`.")
    ] = None,
    json: JsonTarget = None,
    gui: Annotated[bool, typer.Option("--gui", help="Show it in sumo-gui.")] = False,
) -> None:
    """Run a scenario under one strategy and measure it.

    Traffic is SUMO's; with our own strategies every lamp is decided by a virtual cabinet. A monitor that shares no code
    with them counts breaks of the safety rules S1-S4; with our own strategies any break ends with exit code 5.
    """
    from console.places import host_and_port
    from sim.display import display_trouble
    from sim.simulate import LINKS, SimulationSettings, strategies
    from sim.simulate import simulate as run_simulation

    check_times(amber, all_red)
    one_of("strategy", strategy, strategies())
    one_of("link", link, LINKS)
    if minutes is not None and minutes <= 0:
        raise UsageError(f"--minutes must be more than 0, not {minutes:g}")
    if json is not None:
        check_writable(json)
    if gui and (trouble := display_trouble(os.environ)):
        raise UsageError(f"--gui needs a screen, and {trouble}: run it without --gui, or from a desktop")
    settings = SimulationSettings(
        scenario=scenario,
        strategy=strategy,
        seed=seed,
        begin_s=None if begin is None else seconds_of(begin),
        minutes=minutes,
        date=date_of(date),
        link=link,
        cold_start=cold_start,
        amber_s=amber,
        all_red_s=all_red,
        site=site,
        journal=journal,
        gui=gui,
        broker=None if broker is None else host_and_port(broker, 1883),
    )
    with showing_time() as progress:
        answer = run_simulation(settings, progress)
    if json is not None:
        give_json(answer, json)
    if json != STANDARD_OUTPUT:
        say(summary(answer))
    refuse_broken_safety([answer])


@contextmanager
def showing_time(title: str = "simulated") -> Iterator[Callable[[float], None]]:
    """Show how far the simulation is, where there is somebody to see it."""
    from console.charts.shown import clock

    console = people_console()
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status(title) as status:

        def show(now_s: float) -> None:
            if now_s % 10 == 0:
                status.update(f"{title}: {clock(now_s)}")

        yield show


SUMMARY: tuple[tuple[str, str], ...] = (
    ("vehicles", "{vehicles} ({finished} finished, {unfinished} under way at the end, {undeparted} never departed)"),
    ("delay", "{delay_s:.1f} s a vehicle, {person_delay_s:.1f} s a person"),
    ("stops", "{stops:.2f} a vehicle"),
    ("worst approach", "{worst_approach_s:.1f} s a vehicle ({worst_approach})"),
    ("longest red", "{longest_red_s:.0f} s ({longest_red})"),
    ("safety breaks", "{invariant_breaks}"),
    ("decisions", "{decisions}"),
    ("on the wire", "{mqtt_messages} MQTT messages, {modbus_round_trips} Modbus round trips"),
    ("speed", "{realtime_factor:.0f} times real time ({wall_s:.1f} s for {simulated_s:.0f} s)"),
)


def summary(answer: Mapping[str, Any]) -> str:
    """A result for people."""
    head = f"{answer['scenario']}: {answer['strategy']}, seed {answer['seed']}, link {answer['link']}"
    lines = [f"  {name:15} {form.format_map(answer)}" for name, form in SUMMARY]
    broken = [f"  {'':15} {text}" for text in answer.get("breaks", ())]
    return "\n".join([head, *lines, *broken])


def refuse_broken_safety(answers: list[Mapping[str, Any]]) -> None:
    """Raise SafetyBrokenError where one of our own strategies broke a safety rule; SUMO's own may."""
    broken = [answer for answer in answers if answer["link"] != "sumo" and answer["invariant_breaks"]]
    if broken:
        what = "; ".join(
            f"{answer['scenario']} {answer['strategy']} seed {answer['seed']}: {answer['invariant_breaks']}"
            for answer in broken
        )
        raise SafetyBrokenError(f"safety rules were broken ({what}): this is a defect of ours, please report it")
