"""What a bundle must be before a running service takes it: signed, newer, checked, proved, and of this very site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from field_io.deployment.archive import SignedBundle, read_bundle
from field_io.deployment.keys import TrustedKey
from field_io.deployment.manifest import Manifest
from field_io.deployment.refusal import DeploymentRefused
from plans import PlanError, Site, load_site
from plans.live_change import HOW, not_live


@dataclass(frozen=True, slots=True)
class Accepted:
    """A bundle that may be activated; `gate.judge` makes it and nothing else."""

    manifest: Manifest
    key: TrustedKey
    site: Site
    data: bytes
    """The file."""


@dataclass(frozen=True, slots=True)
class Running:
    """What a service runs, as the gate asks of it."""

    site: Site
    version: int
    """Of the bundle that is active; 0: the folder that the service was started with."""
    highest: int
    """Highest version that was ever active."""
    strategy: str
    """Who drives the junctions."""


def judge(data: bytes, running: Running, keys: tuple[TrustedKey, ...], today: date) -> Accepted:
    """The bundle, ready to be activated; raises DeploymentRefused with the first reason that stands against it."""
    bundle = read_bundle(data)
    key = bundle.signed_by(keys)
    _right_one(bundle.manifest, running, today)
    _proved(bundle.manifest, running)
    site = checked_site(bundle)
    differences = not_live(running.site, site)
    if differences:
        raise DeploymentRefused(f"it changes what may not change while the site runs: {'; '.join(differences)}: {HOW}")
    return Accepted(bundle.manifest, key, site, data)


def checked_site(bundle: SignedBundle) -> Site:
    """The site in it, checked again here; raises DeploymentRefused."""
    try:
        site = load_site(bundle.site)
    except PlanError as error:
        raise DeploymentRefused(f"it does not pass the check: {error.findings[0]}") from error
    if site.network.site != bundle.manifest.site or safety_of(site) != bundle.manifest.safety:
        raise DeploymentRefused("its manifest tells of another site than its files")
    return site


def safety_of(site: Site) -> Mapping[str, str]:
    """Junction: hash of the safety data, 16 hex digits."""
    return {junction.id: f"{junction.safety_hash:016x}" for junction in site.network.junctions}


def _right_one(manifest: Manifest, running: Running, today: date) -> None:
    name = running.site.network.site
    if manifest.site != name:
        raise DeploymentRefused(f"it is of the site {manifest.site}, and {name} runs here")
    if manifest.version <= running.highest:
        raise DeploymentRefused(
            f"it is version {manifest.version}, and version {running.highest} was active here before: "
            "make it anew with a higher one (`faikhiao deploy --rollback` goes back)"
        )
    if manifest.until is not None and today > manifest.until:
        raise DeploymentRefused(f"it might be activated until {manifest.until.isoformat()}, which is over")


def _proved(manifest: Manifest, running: Running) -> None:
    if manifest.check.errors:
        raise DeploymentRefused(f"it did not pass the check when it was made: {manifest.check.errors} errors")
    if manifest.suite.against != running.site.bundle.digest:
        raise DeploymentRefused(
            f"its scenario suite compared it with another plan ({manifest.suite.against[:12]}) than runs here "
            f"({running.site.bundle.digest[:12]}, version {running.version}): make it anew against that one"
        )
    strangers = sorted({run.strategy for run in manifest.suite.runs} - {running.strategy})
    if strangers:
        raise DeploymentRefused(
            f"its scenario suite ran under {', '.join(strangers)}, and {running.strategy} drives here: make it anew "
            f"with --strategy {running.strategy}"
        )
    objections = manifest.suite.objections()
    if objections:
        raise DeploymentRefused("it did not pass its scenario suite: " + "; ".join(objections))
