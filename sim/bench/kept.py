"""Finished runs, kept: a comparison that was stopped goes on where it ended, and a longer one runs only what is new.

A kept run counts only for the same scenario files, the same settings and the same code; each is one JSON file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from sim.baselines import SUMO_RUNS
from sim.prepared import prepare
from sim.simulate import SimulationSettings
from sim.tuning.webster import WEBSTER

ROOT = Path(__file__).parents[2]
PACKAGES = ("controller", "field_io", "plans", "sim")
NOT_OF_A_RUN = (
    "plans/differences.py", "plans/exchange", "sim/bench", "sim/comparison", "sim/networks", "sim/scenarios",
    "sim/faults", "sim/generated_town.py",
)  # fmt: skip
"""Code that no run depends on."""
NOT_OF_SUMO_ALONE = (
    "sim/cabinet", "sim/direct_", "sim/wire_", "sim/controller_process.py", "sim/street_cabinets.py",
    "sim/manual_trial.py", "sim/parameters.py", "sim/baselines/greedy.py", "sim/baselines/truth.py",
    "sim/baselines/yardsticks.py", "sim/tuning",
)  # fmt: skip
"""Code that has no part where SUMO drives its own lamps."""
OF_PLANNER_ALONE = (
    "controller/strategy/planner", "controller/measure/queues.py", "controller/measure/discharge.py",
    "controller/measure/lane_memory.py", "controller/lane_loops.py",
)  # fmt: skip
"""Code whose answers no strategy but the planner reads."""
OF_TUNING_ALONE = ("plans/tuning", "sim/tuning")
"""Code that makes the plan of `webster`."""
PLANNERS = ("planner", "oracle")
"""Strategies, by how their names begin, that plan."""
SOURCES = (".py", ".toml", ".yaml")


class KeptRuns:
    """A folder of finished runs; without a folder, none is kept."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def of(self, run: SimulationSettings) -> dict[str, Any] | None:
        """The answer of a run that was made before; None where it has to be made."""
        if self._folder is None:
            return None
        try:
            found: dict[str, Any] = json.loads(self._path(self._folder, run).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None  # not there, or cut short when it was written
        return found

    def keep(self, run: SimulationSettings, answer: Mapping[str, Any]) -> None:
        """Keep it; the file is complete or absent."""
        if self._folder is None:
            return
        path = self._path(self._folder, run)
        beside = path.with_suffix(".part")
        beside.write_text(json.dumps(answer, ensure_ascii=False), encoding="utf-8")
        beside.replace(path)

    @staticmethod
    def _path(folder: Path, run: SimulationSettings) -> Path:
        name = Path(run.scenario).name.replace(".", "-")
        changed = "".join(f"-{key}={value}" for key, value in run.changes)
        return folder / f"{name}--{run.strategy}{changed}--{run.seed}--{run_key(run)}.json"


def run_key(run: SimulationSettings) -> str:
    """What a run's result depends on, in 16 hex digits."""
    told = {
        "scenario": scenario_key(run.scenario, run.site),
        "code": code_key(run.strategy),
        "settings": [
            run.strategy, run.seed, run.begin_s, run.minutes, str(run.date), run.link, run.cold_start, run.amber_s,
            run.all_red_s, run.changes,
        ],
    }  # fmt: skip
    return _digest([json.dumps(told, sort_keys=True).encode()])


@cache
def scenario_key(named: str, site: Path | None) -> str:
    """Everything that a scenario consists of."""
    prepared = prepare(named, site=site)
    scenario = prepared.scenario
    files = (scenario.net, *scenario.routes, *scenario.additional)
    rest = repr((scenario.name, scenario.begin_s, scenario.end_s, scenario.options)).encode()
    return _digest([rest, prepared.site.bundle.digest.encode(), *(path.read_bytes() for path in files)])


def code_key(strategy: str, root: Path = ROOT) -> str:
    """The code of a run under a strategy; a change of what it never asks leaves its kept runs standing."""
    if strategy in SUMO_RUNS:
        return _code_digest(root, ("sim",), NOT_OF_SUMO_ALONE)
    if strategy == WEBSTER:
        return _code_digest(root, PACKAGES, OF_PLANNER_ALONE)
    return _code_digest(root, PACKAGES, OF_TUNING_ALONE + (() if strategy.startswith(PLANNERS) else OF_PLANNER_ALONE))


@cache
def _code_digest(root: Path, packages: tuple[str, ...], without: tuple[str, ...]) -> str:
    """Everything in the packages but the paths that begin with one of `without`."""
    parts = []
    for package in packages:
        for path in sorted((root / package).rglob("*")):
            name = path.relative_to(root).as_posix()
            if path.suffix in SOURCES and not name.startswith((*NOT_OF_A_RUN, *without)):
                parts += [name.encode(), path.read_bytes()]
    return _digest(parts)


def _digest(parts: Iterable[bytes]) -> str:
    sha = hashlib.sha256()
    for part in parts:
        sha.update(b"%d:" % len(part))
        sha.update(part)
    return sha.hexdigest()[:16]
