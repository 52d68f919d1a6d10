"""Does the newcomer's run end with a table, and with files that are all there?"""

import json
from pathlib import Path

import pytest

from console.charts import fonts
from console.charts.shown import ShownProgramme, Spell
from controller import Aspect
from tests.unit.console.conftest import Call

G, A, R = Aspect.GREEN, Aspect.AMBER, Aspect.RED


@pytest.mark.sumo
@pytest.mark.slow
def test_the_demo_ends_with_a_table_and_its_files(call: Call, tmp_path: Path) -> None:
    result = call("demo", "--minutes", "1", "--out", tmp_path / "demo")
    assert result.exit_code == 0
    for row in (
        "delay",
        "stops",
        "worst approach",
        "unfinished",
        "MQTT messages",
        "Modbus round trips",
        "safety breaks",
    ):
        assert f"| {row}" in result.stdout
    files = {path.name for path in (tmp_path / "demo").iterdir()}
    assert files == {"own-plan.json", "ours.json", "ours.journal", "picture.png", "report.html"}
    assert all(str(tmp_path / "demo" / name) in result.stdout for name in files)
    ours = json.loads((tmp_path / "demo" / "ours.json").read_text())
    assert ours["link"] == "wire"
    assert ours["mqtt_messages"] >= 60 * ours["junctions"]
    assert ours["modbus_round_trips"] >= 60 * ours["junctions"]
    assert ours["invariant_breaks"] == 0


def test_a_demo_that_cannot_write_says_so_before_it_runs(call: Call, tmp_path: Path) -> None:
    (tmp_path / "demo").write_text("a file")
    result = call("demo", "--out", tmp_path / "demo")
    assert result.exit_code == 3
    assert "cannot be written" in result.stderr


def test_what_was_shown_is_cut_into_spells() -> None:
    shown = ShownProgramme(
        "J1", "J1", ("K1", "K2"), (10.0, 11.0, 12.0, 13.0), ((G, R), (G, R), (A, R), (R, G)), (Spell(8, 13, "A"),)
    )
    assert list(shown.spells(0)) == [Spell(10, 12, "green"), Spell(12, 13, "amber"), Spell(13, 14, "red")]
    assert list(shown.spells(1)) == [Spell(10, 13, "red"), Spell(13, 14, "green")]
    part = shown.between(11, 13)
    assert (part.times_s, part.stages) == ((11.0, 12.0), (Spell(11, 13, "A"),))


@pytest.mark.parametrize(
    ("text", "without_thai"),
    [
        ("J05  ห้าแยกโพศรี / Five Ways", "Five Ways"),
        ("signal programme  ·  สัญญาณไฟ", "signal programme"),
        ("Pho Si - Thahan", "Pho Si - Thahan"),
        ("J05 ห้าแยก", "J05"),
    ],
)
def test_where_no_font_has_thai_letters_the_latin_ones_are_drawn(
    monkeypatch: pytest.MonkeyPatch, text: str, without_thai: str
) -> None:
    monkeypatch.setattr(fonts, "thai_font", lambda: None)
    assert fonts.drawable(text) == without_thai
    monkeypatch.setattr(fonts, "thai_font", lambda: "Noto Sans Thai")
    assert fonts.drawable(text) == text
