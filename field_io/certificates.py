"""A city's own small certificate authority: for a first set-up and for tests. One certificate a server or client.

A role for Modbus is carried as Modbus/TCP Security has it: a UTF8String in the extension 1.3.6.1.4.1.50316.802.1.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from field_io.errors import SettingsError
from field_io.private_file import write_private

ROLE_OID = x509.ObjectIdentifier("1.3.6.1.4.1.50316.802.1")
"""Role of a client (Modbus/TCP Security, table of X.509v3 extensions)."""
LEAF_DAYS = 365
"""A leaf lives a year at most, so that a lost key is worth little for long."""
AUTHORITY_DAYS = 3650
BACKDATED = timedelta(minutes=5)
"""A certificate is valid from a little before it was made: clocks in the street differ."""
_UTF8_STRING = 0x0C


class Role(StrEnum):
    """What a client may do at a cabinet, as its certificate says."""

    CONTROLLER = "tsc-controller"
    """Read, and write command blocks."""
    READER = "tsc-reader"
    """Read."""
    OPERATOR = "tsc-operator"
    """Read; what an operator wants goes through the controller."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A certificate to be made. With hosts it is a server's, without a client's."""

    name: str
    """Common name; for MQTT clients the user of the ACL. Also the name of its files."""
    hosts: tuple[str, ...] = ()
    """Names and IP addresses at which a server is found."""
    role: str | None = None
    days: int = LEAF_DAYS


class Authority:
    """Keys and certificates in a folder: ca.crt, ca.key, ca.crl, and NAME.crt, NAME.key of each that was issued."""

    def __init__(self, folder: Path, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
        self.folder, self._key, self._certificate = folder, key, certificate

    @classmethod
    def open_or_found(cls, folder: Path, name: str, now: datetime | None = None) -> Authority:
        """The authority of a folder; a new one where there is none. Raises SettingsError for files that are no such."""
        certificate_file, key_file = folder / "ca.crt", folder / "ca.key"
        try:
            if certificate_file.exists() or key_file.exists():
                key = serialization.load_pem_private_key(key_file.read_bytes(), None)
                certificate = x509.load_pem_x509_certificate(certificate_file.read_bytes())
                if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
                    raise SettingsError(f"{key_file} is not the key of {certificate_file}")
                return cls(folder, key, certificate)
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            authority = cls._founded(folder, name, now or datetime.now(UTC))
        except (OSError, ValueError) as error:
            raise SettingsError(f"{folder} cannot be used for certificates: {error}") from error
        return authority

    @classmethod
    def _founded(cls, folder: Path, name: str, now: datetime) -> Authority:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(name)
        certificate = (
            _builder(subject, subject, key.public_key(), now, AUTHORITY_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(sign_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        write_private(folder / "ca.key", _pem_of(key))
        (folder / "ca.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        authority = cls(folder, key, certificate)
        authority.publish_revoked((), now)
        return authority

    def issue(self, wish: Wish, now: datetime | None = None) -> Path:
        """Make a key and its certificate, NAME.key and NAME.crt; an older pair there is replaced. Answers NAME.crt."""
        key = ec.generate_private_key(ec.SECP256R1())
        purpose = ExtendedKeyUsageOID.SERVER_AUTH if wish.hosts else ExtendedKeyUsageOID.CLIENT_AUTH
        builder = (
            _builder(_name(wish.name), self._certificate.subject, key.public_key(), now or datetime.now(UTC), wish.days)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(sign_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        if wish.hosts:
            builder = builder.add_extension(
                x509.SubjectAlternativeName([_place(host) for host in wish.hosts]), critical=False
            )
        if wish.role is not None:
            builder = builder.add_extension(x509.UnrecognizedExtension(ROLE_OID, _utf8(wish.role)), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        path = self.folder / f"{wish.name}.crt"
        write_private(self.folder / f"{wish.name}.key", _pem_of(key))
        path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def revoke(self, name: str, now: datetime | None = None) -> None:
        """Put the certificate NAME.crt on the list ca.crl; raises SettingsError where there is none."""
        path = self.folder / f"{name}.crt"
        try:
            serial = x509.load_pem_x509_certificate(path.read_bytes()).serial_number
            listed = x509.load_pem_x509_crl((self.folder / "ca.crl").read_bytes())
        except (OSError, ValueError) as error:
            raise SettingsError(f"{path} cannot be revoked: {error}") from error
        now = now or datetime.now(UTC)
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now).build()
        self.publish_revoked((*(old for old in listed if old.serial_number != serial), entry), now)

    def publish_revoked(self, revoked: Sequence[x509.RevokedCertificate], now: datetime) -> None:
        """Write ca.crl; who checks it refuses everybody once it is older than a year, so it is renewed in time."""
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self._certificate.subject)
            .last_update(now - BACKDATED)
            .next_update(now + timedelta(days=LEAF_DAYS))
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .add_extension(x509.CRLNumber(int(now.timestamp() * 1000)), critical=False)
        )
        for entry in revoked:
            builder = builder.add_revoked_certificate(entry)
        pem = builder.sign(self._key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
        (self.folder / "ca.crl").write_bytes(pem)


def role_of(certificate: x509.Certificate) -> str | None:
    """The role that a certificate carries; None where it carries none, or something that is no UTF8String."""
    try:
        extension = certificate.extensions.get_extension_for_oid(ROLE_OID).value
    except (x509.ExtensionNotFound, x509.DuplicateExtension, ValueError):
        return None
    der = extension.value if isinstance(extension, x509.UnrecognizedExtension) else b""
    if len(der) < 2 or der[0] != _UTF8_STRING or der[1] != len(der) - 2 or der[1] >= 0x80:
        return None
    try:
        return der[2:].decode()
    except UnicodeDecodeError:
        return None


def role_in(der: bytes | None) -> str | None:
    """The role in a peer's certificate as TLS hands it over (DER); Python's own picture of it leaves the role out."""
    if not der:
        return None
    try:
        return role_of(x509.load_der_x509_certificate(der))
    except ValueError:
        return None


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _place(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _utf8(text: str) -> bytes:
    """DER of a UTF8String shorter than 128 bytes."""
    raw = text.encode()
    if len(raw) >= 0x80:
        raise SettingsError(f"the role {text[:20]!r}... is longer than 127 bytes")
    return bytes((_UTF8_STRING, len(raw))) + raw


def _pem_of(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
