"""Workers that die in the middle of a search: is the answer the same?"""

from __future__ import annotations

import importlib
import multiprocessing
import os
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from plans import write_site
from plans.tuning.shapes import shape_of
from sim.importer import import_sumo
from sim.prepared import prepare
from sim.scenario import read_scenario
from sim.tuning import workers
from sim.tuning.jobs import Ground, Job
from sim.tuning.kept_trials import KeptTrials
from sim.tuning.trial import TrialResult
from sim.tuning.workers import WorkersLostError, runner
from tests.sumo_streets import make_corridor

pytestmark = [pytest.mark.sumo, pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.filterwarnings("default")]
SEEDS = range(1, 7)
QUIET = {"distributed.logging": {"distributed": "critical"}}
"""A killed worker is what is asked for: no log of it."""


def local_cluster(folder: Path, processes: int) -> Any:
    """A cluster of this machine alone; its type is known only where Dask is installed."""
    distributed = pytest.importorskip("distributed")
    importlib.import_module("dask").config.set(QUIET)
    return distributed.LocalCluster(
        n_workers=processes,
        threads_per_worker=1,
        processes=True,
        dashboard_address=None,
        host="127.0.0.1",
        local_directory=str(folder),
    )


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Sequence[Job]:
    folder = make_corridor(tmp_path_factory.mktemp("corridor"))
    scenario = read_scenario(folder)
    bundle = import_sumo(scenario.net, scenario.additional, site="corridor").bundle
    site = write_site(bundle, tmp_path_factory.mktemp("site") / "site")
    network = prepare(folder, site=site).site.network
    shape = {junction.id: shape_of(junction.timings[0], junction) for junction in network.junctions}
    ground = Ground(str(folder), site, minutes=3)
    return [Job.of(ground, shape, seed) for seed in SEEDS]


@pytest.fixture(scope="module")
def expected(jobs: Sequence[Job]) -> dict[str, TrialResult]:
    found: dict[str, TrialResult] = {}
    with runner(1) as run:
        run(jobs, lambda job, result: found.update({job.key: result}))
    assert len(found) == len(SEEDS)
    return found


def test_a_process_that_is_killed_costs_its_trials_alone(jobs: Sequence[Job], expected: dict[str, TrialResult]) -> None:
    found: dict[str, TrialResult] = {}
    killed: list[int] = []

    def done(job: Job, result: TrialResult) -> None:
        found[job.key] = result
        if not killed:
            child = next(child for child in multiprocessing.active_children() if child.pid is not None)
            killed.append(child.pid or 0)
            os.kill(killed[0], signal.SIGKILL)

    with runner(2) as run:
        run(jobs, done)
    assert killed
    assert found == expected


def test_a_worker_of_a_cluster_that_is_killed_half_way_changes_no_answer(
    jobs: Sequence[Job], expected: dict[str, TrialResult], tmp_path: Path
) -> None:
    found: dict[str, TrialResult] = {}
    killed: list[int] = []
    with local_cluster(tmp_path, processes=2) as cluster:
        pids = [worker.pid for worker in cluster.workers.values()]
        assert len(pids) == 2

        def done(job: Job, result: TrialResult) -> None:
            found[job.key] = result
            if len(found) == len(SEEDS) // 2:
                killed.append(pids[0])
                os.kill(pids[0], signal.SIGKILL)

        with runner(1, cluster.scheduler_address) as run:
            run(jobs, done)
    assert killed
    assert found == expected


def test_a_cluster_that_goes_away_half_way_is_said_and_what_was_finished_is_kept(
    jobs: Sequence[Job], expected: dict[str, TrialResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "ANSWERS_WITHIN_S", 1.0)
    kept = KeptTrials(tmp_path / "search", {})
    with local_cluster(tmp_path, processes=1) as cluster:

        def done(job: Job, result: TrialResult) -> None:
            kept.keep(job.key, result)
            if len(kept) == 2:
                cluster.close()

        address = cluster.scheduler_address
        with (
            pytest.raises(WorkersLostError, match=r"went away .* what was finished is kept"),
            runner(1, address) as run,
        ):
            run(jobs, done)
    again = KeptTrials(tmp_path / "search", {})
    assert 2 <= len(again) < len(jobs)
    assert all(found == expected[job.key] for job in jobs if (found := again.of(job.key)) is not None)
