"""What a deployable bundle says of itself: which site and version, which files, and what was proved of it before.

The manifest is signed, and it names the hash of each file: so the signature holds for all of them. It has one form of
bytes only, `Manifest.to_bytes`; a bundle whose manifest is written in another way is refused.
"""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from field_io.deployment.refusal import DeploymentRefused
from plans.schema.base import ID_PATTERN

HIGHEST_VERSION = 0xFFFF_FFFF
LEAST_SEEDS = 10
"""Fewer pairs of runs say nothing (deploy gate: ten seeds, paired with the plan that is replaced)."""
LEAST_SIMULATED_S = 900.0
"""Shorter runs end before queues have shown what becomes of them [s]."""
DELAY, WORST_APPROACH = "delay_s", "worst_approach_s"
JUDGED = {
    DELAY: "delay [s/veh]",
    "person_delay_s": "delay [s/person]",
    "left_over_veh": "vehicles that do not arrive in time",
}
"""None of these may surely be worse than with the plan that runs: the whole 95 % interval of the paired difference."""
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Seconds = Annotated[float, Field(ge=0)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Paired(_Strict):
    """A figure of the plan that runs and of the new one, and the paired difference new - running with its 95 %."""

    running: float
    new: float
    difference: float
    low: float
    high: float


class SuiteRun(_Strict):
    """One scenario under both plans, on the same seeds."""

    scenario: str = Field(max_length=200)
    strategy: str = Field(max_length=64)
    begin_s: Seconds
    simulated_s: Annotated[float, Field(gt=0)]
    seeds: tuple[int, ...] = Field(max_length=1000)
    sumo_version: str = Field(max_length=64)
    breaks: Annotated[int, Field(ge=0)]
    """Breaks of S1-S4 under the new plan, all seeds."""
    figures: dict[Annotated[str, Field(max_length=64)], Paired] = Field(max_length=50)
    """Measures of a run (docs/reference/results.md), means over the seeds."""
    worst_approach: str = Field(max_length=200)
    """Which approach waits longest under the new plan."""
    worst_approach_limit_s: Seconds
    """What it may wait [s/veh], mean over the seeds."""

    def objections(self) -> list[str]:
        """Why this run does not let the plan pass, each with its figures; none where it does."""
        found, seeds = [], len(set(self.seeds))
        if seeds < LEAST_SEEDS:
            found.append(f"{self.scenario} ran on {seeds} seeds; at least {LEAST_SEEDS} are asked for")
        if self.simulated_s < LEAST_SIMULATED_S:
            least_min = LEAST_SIMULATED_S / 60
            found.append(f"{self.scenario} ran for {self.simulated_s / 60:g} min; at least {least_min:g} are asked for")
        if self.breaks:
            found.append(f"{self.scenario}: safety rules S1-S4 were broken {self.breaks} times")
        missing = [measure for measure in (DELAY, WORST_APPROACH) if measure not in self.figures]
        if missing:
            return [*found, f"{self.scenario}: there is no figure of {' and '.join(missing)}"]
        found += [
            self._worse(measure) for measure in JUDGED if measure in self.figures and self.figures[measure].low > 0
        ]
        worst = self.figures[WORST_APPROACH]
        if worst.new > self.worst_approach_limit_s:
            found.append(
                f"{self.scenario}: the worst approach, {self.worst_approach}, would wait {worst.new:.1f} s/veh; its "
                f"limit is {self.worst_approach_limit_s:.1f}, and with the plan that runs it is {worst.running:.1f}"
            )
        return found

    def _worse(self, measure: str) -> str:
        paired = self.figures[measure]
        return (
            f"{self.scenario}: {JUDGED[measure]} would be worse: {paired.running:.1f} with the plan that runs, "
            f"{paired.new:.1f} with this one, paired difference {paired.difference:+.1f} "
            f"[{paired.low:+.1f}, {paired.high:+.1f}]"
        )


class Suite(_Strict):
    """The scenario suite: every scenario, against the plan that runs."""

    against: Digest
    """Digest of the site with which it was compared."""
    runs: tuple[SuiteRun, ...] = Field(max_length=100)

    def objections(self) -> list[str]:
        """Why the suite does not let the plan pass."""
        if not self.runs:
            return ["no scenario was run"]
        return [sentence for run in self.runs for sentence in run.objections()]


class CheckResult(_Strict):
    """What `faikhiao check` found."""

    errors: Annotated[int, Field(ge=0)]
    warnings: Annotated[int, Field(ge=0)]


class Manifest(_Strict):
    """The whole."""

    format: Literal[1]
    site: Annotated[str, Field(max_length=64, pattern=ID_PATTERN)]
    version: Annotated[int, Field(ge=1, le=HIGHEST_VERSION)]
    """Rises with each bundle of a site; an older one is never activated again."""
    digest: Digest
    """Of the site's files together (`plans.Bundle.digest`)."""
    files: dict[str, Digest] = Field(min_length=1, max_length=10_000)
    """Name in the site's folder: SHA-256."""
    safety: dict[str, Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]]
    """Junction: hash of the safety data that its cabinet must have (TSC-MB/1.0, IR 6-9)."""
    check: CheckResult
    suite: Suite
    program: str = Field(max_length=64)
    until: date | None = None
    """Last day on which it may be activated (UTC)."""
    note: str = Field(default="", max_length=2000)

    def to_bytes(self) -> bytes:
        """The canonical bytes, which are signed: UTF-8 JSON, keys sorted, no white space."""
        value = self.model_dump(mode="json", exclude_none=True)
        return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()

    @classmethod
    def from_bytes(cls, data: bytes) -> Manifest:
        """The manifest; raises DeploymentRefused for anything but canonical bytes of one."""
        try:
            manifest = cls.model_validate_json(data)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            where = ".".join(map(str, first["loc"])) or "manifest.json"
            raise DeploymentRefused(f"its manifest cannot be read: {where}: {first['msg']}") from error
        if manifest.to_bytes() != data:
            raise DeploymentRefused("its manifest is not written as one is: it was made or changed by something else")
        return manifest
