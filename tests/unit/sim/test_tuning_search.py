"""Does the search find what is better, the same after a stop and in whatever order its trials end?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from plans import load_junction, load_site
from plans.checks.signals import of_junction
from plans.tuning.moves import Change, Moves
from plans.tuning.shapes import JunctionShape, Neighbourhood, Shape, digest, shape_of
from sim.scenario import ScenarioError
from sim.tuning.jobs import Ground, Job
from sim.tuning.kept_trials import KeptTrials
from sim.tuning.search import Search, SearchResult, SearchSettings
from sim.tuning.trial import TrialResult
from sim.tuning.workers import Done, Runner
from tests.site_builder import make_site

BUNDLE = make_site()
SITE = load_site(BUNDLE)
JUNCTIONS = {junction.id: junction for junction in SITE.network.junctions}
AROUND = Neighbourhood(
    list(JUNCTIONS.values()), {name: of_junction(name, load_junction(BUNDLE, name)) for name in JUNCTIONS}
)
MOVES = Moves(AROUND, list(JUNCTIONS.values()))
START: Shape = {
    "J01": JunctionShape(("A", "B"), (50, 40), 0),
    "J02": JunctionShape(("A", "B"), (50, 40), 0),
}
SETTINGS = SearchSettings(seeds=(1, 2, 3), rounds=4, candidates=6, confirm_seeds=(8, 9))
GROUND = Ground("nowhere", Path("nowhere"))


class StoppedError(Exception):
    """Somebody pressed Ctrl-C."""


def delay_of(job: Job) -> TrialResult:
    """A street on which 60/30, and 20 s between the two, would be best; seeds differ by a constant."""
    shape = dict(job.shape)
    off = sum(abs(one.splits_s[0] / one.cycle_s - 2 / 3) * 90 for one in shape.values())
    between = (shape["J02"].offset_s - shape["J01"].offset_s - 20) % 90
    return TrialResult(30 + off + min(between, 90 - between) / 2 + 5 * job.seed, 100, 0, 0)


def street(asked: list[str], *, stop_after: int = 10_000, backwards: bool = False) -> Runner:
    def run(jobs: Sequence[Job], done: Done) -> None:
        for job in reversed(jobs) if backwards else jobs:
            if len(asked) == stop_after:
                raise StoppedError
            asked.append(job.key)
            done(job, delay_of(job))

    return run


def search(
    kept: KeptTrials, run: Runner, settings: SearchSettings = SETTINGS, alternatives: Sequence[Change] = ()
) -> SearchResult:
    return Search(GROUND, AROUND, MOVES, settings, kept, run).run({"start": START}, alternatives)


def test_what_is_found_is_better_on_every_seed_together_and_lawful() -> None:
    asked: list[str] = []
    found = search(KeptTrials(None, {}), street(asked))
    assert found.best.delay_s < found.first["start"].delay_s - 5
    assert set(found.best.delays_s) == {1, 2, 3}
    assert all(AROUND.lawful(name, one) for name, one in found.best.shape.items())
    assert [delay for _, delay in found.history] == sorted((delay for _, delay in found.history), reverse=True)
    assert set(found.confirmed) == {8, 9}
    assert found.gain is not None
    assert found.gain > 0.1
    assert len(asked) == len(set(asked)) == found.trials


def test_changes_that_gain_alone_are_put_together() -> None:
    both = [Change(f"{name}: 60/30", name, JunctionShape(("A", "B"), (60, 30), 0)) for name in START]
    settings = SearchSettings(seeds=(1, 2), rounds=0, cycle_factors=())
    asked: list[str] = []
    found = search(KeptTrials(None, {}), street(asked), settings, both)
    assert {one.splits_s for one in found.best.shape.values()} == {(60, 30)}
    assert "together: J01: 60/30; J02: 60/30" in found.best.name


def test_what_is_no_better_on_fresh_seeds_is_not_returned() -> None:
    def deceiving(jobs: Sequence[Job], done: Done) -> None:
        for job in jobs:
            lucky = job.seed < 100 and dict(job.shape) != START
            done(job, TrialResult(20.0 if lucky else 30.0, 100, 0, 0))

    found = search(KeptTrials(None, {}), deceiving, SearchSettings(seeds=(1, 2), rounds=2, candidates=4))
    assert found.best.shape == START
    assert found.gain is None


def test_most_of_the_candidates_never_meet_the_last_seed() -> None:
    asked: list[str] = []
    search(KeptTrials(None, {}), street(asked), SearchSettings(seeds=(1, 2, 3, 4), rounds=1, candidates=12))
    per_seed = [sum(key.endswith(f"-{seed}") for key in asked) for seed in (1, 2, 3, 4)]
    assert per_seed[0] > per_seed[1] > per_seed[2] == per_seed[3]


def test_the_order_in_which_trials_end_changes_nothing() -> None:
    one, other = (search(KeptTrials(None, {}), street([], backwards=backwards)) for backwards in (False, True))
    assert digest(one.best.shape) == digest(other.best.shape)
    assert one.history == other.history


def test_a_search_that_was_stopped_goes_on_and_finds_the_same(tmp_path: Path) -> None:
    whole = search(KeptTrials(None, {}), street([]))
    before: list[str] = []
    with pytest.raises(StoppedError):
        search(KeptTrials(tmp_path, {"of": "this"}), street(before, stop_after=25))
    # The machine went down while the last line was written.
    file = tmp_path / "trials.jsonl"
    file.write_text(file.read_text()[:-20])
    after: list[str] = []
    found = search(KeptTrials(tmp_path, {"of": "this"}), street(after))
    assert digest(found.best.shape) == digest(whole.best.shape)
    assert found.history == whole.history
    assert set(before) & set(after) == {before[-1]}
    assert len(before) - 1 + len(after) == found.trials


def test_a_folder_of_another_search_is_refused(tmp_path: Path) -> None:
    KeptTrials(tmp_path, {"scenario": "one", "code": "x"})
    with pytest.raises(ScenarioError, match=r"holds another search \(scenario differ\)"):
        KeptTrials(tmp_path, {"scenario": "other", "code": "x"})


def test_longer_and_shorter_cycles_keep_every_minimum() -> None:
    longer, shorter = AROUND.scaled(START, 1.25), AROUND.scaled(START, 0.8)
    assert longer is not None
    assert shorter is not None
    assert {one.cycle_s for one in longer.values()} == {112}
    assert {one.cycle_s for one in shorter.values()} == {72}
    assert AROUND.scaled(START, 0.3) is None  # 27 s hold no walk, and no plan


def test_both_forms_of_a_timing_become_a_shape_and_a_timing_again() -> None:
    for junction in JUNCTIONS.values():
        for timing in junction.timings:
            back = shape_of(timing, junction).timing(junction, timing.plan)
            first = timing.steps[0].at_s
            shifted = [(step.at_s - first, step.stage) for step in timing.steps]
            assert [(step.at_s, step.stage) for step in back.steps] == shifted
            assert back.offset_s == (timing.offset_s + first) % timing.cycle_s
