"""The list of 72 faults and the command that injects them: is it whole, do probes hold, and can a probe fail?"""

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.application import build
from console.exits import ExitCode
from console.faults.page import faults_page
from console.faults.run import Verdict, run_row, summary
from console.faults.table import GROUPS, all_rows, rows_by_group
from field_io import session
from field_io.registers import ResultCode
from sim.cabinet.acceptance import CHECKS
from sim.cabinet.cabinet import VirtualCabinet
from sim.faults.checker import WatchedCabinet
from sim.probes import AbsentError, Figure, Outcome, Row

ROWS = {row.id: row for row in all_rows()}
QUICK = ("F08", "F09", "F18", "F21", "F22", "F24", "F26", "F27", "F33", "F34", "F35", "F37", "F43", "F46", "F49", "F53",
         "F57", "F61", "F62", "F65", "F67", "F72")  # fmt: skip
"""Those that take well below a second each."""


def test_every_fault_is_in_the_list_once() -> None:
    assert [row.id for row in all_rows()] == [f"F{number:02}" for number in range(1, 73)]
    assert [row.id for _, rows in rows_by_group() for row in rows] == list(ROWS)
    assert len(GROUPS) == 6


def test_at_least_sixty_are_automated_and_the_others_say_why() -> None:
    assert sum(row.probe is not None for row in all_rows()) >= 60
    assert all(len(row.why_not) > 20 for row in all_rows() if row.probe is None)


@pytest.mark.parametrize("fault", QUICK)
def test_a_fault_keeps_its_limit(fault: str) -> None:
    result = run_row(ROWS[fault])
    assert result.verdict is Verdict.WITHIN, result.as_data()


# ------------------------------------------------------------------------------------------- probes that can fail


def missed(fault: str) -> str:
    result = run_row(ROWS[fault])
    assert result.verdict is Verdict.MISSED
    assert result.outcome is not None
    return "; ".join([*(str(f) for f in result.outcome.figures if not f.holds), *result.outcome.breaches])


def test_a_cabinet_that_obeys_after_the_lease_is_seen_by_the_pulled_cable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.cabinet.watchdogs.watch_lease", lambda _operation, _now_ds: 1 << 40)
    assert "S6 at J01" in missed("F27")


