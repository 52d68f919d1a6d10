"""`faikhiao networks make`: networks of our own to measure on, as scenario folders."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from console.commands.options import AsJson
from console.exits import ConfigurationError, UsageError
from console.output import as_json, markdown_table, plain, say, tell

EXAMPLES = (
    "faikhiao networks make own-networks",
    "faikhiao networks make own-networks --only grid-dense,arterial",
)


def make(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where they are written, a folder for each.")],
    spec: Annotated[
        Path | None, typer.Option("--spec", help="TOML file with [[network]] tables; without it, our own catalogue.")
    ] = None,
    only: Annotated[str | None, typer.Option("--only", metavar="A,B,...", help="Only these of them, by name.")] = None,
    json: AsJson = False,
) -> None:
    """Make networks to measure on, with several levels of demand.

    Grids, arterials and random town centres with their programs, and a scenario folder for each level of demand as a
    share of capacity (Webster's sum of critical flow ratios at the busiest signal). The same table gives the same
    files. `simulate`, `bench` and `import sumo` take the folders as they take any.
    """
    from sim.networks import CATALOGUE, make_networks, read_specs

    specs = read_specs(spec or CATALOGUE)
    if only is not None:
        wanted = [name.strip() for name in only.split(",") if name.strip()]
        known = [found.name for found in specs]
        if strange := [name for name in wanted if name not in known]:
            raise UsageError(f"there is no network {', '.join(strange)}: {', '.join(known)}")
        specs = tuple(found for found in specs if found.name in wanted)
    made = []
    try:
        for one in make_networks(folder, specs):
            made.append(one)
            tell(f"{one.name}: {one.signals} signals, {len(one.scenarios)} scenarios")
    except OSError as error:
        raise ConfigurationError(f"{folder} cannot be written ({error.strerror}): choose another place") from error
    if json:
        say(as_json(plain([asdict(one) for one in made])))
        return
    rows = [
        (one.name, str(one.signals), f"{one.capacity_veh_h:.0f}", one.busiest, str(len(one.scenarios))) for one in made
    ]
    say(markdown_table(("network", "signals", "capacity [veh/h]", "busiest signal", "scenarios"), rows))
