"""Bundles for tests: signed, with figures of a suite that nobody ran."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from field_io.deployment import (
    CheckResult,
    Manifest,
    Paired,
    SignedBundle,
    SigningKey,
    Suite,
    SuiteRun,
    file_digests,
    safety_of,
    sign_bundle,
)
from plans import Bundle, load_site
from tests.site_builder import bundle_of, site_data

KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(range(32))), "engineer-1")
OTHER_KEY = SigningKey(Ed25519PrivateKey.from_private_bytes(bytes(32)), "stranger")
TUNED_SPLIT_S = 30


@dataclass(frozen=True)
class Figures:
    """What the suite is said to have found."""

    seeds: int = 10
    breaks: int = 0
    delay: Paired = field(default_factory=lambda: Paired(running=30, new=25, difference=-5, low=-7, high=-3))
    worst: Paired = field(default_factory=lambda: Paired(running=50, new=48, difference=-2, low=-6, high=2))
    worst_limit_s: float = 55.0

    def run(self) -> SuiteRun:
        return SuiteRun(
            scenario="testtown/peak",
            strategy="fixed_time",
            begin_s=0,
            simulated_s=3600,
            seeds=tuple(range(1, self.seeds + 1)),
            sumo_version="1.28.0",
            breaks=self.breaks,
            figures={"delay_s": self.delay, "worst_approach_s": self.worst},
            worst_approach_limit_s=self.worst_limit_s,
            worst_approach="J01/north",
        )


def tuned_site(
    site: dict[str, Any] | None = None, split_s: int = TUNED_SPLIT_S, ports: dict[str, int] | None = None
) -> Bundle:
    """The small site with another plan by day."""
    files = site or site_data()
    for junction, port in (ports or {}).items():
        files[f"cabinets/{junction}.yaml"]["address"]["port"] = port
    day = files["timings/day.yaml"]["junctions"]["J01"]
    shares = (split_s, day["cycle_s"] - split_s)
    splits = [entry | {"split_s": share} for entry, share in zip(day["splits"], shares, strict=True)]
    files["timings/day.yaml"]["junctions"] = files["timings/day.yaml"]["junctions"] | {"J01": day | {"splits": splits}}
    return bundle_of(files)


def signed(
    site: Bundle,
    against: Bundle,
    version: int = 1,
    key: SigningKey = KEY,
    figures: Figures | None = None,
    **changes: Any,
) -> SignedBundle:
    """A bundle as `faikhiao bundle make` makes it; `changes` are to its manifest."""
    loaded = load_site(site)
    manifest = Manifest(
        format=1,
        site=loaded.network.site,
        version=version,
        digest=site.digest,
        files=file_digests(site),
        safety=dict(safety_of(loaded)),
        check=CheckResult(errors=0, warnings=0),
        suite=Suite(against=against.digest, runs=((figures or Figures()).run(),)),
        program="0.1.0",
    )
    return sign_bundle(manifest.model_copy(update=changes), site, key)


def forged(bundle: SignedBundle, **changes: Any) -> SignedBundle:
    """The bundle with another manifest under the old signature."""
    return replace(bundle, manifest=bundle.manifest.model_copy(update=changes))
