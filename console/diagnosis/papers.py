"""Certificates, keys, passwords and tokens: do they still hold, and can nobody else read them?"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from console.api.tokens import TokenBook, read_holders
from console.diagnosis.findings import Examined, Verdict
from console.exits import ConfigurationError
from field_io.certificates import Role, role_of
from field_io.errors import SettingsError
from field_io.profiles import Address, cabinet_key
from field_io.secret_places import FILE_SUFFIX, find_secret
from field_io.settings import ServiceSettings, TlsSettings
from field_io.tls import readable_by_others

SOON_DAYS = 30
"""A certificate that ends sooner should be renewed now."""
RENEW = "make a new one (`faikhiao certificates make DIR --renew`) and replace the file; a running service takes it"


def look_at_papers(
    settings: ServiceSettings,
    addresses: Iterable[Address] = (),
    tokens: Path | None = None,
    *,
    now: datetime | None = None,
    environment: Mapping[str, str] = os.environ,
) -> Iterator[Examined]:
    """Everything that the settings, the cabinets' addresses and a token file name."""
    now = now or datetime.now(UTC)
    for name, tls in (("broker", settings.broker), ("modbus", settings.modbus)):
        yield from _certificates(name, tls, now)
    yield from _role(settings.modbus)
    yield from _password(settings, environment)
    yield from _keys(addresses, environment)
    if tokens is not None:
        yield from _tokens(tokens)


def until(what: str, begins: datetime, ends: datetime, now: datetime) -> Examined:
    """How long something still holds."""
    days = (ends - now).days
    if now < begins:
        return Examined(
            what, Verdict.WRONG, f"not valid before {begins:%Y-%m-%d %H:%M}Z", "is this machine's clock right?"
        )
    if now >= ends:
        return Examined(what, Verdict.WRONG, f"ended on {ends:%Y-%m-%d}", RENEW)
    if days < SOON_DAYS:
        return Examined(
            what, Verdict.DOUBTFUL, f"ends in {days} day{'' if days == 1 else 's'}, on {ends:%Y-%m-%d}", RENEW
        )
    return Examined(what, Verdict.FINE, f"until {ends:%Y-%m-%d}")


def _certificates(name: str, tls: TlsSettings, now: datetime) -> Iterator[Examined]:
    files = tls.tls_files()
    if files is None:
        return
    for what, path in (("authority", files.ca), ("certificate", files.certificate)):
        if path is not None:
            yield _certificate(f"{what} for {name} ({path})", path, now)
    if files.revoked is not None:
        yield _revoked(f"list of revoked certificates for {name} ({files.revoked})", files.revoked, now)
    if files.key is not None:
        yield _private(f"private key for {name}", files.key)
    if (files.ca.parent / "ca.key").exists():
        advice = f"take {files.ca.parent / 'ca.key'} off this machine: it makes certificates for anybody"
        yield Examined(f"authority for {name}", Verdict.DOUBTFUL, "its private key lies on this machine", advice)
    try:
        tls.credentials()
    except SettingsError as error:
        yield Examined(
            f"certificates for {name}", Verdict.WRONG, str(error), "compare the files that the settings name"
        )


def _certificate(what: str, path: Path, now: datetime) -> Examined:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError) as error:
        return Examined(what, Verdict.MISSING, f"cannot be read: {error}", "name another file in the settings")
    return until(what, certificate.not_valid_before_utc, certificate.not_valid_after_utc, now)


def _revoked(what: str, path: Path, now: datetime) -> Examined:
    try:
        listed = x509.load_pem_x509_crl(path.read_bytes())
    except (OSError, ValueError) as error:
        return Examined(what, Verdict.MISSING, f"cannot be read: {error}", "name another file in the settings")
    ends = listed.next_update_utc
    if ends is None:
        return Examined(what, Verdict.FINE, "without an end")
    return until(what, listed.last_update_utc, ends, now)


def _role(modbus: TlsSettings) -> Iterator[Examined]:
    """A controller's certificate must say that it is one, or every cabinet refuses its commands."""
    if modbus.cert_file is None:
        return
    try:
        role = role_of(x509.load_pem_x509_certificate(modbus.cert_file.read_bytes()))
    except (OSError, ValueError):
        return  # told already
    what = "role at cabinets"
    if role == Role.CONTROLLER:
        yield Examined(what, Verdict.FINE, role)
    else:
        advice = f"a dry run may have another one; to command, it must be {Role.CONTROLLER.value}"
        yield Examined(what, Verdict.DOUBTFUL, role or "none", advice)


def _password(settings: ServiceSettings, environment: Mapping[str, str]) -> Iterator[Examined]:
    broker = settings.broker
    if broker.password_file is not None:
        yield _private("password of the broker", broker.password_file)
    elif broker.password_env is not None:
        yield _secret("password of the broker", broker.password_env, environment)


def _keys(addresses: Iterable[Address], environment: Mapping[str, str]) -> Iterator[Examined]:
    for address in addresses:
        what = f"key of cabinet {address.cabinet}"
        try:
            cabinet_key(address, environment)
        except SettingsError as error:
            yield Examined(what, Verdict.WRONG, str(error), "see docs/how-to/secure-the-links.md")
        else:
            if address.key_env is not None:
                yield _secret(what, address.key_env, environment)


def _secret(what: str, name: str, environment: Mapping[str, str]) -> Examined:
    """A secret by the name of its variable; what it is, is never said."""
    try:
        found = find_secret(name, environment)
    except SettingsError as error:
        return Examined(what, Verdict.WRONG, str(error), "only its owner may read it: chmod 600")
    if found is None:
        return Examined(
            what, Verdict.MISSING, f"{name} is not set", f"set {name}, or {name}{FILE_SUFFIX} to a file's path"
        )
    return Examined(what, Verdict.FINE, f"found by {name}")


def _private(what: str, path: Path) -> Examined:
    try:
        open_to_others = readable_by_others(path)
    except OSError as error:
        return Examined(what, Verdict.MISSING, f"{path}: {error.strerror}", "name another file in the settings")
    if open_to_others:
        return Examined(what, Verdict.WRONG, f"{path} can be read by others", f"chmod 600 {path}, and make a new one")
    return Examined(what, Verdict.FINE, f"{path} is its owner's alone")


def _tokens(file: Path) -> Iterator[Examined]:
    try:
        holders = read_holders(file)
    except ConfigurationError as error:
        yield Examined("tokens", Verdict.WRONG, str(error), "`faikhiao operator token` makes a line")
        return
    book = TokenBook(holders)
    ended = [holder.name for holder in holders if book.ended(holder)]
    endless = [holder.name for holder in holders if holder.until is None]
    if ended or endless:
        found = "; ".join(
            f"{what}: {', '.join(names)}" for what, names in (("ended", ended), ("without an end", endless)) if names
        )
        yield Examined("tokens", Verdict.DOUBTFUL, found, f"faikhiao operator revoke NAME --tokens {file}")
    else:
        yield Examined("tokens", Verdict.FINE, f"{len(holders)} holders")
