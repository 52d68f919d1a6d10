"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Site = Annotated[
    Path, typer.Argument(help="Folder of the site: site.yaml, junctions/, cabinets/, timings/, calendar.yaml.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Give the result as JSON on standard output.")]
JsonTarget = Annotated[
    str | None,
    typer.Option("--json", metavar="FILE", help="Write the result as JSON to this file; - is standard output."),
]
