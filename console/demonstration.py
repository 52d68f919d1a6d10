"""The demonstration: one story of central Udon Thani twice, and what is shown of it."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from console.exits import ConfigurationError
from console.output import as_json, check_writable, markdown_table, people_console, say, write_whole
from controller import DEFAULT_STRATEGY, Junction

SCENARIO = "udon_thani/pm_peak"
TITLE = "Central Udon Thani, evening peak"
OURS = DEFAULT_STRATEGY
"""Our strategy in the demonstration."""
CHART_S = 420.0
"""Span of the picture's signal programme [s]."""
SAID_EVERY_S = 300.0
"""Where nobody watches a terminal, a line after so many simulated seconds."""


@dataclass(frozen=True, slots=True)
class Demonstration:
    """Two results of `simulate` and the files that tell of them."""

    own: dict[str, Any]
    ours: dict[str, Any]
    files: tuple[Path, ...]


def drive(out: Path, *, minutes: float, seed: int) -> Demonstration:
    """Run both and write results, journal, picture and report into `out`, all of them at the end or none."""
    from sim.simulate import SimulationSettings, simulate

    check_writable(str(out / "own-plan.json"))
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".running-", dir=out) as folder, _showing(60 * minutes) as show:
        journal = Path(folder) / "ours.journal"
        settings = SimulationSettings(SCENARIO, "own-plan", seed, minutes=minutes, site=built_in_site())
        own = simulate(settings, show("own plan, in SUMO alone"))
        settings = replace(settings, strategy=OURS, link="wire", journal=journal)
        ours = simulate(settings, show(f"ours ({OURS}), over MQTT and Modbus"))
        return Demonstration(own, ours, _write(out, own, ours, journal))


def built_in_site() -> Path | None:
    """The site that was made by hand for the scenario; `None`: it is imported."""
    from sim.scenario import OWN_SCENARIOS

    site = OWN_SCENARIOS / SCENARIO.partition("/")[0] / "site"
    return site if (site / "site.yaml").is_file() else None


def _write(out: Path, own: Mapping[str, Any], ours: Mapping[str, Any], journal: Path) -> tuple[Path, ...]:
    from console.charts.picture import comparison_picture
    from console.report import whole
    from console.report.pages import Picture, Section, as_html, journal_sections, result_sections
    from console.sentences import Language

    run = whole.count(journal)
    last_s = run.record.end_s
    part = run.record.shown(_most_groups(run.record.junctions), last_s - CHART_S, last_s)
    if part is None:
        raise ConfigurationError("no cabinet reported in this run: there is nothing to show; please report it")
    names = ("own plan", f"ours ({OURS})")
    picture = comparison_picture(own, ours, part, _picture_title(own), names)
    above = Section("Signals as they ran", pictures=(Picture("The last minutes", "", picture, "image/png"),))
    numbers = journal_sections(run.record, run.tables, Language.ENGLISH)
    sections = [above, *result_sections([own, ours]), *numbers]
    files: dict[str, str | bytes] = {
        "own-plan.json": as_json(own) + "\n",
        "ours.json": as_json(ours) + "\n",
        "picture.png": picture,
        "report.html": as_html(TITLE, sections, Language.ENGLISH),
    }
    for name, content in files.items():
        write_whole(out / name, content)
    for companion in ("-wal", "-shm"):
        Path(f"{out / journal.name}{companion}").unlink(missing_ok=True)
    journal.replace(out / journal.name)
    return (*(out / name for name in files), out / journal.name)


def _most_groups(junctions: Sequence[Junction]) -> int:
    """The junction that shows most in a picture."""
    return max(range(len(junctions)), key=lambda row: (len(junctions[row].groups), junctions[row].id))


def _picture_title(own: Mapping[str, Any]) -> str:
    return f"{TITLE}: {own['simulated_s'] / 60:.0f} minutes, {own['vehicles']} vehicles, the same for both"


ROWS: tuple[tuple[str, str], ...] = (
    ("delay [s/vehicle]", "{delay_s:.1f}"),
    ("delay [s/person]", "{person_delay_s:.1f}"),
    ("stops [per vehicle]", "{stops:.2f}"),
    ("worst approach [s/vehicle]", "{worst_approach_s:.1f}"),
    ("longest red [s]", "{longest_red_s:.0f}"),
    ("finished trips", "{finished}"),
    ("unfinished trips", "{unfinished}"),
    ("never departed", "{undeparted}"),
    ("MQTT messages", "{mqtt_messages}"),
    ("Modbus round trips", "{modbus_round_trips}"),
    ("safety breaks (S1-S4)", "{invariant_breaks}"),
    ("times real time", "{realtime_factor:.0f}"),
)


def show(found: Demonstration) -> None:
    """The table of both and where the files are."""
    rows = [(name, form.format_map(found.own), form.format_map(found.ours)) for name, form in ROWS]
    own, minutes = found.own, found.own["simulated_s"] / 60
    say(f"{TITLE}: {minutes:.0f} minutes, {own['vehicles']} vehicles, {own['junctions']} signalled junctions")
    say("")
    say(markdown_table(("", "own plan", f"ours ({found.ours['strategy']})"), rows))
    say("")
    say("The network is a schematic, not surveyed. Delay counts unfinished trips and vehicles that never got in.")
    if own["invariant_breaks"]:
        say(
            "Where the own plan breaks safety rules, its ambers, clearances or intergreens are shorter than the site's."
        )
    for path in found.files:
        say(f"  {path}")


@contextmanager
def _showing(span_s: float) -> Iterator[Callable[[str], Callable[[float], None]]]:
    """For each run a bar on a terminal, else a line now and then; given is what to call with the simulated time."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

    console = people_console()
    columns = (TextColumn("{task.description:42}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:

        def begin(title: str) -> Callable[[float], None]:
            task = progress.add_task(title, total=span_s)
            first_s: list[float] = []
            if not console.is_terminal:
                console.print(title, highlight=False)

            def second(now_s: float) -> None:
                if not first_s:
                    first_s.append(now_s - 1.0)
                done_s = now_s - first_s[0]
                progress.update(task, completed=done_s)
                if not console.is_terminal and done_s % SAID_EVERY_S == 0:
                    console.print(f"  {done_s / 60:.0f} of {span_s / 60:.0f} minutes", highlight=False)

            return second

        yield begin
