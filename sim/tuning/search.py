"""The search for a better plan: candidates on the same seeds, most of them dropped seed by seed (successive halving).

The first round compares the starts that were given, and the better one with its cycles shorter and longer. Each further
round changes the best of before at one junction a candidate: first in the ways that were given and by longer greens for
those who wait most, then in ways drawn by chance. Changes of different junctions that gain alone are put together, and
judged like the rest; what gained is followed further. What wins is better than the first start on every seed together,
and on fresh seeds too, else that start is the answer. Chance is seeded, and which trial ends first changes nothing: a
search that was stopped, or ran elsewhere, finds the same.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import ceil
from statistics import fmean

import numpy as np

from plans.tuning.moves import FURTHER, Change, Moves
from plans.tuning.shapes import JunctionShape, Neighbourhood, Shape
from sim.tuning.jobs import Ground, Job
from sim.tuning.kept_trials import KeptTrials
from sim.tuning.trial import TrialResult
from sim.tuning.workers import Runner

CYCLE_FACTORS = (0.8, 1.25, 1.5)
"""Webster: between 0.75 and 1.5 of his cycle little is lost; which side is better, the street's queues decide."""
STAY = 4
"""One of so many stays for the next seed."""
WORTH_A_TRIAL = 0.05
"""Junctions before which less than this share of the time is lost are not tried with other timings of their own."""
TOGETHER = (2, 3, 5, 8)
"""So many of the changes that gain most alone are tried in one plan, and all of them."""
ENOUGH = 40
"""So many other timings of single junctions are tried, those first before which most of the time is lost."""
FOLLOWED = 3
"""What gained is followed so many times at most."""
CONFIRM_SEEDS = (101, 102, 103)


@dataclass(frozen=True, slots=True)
class SearchSettings:
    """How long and on what to search."""

    seeds: tuple[int, ...] = (11, 12, 13, 14)
    rounds: int = 4
    candidates: int = 12
    """New ones of each round of small changes."""
    chance_seed: int = 1
    cycle_factors: tuple[float, ...] = CYCLE_FACTORS
    """The better start is also tried with its cycles times these."""
    confirm_seeds: tuple[int, ...] = CONFIRM_SEEDS
    """On these, which no candidate was chosen by, the best must be better than the first start too."""


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
    confirmed: Mapping[int, tuple[float, float]] = field(default_factory=dict)
    """By fresh seed: delay of the first start and of the best [s]; empty where the first start is the best."""

    @property
    def gain(self) -> float | None:
        """Share of the first start's delay that the best saves on fresh seeds; None where they were not asked."""
        if not self.confirmed:
            return None
        before, after = (fmean(values) for values in zip(*self.confirmed.values(), strict=True))
        return 1 - after / before if before > 0 else 0.0


