"""TLS contexts from files, renewed in place when the files change, so that certificates rotate without a restart."""

from __future__ import annotations

import contextlib
import os
import ssl
from dataclasses import dataclass
from pathlib import Path

from field_io.errors import SettingsError


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where the certificates of one side lie, as PEM."""

    ca: Path
    """Whom we trust."""
    certificate: Path | None = None
    """Ours, for mutual TLS."""
    key: Path | None = None
    """Its private key; nobody else may read the file."""
    revoked: Path | None = None
    """List of certificates that the authority has taken back; without it none is looked for."""

    def paths(self) -> tuple[Path, ...]:
        """Every file that is named."""
        return tuple(path for path in (self.ca, self.certificate, self.key, self.revoked) if path is not None)


class Credentials:
    """A TLS context that can follow its files. A server asks every client for a certificate of our authority."""

    def __init__(self, files: TlsFiles, *, server: bool = False) -> None:
        """Raises SettingsError for files that cannot be used, and for a key that others can read."""
        self.files = files
        self._server = server
        self._seen = _states(files)
        try:
            self.context = self._build()
        except OSError as error:  # ssl.SSLError is one
            raise SettingsError(f"the certificates cannot be used ({_named(files)}): {error}") from error

    def renew(self) -> bool:
        """Read the files again where they have changed; files that do not fit together leave all as it was.

        Connections that stand keep what they began with. A name that is taken off `ca` needs a restart.
        """
        states = _states(self.files)
        if states == self._seen:
            return False
        with contextlib.suppress(OSError, SettingsError):
            self._build()  # a trial: half of a pair must not spoil the context in use
            self._load(self.context)
            self._seen = states
            return True
        return False

    def _build(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if self._server else ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.verify_mode = ssl.CERT_REQUIRED
        if self.files.revoked is not None:
            context.verify_flags |= ssl.VerifyFlags.VERIFY_CRL_CHECK_LEAF
        self._load(context)
        return context

    def _load(self, context: ssl.SSLContext) -> None:
        files = self.files
        context.load_verify_locations(files.ca)
        if files.revoked is not None:
            context.load_verify_locations(files.revoked)
        if files.certificate is not None and files.key is not None:
            check_private(files.key)
            context.load_cert_chain(files.certificate, files.key)


def check_private(path: Path) -> None:
    """Raises SettingsError when others than its owner may read a file with a secret; OSError where there is none."""
    if readable_by_others(path):
        raise SettingsError(f"{path} can be read by others: chmod 600 {path}")


def readable_by_others(path: Path) -> bool:
    """Whether its group or everybody may read the file.

    What systemd hands over lies in $CREDENTIALS_DIRECTORY, closed to others, where the group's bits stand for an access
    list.
    """
    handed_over = os.environ.get("CREDENTIALS_DIRECTORY")
    mask = 0o007 if handed_over and path.is_relative_to(handed_over) else 0o077
    return bool(path.stat().st_mode & mask)


def _states(files: TlsFiles) -> tuple[tuple[int, int, int], ...]:
    """What changes when a file is written or replaced; a file that is not there has none of it."""
    states = []
    for path in files.paths():
        try:
            status = path.stat()
        except OSError:
            states.append((0, 0, 0))
        else:
            states.append((status.st_ino, status.st_mtime_ns, status.st_size))
    return tuple(states)


def _named(files: TlsFiles) -> str:
    return ", ".join(str(path) for path in files.paths())
