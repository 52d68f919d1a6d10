"""`faikhiao doctor`: is everything here that the commands need, and does the street answer as it should?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.options import AsJson
from console.exits import ExitCode
from console.output import as_json, markdown_table, say

if TYPE_CHECKING:
    from collections.abc import Iterator

    from console.diagnosis.findings import Examined
    from field_io.settings import BrokerSettings, ServiceSettings

EXAMPLES = (
    "faikhiao doctor",
    "faikhiao doctor --broker 127.0.0.1:1883 --site my-town",
    "faikhiao doctor --settings settings.toml --site my-town --tokens tokens",
    "faikhiao doctor --json",
)


def doctor(
    broker: Annotated[
        str | None,
        typer.Option("--broker", metavar="HOST:PORT", envvar="FAIKHIAO_BROKER", help="Try this MQTT broker too."),
    ] = None,
    site: Annotated[Path | None, typer.Option("--site", help="Try the cabinets of this site too.")] = None,
    settings: Annotated[
        Path | None,
        typer.Option(
            "--settings", help="Settings of the service: its broker, certificates and secrets are looked at too."
        ),
    ] = None,
    tokens: Annotated[
        Path | None, typer.Option("--tokens", help="Look at this token file of the control API too.")
    ] = None,
    json: AsJson = False,
) -> None:
    """See whether this machine has what the commands need, and whether the street is as it should be.

    Versions, SUMO, Mosquitto, fonts, ports. Where they are named: broker and cabinets, whether they answer, their
    register map, safety data and clocks; certificates that end within 30 days; secrets that others can read; plain
    transport beyond this machine. Nothing is written to a cabinet, and no secret is ever said.

    Ends with 0 when all is well, with 1 when something is to be mended, and with 4 when the broker or a cabinet that
    was named does not answer.
    """
    from console.diagnosis.findings import exit_code
    from console.diagnosis.machine import look_at_machine

    findings = [*look_at_machine(), *_street(broker, site, settings, tokens)]
    if json:
        say(as_json([finding.record() for finding in findings]))
    else:
        say(
            markdown_table(
                ("what", "verdict", "found"), [(f.what, f.verdict.value, f.found) for f in findings], numbers=False
            )
        )
        for finding in findings:
            if finding.advice:
                say(f"{finding.what}: {finding.advice}")
    code = exit_code(findings)
    if code is not ExitCode.OK:
        raise typer.Exit(int(code))


def _street(broker: str | None, site: Path | None, file: Path | None, tokens: Path | None) -> Iterator[Examined]:
    from console.diagnosis.papers import look_at_papers
    from console.diagnosis.street import look_at_street
    from field_io.settings import ServiceSettings
    from plans import Bundle, load_site

    settings = ServiceSettings() if file is None else ServiceSettings.read(file)
    if broker is not None:
        settings = settings.model_copy(update={"broker": _named(settings, broker)})
    loaded = None if site is None else load_site(Bundle.read(site))
    yield from look_at_papers(settings, loaded.addresses.values() if loaded else (), tokens)
    yield from look_at_street(settings, loaded, broker=broker is not None or file is not None)


def _named(settings: ServiceSettings, broker: str) -> BrokerSettings:
    from console.places import host_and_port

    host, port = host_and_port(broker)
    return settings.broker.model_copy(update={"host": host, "port": port})
