"""What a city needs to speak TLS, made in one folder: certificates of broker, controllers, gateways and cabinets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from field_io.certificates import Authority, Role, Wish
from field_io.errors import SettingsError
from field_io.mosquitto_acl import CONTROLLERS, DISPLAY, DRY_RUN, RESERVED, acl_text, check_name
from field_io.profiles import Address

ACL_FILE = "faikhiao.acl"
HERE = ("localhost", "127.0.0.1")


@dataclass(frozen=True, slots=True)
class City:
    """Who is there."""

    site: str
    broker_hosts: Sequence[str]
    cabinets: Sequence[Address]
    gateways: Mapping[str, Sequence[str]]
    """Junctions of each gateway."""


def make_certificates(folder: Path, city: City, *, renew: bool = False) -> list[str]:
    """Make what is not there yet, or with `renew` all but the authority; answers the names that were made.

    Raises SettingsError for names that cannot be one, and for a folder that cannot be used.
    """
    wishes = list(_wishes(city))
    acl = acl_text(city.site, city.gateways)
    for name, count in ((wish.name, sum(other.name == wish.name for other in wishes)) for wish in wishes):
        if count > 1:
            raise SettingsError(f"{name} would be two certificates: choose another name for the gateway or cabinet")
    authority = Authority.open_or_found(folder, f"{city.site} traffic signals")
    made = []
    for wish in wishes:
        if renew or not (folder / f"{wish.name}.crt").exists():
            authority.issue(wish)
            made.append(wish.name)
    (folder / ACL_FILE).write_text(acl, encoding="utf-8")
    return made


def _wishes(city: City) -> Iterator[Wish]:
    yield Wish("broker", tuple(dict.fromkeys((*city.broker_hosts, *HERE))))
    for name in CONTROLLERS:
        yield Wish(name, role=Role.CONTROLLER)
    yield Wish(DRY_RUN, role=Role.READER)
    yield Wish(DISPLAY)
    for name in city.gateways:
        yield Wish(check_name(name))
    for address in city.cabinets:
        if address.transport == "tls":
            if address.cabinet in RESERVED:
                raise SettingsError(f"a cabinet cannot be named {address.cabinet}: that is somebody else")
            yield Wish(check_name(address.cabinet), (address.host,))