class Search:
    """One search; `kept` may hold trials of an earlier run of the same."""

    def __init__(
        self,
        ground: Ground,
        around: Neighbourhood,
        moves: Moves,
        settings: SearchSettings,
        kept: KeptTrials,
        run: Runner,
        on_progress: Callable[[Progress], None] = lambda _: None,
    ) -> None:
        self._ground = ground
        self._around = around
        self._moves = moves
        self._settings = settings
        self._kept = kept
        self._run = run
        self._on_progress = on_progress
        self._done: set[str] = set()
        self._fresh = 0
        self._began_s = time.monotonic()
        self._best_s = float("inf")
        self._planned = 0

    def run(self, starts: Mapping[str, Shape], alternatives: Sequence[Change] = ()) -> SearchResult:
        """Search from these plans; the result is never worse than the first of them.

        `alternatives` are other timings of single junctions, tried before any small change.
        """
        self._planned = self._trials_at_most(len(starts), len(alternatives))
        reference = next(iter(starts))
        best = self._halved(starts, always=reference)
        best = self._halved({best.name: best.shape, **self._scaled(best)}, always=best.name)
        history = [(best.name, best.delay_s)]
        fitting = self._fitting(best.shape, alternatives)
        if fitting:
            best = self._followed(best, self._changed(best, "junction by junction", fitting))
            history.append((best.name, best.delay_s))
        for number in range(1, self._settings.rounds + 1):
            chance = np.random.default_rng([self._settings.chance_seed, number])
            best = self._followed(best, self._changed(best, f"round {number}", self._drawn(best.shape, chance)))
            history.append((best.name, best.delay_s))
        best, confirmed = self._confirmed(best, reference, starts[reference])
        if not confirmed:
            history.append((best.name, best.delay_s))
        tried = {name: self._tried(name, shape) for name, shape in starts.items()}
        first_tried = {name: one for name, one in tried.items() if one is not None}
        return SearchResult(best, first_tried, len(self._done), history, confirmed)

    def _scaled(self, best: Tried) -> dict[str, Shape]:
        """The plan with all its cycles longer and shorter, as far as minimums allow."""
        tried = {factor: self._around.scaled(best.shape, factor) for factor in self._settings.cycle_factors}
        return {f"{best.name}, cycles x {factor:g}": shape for factor, shape in tried.items() if shape is not None}

    def _fitting(self, shape: Shape, alternatives: Sequence[Change]) -> list[Change]:
        """Those that change something, and longer greens for those who wait most, where it matters."""
        if not alternatives:
            return []
        waiting = self._waiting(shape)
        at = {name: sum(waiting[name].values()) for name in sorted(shape)}
        worth = [name for name in at if at[name] >= WORTH_A_TRIAL * sum(at.values())]
        distinct: dict[tuple[str, JunctionShape], Change] = {}
        for name in sorted(worth, key=lambda name: (-at[name], name)):
            given = [change for change in alternatives if change.junction == name and change.shape != shape[name]]
            for change in (*given, *self._moves.for_who_waits_most(name, shape, waiting)):
                distinct.setdefault((name, change.shape), change)
            if len(distinct) >= ENOUGH:
                break  # in a large network: where most is lost, and the rest is for the rounds
        return list(distinct.values())

    def _drawn(self, shape: Shape, chance: np.random.Generator) -> list[Change]:
        """The candidates of a round: longer greens where most is waited by now, the others by chance."""
        waiting = self._waiting(shape)
        most = max(sorted(shape), key=lambda name: sum(waiting[name].values()))
        longer = self._moves.for_who_waits_most(most, shape, waiting)[: self._settings.candidates // 2]
        known = {(change.junction, change.shape) for change in longer}
        drawn = self._moves.drawn(shape, waiting, self._settings.candidates, chance)
        others = [change for change in drawn if (change.junction, change.shape) not in known]
        return [*longer, *others][: self._settings.candidates]

    def _changed(self, best: Tried, title: str, changes: Sequence[Change]) -> Tried:
        """The best of these changes, of some of them together, and of leaving everything as it is."""
        if not changes:
            return best
        alone = {f"{title}, {change.name}": change for change in changes}
        shapes = {name: {**best.shape, change.junction: change.shape} for name, change in alone.items()}
        seeds = self._settings.seeds[: self._rungs()[0]]
        self._evaluate([best.shape, *shapes.values()], seeds)
        before = self._mean(best.shape, seeds)
        helping: dict[str, Change] = {}
        for name in sorted(alone, key=lambda name: (self._mean(shapes[name], seeds), name)):
            if self._mean(shapes[name], seeds) < before:
                helping.setdefault(alone[name].junction, alone[name])
        ranked = list(helping.values())
        for count in sorted({*(count for count in TOGETHER if count < len(ranked)), len(ranked)}):
            if count > 1:
                some = {change.junction: change.shape for change in ranked[:count]}
                names = "; ".join(change.name for change in ranked[:count])
                shapes[f"{title}, together: {names}"] = {**best.shape, **some}
        return self._halved({best.name: best.shape, **shapes}, always=best.name)

    def _followed(self, before: Tried, best: Tried) -> Tried:
        """The best, and beyond it as long as that gains: what was better by a little may be better by more of it."""
        for _ in range(FOLLOWED):
            further = self._moves.further(before.shape, best.shape)
            if not further:
                break
            named = {f"{best.name}, {what}": shape for what, shape in further.items()}
            before, best = best, self._halved({best.name: best.shape, **named}, always=best.name)
            if best.shape == before.shape:
                break
        return best

    def _halved(self, candidates: Mapping[str, Shape], always: str) -> Tried:
        """The best on all seeds; after each rung few of the candidates stay, and `always` to be compared with."""
        alive = dict(candidates)
        for count in self._rungs():
            seeds = self._settings.seeds[:count]
            self._evaluate(alive.values(), seeds)
            ranked = sorted(alive, key=lambda name: (self._mean(alive[name], seeds), name != always, name))
            keep = ranked if count == len(self._settings.seeds) else ranked[: _staying(len(ranked))]
            alive = {name: alive[name] for name in dict.fromkeys([*keep, always])}
        winner = min(alive, key=lambda name: (self._mean(alive[name], self._settings.seeds), name != always, name))
        found = self._tried(winner, alive[winner])
        if found is None:
            raise LookupError(f"no trial of {winner} was kept")
        return found

    def _confirmed(self, best: Tried, name: str, before: Shape) -> tuple[Tried, dict[int, tuple[float, float]]]:
        """The best with its delays on fresh seeds beside those of the plan before; that plan, where it is no better."""
        seeds = self._settings.confirm_seeds
        own = self._tried(name, before)
        if best.shape == before or own is None or not seeds:
            return best, {}
        self._evaluate([before, best.shape], seeds)
        pairs = {seed: (self._mean(before, [seed]), self._mean(best.shape, [seed])) for seed in seeds}
        if fmean(after for _, after in pairs.values()) < fmean(was for was, _ in pairs.values()):
            return best, pairs
        return own, {}

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

    def _results(self, shape: Shape, seeds: Sequence[int]) -> dict[int, TrialResult]:
        found = {seed: self._kept.of(Job.of(self._ground, shape, seed).key) for seed in seeds}
        return {seed: result for seed, result in found.items() if result is not None}

    def _mean(self, shape: Shape, seeds: Sequence[int]) -> float:
        return fmean(result.delay_s for result in self._results(shape, seeds).values())

    def _waiting(self, shape: Shape) -> dict[str, dict[str, float]]:
        """Where vehicles waited under a plan, over its seeds."""
        found: dict[str, dict[str, float]] = {name: {} for name in shape}
        for result in self._results(shape, self._settings.seeds).values():
            for junction, by_approach in result.waiting_s.items():
                told = found.setdefault(junction, {})
                for approach, waited in by_approach.items():
                    told[approach] = told.get(approach, 0.0) + waited
        return found

    def _tried(self, name: str, shape: Shape) -> Tried | None:
        delays = {seed: result.delay_s for seed, result in self._results(shape, self._settings.seeds).items()}
        return Tried(name, shape, delays) if delays else None

    def _trials_at_most(self, first: int, alternatives: int) -> int:
        joined = len(TOGETHER) + 1
        followed = FOLLOWED * len(FURTHER) * len(self._settings.seeds)
        rounds = self._settings.rounds * (self._of_halving(self._settings.candidates + 1 + joined) + followed)
        structure = self._of_halving(alternatives + 1 + joined) + followed if alternatives else 0
        scaled = self._of_halving(1 + len(self._settings.cycle_factors))
        return self._of_halving(first) + scaled + structure + rounds + 2 * len(self._settings.confirm_seeds)

    def _of_halving(self, alive: int) -> int:
        trials = before = 0
        for count in self._rungs():
            trials += alive * (count - before)
            before = count
            alive = min(alive, _staying(alive) + 1)
        return trials


def _staying(count: int) -> int:
    return max(2, ceil(count / STAY))
