"""A deployable bundle as one file: a ZIP of manifest, signature and the site's files, the same bytes for the same site.

Nothing is compressed, no time and no owner is kept, the members have one order: so the same site, version and key give
the same file, and a file in which any bit was turned is another file than its own parts would make, and is refused.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass

from field_io.deployment.keys import SigningKey, TrustedKey
from field_io.deployment.manifest import Manifest
from field_io.deployment.refusal import DeploymentRefused
from plans import Bundle

MANIFEST, SIGNATURE, SITE = "manifest.json", "signature.json", "site/"
LARGEST_BYTES = 32_000_000
"""A site of a thousand junctions has some megabytes."""
_FIRST_DATE = (1980, 1, 1, 0, 0, 0)
"""The earliest that a ZIP can say."""
_UNIX = 3
_DAMAGE = (zipfile.BadZipFile, KeyError, ValueError, NotImplementedError, RuntimeError, OSError, EOFError)
"""What reading a damaged archive may raise."""


@dataclass(frozen=True, slots=True)
class SignedBundle:
    """A bundle that was read: whole, but nobody's yet. `signed_by` tells whose it is."""

    manifest: Manifest
    key_id: str
    """Of the key that is said to have signed it."""
    signature: bytes
    site: Bundle

    def signed_by(self, keys: tuple[TrustedKey, ...]) -> TrustedKey:
        """The trusted key whose owner signed it; raises DeploymentRefused."""
        if not keys:
            raise DeploymentRefused(
                "no key is trusted: name public keys (*.pub), or a folder of them, with --trust (or [deployment] keys "
                "in the settings of a service)"
            )
        found = next((key for key in keys if key.id == self.key_id), None)
        if found is None:
            known = ", ".join(f"{key.name} ({key.id})" for key in keys)
            raise DeploymentRefused(f"it is signed by a key that is not trusted, {self.key_id}; trusted are {known}")
        if not found.signed(self.manifest.to_bytes(), self.signature):
            raise DeploymentRefused(f"its signature is not that of {found.name}: it was altered, or never signed")
        return found

    def to_bytes(self) -> bytes:
        """The file."""
        out = io.BytesIO()
        signature = {"key": self.key_id, "signature": self.signature.hex()}
        members = {MANIFEST: self.manifest.to_bytes(), SIGNATURE: json.dumps(signature, sort_keys=True).encode()}
        members |= {SITE + name: text.encode() for name, text in self.site.files.items()}
        with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
            for name, data in members.items():
                member = zipfile.ZipInfo(name, _FIRST_DATE)
                member.create_system, member.external_attr = _UNIX, 0o644 << 16
                archive.writestr(member, data)
        return out.getvalue()


def sign_bundle(manifest: Manifest, site: Bundle, key: SigningKey) -> SignedBundle:
    """The bundle, signed."""
    return SignedBundle(manifest, key.public.id, key.sign(manifest.to_bytes()), site)


def file_digests(site: Bundle) -> dict[str, str]:
    """Name: SHA-256 of each file."""
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in site.files.items()}


def read_bundle(data: bytes) -> SignedBundle:
    """The bundle in a file, whole and as it was packed; raises DeploymentRefused. Whose it is, is not asked here."""
    if len(data) > LARGEST_BYTES:
        raise DeploymentRefused(f"it is larger than {LARGEST_BYTES // 1_000_000} MB: no site is")
    members = _members(data)
    if SIGNATURE not in members:
        raise DeploymentRefused("it is not signed: make it with `faikhiao bundle make --key KEY`")
    if MANIFEST not in members:
        raise DeploymentRefused("it has no manifest: make it with `faikhiao bundle make`")
    key_id, signature = _signature(members.pop(SIGNATURE))
    manifest = Manifest.from_bytes(members.pop(MANIFEST))
    site = _site(members)
    digests = file_digests(site)
    if digests != manifest.files:
        names = sorted(
            name for name in digests.keys() | manifest.files.keys() if digests.get(name) != manifest.files.get(name)
        )
        raise DeploymentRefused(
            f"it was altered: {', '.join(names[:3])} {'is' if len(names) == 1 else 'are'} not what was signed"
        )
    if site.digest != manifest.digest:
        raise DeploymentRefused("it was altered: its files together are not what was signed")
    bundle = SignedBundle(manifest, key_id, signature, site)
    if bundle.to_bytes() != data:
        raise DeploymentRefused("it was altered: it is not the file that its parts make")
    return bundle


def _members(data: bytes) -> dict[str, bytes]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            listed = archive.infolist()
            if any(member.compress_type != zipfile.ZIP_STORED for member in listed):
                raise DeploymentRefused("it is packed in another way than bundles are")
            if sum(member.file_size for member in listed) > len(data):
                raise DeploymentRefused("it is damaged: it says to hold more than there is")
            return {member.filename: archive.read(member) for member in listed}
    except _DAMAGE as error:
        raise DeploymentRefused(
            f"it is no bundle, or one that was altered ({error}): make it with `faikhiao bundle make`"
        ) from error


def _signature(data: bytes) -> tuple[str, bytes]:
    try:
        told = json.loads(data)
        return str(told["key"]), bytes.fromhex(told["signature"])
    except (ValueError, KeyError, TypeError) as error:
        raise DeploymentRefused("its signature cannot be read: it was altered, or made by something else") from error


def _site(members: dict[str, bytes]) -> Bundle:
    strangers = [name for name in members if not name.startswith(SITE)]
    if strangers:
        raise DeploymentRefused(f"it holds {strangers[0]}, which no bundle does")
    try:
        return Bundle({name.removeprefix(SITE): data.decode() for name, data in members.items()})
    except ValueError as error:
        raise DeploymentRefused(f"its files cannot be read: {error}") from error