def test_a_cabinet_that_obeys_replayed_blocks_is_seen_by_the_replay(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = (ResultCode.BOOT_ID, ResultCode.OLD_SEQUENCE, ResultCode.STALE_BASIS, ResultCode.PRECONDITION)
    monkeypatch.setattr(VirtualCabinet, "checks", tuple(pair for pair in CHECKS if pair[0] not in missing))
    assert "accepted" in missed("F62")


def test_a_controller_that_believes_the_modbus_answer_is_seen_by_the_liar(monkeypatch: pytest.MonkeyPatch) -> None:
    def credulous(self: session.CabinetSession, status: object, now_s: float) -> None:
        self._accepted = True if self._pending is not None else None
        self._pending = None

    monkeypatch.setattr(session.CabinetSession, "_hear_echo", credulous)
    assert "believed applied" in missed("F35")


def test_a_controller_that_commands_any_cabinet_is_seen_by_the_other_configuration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(session.CabinetSession, "_expectations", lambda _self, _identity: ())
    assert "commands sent" in missed("F38")


def test_a_cabinet_without_a_monitor_is_seen_by_the_burning_conflict(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.cabinet.watchdogs.ask_monitor", lambda _operation, _now_ms: 1 << 40)
    assert "trip after" in missed("F40")


def test_the_watch_is_on_every_cabinet_of_a_probe() -> None:
    assert WatchedCabinet.write_holding is not VirtualCabinet.write_holding


# -------------------------------------------------------------------------------------------- command and page


def within() -> Outcome:
    return Outcome("it held", (Figure("seconds", 3.0, 5.0, "s"),), detect_s=0.5, safe_s=3.0, recover_s=60.0)


def broken() -> Outcome:
    return Outcome("it broke | at once", (Figure("seconds", float("inf"), 5.0, "s"),), breaches=("S1 at J01: N, E",))


def absent() -> Outcome:
    raise AbsentError("no broker is installed")


MADE = (
    Row("F01", "one", "a", "5 s", within),
    Row("F02", "two", "b", "5 s", broken),
    Row("F03", "three", "c", "5 s", absent),
    Row("F72", "four", "d", "none", why_not="nobody can try that on one machine"),
)


def test_the_page_shows_what_held_what_missed_and_what_was_not_run() -> None:
    rows = [run_row(row).as_data() for row in MADE]
    told = {"machine": "one machine", "summary": summary(rows), "faults": rows}
    page = faults_page(json.loads(json.dumps(told)), date(2026, 1, 5))
    assert "**1 within their limits, 1 missed, 1 not run here, 1 not automated. Breaches 1" in page
    assert "2026-01-05" in page
    assert "it broke \\| at once. seconds never (at most 5 s)" in page
    assert "- F02 two: seconds never (at most 5 s); S1 at J01: N, E" in page
    assert "- F72 four: nobody can try that on one machine." in page
    assert "500 ms" in page


@pytest.mark.parametrize(("rows", "code"), [(MADE[:1], ExitCode.OK), (MADE[2:], ExitCode.OK), (MADE, ExitCode.SAFETY)])
def test_the_command_ends_by_what_it_found(
    rows: tuple[Row, ...], code: ExitCode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("console.faults.table.all_rows", lambda: rows)
    target = tmp_path / "faults.json"
    ended = CliRunner().invoke(build(), ["faults", "--json", str(target), "--page", str(tmp_path / "page.md")])
    assert ended.exit_code == code
    assert [row["id"] for row in json.loads(target.read_text())["faults"]] == [row.id for row in rows]
    assert (tmp_path / "page.md").read_text().startswith("# Faults")


def test_a_limit_that_was_missed_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    late = Row("F01", "one", "a", "5 s", lambda: Outcome("late", (Figure("seconds", 6.0, 5.0, "s"),)))
    monkeypatch.setattr("console.faults.table.all_rows", lambda: (late,))
    ended = CliRunner().invoke(build(), ["faults"])
    assert ended.exit_code == ExitCode.FINDINGS
    assert "! seconds 6 s (at most 5 s)" in ended.stdout


def test_a_known_miss_is_shown_and_fails_no_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.faults.table.all_rows", lambda: MADE)
    ended = CliRunner().invoke(build(), ["faults", "--known", "F02"])
    assert ended.exit_code == ExitCode.OK
    assert "F02  missed" in ended.stdout


def test_a_figure_of_a_busy_machine_is_measured_again_and_others_are_not() -> None:
    values = [9.0, 8.0, 3.0, 9.0, 3.0]

    def measured() -> Outcome:
        return Outcome("measured", (Figure("seconds", values.pop(0), 5.0, "s"),))

    timed = run_row(Row("F01", "one", "a", "5 s", measured, timed=True))
    assert (timed.verdict, timed.tries) == (Verdict.WITHIN, 3)
    assert run_row(Row("F01", "one", "a", "5 s", measured)).verdict is Verdict.MISSED


def test_an_interrupted_run_goes_on_where_it_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []

    def counted() -> Outcome:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return within()

    rows = (Row("F01", "one", "a", "5 s", counted), Row("F02", "two", "b", "5 s", counted))
    monkeypatch.setattr("console.faults.table.all_rows", lambda: rows)
    kept = tmp_path / "kept.json"
    assert CliRunner().invoke(build(), ["faults", "--keep", str(kept)]).exit_code == ExitCode.INTERRUPTED
    assert CliRunner().invoke(build(), ["faults", "--keep", str(kept), "--json", "-"]).exit_code == ExitCode.OK
    assert len(calls) == 3
    shown = CliRunner().invoke(build(), ["faults", "--keep", str(tmp_path / "none.json"), "--no-more", "--json", "-"])
    assert [row["verdict"] for row in json.loads(shown.stdout[shown.stdout.index("{") :])["faults"]] == ["not run"] * 2
    assert len(calls) == 3
    kept.write_text("{}")
    assert CliRunner().invoke(build(), ["faults", "--keep", str(kept)]).exit_code == ExitCode.CONFIGURATION


def test_an_unknown_fault_is_named() -> None:
    ended = CliRunner().invoke(build(), ["faults", "--id", "F99"])
    assert ended.exit_code == ExitCode.USAGE


def test_a_row_has_a_probe_or_a_reason() -> None:
    with pytest.raises(ValueError, match="F01"):
        Row("F01", "one", "a", "b")
