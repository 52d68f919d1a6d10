"""`faikhiao run`: drive a site."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.options import Site
from console.exits import UsageError
from console.output import as_json, say, tell

if TYPE_CHECKING:
    from field_io.settings import ServiceSettings
    from plans import Site as LoadedSite

EXAMPLES = (
    "faikhiao run my-town",
    "faikhiao run my-town --live --strategy actuated --broker broker.example:1883 --journal journal",
    "faikhiao run my-town --broker embedded --api faikhiao.sock --api-tokens tokens",
    "faikhiao run my-town --live --standby 2 --broker broker.example:1883 --journal journal",
    "faikhiao run my-town --live --journal journal --api faikhiao.sock --api-tokens tokens --trust keys",
)


def run(
    site: Site,
    live: Annotated[
        bool,
        typer.Option("--live/--dry-run", help="Write to cabinets; a dry run decides and tells, and writes nothing."),
    ] = False,
    strategy: Annotated[
        str | None,
        typer.Option("--strategy", metavar="NAME", help="Of the controller: fixed_time, actuated; else planner."),
    ] = None,
    broker: Annotated[
        str | None,
        typer.Option(
            "--broker",
            metavar="HOST:PORT|embedded",
            envvar="FAIKHIAO_BROKER",
            help="MQTT broker; `embedded` starts one on 127.0.0.1:1883 (a laboratory's, not a street's).",
        ),
    ] = None,
    journal: Annotated[
        Path | None, typer.Option("--journal", help="Folder of the journal; a run goes on where the last one ended.")
    ] = None,
    api: Annotated[
        str | None,
        typer.Option("--api", metavar="PLACE", help="Control API: a Unix socket, or a loopback port."),
    ] = None,
    api_tokens: Annotated[
        Path | None,
        typer.Option("--api-tokens", help="Who may use it; else the variable FAIKHIAO_API_TOKENS."),
    ] = None,
    trust: Annotated[
        list[Path] | None,
        typer.Option("--trust", help="Public key, or folder of keys, that may sign plans for `deploy`; repeat it."),
    ] = None,
    standby: Annotated[
        int | None,
        typer.Option(
            "--standby",
            metavar="1|2",
            min=1,
            max=2,
            help="Of two controllers of a site this is the first or second: it drives only while the other does not.",
        ),
    ] = None,
    settings: Annotated[
        Path | None, typer.Option("--settings", help="Settings of the service as TOML; options win over it.")
    ] = None,
    json: Annotated[
        bool, typer.Option("--json", help="Say the settings as JSON on standard output before it begins.")
    ] = False,
) -> None:
    """Drive a site: detectors in over MQTT, commands out over Modbus.

    A dry run, unless told --live: everything is decided, journalled and published, no cabinet is written to. It runs
    until Ctrl-C (exit code 130) or SIGTERM (0). A broker that does not answer, or no cabinet that does, ends it with 4.
    """
    from plans import Bundle, load_site

    loaded = load_site(Bundle.read(site))
    chosen = _settings(
        settings, live=live, strategy=strategy, broker=broker, journal=journal, trust=trust, standby=standby
    )
    if api_tokens is not None and api is None:
        raise UsageError("--api-tokens goes with --api: name a socket or a port")
    if json:
        say(as_json(chosen.model_dump(mode="json")))
    for line in _opening(loaded, chosen):
        tell(line)
    _drive(loaded, chosen, api, api_tokens, embedded=broker is not None and broker.startswith("embedded"))


def _settings(
    file: Path | None,
    *,
    live: bool,
    strategy: str | None,
    broker: str | None,
    journal: Path | None,
    trust: Sequence[Path] | None,
    standby: int | None,
) -> ServiceSettings:
    """The settings of the file, with what the options say in their place."""
    from console.places import host_and_port
    from controller import STRATEGIES
    from field_io.settings import BrokerSettings, JournalSettings, ServiceSettings

    if strategy is not None and strategy not in STRATEGIES:
        raise UsageError(f"there is no strategy {strategy!r}: one of {', '.join(STRATEGIES)}")
    chosen = ServiceSettings.read(file) if file is not None else ServiceSettings()
    changes: dict[str, object] = {"live": live or chosen.live}
    if strategy is not None:
        changes["strategy"] = strategy
    if broker is not None:
        place = broker.replace("embedded", "127.0.0.1", 1) if broker.startswith("embedded") else broker
        host, port = host_and_port(place, 1883)
        named = chosen.broker if file is not None else BrokerSettings()
        changes["broker"] = named.model_copy(update={"host": host, "port": port})
    if journal is not None:
        changes["journal"] = JournalSettings(folder=journal)
    if trust:
        changes["deployment"] = chosen.deployment.model_copy(update={"keys": tuple(trust)})
    if standby is not None:
        changes["standby"] = standby
    chosen = chosen.model_copy(update=changes)
    if chosen.standby is not None and not chosen.live:
        raise UsageError("--standby goes with --live: a dry run drives nothing, whoever else does")
    return chosen


def _opening(site: LoadedSite, settings: ServiceSettings) -> list[str]:
    """What a person should see before anything is sent."""
    network, broker = site.network, settings.broker
    how = "LIVE: cabinets are written to" if settings.live else "dry run: no cabinet is written to (--live would)"
    lease_s = network.parameters.lease_s
    cabinets = [
        f"  {junction}  {address.host}:{address.port}  {address.profile}"
        for junction, address in site.addresses.items()
    ]
    return [
        f"{network.site}: {settings.strategy}, broker {broker.host}:{broker.port}, lease {lease_s:g} s, {how}",
        *cabinets,
    ]


def _drive(
    site: LoadedSite, settings: ServiceSettings, api: str | None, api_tokens: Path | None, *, embedded: bool
) -> None:
    from contextlib import ExitStack

    from console.until_stopped import run_until_stopped
    from console.wiring import drive, open_api

    with ExitStack() as stack:
        if embedded:
            from field_io.broker import EmbeddedBroker

            stack.enter_context(EmbeddedBroker(settings.broker.port))
        door = None if api is None else open_api(api, api_tokens)
        run_until_stopped(drive(site, settings, door))
