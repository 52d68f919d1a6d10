"""Ed25519 keys of the engineers who may sign plans: made once, the private half kept by its owner alone."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from field_io.errors import SettingsError
from field_io.private_file import write_private
from field_io.tls import check_private

PRIVATE, PUBLIC = ".key", ".pub"
_RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """Somebody whose signature counts."""

    name: str
    """Of the file; for people, it proves nothing."""
    raw: bytes
    """The public key, 32 bytes."""

    @property
    def id(self) -> str:
        """First 16 hex digits of SHA-256 over the public key."""
        return hashlib.sha256(self.raw).hexdigest()[:16]

    def signed(self, data: bytes, signature: bytes) -> bool:
        """Whether the key's owner signed these bytes."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, data)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class SigningKey:
    """The private half; its text is in no message and no log."""

    private: Ed25519PrivateKey
    name: str

    @property
    def public(self) -> TrustedKey:
        """The half that others have."""
        return TrustedKey(self.name, self.private.public_key().public_bytes(*_RAW))

    def sign(self, data: bytes) -> bytes:
        """64 bytes; the same for the same data."""
        return self.private.sign(data)


def make_key(place: Path) -> tuple[Path, Path, TrustedKey]:
    """A new pair: `<place>.key` for its owner alone and `<place>.pub`; nothing that exists is overwritten.

    Raises SettingsError.
    """
    private_file, public_file = (place.with_name(place.name + ending) for ending in (PRIVATE, PUBLIC))
    taken = [str(path) for path in (private_file, public_file) if path.exists()]
    if taken:
        raise SettingsError(f"{' and '.join(taken)} would be overwritten: name another place, or remove it yourself")
    key = Ed25519PrivateKey.generate()
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    shown = key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_private(private_file, secret)
        public_file.write_bytes(shown)
    except OSError as error:
        raise SettingsError(f"a key cannot be written beside {place}: {error.strerror}") from error
    return private_file, public_file, SigningKey(key, place.name).public


def read_signing_key(path: Path) -> SigningKey:
    """The private key of a file that nobody else may read; raises SettingsError."""
    try:
        check_private(path)
        key = serialization.load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError) as error:
        raise SettingsError(f"{path} is no private key: make one with `faikhiao bundle key`") from error
    if not isinstance(key, Ed25519PrivateKey):
        raise SettingsError(f"{path} is a key of another kind than Ed25519: make one with `faikhiao bundle key`")
    return SigningKey(key, path.name.removesuffix(PRIVATE))


def read_trusted_keys(places: Iterable[Path]) -> tuple[TrustedKey, ...]:
    """Public keys of files, and of the `*.pub` in folders; raises SettingsError for one that is none."""
    files = [file for place in places for file in (sorted(place.glob(f"*{PUBLIC}")) if place.is_dir() else [place])]
    return tuple(_read_public(file) for file in files)


def _read_public(path: Path) -> TrustedKey:
    try:
        key = serialization.load_pem_public_key(path.read_bytes())
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} is no public key: name a .pub file of `faikhiao bundle key`") from error
    if not isinstance(key, Ed25519PublicKey):
        raise SettingsError(f"{path} is a key of another kind than Ed25519: name one of `faikhiao bundle key`")
    return TrustedKey(path.name.removesuffix(PUBLIC), key.public_bytes(*_RAW))
