"""Is every diagram drawn in both languages, without a missing letter, and does a page hold all of it?"""

import json
import re
import warnings
from pathlib import Path

import pytest

from console.charts.fonts import thai_font
from console.report import whole
from console.report.diagrams import DIAGRAMS, Scope
from console.report.drawing import Drawn
from console.report.figures.canvas import as_svg
from console.report.words import WORDS, word
from console.sentences import Language
from plans import Bundle
from tests.journal_maker import make_journal
from tests.unit.console.conftest import Call

NUMBER = re.compile(r"[−-]?\d+(\.\d+)?")


@pytest.fixture(scope="module")
def run(journal: Path) -> whole.Counted:
    return whole.count(journal)


def test_the_thai_font_comes_with_the_package() -> None:
    assert thai_font() == "Noto Sans Thai"


@pytest.mark.parametrize("language", list(Language))
def test_every_diagram_is_drawn_and_every_letter_has_a_shape(run: whole.Counted, language: Language) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib warns of a glyph that no font has
        drawn = whole.draw(run, whole.choose(run, ["J07"], ["Mukkhamontri"], None, language))
        pictures = {each.diagram.name: as_svg(each.figure) for each in drawn}
    assert list(pictures) == [
        diagram.name
        for scope in (Scope.SITE, Scope.ROAD, Scope.JUNCTION)
        for diagram in DIAGRAMS
        if diagram.scope is scope
    ]
    assert all(b"<svg" in data for data in pictures.values())
    assert [told for each in drawn for told in without_unit(each, language)] == []
    assert language is Language.ENGLISH or [told for each in drawn for told in with_latin_seconds(each)] == []


def with_latin_seconds(drawn: Drawn) -> list[str]:
    """Axes of a Thai report with the unit in English."""
    labels = [axis.get_label_text() for axes in drawn.figure.axes for axis in (axes.xaxis, axes.yaxis)]
    return [f"{drawn.diagram.name}: {label!r}" for label in labels if "[s" in label]


def without_unit(drawn: Drawn, language: Language) -> list[str]:
    """Axes with figures on them that do not say in which unit; what is only counted needs none."""
    counted = {word(name, language) for name in ("decisions", "loops")}
    return [
        f"{drawn.diagram.name}: {axis.get_label_text()!r}"
        for axes in drawn.figure.axes
        if axes.axison
        for axis in (axes.xaxis, axes.yaxis)
        if any(NUMBER.fullmatch(label.get_text()) for label in axis.get_ticklabels() if label.get_visible())
        and not re.search(r"\[.+\]|%", axis.get_label_text())
        and axis.get_label_text() not in counted
    ]


def test_every_word_has_both_languages() -> None:
    assert [name for name, phrase in WORDS.items() if not (phrase.english and phrase.thai)] == []


def test_names_of_diagrams_are_names_of_files() -> None:
    assert len({diagram.name for diagram in DIAGRAMS}) == len(DIAGRAMS)
    assert all(diagram.name.replace("_", "").isalnum() for diagram in DIAGRAMS)


def test_a_thai_page_fetches_nothing_and_holds_tables_and_pictures(call: Call, journal: Path, tmp_path: Path) -> None:
    page, tables = tmp_path / "page.html", tmp_path / "tables"
    result = call("report", journal, "--out", page, "--data", tables, "--language", "th", "--junction", "J01")
    assert result.exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert '<html lang="th">' in text
    assert "ความล่าช้า" in text
    assert text.count("data:image/svg+xml;base64,") > 15
    assert not any(f"{fetched}http" in text for fetched in ('src="', 'href="', "url("))
    assert (tables / "delay.csv").read_text(encoding="utf-8").startswith("junction,approach,movement,begin_s,")
    heads = re.findall(r"<table><thead><tr>(.*?)</tr></thead><tbody>", text)  # a printer repeats them on every page
    assert len(heads) == text.count("<table>") > 5
    assert not any("<th></th>" in head for head in heads)


def test_a_run_compared_with_itself_differs_in_nothing(call: Call, journal: Path, tmp_path: Path) -> None:
    tables = tmp_path / "tables"
    assert call("report", journal, "--before", journal, "--data", tables, "--figures", tables).exit_code == 0
    assert b"<svg" in (tables / "comparison.svg").read_bytes()
    head, *rows = (tables / "comparison.csv").read_text(encoding="utf-8").splitlines()
    assert head == "junction,measure,before,after,difference,half_width,pairs"
    assert len(rows) > 20
    assert {row.split(",")[4] for row in rows} == {"0.0"}


def test_results_of_simulations_are_compared_in_a_picture_too(call: Call, tmp_path: Path) -> None:
    files = {}
    for name, delay_s in (("before", 40.0), ("after", 30.0)):
        runs: list[dict[str, object]] = [
            {"scenario": "town", "seed": seed, "strategy": "fixed_time", "delay_s": delay_s + seed, "breaks": []}
            for seed in (1, 2, 3)
        ]
        files[name] = tmp_path / f"{name}.json"
        files[name].write_text(json.dumps({"runs": runs}), encoding="utf-8")
    page, figures = tmp_path / "page.html", tmp_path / "figures"
    told = call("report", files["after"], "--before", files["before"], "--out", page, "--figures", figures)
    assert told.exit_code == 0
    assert [path.name for path in figures.iterdir()] == ["comparison.svg"]
    assert page.read_text(encoding="utf-8").count("data:image/svg+xml;base64,") == 1


def test_a_result_of_several_methods_is_not_compared_by_the_last_of_them(call: Call, tmp_path: Path) -> None:
    one: dict[str, object] = {"scenario": "town", "seed": 1, "delay_s": 1.0, "breaks": []}
    runs = [{**one, "strategy": name} for name in ("own-plan", "planner")]
    both = tmp_path / "both.json"
    both.write_text(json.dumps({"runs": runs}), encoding="utf-8")
    told = call("report", both, "--before", both)
    assert told.exit_code == 2
    assert "several, by own-plan, planner" in told.stderr


def test_runs_of_different_hours_are_not_compared(
    call: Call, journal: Path, site_bundle: Bundle, tmp_path: Path
) -> None:
    evening = tmp_path / "evening.journal"
    make_journal(evening, site_bundle, "am_peak", 17 * 3600, 60)
    result = call("report", evening, "--before", journal, "--out", tmp_path / "page.html")
    assert result.exit_code == 2
    assert "before 07:00 to 07:30, after 17:00 to 17:01" in result.stderr
    assert not (tmp_path / "page.html").exists()


def test_a_road_that_is_none_is_refused_with_those_there_are(call: Call, journal: Path, tmp_path: Path) -> None:
    result = call("report", journal, "--out", tmp_path / "page.html", "--road", "J01,J12")
    assert result.exit_code == 2
    assert "no approach leads from J01 to J12" in result.stderr
    result = call("report", journal, "--out", tmp_path / "page.html", "--road", "Elsewhere")
    assert "Mukkhamontri" in result.stderr
    assert list(tmp_path.iterdir()) == []
