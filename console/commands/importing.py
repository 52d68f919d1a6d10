"""`faikhiao import sumo`: a SUMO network and its programmes become a site; `import utdf`: a plan for a site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.options import AllRed, Amber, AsJson, check_site_folder, check_times, one_of
from console.exits import ConfigurationError
from console.output import as_json, plain, say, tell, write_whole

if TYPE_CHECKING:
    from sim.importer import ImportedSite

EXAMPLES = (
    "faikhiao import sumo town.net.xml --out my-town",
    "faikhiao import sumo town.net.xml programmes.add.xml --out my-town",
    "faikhiao import sumo scenarios/cologne1 --out cologne1-site --amber 3 --all-red 2",
    "faikhiao import sumo town.net.xml --out my-town --synthesise",
)


def sumo(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="NET [ADDITIONAL]...",
            help="A network (.net.xml, .net.xml.gz) and files with its programmes; or a scenario, which names both.",
        ),
    ],
    out: Annotated[Path, typer.Option("--out", help="Folder of the new site; it must not hold anything yet.")],
    amber: Amber = None,
    all_red: AllRed = None,
    site_id: Annotated[
        str | None, typer.Option("--site-id", help="Id of the site; without it, the name of the folder --out.")
    ] = None,
    synthesise: Annotated[
        bool,
        typer.Option("--synthesise", help="Add every compatible stage that the programmes do not show (X1, X2, ...)."),
    ] = False,
    replace: Annotated[bool, typer.Option("--replace", help="Exchange a site that is there already.")] = False,
    json: AsJson = False,
) -> None:
    """Turn a SUMO network with its signal programmes into a site.

    Groups, stages, conflicts, intergreens, plans and loops come from the network and its programmes. What a programme
    does that no street may is repaired and listed. The site is written whole or not at all.
    """
    from plans import write_site
    from sim.importer import import_sumo

    check_times(amber, all_red)
    net, additional = _files(sources)
    imported = import_sumo(
        net,
        additional,
        amber_s=amber,
        all_red_s=all_red,
        synthesise=synthesise,
        site=site_id or out.resolve().name,
    )
    try:
        write_site(imported.bundle, out, replace=replace)
    except FileExistsError as error:
        raise ConfigurationError(f"{error} (--replace exchanges a site)") from error
    except OSError as error:
        raise ConfigurationError(f"{out} cannot be written ({error.strerror}): choose another place") from error
    if json:
        say(as_json(_record(imported, out)))
        return
    for line in imported.report.lines():
        say(line)
    tell(f"wrote {out}; next: faikhiao check {out}")


UTDF_EXAMPLES = (
    "faikhiao import utdf synchro.csv --site my-town --plan synchro-am",
    "faikhiao import utdf synchro.csv --site my-town --plan synchro-am --units feet",
)


def utdf(
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A UTDF file, version 8, combined CSV.")],
    site: Annotated[Path, typer.Option("--site", help="Site that the plan is for: its junctions by their numbers.")],
    plan: Annotated[str, typer.Option("--plan", help="Id of the new plan: the file timings/<id>.yaml.")],
    name: Annotated[str, typer.Option("--name", help="Name of the plan as people say it.")] = "",
    units: Annotated[
        str | None,
        typer.Option("--units", metavar="feet|metres", help="What its lengths are in, where it has no Metric."),
    ] = None,
    json: AsJson = False,
) -> None:
    """Take cycles, offsets and greens of a UTDF file into a site as a new plan; say what is not carried.

    A node is the junction of its number, a phase the group of its number (K3 is phase 3). The plan is checked with the
    whole site before it is written, nothing is overwritten, and the calendar does not use it.
    """
    from plans import Bundle, load_site
    from plans.exchange import Units, decode_utdf, import_plan, named, parse_utdf
    from plans.exchange.plan_file import plan_file

    one_of("units", units or Units.METRES, list(Units))
    check_site_folder(site)
    try:
        data = source.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{source} cannot be read ({error.strerror}): name a file that is there") from error
    bundle = Bundle.read(site)
    with named(source):
        file = parse_utdf(decode_utdf(data), Units(units) if units else None)
        imported = import_plan(file, load_site(bundle).network, plan=plan, name=name)
    made = plan_file(bundle, imported, source.name)
    path = site / made.file
    write_whole(path, made.text)
    if json:
        findings = [str(finding) for finding in made.findings]
        say(as_json({"plan": plan, "file": str(path), "junctions": sorted(imported.timing.junctions),
                     "notes": imported.notes, "left_out": imported.left_out, "findings": findings}))  # fmt: skip
        return
    for what, sentences in (("note", imported.notes), ("not carried", imported.left_out), ("finding", made.findings)):
        for sentence in sentences:
            say(f"{what}: {sentence}")
    tell(f"wrote {path}; next: faikhiao compare {site} {site} --plan OLD,{plan}")


def _files(sources: Sequence[Path]) -> tuple[Path, tuple[Path, ...]]:
    """The network and its additional files; a folder or a .sumocfg names both."""
    first, *others = sources
    if first.is_dir() or first.suffix == ".sumocfg" or not first.suffix:
        from sim.scenario import read_scenario

        scenario = read_scenario(first)
        return scenario.net, (*scenario.additional, *others)
    for path in sources:
        if not path.is_file():
            raise ConfigurationError(f"{path} is not there: name a SUMO network (.net.xml) or a scenario's folder")
    return first, tuple(others)


def _record(imported: ImportedSite, out: Path) -> object:
    report = imported.report
    return plain(
        {
            "site": report.site,
            "out": str(out),
            "junctions": [asdict(junction) for junction in report.junctions],
            "repairs": [asdict(repair) for repair in report.repairs],
            "notes": [asdict(note) for note in report.notes],
            "left_to_sumo": report.left_to_sumo,
        }
    )
