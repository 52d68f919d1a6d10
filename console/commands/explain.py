"""`faikhiao explain`: why a junction did what it did in one second."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from console.commands.options import AsJson, one_of
from console.exits import ExitCode
from console.output import as_json, plain, say

EXAMPLES = (
    "faikhiao explain night.journal J05 07:31:20",
    "faikhiao explain /var/lib/faikhiao/journal J05 2026-01-05T07:31:20 --language th",
    "faikhiao explain night.journal J05 27080 --json",
)


def explain(
    source: Annotated[
        Path, typer.Argument(metavar="JOURNAL", help="A journal: a file, or the folder of a service or of a run.")
    ],
    junction: Annotated[str, typer.Argument(metavar="JUNCTION", help="Id of the junction.")],
    time: Annotated[
        str,
        typer.Argument(metavar="TIME", help="Local time HH:MM:SS or YYYY-MM-DDTHH:MM:SS, or control time in seconds."),
    ],
    language: Annotated[str, typer.Option("--language", metavar="en|th", help="Language of the reasons.")] = "en",
    json: AsJson = False,
) -> None:
    """Tell why a junction did what it did in one second.

    Runs the core again from the journal up to that second: what the planner saw, the plan it found cheapest, the best
    alternatives and what they would have cost, and what was sent to the cabinet for which reason. Costs are in
    vehicle seconds of delay, with the prices of stops and of long waits.

    Ends with 1 where the core, run again, answers otherwise than it did then: another version wrote the journal.
    """
    from console.explaining import as_text, control_time, explained_second, stretches_of
    from console.report.reading import journals_of
    from console.sentences import Language, sentence

    one_of("language", language, [known.value for known in Language])
    stretch, now_s = control_time(time, stretches_of(journals_of(source)))
    found = explained_second(stretch.path, junction, now_s)
    local, tongue = stretch.local(found.now_s), Language(language)
    if json:
        told = asdict(found)
        for name in ("decisions", "alarms"):
            told[name] = [sentence(news, tongue) for news in getattr(found, name)]
        say(as_json(plain({"journal": str(stretch.path), "local": local.isoformat(), **told})))
    else:
        say(as_text(found, local, tongue).rstrip("\n"))
    if not found.identical:
        raise typer.Exit(int(ExitCode.FINDINGS))
