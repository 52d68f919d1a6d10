"""`faikhiao import sumo`: a SUMO network and its programmes become a site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.options import AllRed, Amber, AsJson, check_times
from console.exits import ConfigurationError
from console.output import as_json, plain, say, tell

if TYPE_CHECKING:
    from sim.importer import ImportedSite

EXAMPLES = (
    "faikhiao import sumo town.net.xml --out my-town",
    "faikhiao import sumo town.net.xml programmes.add.xml --out my-town",
    "faikhiao import sumo scenarios/cologne1 --out cologne1-site --amber 3 --all-red 2",
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
    imported = import_sumo(net, additional, amber_s=amber, all_red_s=all_red, site=site_id or out.resolve().name)
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
