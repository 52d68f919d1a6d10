"""A study: which scenarios, methods and seeds are compared, and what has to be reached. One YAML file, no code.

methods: [own-plan, sumo-actuated, fixed_time, actuated, planner]
judged: planner
seeds: 5
scenarios:
  - {scenario: town/morning, amber_s: 3, all_red_s: 0, must: 0.85, goal: 0.65}
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from sim.bench.methods import FIXED_TIME, RIVALS
from sim.scenario import ScenarioError

Share = Annotated[float, Field(gt=0, le=10)]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Fairness(_Strict):
    """What no mean may hide. None: not asked for."""

    worst_approach: Share | None = None
    """Worst approach of the judged method, at most so many times the best rival's."""
    longest_red_s: float | None = None
    """No group that is asked for stays red for longer [s]."""
    pedestrian_wait_of: str | None = FIXED_TIME
    """Pedestrians wait no longer than under this method."""
    oracle: Share | None = None
    """Delay at most so many times the oracle's."""


class StudyCase(_Strict):
    """One scenario, and what differs for it."""

    scenario: str
    name: str | None = None
    """In tables; else the scenario's own."""
    amber_s: float | None = None
    all_red_s: float | None = None
    site: Path | None = None
    minutes: float | None = None
    seeds: int | None = Field(default=None, ge=1)
    also: tuple[str, ...] = ()
    """Methods that run here besides those of the study."""
    rivals_also: tuple[str, ...] = ()
    must: Share | None = None
    """Delay of the judged method, at most so many times the best rival's."""
    goal: Share | None = None
    remark: str = ""
    """What the docs' page says of it: where a target is missed, what was tried, and the cause."""


class Study(_Strict):
    """Everything that is compared."""

    title: str = "Benchmark"
    methods: tuple[str, ...] = Field(min_length=1)
    judged: str = "planner"
    rivals: tuple[str, ...] = RIVALS
    variants: dict[str, str] = Field(default_factory=dict)
    """Name in tables: method with parameters changed (`planner:NAME=VALUE+...`)."""
    seeds: int = Field(default=5, ge=1)
    fair: Fairness = Fairness()
    scenarios: tuple[StudyCase, ...] = Field(min_length=1)


def read_study(path: Path) -> Study:
    """Read a study; raises ScenarioError with every finding."""
    try:
        return Study.model_validate(YAML(typ="safe").load(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise ScenarioError(f"{path} cannot be read ({error.strerror}): name a study (YAML)") from error
    except YAMLError as error:
        raise ScenarioError(f"{path} is no YAML: {' '.join(str(error).split())}") from error
    except ValidationError as error:
        found = (f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors())
        raise ScenarioError(f"{path}: " + "; ".join(found)) from error
