"""Who runs the trials: this process, a pool of processes on this machine, or a Dask cluster. The answers are the same.

A worker that dies costs its trial alone: it is given to another. When nobody is left the search ends with a sentence,
and what was finished is kept.
"""

from __future__ import annotations

import importlib
import logging
import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any

from sim.scenario import ScenarioError
from sim.tuning.jobs import Job, do
from sim.tuning.trial import TrialResult

Done = Callable[[Job, TrialResult], None]
Runner = Callable[[Sequence[Job], Done], None]
"""Runs every job and tells each result as it comes, in any order."""

ANSWERS_WITHIN_S = 10.0
LOOK_EVERY_S = 1.0
DASK_LOGS = ("distributed", "distributed.client")
"""What these say of a scheduler or worker that is lost, with the stack of its calls, is said in one sentence here."""
LIVES = 3
"""A job whose worker died so often is itself the cause."""


class WorkersLostError(ScenarioError):
    """Nobody is left to run the trials; what was finished is kept."""


@contextmanager
def runner(workers: int, cluster: str | None = None) -> Iterator[Runner]:
    """One of the three; `workers` processes on this machine, or the scheduler at the address `cluster`."""
    if cluster is not None:
        with _cluster(cluster) as run:
            yield run
    elif workers <= 1:
        yield _here
    else:
        yield lambda jobs, done: _in_processes(jobs, done, workers)


def _here(jobs: Sequence[Job], done: Done) -> None:
    for job in jobs:
        done(job, do(job))


def _in_processes(jobs: Sequence[Job], done: Done, workers: int) -> None:
    """Spawned, because forked threads are not safe; libsumo holds one simulation a process."""
    context = multiprocessing.get_context("spawn")
    waiting = list(jobs)
    for _ in range(LIVES):
        finished: set[int] = set()
        try:
            with ProcessPoolExecutor(min(workers, len(waiting)), mp_context=context) as pool:
                futures: dict[Future[TrialResult], int] = {
                    pool.submit(do, job): place for place, job in enumerate(waiting)
                }
                for future in as_completed(futures):
                    result = future.result()
                    finished.add(futures[future])
                    done(waiting[futures[future]], result)
        except BrokenProcessPool:
            waiting = [job for place, job in enumerate(waiting) if place not in finished]
            continue
        return
    raise WorkersLostError(
        f"worker processes died {LIVES} times, with {len(waiting)} trials to run: is there enough memory? "
        "Run again with fewer --workers; what was finished is kept where --keep names a folder"
    )


@contextmanager
def _cluster(address: str) -> Iterator[Runner]:
    try:
        dask: Any = importlib.import_module("distributed")
    except ImportError as error:
        raise ScenarioError("a cluster needs Dask: pip install 'faikhiao[cluster]'") from error
    for name in DASK_LOGS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        client = dask.Client(address, timeout=f"{ANSWERS_WITHIN_S:g}s", set_as_default=False)
    except (OSError, ValueError) as error:
        raise WorkersLostError(f"no Dask scheduler answers at {address}: is it running? ({error})") from error
    try:
        yield lambda jobs, done: _on_cluster(dask, client, address, jobs, done)
    finally:
        client.close()


def _on_cluster(dask: Any, client: Any, address: str, jobs: Sequence[Job], done: Done) -> None:
    """A worker that dies costs nothing but time: the scheduler gives its trials to others, and waits for new ones."""
    futures = {client.submit(do, job, pure=False): job for job in jobs}
    try:
        with client.as_current():
            for future in _as_they_come(dask, client, set(futures)):
                done(futures[future], future.result())
    except (dask.KilledWorker, dask.CancelledError, OSError, TimeoutError) as error:
        raise WorkersLostError(
            f"the cluster at {address} went away ({type(error).__name__}); what was finished is kept where --keep "
            "names a folder: start it again and repeat the command"
        ) from error


def _as_they_come(dask: Any, client: Any, waiting: set[Any]) -> Iterator[Any]:
    """Finished futures; raises ConnectionError where the scheduler has not answered for a while."""
    silent_since_s: float | None = None
    while waiting:
        try:
            finished = set(dask.wait(list(waiting), timeout=LOOK_EVERY_S, return_when="FIRST_COMPLETED").done)
        except TimeoutError:
            finished = set()
        if any(future.status in {"lost", "cancelled"} for future in finished) or client.status == "closed":
            raise ConnectionError("the scheduler dropped a trial")
        yield from finished
        waiting -= finished
        if client.status == "running":
            silent_since_s = None
            continue
        silent_since_s = silent_since_s or time.monotonic()
        if time.monotonic() - silent_since_s > ANSWERS_WITHIN_S:
            raise ConnectionError(f"the scheduler has not answered for {ANSWERS_WITHIN_S:g} s")
