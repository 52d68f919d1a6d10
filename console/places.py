"""Where something listens, as a user writes it: `host:port`, a port, or the path of a Unix socket."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from pathlib import Path

from console.exits import UsageError


def host_and_port(place: str, default_port: int | None = None) -> tuple[str, int]:
    """`host:port` in its parts; raises UsageError for anything else.

    >>> host_and_port("127.0.0.1:1883"), host_and_port("[::1]:1883"), host_and_port("broker", 1883)
    (('127.0.0.1', 1883), ('::1', 1883), ('broker', 1883))
    """
    host, colon, port = place.rpartition(":")
    if not colon or (place.count(":") > 1 and not place.startswith("[")):
        if default_port is None:
            raise UsageError(f"{place!r} names no port: write HOST:PORT, such as 127.0.0.1:1883")
        return place, default_port
    if not port.isdecimal() or not 0 < int(port) < 65_536 or not host:
        raise UsageError(f"{place!r} is not HOST:PORT with a port from 1 to 65535")
    return host.strip("[]"), int(port)


@dataclass(frozen=True, slots=True)
class ApiPlace:
    """Where the control API listens: a Unix socket, or a port on loopback; never a public address."""

    socket: Path | None = None
    host: str = "127.0.0.1"
    port: int = 0

    def __str__(self) -> str:
        return str(self.socket) if self.socket else f"{self.host}:{self.port}"


def api_place(place: str) -> ApiPlace:
    """A path (with a `/`, or ending in `.sock`), a port, or `loopback address:port`; raises UsageError.

    >>> str(api_place("8080")), str(api_place("run/api.sock")), str(api_place("127.0.0.1:8080"))
    ('127.0.0.1:8080', 'run/api.sock', '127.0.0.1:8080')
    """
    if "/" in place or place.endswith(".sock"):
        return ApiPlace(socket=Path(place))
    if place.isdecimal():
        place = f"127.0.0.1:{place}"
    host, port = host_and_port(place)
    if host != "localhost" and not _loopback(host):
        raise UsageError(
            f"the control API listens on loopback only, not on {host}: "
            "name a Unix socket or 127.0.0.1:PORT, and put a proxy with TLS before it"
        )
    return ApiPlace(host=host, port=port)


def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
