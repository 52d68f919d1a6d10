"""`faikhiao demo`: the newcomer's run, central Udon Thani, its own plan against ours."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from console.commands.options import AsJson
from console.output import as_json, say

EXAMPLES = ("faikhiao demo", "faikhiao demo --minutes 5 --out short-demo", "faikhiao demo --json")
DEFAULT_MINUTES = 20.0


def demo(
    minutes: Annotated[
        float, typer.Option("--minutes", min=1.0, max=60.0, help="Simulated minutes; 20 take about two on two cores.")
    ] = DEFAULT_MINUTES,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of SUMO's chance.")] = 1,
    out: Annotated[Path, typer.Option("--out", help="Folder for what it writes.")] = Path("faikhiao-demo"),
    json: AsJson = False,
) -> None:
    """Central Udon Thani: its own plan against ours.

    The same traffic meets both. The own plan runs in SUMO alone. Ours runs over real MQTT and Modbus TCP on loopback:
    an embedded broker, one virtual cabinet for each junction, and the controller between them. Ends with a table of
    both, and names the files it wrote.
    """
    from console.commands.simulate import refuse_broken_safety
    from console.demonstration import drive, show

    found = drive(out, minutes=minutes, seed=seed)
    if json:
        say(as_json({"own": found.own, "ours": found.ours, "files": [str(path) for path in found.files]}))
    else:
        show(found)
    refuse_broken_safety([found.own, found.ours])
