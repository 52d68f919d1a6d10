"""A throw-away certificate authority for tests of TLS: right certificates, and every kind of wrong one."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from field_io.certificates import Authority, Role, Wish
from field_io.tls import Credentials, TlsFiles

LOOPBACK = ("127.0.0.1", "localhost")
YESTERDAY = datetime.now(UTC) - timedelta(days=1)
TOMORROW = datetime.now(UTC) + timedelta(days=1)


@dataclass(frozen=True)
class ThrowAway:
    """An authority whose certificates end with the test."""

    authority: Authority

    @property
    def folder(self) -> Path:
        return self.authority.folder

    def files(self, name: str, *, revoked: bool = False) -> TlsFiles:
        folder = self.folder
        return TlsFiles(
            folder / "ca.crt", folder / f"{name}.crt", folder / f"{name}.key", folder / "ca.crl" if revoked else None
        )

    def client(self, name: str, role: str | None = None, days: int = 1, now: datetime | None = None) -> TlsFiles:
        self.authority.issue(Wish(name, (), role, days), now)
        return self.files(name)

    def server(self, name: str, hosts: tuple[str, ...] = LOOPBACK, now: datetime | None = None) -> TlsFiles:
        self.authority.issue(Wish(name, hosts, days=1), now)
        return self.files(name)


def make_authority(folder: Path, name: str = "test authority") -> ThrowAway:
    """A new one in an empty folder."""
    return ThrowAway(Authority.open_or_found(folder, name))


def controller(authority: ThrowAway) -> Credentials:
    """What a controller shows to a cabinet."""
    return Credentials(authority.client("controller", Role.CONTROLLER))
