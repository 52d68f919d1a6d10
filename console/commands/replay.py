"""`faikhiao replay`: does the core answer as it did?"""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from console.commands.options import AsJson
from console.exits import ExitCode
from console.output import as_json, say, tell

EXAMPLES = ("faikhiao replay night.journal", "faikhiao replay /var/lib/faikhiao/journal --json")


def replay(
    journal: Annotated[
        Path, typer.Argument(metavar="JOURNAL", help="A journal: a file, or a service's folder of segments.")
    ],
    json: AsJson = False,
) -> None:
    """Re-run the core on a journal: does it answer the same?

    Every command, decision and alarm is compared to the last bit.

    Ends with 0 when all are identical, with 1 at the first difference, and with 3 when the journal cannot be read.
    """
    from field_io.replay import replay as run_again

    found = run_again(journal)
    if json:
        difference = asdict(found.difference) if found.difference else None
        say(
            as_json(
                {
                    "journal": str(journal),
                    "identical": found.identical,
                    "segments": found.segments,
                    "steps": found.steps,
                    "difference": difference,
                    "notes": list(found.notes),
                }
            )
        )
    else:
        for note in found.notes:
            tell(note)
        say(str(found.difference) if found.difference else f"{found.steps} steps: identical")
    if not found.identical:
        raise typer.Exit(int(ExitCode.FINDINGS))
