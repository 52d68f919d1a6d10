"""Does a plan made from greens given by hand keep every rule, say why, and never replace anything?"""

from __future__ import annotations

from pathlib import Path

import pytest

from plans import Bundle, load_site
from plans.candidate import Candidate, CandidateError, Served, make_candidate
from plans.findings import Severity
from plans.schema import StageTiming
from plans.yaml_text import read_yaml
from tests.site_builder import make_site

BUNDLE = make_site()
JUNCTION = load_site(BUNDLE).network.junctions[0]


def candidate(*served: Served, like: str = "day", name: str = "by-hand") -> Candidate:
    return make_candidate(BUNDLE, JUNCTION, served, name=name, like=like, origin="a test")


def splits(made: Candidate) -> dict[str, int]:
    timing = StageTiming.model_validate(read_yaml(made.text).value["junctions"][JUNCTION.id])
    assert timing.cycle_s == sum(split.split_s for split in timing.splits)
    return {split.stage: split.split_s for split in timing.splits}


def test_the_splits_are_the_means_of_what_was_given() -> None:
    made = candidate(Served("B", (30.0, 34.0)), Served("A", (50.0, 44.0, 47.0)))
    assert splits(made) == {"B": 32, "A": 47}
    assert "# A 47 s: by hand 3 times, 44 to 50 s, mean 47 s" in made.text
    assert made.text.startswith("# Candidate made from a manual period: a test.")


def test_too_little_is_raised_to_what_is_safe_and_what_was_never_served_gets_it_too() -> None:
    made = candidate(Served("A", (3.0,)), Served("B", (40.0,)))
    found = splits(made)
    assert found["A"] > 3
    assert "raised to the least it needs" in made.text
    assert "never served by hand" in candidate(Served("A", (40.0,))).text
    load_site(Bundle({**BUNDLE.files, made.file: made.text}))  # lawful


def test_every_other_junction_stays_as_in_the_plan_it_is_like() -> None:
    made = candidate(Served("A", (40.0,)))
    own, base = (read_yaml(text).value["junctions"] for text in (made.text, BUNDLE.files["timings/day.yaml"]))
    assert {name: timing for name, timing in own.items() if name != JUNCTION.id} == {
        name: timing for name, timing in base.items() if name != JUNCTION.id
    }


def test_two_stages_by_hand_are_a_lawful_plan_where_crossings_end_before_the_vehicles_beside_them() -> None:
    """Udon Thani: each stage is followed by a set without its crossings, and in that nobody walks any more."""
    udon = Bundle.read(Path(__file__).parents[3] / "sim" / "scenarios" / "udon_thani" / "site")
    for junction in load_site(udon).network.junctions:
        first, second = [stage.id for stage in junction.stages if stage.selectable][:2]
        served = (Served(first, (1.0,)), Served(second, (40.0,)))
        made = make_candidate(udon, junction, served, name="by-hand", like="pm_peak", origin="a test")
        assert all(finding.severity is Severity.WARNING for finding in made.findings)


@pytest.mark.parametrize(
    ("like", "name", "words"),
    [("rain", "by-hand", "has no plan 'rain'"), ("day", "night", "is there already"), ("night", "x", "by stages")],
)
def test_what_cannot_be_is_said(like: str, name: str, words: str) -> None:
    with pytest.raises(CandidateError, match=words):
        candidate(Served("A", (40.0,)), like=like, name=name)
