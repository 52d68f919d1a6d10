"""Does `compare` say what changed, in both languages, and what it does, with the exit code that a job can read?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from console.report.change_words import CHANGES, change_sentence, changes_by_place
from console.report.compared import compared_sections, comparison_record
from console.report.pages import as_html, as_text
from console.report.rounding import rounded
from console.sentences import Language
from plans import load_site, write_site
from plans.differences import GROUP_TIMES, LANE_VALUES, LOOP_VALUES, Difference, site_differences
from sim.comparison import ComparedSite, Comparison, ComparisonSettings, effects_of
from tests.site_builder import bundle_of, make_site, site_data
from tests.unit.console.conftest import Call


@pytest.fixture
def sites(tmp_path: Path) -> tuple[Path, Path]:
    files = site_data()
    files["timings/day.yaml"]["junctions"]["J01"] = {
        "cycle_s": 70, "offset_s": 20, "splits": [{"stage": "A", "split_s": 46}, {"stage": "B", "split_s": 24}],
    }  # fmt: skip
    return write_site(make_site(), tmp_path / "old"), write_site(bundle_of(files), tmp_path / "new")


def answer(delay_s: float, seed: int) -> dict[str, Any]:
    return {
        "seed": seed, "delay_s": delay_s, "person_delay_s": 5.0, "stops": 1.0, "trip_s": 60.0,
        "worst_approach": "J02 / west" if seed < 3 else "J01 / north",
        "worst_approach_s": 40.0 + seed, "longest_red_s": 40.0, "pedestrian_wait_s": {"mean": 9.0, "max": 30.0},
        "queue_veh": {"mean": 3.0}, "unfinished": 4, "undeparted": 1, "by_class": {}, "invariant_breaks": 0,
        "link": "direct", "scenario": "after", "strategy": "fixed_time",
    }  # fmt: skip


def compared(sites: tuple[Path, Path], more_s: float) -> Comparison:
    before = {seed: answer(20.0 + seed, seed) for seed in (1, 2, 3)}
    after = {seed: answer(20.0 + seed + more_s + 0.1 * seed, seed) for seed in (1, 2, 3)}
    loaded = load_site(make_site())
    settings = ComparisonSettings(ComparedSite(sites[0]), ComparedSite(sites[1]), "town/noon", seeds=3)
    return Comparison(
        settings, (loaded, loaded), site_differences(loaded, loaded), effects_of(before, after),
        {"before": before, "after": after},
    )  # fmt: skip


def test_what_changed_is_told_without_a_run(call: Call, sites: tuple[Path, Path]) -> None:
    result = call("compare", *sites)
    assert result.exit_code == 0
    line = "J01 day: coordinated groups K1 → none; cycle 60 → 70 s; offset 12 → 20 s; split of stage A 36 → 46 s; "
    assert line + "green of group K1 31 → 41 s; green of group F1 30 → 40 s" in result.stdout


def test_a_plan_that_is_not_there_is_no_change(call: Call, sites: tuple[Path, Path]) -> None:
    result = call("compare", sites[0], sites[1], "--plan", "day,rain")
    assert result.exit_code == 3
    assert f"{sites[1]} has no plan 'rain': one of day, night" in result.stderr


def test_the_same_site_has_nothing_to_tell(call: Call, sites: tuple[Path, Path]) -> None:
    assert "Nothing that a street would show." in call("compare", sites[0], sites[0]).stdout


def test_json_has_values_and_sentences(call: Call, sites: tuple[Path, Path]) -> None:
    changes = json.loads(call("compare", *sites, "--json").stdout)["changes"]
    assert {"kind": "cycle_s", "junction": "J01", "plan": "day", "what": "", "before": 60, "after": 70,
            "sentence": "cycle 60 → 70 s"} in changes  # fmt: skip


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--plan", "day,night,rain"], 2, "write one plan, or two"),
        (["--language", "fr"], 2, "no language 'fr'"),
        (["--scenario", "nowhere"], 3, "nowhere"),
    ],
)
def test_what_cannot_be_is_said(
    call: Call, sites: tuple[Path, Path], options: list[str], code: int, words: str
) -> None:
    result = call("compare", *sites, *options)
    assert result.exit_code == code
    assert words in result.stderr


def test_a_folder_that_is_not_there_is_refused(call: Call, sites: tuple[Path, Path], tmp_path: Path) -> None:
    assert call("compare", sites[0], tmp_path / "no").exit_code == 3


@pytest.mark.parametrize(("more_s", "code"), [(4.0, 1), (-4.0, 0), (0.0, 0)])
def test_a_change_for_the_worse_ends_with_findings(
    call: Call, sites: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, more_s: float, code: int
) -> None:
    monkeypatch.setattr("sim.comparison.compare_sites", lambda settings, on_run, kept: compared(sites, more_s))
    page = tmp_path / "change.html"
    result = call("compare", *sites, "--scenario", "town/noon", "--html", page)
    assert result.exit_code == code
    assert ("Worse, and not by chance: delay" in result.stdout) == bool(code)
    assert "how many seeds: J02 / west (2/3) before, J02 / west (2/3) after" in result.stdout
    assert "http" not in page.read_text(encoding="utf-8").replace("http://www.w3.org", "").split("</style>")[1]


def test_the_page_speaks_thai(sites: tuple[Path, Path]) -> None:
    sections = compared_sections(compared(sites, 4.0), Language.THAI, drawn=True)
    page = as_html("x", sections, Language.THAI)
    assert "แย่ลงอย่างมีนัยสำคัญ" in page
    assert "สิ่งที่เปลี่ยน" in page
    assert "ความล่าช้า" in as_text(sections)


def test_the_record_is_whole(sites: tuple[Path, Path]) -> None:
    record = comparison_record(compared(sites, 4.0))
    assert record["worse"] == ["delay_s"]
    assert [run["seed"] for run in record["runs"]["after"]] == [1, 2, 3]
    json.dumps(record, allow_nan=False)


def test_every_kind_of_change_has_its_sentence_in_both_languages() -> None:
    kinds = {
        *GROUP_TIMES, *(f"lane_{value}" for value in LANE_VALUES), *(f"loop_{value}" for value in LOOP_VALUES),
    }  # fmt: skip
    assert kinds <= CHANGES.keys()
    for kind, phrase in CHANGES.items():
        change = Difference(kind, "J01", "day", "1", 1.5, None)
        for language in Language:
            told = change_sentence(change, language)
            assert "{" not in told
            assert told
        assert phrase.english != phrase.thai


def test_a_change_of_the_whole_site_has_no_place_before_it() -> None:
    changes = [
        Difference("parameter", what="gap_s", before=3.0, after=2.5),
        Difference("cycle_s", "J1", "p", "", 60, 70),
    ]
    assert list(changes_by_place(changes)) == ["parameter gap_s 3 → 2.5", "J1 p: cycle 60 → 70 s"]


@pytest.mark.parametrize(
    ("value", "digits", "told"),
    [(190.6, 2, "191"), (0.04451, 3, "0.0445"), (1234.5, 3, "1234"), (-0.004, 2, "-0.0040"), (0.0, 3, "0")],
)
def test_figures_have_no_exponent(value: float, digits: int, told: str) -> None:
    assert rounded(value, digits) == told
