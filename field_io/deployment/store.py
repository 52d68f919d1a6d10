"""Which bundle is active, remembered over restarts: the bundles as they were taken, and one small file that names them.

The file is replaced whole, after the bundle that it names is on the disk: a power cut leaves the old plan or the new
one, never half of either.
"""

from __future__ import annotations

import contextlib
import os
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from field_io.deployment.archive import read_bundle
from field_io.deployment.gate import Accepted, checked_site
from field_io.deployment.keys import TrustedKey
from field_io.deployment.manifest import Digest
from field_io.deployment.refusal import DeploymentRefused
from plans import Site
from plans.live_change import not_live

HISTORY = "active.json"
_NAME = re.compile(r"bundle-(\d{10})\.fkb")


class Entry(BaseModel):
    """One bundle that is or was active."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Annotated[int, Field(ge=1)]
    digest: Digest
    key: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    """Public key whose signature was trusted when it was activated."""
    signed_by: str
    by: str
    """Who activated it."""
    since_utc_s: float


class History(BaseModel):
    """What was activated, in order, without what was taken back; the last is active."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    site: str
    highest: Annotated[int, Field(ge=0)] = 0
    """Highest version that was ever active."""
    active: tuple[Entry, ...] = ()


class DeploymentStore:
    """The folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def history(self, site: str) -> tuple[History, str | None]:
        """What is remembered, and a sentence where it cannot be read.

        Then the file is set aside, and only the highest version whose bundle lies there is known.
        """
        path = self.folder / HISTORY
        try:
            found = History.model_validate_json(path.read_bytes())
            if found.site == site:
                return found, None
            trouble = f"{path} is of the site {found.site}"
        except FileNotFoundError:
            return History(site=site, highest=self._highest_there()), None
        except (OSError, ValidationError) as error:
            trouble = f"{path} cannot be read ({str(error).splitlines()[0]})"
        return History(site=site, highest=self._highest_there()), f"{trouble}: {self._set_aside(path)}"

    def active_site(self, base: Site) -> tuple[Site, History, str | None]:
        """The site to run: that of the active bundle where it fits the folder `base`, else the folder's.

        With a sentence where something was not as it should be.
        """
        history, trouble = self.history(base.network.site)
        if not history.active:
            return base, history, trouble
        entry = history.active[-1]
        try:
            site = self.read(entry)
            differences = not_live(base, site)
            if differences:
                raise DeploymentRefused(f"the site's folder differs from it: {'; '.join(differences)}")
        except DeploymentRefused as refused:
            trouble = f"bundle {entry.version} was active and is not now: {refused}; the site's folder runs instead"
            return base, history.model_copy(update={"active": ()}), trouble
        return site, history, trouble

    def read(self, entry: Entry) -> Site:
        """The site of a bundle that was active before; raises DeploymentRefused where it is not what it was."""
        try:
            data = self.path_of(entry.version).read_bytes()
        except OSError as error:
            raise DeploymentRefused(f"{self.path_of(entry.version)} cannot be read: {error.strerror}") from error
        bundle = read_bundle(data)
        bundle.signed_by((TrustedKey(entry.signed_by, bytes.fromhex(entry.key)),))
        if bundle.manifest.digest != entry.digest:
            raise DeploymentRefused(f"{self.path_of(entry.version)} is another bundle than was activated")
        return checked_site(bundle)

    def keep(self, accepted: Accepted) -> None:
        """Put the bundle's file on the disk; nothing is activated by that. Raises DeploymentRefused."""
        self._write(self.path_of(accepted.manifest.version), accepted.data)

    def remember(self, history: History) -> None:
        """From now on this is active; raises DeploymentRefused, and then what was, is."""
        self._write(self.folder / HISTORY, (history.model_dump_json(indent=1) + "\n").encode())

    def path_of(self, version: int) -> Path:
        """Where the bundle of a version lies."""
        return self.folder / f"bundle-{version:010}.fkb"

    def _write(self, path: Path, data: bytes) -> None:
        beside = path.with_name(f".{path.name}.new")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with beside.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
            folder = os.open(self.folder, os.O_RDONLY)
            try:
                os.fsync(folder)
            finally:
                os.close(folder)
        except OSError as error:
            with contextlib.suppress(OSError):
                beside.unlink()
            raise DeploymentRefused(
                f"it cannot be remembered: {path}: {error.strerror}: nothing was changed"
            ) from error

    def _highest_there(self) -> int:
        if not self.folder.is_dir():
            return 0
        found = (_NAME.fullmatch(path.name) for path in self.folder.iterdir())
        return max((int(match.group(1)) for match in found if match), default=0)

    def _set_aside(self, path: Path) -> str:
        target = path.with_name(f"{path.name}.unreadable")
        try:
            path.replace(target)
        except OSError as error:
            return f"it could not be set aside ({error.strerror})"
        return f"it was set aside as {target.name}"
