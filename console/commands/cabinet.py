"""`faikhiao cabinet`: a site's cabinets, imagined, as Modbus TCP servers in real time."""

from __future__ import annotations

import asyncio
import secrets
import ssl
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from console.commands.options import AsJson, Site
from console.exits import UnreachableError, UsageError
from console.output import as_json, say, tell

if TYPE_CHECKING:
    from collections.abc import Callable

    from plans import CabinetAddress
    from plans import Site as LoadedSite
    from sim.cabinet import ModbusCabinet

EXAMPLES = (
    "faikhiao cabinet my-town",
    "faikhiao cabinet my-town --only J01 --only J02",
    "faikhiao cabinet my-town --for 600 --json",
    "faikhiao cabinet my-town --certificates certificates",
)


def cabinet(
    site: Site,
    only: Annotated[
        list[str] | None, typer.Option("--only", help="Only the cabinet of this junction; repeatable.")
    ] = None,
    for_s: Annotated[
        float | None, typer.Option("--for", metavar="S", help="End after so many seconds; without it with Ctrl-C.")
    ] = None,
    certificates: Annotated[
        Path | None,
        typer.Option(
            "--certificates",
            metavar="DIR",
            help="For cabinets with `transport: tls`: ca.crt, and <cabinet>.crt and .key (`certificates make`).",
        ),
    ] = None,
    json: AsJson = False,
) -> None:
    """Run the virtual cabinets of a site as Modbus servers.

    They listen at the addresses of the site's cabinet files. Each begins with its start-up sequence, then runs its
    local plan until a centre takes it over. No SUMO is needed. Only loopback addresses are served: these are not
    devices for a street. Ends with 130 after Ctrl-C, with 0 after SIGTERM or --for.
    """
    from console.until_stopped import run_until_stopped
    from plans import Bundle, load_site

    loaded = load_site(Bundle.read(site))
    wanted = _wanted(loaded, only or ())
    strangers = [address.cabinet for address in wanted.values() if not address.is_loopback]
    if strangers:
        raise UsageError(
            f"cabinets with an address beyond this machine ({', '.join(strangers)}): leave them out with --only"
        )
    try:
        run_until_stopped(_serve(loaded, wanted, certificates, for_s, as_json_too=json))
    except OSError as error:
        raise UnreachableError(f"{error.strerror or error}: end what listens there, or change the address") from error


def _wanted(site: LoadedSite, only: Sequence[str]) -> Mapping[str, CabinetAddress]:
    unknown = [junction for junction in only if junction not in site.addresses]
    if unknown:
        raise UsageError(f"the site has no junction {', '.join(unknown)}: one of {', '.join(site.addresses)}")
    return {junction: address for junction, address in site.addresses.items() if not only or junction in only}


def _tls(address: CabinetAddress, certificates: Path | None) -> ssl.SSLContext | None:
    """What a cabinet shows to its clients; None where it is plain. Raises UsageError, SettingsError."""
    from field_io.tls import Credentials, TlsFiles

    if address.transport != "tls":
        return None
    if certificates is None:
        raise UsageError(f"cabinet {address.cabinet} has `transport: tls`: name its certificates with --certificates")
    own, revoked = certificates / address.cabinet, certificates / "ca.crl"
    files = TlsFiles(
        certificates / "ca.crt",
        own.with_name(f"{own.name}.crt"),
        own.with_name(f"{own.name}.key"),
        revoked if revoked.exists() else None,
    )
    return Credentials(files, server=True).context


async def _serve(
    site: LoadedSite,
    wanted: Mapping[str, CabinetAddress],
    certificates: Path | None,
    for_s: float | None,
    *,
    as_json_too: bool,
) -> None:
    from sim.cabinet import CabinetServer, Port
    from sim.cabinet.server import monotonic_clock

    wall_clock = monotonic_clock()
    cabinets = {junction: _built(site, address, wall_clock) for junction, address in wanted.items()}
    ports = {
        junction: Port(address.host, address.port, address.unit, _tls(address, certificates))
        for junction, address in wanted.items()
    }
    async with CabinetServer(cabinets, ports, wall_clock=wall_clock).running() as server:
        if as_json_too:
            say(as_json({junction: f"{ports[junction].host}:{port}" for junction, port in server.ports.items()}))
        else:
            for junction, port in server.ports.items():
                say(f"{junction}  {ports[junction].host}:{port}  {wanted[junction].profile}")
            tell(f"virtual cabinets: {len(cabinets)}; Ctrl-C ends them")
        await asyncio.sleep(for_s if for_s is not None else float("inf"))


def _built(site: LoadedSite, address: CabinetAddress, wall_clock: Callable[[], float]) -> ModbusCabinet:
    """A cabinet of the address's profile that is switched on now."""
    from field_io.profiles import cabinet_key
    from plans import load_cabinet
    from sim.cabinet import CabinetConfig, PlcCabinet, VirtualCabinet

    config = CabinetConfig.from_file(load_cabinet(site.bundle, address.cabinet))
    now_s = wall_clock()
    unix_at_zero_s, now_ds = time.time() - now_s, int(now_s * 10)
    if address.profile == "plc-basic":
        return PlcCabinet(config, now_ds=now_ds, unix_at_zero_s=unix_at_zero_s)
    return VirtualCabinet(
        config, boot_id=secrets.randbits(64), key=cabinet_key(address), now_ds=now_ds, unix_at_zero_s=unix_at_zero_s
    )
