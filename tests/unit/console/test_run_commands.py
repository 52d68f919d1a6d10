"""Do simulate, bench, replay and report give what they say, and fail with a sentence and a code?"""

import json
import sqlite3
from pathlib import Path

import pytest

from tests.unit.console.conftest import Call

pytestmark = pytest.mark.sumo


@pytest.fixture(scope="module")
def journal(crossing: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Journal of two minutes at the crossing."""
    from sim.simulate import SimulationSettings, simulate

    path = tmp_path_factory.mktemp("journal") / "town.journal"
    simulate(SimulationSettings(str(crossing), "actuated", minutes=2, journal=path))
    return path


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_simulation_gives_its_result_to_people_and_to_programs(call: Call, crossing: Path, tmp_path: Path) -> None:
    before = contents(crossing)
    result = call("simulate", crossing, "--strategy", "actuated", "--minutes", "1", "--json", tmp_path / "r.json")
    assert result.exit_code == 0
    assert "safety breaks   0" in result.stdout
    written = json.loads((tmp_path / "r.json").read_text())
    assert {
        "scenario", "strategy", "seed", "link", "simulated_s", "wall_s", "vehicles", "finished", "unfinished",
        "undeparted", "delay_s", "trip_s", "wait_s", "stops", "worst_approach_s", "longest_red_s", "person_delay_s",
        "by_class", "invariant_breaks", "decisions", "decision_ms", "mqtt_messages", "modbus_round_trips",
        "realtime_factor", "sumo_version",
    } <= set(written)  # fmt: skip
    assert set(written["decision_ms"]) == {"p50", "p99", "max"}
    assert contents(crossing) == before


def test_json_on_standard_output_is_nothing_but_json(call: Call, crossing: Path) -> None:
    result = call("simulate", crossing, "--strategy", "own-plan", "--minutes", "1", "--json", "-")
    assert json.loads(result.stdout)["simulated_s"] == 60


def test_a_site_can_be_given(call: Call, crossing: Path, tmp_path: Path) -> None:
    assert call("import", "sumo", crossing, "--out", tmp_path / "town").exit_code == 0
    result = call("simulate", crossing, "--minutes", "1", "--site", tmp_path / "town", "--json", "-")
    assert json.loads(result.stdout)["site"] == "town"


def test_bench_compares_and_gives_a_table(call: Call, crossing: Path, tmp_path: Path) -> None:
    words = ("--strategies", "own-plan,actuated", "--seeds", "1", "--minutes", "1", "--json", tmp_path / "b.json")
    result = call("bench", crossing, *words)
    assert result.exit_code == 0
    assert "| own-plan |" in result.stdout
    assert "2/2" in result.stderr
    assert len(json.loads((tmp_path / "b.json").read_text())["runs"]) == 2
    assert "## " in call("report", tmp_path / "b.json").stdout


def test_a_journal_is_replayed_to_the_last_bit(call: Call, journal: Path) -> None:
    result = call("replay", journal)
    assert (result.exit_code, result.stdout) == (0, "121 steps: identical\n")
    assert json.loads(call("replay", journal, "--json").stdout)["identical"] is True


def test_a_journal_that_was_changed_differs(call: Call, journal: Path, tmp_path: Path) -> None:
    path = tmp_path / "changed.journal"
    path.write_bytes(journal.read_bytes())
    with sqlite3.connect(path) as database:
        database.execute("UPDATE result SET digest = x'00' WHERE n = 60")
    database.close()
    result = call("replay", path)
    assert result.exit_code == 1
    assert "step 60" in result.stdout
    assert json.loads(call("replay", path, "--json").stdout)["difference"]["step"] == 60


@pytest.mark.parametrize("command", ["replay", "report"])
def test_a_broken_journal_ends_with_3(call: Call, journal: Path, tmp_path: Path, command: str) -> None:
    torn, nothing, other = tmp_path / "torn.journal", tmp_path / "none.journal", tmp_path / "other.journal"
    torn.write_bytes(journal.read_bytes()[:30_000])
    other.write_text("what is this")
    for path in (torn, nothing, other):
        result = call(command, path)
        assert result.exit_code == 3
        assert str(path) in result.stderr


def test_a_report_tells_stages_reasons_and_alarms(call: Call, journal: Path) -> None:
    text = call("report", journal).stdout
    for heading in ("What ran", "Stages that were asked for", "Decisions by reason", "Alarms"):
        assert f"## {heading}" in text
    assert "no vehicle came within the gap time" in text
    assert "ไม่มีรถตามมา" in call("report", journal, "--language", "th").stdout
    record = json.loads(call("report", journal, "--json").stdout)
    assert record["steps"] == 121
    assert sum(use["share"] for use in record["stages"]) == pytest.approx(1.0, abs=0.001)


def test_a_report_is_a_page_with_its_picture_inside(call: Call, journal: Path, tmp_path: Path) -> None:
    page, chart = tmp_path / "r.html", tmp_path / "r.png"
    assert call("report", journal, "--out", page, "--chart", chart, "--minutes", "1").exit_code == 0
    assert chart.read_bytes().startswith(b"\x89PNG")
    text = page.read_text(encoding="utf-8")
    assert "data:image/svg+xml;base64," in text
    assert not any(f"{fetched}http" in text for fetched in ('src="', 'href="', "url("))


def test_a_chart_of_what_is_not_there_is_refused(call: Call, journal: Path, tmp_path: Path) -> None:
    assert call("report", journal, "--chart", tmp_path / "c.png", "--begin", "23:00").exit_code == 2
    assert call("report", journal, "--junction", "J99").exit_code == 3
    assert list(tmp_path.iterdir()) == []


def test_a_scenario_without_signals_ends_with_3(call: Call, unsignalled: Path, tmp_path: Path) -> None:
    result = call("simulate", unsignalled, "--json", tmp_path / "r.json")
    assert result.exit_code == 3
    assert "no traffic lights" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_scenario_that_is_not_there_ends_with_3(call: Call, tmp_path: Path) -> None:
    for command in ("simulate", "bench"):
        result = call(command, tmp_path / "nowhere")
        assert result.exit_code == 3
        assert "was not found" in result.stderr


def test_a_site_with_mistakes_ends_with_3_and_every_finding(call: Call, crossing: Path, site: Path) -> None:
    path = site / "junctions" / "J01.yaml"
    path.write_text(path.read_text().replace("K2: 5", "K2: 2", 1))
    for words in (("simulate", crossing, "--site", site), ("run", site), ("cabinet", site)):
        result = call(*words)
        assert result.exit_code == 3
        assert "junctions/J01.yaml:" in result.stderr


def test_a_place_where_nothing_can_be_written_is_known_before_the_run(
    call: Call, crossing: Path, tmp_path: Path
) -> None:
    (tmp_path / "r.json").mkdir()
    result = call("simulate", crossing, "--json", tmp_path / "r.json")
    assert result.exit_code == 3
    assert "cannot be written" in result.stderr


def test_a_broker_that_is_not_there_ends_with_4(call: Call, crossing: Path, free_tcp_port: int) -> None:
    words = ("--minutes", "1", "--link", "wire", "--broker", f"127.0.0.1:{free_tcp_port}")
    result = call("simulate", crossing, *words)
    assert result.exit_code == 4
    assert f"127.0.0.1:{free_tcp_port}" in result.stderr


def test_a_broken_safety_rule_ends_with_5(call: Call, crossing: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import sim.simulate

    honest = sim.simulate.simulate
    monkeypatch.setattr(sim.simulate, "simulate", lambda *given: {**honest(*given), "invariant_breaks": 3})
    result = call("simulate", crossing, "--minutes", "1")
    assert result.exit_code == 5
    assert "safety rules were broken" in result.stderr
    assert call("simulate", crossing, "--minutes", "1", "--strategy", "own-plan").exit_code == 0  # SUMO's own


def test_a_window_where_there_is_no_screen_is_refused_at_once(
    call: Call, crossing: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """sumo-gui itself would try for a minute."""
    monkeypatch.delenv("DISPLAY", raising=False)
    result = call("simulate", crossing, "--gui")
    assert result.exit_code == 2
    assert "--gui needs a screen, and this machine shows no window (DISPLAY is not set)" in result.stderr
