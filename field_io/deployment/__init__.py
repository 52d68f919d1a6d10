"""Plans that are put into a running service: signed bundles, the gate that they must pass, what is active."""

from field_io.deployment.archive import SignedBundle, file_digests, read_bundle, sign_bundle
from field_io.deployment.desk import ActivePlan, DeploymentDesk, DeskSettings, HandOver, Note
from field_io.deployment.gate import Accepted, Running, checked_site, judge, safety_of
from field_io.deployment.keys import SigningKey, TrustedKey, make_key, read_signing_key, read_trusted_keys
from field_io.deployment.manifest import LEAST_SEEDS, CheckResult, Manifest, Paired, Suite, SuiteRun
from field_io.deployment.refusal import DeploymentRefused
from field_io.deployment.store import DeploymentStore, Entry, History

__all__ = [
    "LEAST_SEEDS", "Accepted", "ActivePlan", "CheckResult", "DeploymentDesk", "DeploymentRefused",
    "DeploymentStore", "DeskSettings", "Entry", "HandOver", "History", "Manifest", "Note", "Paired", "Running",
    "SignedBundle", "SigningKey", "Suite", "SuiteRun", "TrustedKey", "checked_site", "file_digests", "judge",
    "make_key", "read_bundle", "read_signing_key", "read_trusted_keys", "safety_of", "sign_bundle",
]  # fmt: skip
