"""`faikhiao certificates ...`: a city's own small certificate authority, for a first set-up and for tests."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from console.commands.options import AsJson
from console.exits import UsageError
from console.output import as_json, say, tell

EXAMPLES = {
    "make": (
        "faikhiao certificates make certificates",
        "faikhiao certificates make certificates --site my-town --gateway north=J01,J02 --gateway south=J03",
        "faikhiao certificates make certificates --site my-town --renew",
    ),
    "revoke": ("faikhiao certificates revoke certificates gateway-north",),
}
WARNING = """\
This is a small authority for a first set-up and for tests, not a city's safe:
- whoever can read {folder}/ca.key can make a certificate for anybody, the controller too. Take it off this machine,
  onto a medium that lies in a drawer, as soon as the certificates are made.
- the keys are not encrypted; each belongs on the one machine that is named in it, readable by its owner alone, and
  nowhere else. Carry them there by a way that nobody listens to.
- certificates end after a year, and so does the list of revoked ones: `faikhiao doctor` says so 30 days before."""

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the authority; made where it is not there.")]


def make(
    folder: Folder,
    site: Annotated[
        Path | None, typer.Option("--site", help="Site whose cabinets with `transport: tls` need a certificate.")
    ] = None,
    broker_host: Annotated[
        list[str] | None,
        typer.Option("--broker-host", help="Name or address of the broker, beside localhost; repeatable."),
    ] = None,
    gateway: Annotated[
        list[str] | None,
        typer.Option("--gateway", metavar="NAME=J01,J02", help="A detector gateway and its junctions; repeatable."),
    ] = None,
    renew: Annotated[
        bool, typer.Option("--renew", help="Make all anew but the authority; else only what is not there.")
    ] = False,
    json: AsJson = False,
) -> None:
    """Make certificates for broker, controllers, gateways and cabinets, and the broker's access list.

    The controllers' carry the role tsc-controller, the dry run's tsc-reader (Modbus/TCP Security). Beside them lie
    ca.crt, the list of revoked ones ca.crl, and faikhiao.acl for Mosquitto.
    """
    from field_io.city_certificates import City, make_certificates
    from plans import Bundle, load_site

    loaded = None if site is None else load_site(Bundle.read(site))
    city = City(
        loaded.network.site if loaded else "my-site",
        broker_host or (),
        tuple(loaded.addresses.values()) if loaded else (),
        dict(_gateway(text, loaded.addresses if loaded else None) for text in gateway or ()),
    )
    made = make_certificates(folder, city, renew=renew)
    if json:
        say(as_json({"folder": str(folder), "made": made}))
    else:
        say(f"made in {folder}: {', '.join(made) or 'nothing, all was there'}")
    tell(WARNING.format(folder=folder))


def revoke(
    folder: Folder,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Whose certificate: NAME.crt in that folder.")],
    json: AsJson = False,
) -> None:
    """Take a certificate back: it goes on the list ca.crl.

    Brokers and cabinets refuse it as soon as they have the new list.
    """
    from field_io.certificates import Authority

    if not (folder / "ca.key").is_file():
        raise UsageError(f"{folder} has no ca.key: only where the authority is can a certificate be taken back")
    Authority.open_or_found(folder, "").revoke(name)
    if json:
        say(as_json({"revoked": name}))
    else:
        say(f"{name} is revoked: copy {folder / 'ca.crl'} to the broker and the cabinets, and reload them")


def _gateway(text: str, known: object) -> tuple[str, Sequence[str]]:
    name, _, listed = text.partition("=")
    junctions = tuple(junction for junction in listed.split(",") if junction)
    if not junctions:
        raise UsageError(f"{text!r} names no junctions: write NAME=J01,J02")
    if isinstance(known, dict) and (unknown := [junction for junction in junctions if junction not in known]):
        raise UsageError(f"the site has no junction {', '.join(unknown)}: one of {', '.join(known)}")
    return name, junctions
