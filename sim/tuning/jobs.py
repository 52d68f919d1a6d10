"""What a worker process is asked for, and what it answers: one trial of one candidate on one seed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from controller.model import Junction
from plans.tuning.shapes import JunctionShape, Shape, digest
from sim.prepared import prepare
from sim.tuning.trial import TrialResult, run_trial

PLAN = "candidate"


@dataclass(frozen=True, slots=True)
class Ground:
    """Where the trials are run; every worker can read these paths."""

    scenario: str
    site: Path
    begin_s: float | None = None
    minutes: float | None = None


@dataclass(frozen=True, slots=True)
class Job:
    """One trial."""

    ground: Ground
    shape: tuple[tuple[str, JunctionShape], ...]
    seed: int

    @classmethod
    def of(cls, ground: Ground, shape: Shape, seed: int) -> Job:
        """The trial of a shape."""
        return cls(ground, tuple(sorted(shape.items())), seed)

    @property
    def key(self) -> str:
        """What it is known by among the kept results of a search."""
        return f"{digest(dict(self.shape))}-{self.seed}"


def do(job: Job) -> TrialResult:
    """Run it; what is the same for every trial is prepared once a process."""
    ground = job.ground
    prepared = prepare(ground.scenario, site=ground.site)
    junctions: Mapping[str, Junction] = {junction.id: junction for junction in prepared.site.network.junctions}
    timings = {name: shape.timing(junctions[name], PLAN) for name, shape in job.shape}
    return run_trial(prepared, timings, job.seed, begin_s=ground.begin_s, minutes=ground.minutes)
