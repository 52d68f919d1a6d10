"""`faikhiao schema`: JSON Schemas of the plan files, for editors and CI."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from console.commands.options import AsJson
from console.exits import UsageError
from console.output import as_json, say, tell, write_whole

EXAMPLES = (
    "faikhiao schema --out my-town/.schema",
    "faikhiao schema junction",
    "faikhiao schema --json",
)


def schema(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[NAME]", help="site, junction, cabinet, timing or calendar; without it all of them."),
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder for one file a schema: <name>.schema.json.")] = None,
    json: AsJson = False,
) -> None:
    """Export JSON Schemas of the plan files, for editors.

    An editor with a YAML language server then completes keys and shows mistakes while writing; the first line of a
    file names its schema: # yaml-language-server: $schema=../.schema/junction.schema.json
    """
    from plans import json_schemas

    schemas = json_schemas()
    if name is not None and name not in schemas:
        raise UsageError(f"there is no schema {name!r}: one of {', '.join(schemas)}")
    chosen = schemas if name is None else {name: schemas[name]}
    if out is None:
        say(as_json(chosen if name is None or json else schemas[name]))
        return
    files = {kind: out / f"{kind}.schema.json" for kind in chosen}
    for kind, path in files.items():
        write_whole(path, as_json(chosen[kind]) + "\n")
    if json:
        say(as_json({kind: str(path) for kind, path in files.items()}))
    else:
        tell(f"wrote {', '.join(map(str, files.values()))}")
