"""`faikhiao doctor`: is everything here that the commands need?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from console.commands.options import AsJson
from console.exits import ExitCode
from console.output import as_json, markdown_table, say

EXAMPLES = (
    "faikhiao doctor",
    "faikhiao doctor --broker 127.0.0.1:1883 --site my-town",
    "faikhiao doctor --json",
)


def doctor(
    broker: Annotated[
        str | None,
        typer.Option("--broker", metavar="HOST:PORT", envvar="FAIKHIAO_BROKER", help="Try this MQTT broker too."),
    ] = None,
    site: Annotated[Path | None, typer.Option("--site", help="Try the cabinets of this site too.")] = None,
    json: AsJson = False,
) -> None:
    """See whether this machine has what the commands need.

    Versions, SUMO, Mosquitto, fonts, ports; on request a broker and the cabinets of a site.

    Ends with 0 when all commands can work, with 1 when something is missing, and with 4 when the broker or a cabinet
    that was named does not answer.
    """
    from console.diagnosis import Verdict, examine

    findings = examine(broker, site)
    if json:
        say(as_json([{**finding.record()} for finding in findings]))
    else:
        say(
            markdown_table(
                ("what", "verdict", "found"), [(f.what, f.verdict.value, f.found) for f in findings], numbers=False
            )
        )
        for finding in findings:
            if finding.advice:
                say(f"{finding.what}: {finding.advice}")
    if any(finding.verdict is Verdict.UNREACHABLE for finding in findings):
        raise typer.Exit(int(ExitCode.UNREACHABLE))
    if any(finding.verdict is Verdict.MISSING for finding in findings):
        raise typer.Exit(int(ExitCode.FINDINGS))
