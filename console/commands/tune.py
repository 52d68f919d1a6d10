"""`faikhiao tune`: cycle, splits and offsets from demand, and tried in SUMO; a new plan file that says why."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.commands.options import AsJson, Begin, Minutes, Site, check_site_folder, one_of, seconds_of
from console.exits import ConfigurationError, UsageError
from console.output import as_json, say, tell
from console.tuning_told import junction_records, search_told, showing_trials, tell_plan

if TYPE_CHECKING:
    import plans
    from plans.tuning.counts import Span
    from plans.tuning.demand import Demand
    from plans.tuning.plan import TunedJunction
    from sim.tuning.refine import RefineSettings

EXAMPLES = (
    "faikhiao tune my-town --demand counts.csv --like own -o my-town/timings/am_tuned.yaml",
    "faikhiao tune my-town --demand my-scenario -o my-town/timings/am_tuned.yaml --json",
    "faikhiao tune my-town --demand counts.csv --scenario my-scenario --rounds 4 --workers 0 -o am_tuned.yaml",
)
STAGES = ("choose", "keep")


def tune(
    site: Site,
    demand: Annotated[
        str,
        typer.Option(
            "--demand",
            metavar="[KIND:]NAME",
            help="Counts (csv), UTDF volumes (utdf), a journal, or a scenario; the kind is guessed where left out.",
        ),
    ],
    out: Annotated[
        Path, typer.Option("--out", "-o", metavar="FILE", help="The new plan file; its name is the plan's id.")
    ],
    like: Annotated[
        str | None, typer.Option("--like", help="Plan to begin with; else the only one, or the first of the calendar.")
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option("--scenario", help="Scenario of SUMO: it says which way leads where, and tries the candidates."),
    ] = None,
    between: Annotated[
        str | None, typer.Option("--between", metavar="HH:MM-HH:MM", help="Span of the counts; else the busiest hour.")
    ] = None,
    fill_gaps: Annotated[
        bool, typer.Option("--fill-gaps", help="Fill short gaps in counts from their neighbours in time, and say so.")
    ] = False,
    motorcycle_pcu: Annotated[
        list[str] | None,
        typer.Option("--motorcycle-pcu", metavar="[APPROACH=]X", help="Car units of a motorcycle; 0.3 where not said."),
    ] = None,
    units: Annotated[
        str | None,
        typer.Option("--units", metavar="feet|metres", help="What a UTDF file without Metric is in."),
    ] = None,
    cycle: Annotated[
        int | None, typer.Option("--cycle", metavar="S", help="This cycle, in place of a computed one.")
    ] = None,
    longest_cycle: Annotated[
        int, typer.Option("--longest-cycle", metavar="S", min=30, max=255, help="No cycle is longer.")
    ] = 120,
    stages: Annotated[
        str, typer.Option("--stages", help="choose: any that the junction has, in any order; keep: as in --like.")
    ] = "choose",
    splits: Annotated[
        str, typer.Option("--splits", help="least-delay (HCM) or equal-saturation (Webster).")
    ] = "least-delay",
    offsets: Annotated[
        str, typer.Option("--offsets", help="By delay, bandwidth or multiband, or keep those of --like.")
    ] = "delay",
    corridor: Annotated[
        list[str] | None,
        typer.Option("--corridor", metavar="J1,J2,...", help="Junctions in their row, for bands; may be repeated."),
    ] = None,
    rounds: Annotated[
        int, typer.Option("--rounds", min=0, help="Rounds of small changes tried in SUMO; 0: no trial at all.")
    ] = 0,
    candidates: Annotated[int, typer.Option("--candidates", min=1, help="New candidates of a round.")] = 12,
    seeds: Annotated[
        str, typer.Option("--seeds", metavar="N,N,...", help="Seeds of the trials; compare on others than these.")
    ] = "11,12,13,14",
    workers: Annotated[int, typer.Option("--workers", min=0, help="Processes on this machine; 0: one a core.")] = 1,
    cluster: Annotated[
        str | None, typer.Option("--cluster", metavar="ADDRESS", help="Dask scheduler, such as tcp://host:8786.")
    ] = None,
    keep: Annotated[
        Path | None, typer.Option("--keep", help="Keep the trials in this folder; a search that was stopped goes on.")
    ] = None,
    begin: Begin = None,
    minutes: Minutes = None,
    json: AsJson = False,
) -> None:
    """Make a plan from demand: cycle, splits, offsets, with the reason of each number.

    It begins with a plan that the site has. With a scenario and --rounds the result is tried in SUMO against changes of
    it, on the same seeds, and the best goes on. A new file is written, never an old one; no calendar uses it yet.
    """
    from console.tuning_demand import DemandQuestion, demand_of_scenario, kind_of, read_demand, with_links_of
    from plans import Bundle, load_site
    from plans.tuning.plan import tune as make_plan
    from plans.tuning.rules import OffsetAim, TuningRules
    from plans.tuning.splits import Aim

    _check_words(stages, splits, offsets, units)
    _check_target(out)
    check_site_folder(site)
    loaded = load_site(Bundle.read(site))
    base = like or _plan_of(loaded)
    kind, name = kind_of(demand)
    pcus = _pcus(motorcycle_pcu or [])
    question = DemandQuestion(kind, name, site, _span(between), fill_gaps, pcus, units, scenario)
    told = read_demand(question, loaded)
    scenario = scenario or (name if kind == "scenario" else None)
    if rounds and scenario is None:
        raise UsageError("--rounds tries candidates in SUMO: name a --scenario")
    if scenario is not None and kind != "scenario":
        told = with_links_of(told, demand_of_scenario(scenario, site))
    rules = TuningRules(
        longest_cycle_s=max(longest_cycle, cycle or 0),
        aim=Aim(splits),
        choose_stages=stages == "choose",
        cycle_s=cycle,
        half_cycles=offsets not in {OffsetAim.BANDWIDTH, OffsetAim.MULTIBAND},
        offsets=OffsetAim(offsets),
        corridors=tuple(tuple(name.strip() for name in row.split(",")) for row in corridor or ()),
    )
    tuned = make_plan(loaded.network, base, told, rules)
    search: dict[str, Any] | None = None
    if rounds and scenario is not None:
        from sim.tuning.jobs import Ground
        from sim.tuning.refine import RefineSettings
        from sim.tuning.search import SearchSettings

        settings = RefineSettings(
            Ground(scenario, site.resolve(), None if begin is None else seconds_of(begin), minutes),
            SearchSettings(_seeds(seeds), rounds, candidates),
            workers or os.cpu_count() or 1,
            cluster,
            keep,
            rules.longest_cycle_s,
        )
        tuned, search = _refined(loaded, tuned, settings)
    notes = [] if search is None else [search_told(search)]
    findings = _write(loaded, tuned, told, out, base, notes)
    if json:
        answer = {
            "plan": out.stem,
            "file": str(out),
            "like": base,
            "demand": told.origin,
            "remarks": list(told.remarks),
        }
        say(as_json(answer | {"junctions": junction_records(tuned), "search": search, "findings": findings}))
        return
    tell_plan(tuned, told, notes)
    for finding in findings:
        say(finding)
    tell(f"wrote {out}; next: faikhiao check {site}, and faikhiao compare")


def _check_words(stages: str, splits: str, offsets: str, units: str | None) -> None:
    from plans.exchange import Units
    from plans.tuning.rules import OffsetAim
    from plans.tuning.splits import Aim

    one_of("way of --stages", stages, STAGES)
    one_of("way of --splits", splits, list(Aim))
    one_of("way of --offsets", offsets, list(OffsetAim))
    one_of("units", units or Units.METRES, list(Units))


def _check_target(out: Path) -> None:
    from plans.schema.base import ID_PATTERN

    if out.suffix != ".yaml" or not re.match(ID_PATTERN, out.stem):
        raise UsageError(f"-o {out}: name a file <plan>.yaml; the plan's id is its name without .yaml")
    if out.exists():
        raise UsageError(f"{out} is there already and is not overwritten: give the plan another name")
    if not out.parent.is_dir():
        raise UsageError(f"-o {out}: there is no folder {out.parent}")


def _plan_of(site: plans.Site) -> str:
    """The plan that a tuned one begins with where none was named: the site's only one, or the calendar's first."""
    if len(site.plans) == 1:
        return site.plans[0]
    used = [plan for day in site.network.schedule.day_plans for _, plan in day.entries]
    if not used:
        raise UsageError(f"which plan does it begin with? Name one with --like: {', '.join(site.plans)}")
    return used[0]


def _span(between: str | None) -> Span | None:
    from plans.tuning.counts import Span

    if between is None:
        return None
    begin, dash, end = between.partition("-")
    if not dash or seconds_of(end) <= seconds_of(begin):
        raise UsageError(f"--between {between}: write HH:MM-HH:MM, the end after the begin")
    return Span(int(seconds_of(begin)), int(seconds_of(end)))


def _pcus(told: Sequence[str]) -> dict[str, float]:
    """Car units of motorcycles by approach; under "" those of all others."""
    found = {}
    for part in told:
        approach, _, text = part.rpartition("=")
        try:
            value = float(text)
        except ValueError:
            value = -1.0
        if not 0 < value <= 2:
            raise UsageError(f"--motorcycle-pcu {part}: write X or APPROACH=X, X above 0 and at most 2")
        found[approach] = value
    return found


def _seeds(text: str) -> tuple[int, ...]:
    parts = [part.strip() for part in text.split(",")]
    if not parts or not all(part.isdecimal() for part in parts) or len(set(parts)) < len(parts):
        raise UsageError(f"--seeds {text}: write whole numbers with commas between them, each once")
    return tuple(int(part) for part in parts)


def _refined(
    site: plans.Site, tuned: Mapping[str, TunedJunction], settings: RefineSettings
) -> tuple[dict[str, TunedJunction], dict[str, Any]]:
    from sim.tuning.refine import refine
    from sim.tuning.refine import told as told_of

    with showing_trials() as on_progress:
        better, found = refine(site, tuned, settings, on_progress)
    return better, told_of(found, settings)


def _write(
    site: plans.Site, tuned: Mapping[str, TunedJunction], demand: Demand, out: Path, like: str, notes: Sequence[str]
) -> list[str]:
    """Write the plan; what `check` says of it. Raises ConfigurationError where it is no lawful plan."""
    from plans import Severity, check_site
    from plans.tuning.plan_file import plan_text, with_plan

    text = plan_text(site.bundle, tuned, demand, plan=out.stem, like=like, notes=notes)
    name = f"timings/{out.stem}.yaml"
    if name in site.bundle.files:
        raise UsageError(f"the site has a plan {out.stem} already: give the new one another name")
    findings = [found for found in check_site(with_plan(site.bundle, out.stem, text)) if found.file == name]
    errors = [str(found) for found in findings if found.severity is Severity.ERROR]
    if errors:
        raise ConfigurationError("no lawful plan came of it; please report this:\n" + "\n".join(errors))
    try:
        with out.open("x", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise ConfigurationError(f"{out} cannot be written: {error.strerror}") from error
    return [str(found) for found in findings]
