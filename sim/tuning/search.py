"""The search for a better plan: candidates on the same seeds, the worse half dropped seed by seed (successive halving).

The first round compares the starts that were given and their cycles made shorter and longer; each further round changes
the best of before a little, many times. What wins must be better than it on every seed together; chance is seeded, and
which trial ends first changes nothing, so that a search that was stopped, or ran elsewhere, finds the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

import numpy as np

from plans.tuning.shapes import Neighbourhood, Shape, digest
from sim.tuning.jobs import Ground, Job
from sim.tuning.kept_trials import KeptTrials
from sim.tuning.trial import TrialResult
from sim.tuning.workers import Runner

CYCLE_FACTORS = (0.8, 1.25, 1.5)
"""Webster: between 0.75 and 1.5 of his cycle little is lost; which side is better, the street's queues decide."""


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """How long and on what to search."""

    seeds: tuple[int, ...] = (11, 12, 13, 14)
    rounds: int = 4
    candidates: int = 12
    """New ones of each round after the first."""
    chance_seed: int = 1
    cycle_factors: tuple[float, ...] = CYCLE_FACTORS
    """Each start is also tried with its cycles times these."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search is."""

    done: int
    of: int
    """Trials that the whole search takes at most."""
    left_s: float | None
    """None while nothing was timed yet."""
    best_delay_s: float


@dataclass(frozen=True, slots=True)
class Tried:
    """A candidate and its mean delay over the seeds it was tried on."""

    name: str
    shape: Shape
    delays_s: Mapping[int, float]
    """By seed."""

    @property
    def delay_s(self) -> float:
        """Mean over its seeds [s]."""
        return fmean(self.delays_s.values())


@dataclass(slots=True)
class SearchResult:
    """What a search found."""

    best: Tried
    first: Mapping[str, Tried]
    """The starts, by name, as far as they were tried."""
    trials: int
    history: list[tuple[str, float]] = field(default_factory=list)
    """The best after each round: its name and mean delay on all seeds [s]."""


class Search:
    """One search; `kept` may hold trials of an earlier run of the same."""

    def __init__(
        self,
        ground: Ground,
        around: Neighbourhood,
        settings: SearchSettings,
        kept: KeptTrials,
        run: Runner,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        self._ground = ground
        self._around = around
        self._settings = settings
        self._kept = kept
        self._run = run
        self._on_progress = on_progress
        self._done: set[str] = set()
        self._fresh = 0
        self._began_s = time.monotonic()
        self._best_s = float("inf")
        self._planned = 0

    def run(self, starts: Mapping[str, Shape]) -> SearchResult:
        """Search from these plans; the first of them is what the others are held against."""
        first = dict(starts)
        for name, shape in starts.items():
            for factor in self._settings.cycle_factors:
                scaled = self._around.scaled(shape, factor)
                if scaled is not None:
                    first[f"{name}, cycles x {factor:g}"] = scaled
        self._planned = self._trials_at_most(len(first), self._settings.rounds)
        best = self._halved(first, always=next(iter(starts)))
        history = [(best.name, best.delay_s)]
        for number in range(1, self._settings.rounds + 1):
            chance = np.random.default_rng([self._settings.chance_seed, number])
            fresh = {best.name: best.shape}
            known = {digest(best.shape)}
            for place in range(10 * self._settings.candidates):
                if len(fresh) > self._settings.candidates:
                    break
                shape = self._around.changed(best.shape, chance)
                if digest(shape) not in known:
                    known.add(digest(shape))
                    fresh[f"round {number}, candidate {place + 1}"] = shape
            best = self._halved(fresh, always=best.name)
            history.append((best.name, best.delay_s))
        tried = {name: self._tried(name, shape) for name, shape in starts.items()}
        first_tried = {name: one for name, one in tried.items() if one is not None}
        return SearchResult(best, first_tried, len(self._done), history)

    def _halved(self, candidates: Mapping[str, Shape], always: str) -> Tried:
        """The best on all seeds; after each rung half of the candidates go. `always` stays in to be compared with."""
        alive = dict(candidates)
        for count in self._rungs():
            seeds = self._settings.seeds[:count]
            self._evaluate(alive.values(), seeds)
            ranked = sorted(alive, key=lambda name: (self._mean(alive[name], seeds), name != always, name))
            keep = ranked if count == len(self._settings.seeds) else ranked[: max(2, (len(ranked) + 1) // 2)]
            alive = {name: alive[name] for name in dict.fromkeys([*keep, always])}
        winner = min(alive, key=lambda name: (self._mean(alive[name], self._settings.seeds), name != always, name))
        found = self._tried(winner, alive[winner])
        if found is None:
            raise LookupError(f"no trial of {winner} was kept")
        return found

    def _rungs(self) -> list[int]:
        """How many seeds the candidates of each rung have met: 1, 2, 4, ... and all."""
        seeds = len(self._settings.seeds)
        return sorted({*(2**power for power in range(8) if 2**power < seeds), seeds})

    def _evaluate(self, shapes: Iterable[Shape], seeds: Sequence[int]) -> None:
        jobs: dict[str, Job] = {}
        for shape in shapes:
            for seed in seeds:
                job = Job.of(self._ground, shape, seed)
                jobs.setdefault(job.key, job)
        missing = []
        for key, job in jobs.items():
            found = self._kept.of(key)
            if found is None:
                missing.append(job)
            else:
                self._done.add(key)
        if missing:
            self._run(missing, self._finished)

    def _finished(self, job: Job, result: TrialResult) -> None:
        self._kept.keep(job.key, result)
        self._done.add(job.key)
        self._fresh += 1
        self._best_s = min(self._best_s, result.delay_s)
        pace_s = (time.monotonic() - self._began_s) / self._fresh
        left = max(0, self._planned - len(self._done))
        self._on_progress(Progress(len(self._done), max(self._planned, len(self._done)), pace_s * left, self._best_s))

    def _mean(self, shape: Shape, seeds: Sequence[int]) -> float:
        results = [self._kept.of(Job.of(self._ground, shape, seed).key) for seed in seeds]
        return fmean(result.delay_s for result in results if result is not None)

    def _tried(self, name: str, shape: Shape) -> Tried | None:
        results = {seed: self._kept.of(Job.of(self._ground, shape, seed).key) for seed in self._settings.seeds}
        delays = {seed: result.delay_s for seed, result in results.items() if result is not None}
        return Tried(name, shape, delays) if delays else None

    def _trials_at_most(self, first: int, rounds: int) -> int:
        return self._of_halving(first) + rounds * (self._of_halving(self._settings.candidates + 1))

    def _of_halving(self, alive: int) -> int:
        trials = before = 0
        for count in self._rungs():
            trials += alive * (count - before)
            before = count
            alive = max(2, (alive + 1) // 2) + 1
        return trials
