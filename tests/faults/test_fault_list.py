"""The list of 72 faults and the command that injects them: is it whole, do probes hold, and can a probe fail?"""

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

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


class Measured:
    """A probe that answers one outcome after the other, or meets an error."""

    def __init__(self, *said: Outcome | Exception) -> None:
        self.said, self.asked = list(said), 0
        self.before: list[int] = []
        """Of those that share this list: whose turn it was, by `id`."""

    def __call__(self) -> Outcome:
        self.asked += 1
        self.before.append(id(self))
        said = self.said.pop(0)
        if isinstance(said, Exception):
            raise said
        return said


def after(seconds: float, *, timed: bool = True, breaches: tuple[str, ...] = (), wrong: int = 0) -> Outcome:
    figure = Figure("seconds", seconds, 5.0, "s", timed=timed)
    return Outcome("measured", (figure,), breaches=breaches, wrong_commands=wrong)


def the_command(monkeypatch: pytest.MonkeyPatch, *rows: Row, quiet: bool = True) -> Result:
    monkeypatch.setattr("console.faults.table.all_rows", lambda: rows)
    return CliRunner().invoke(build(), ["faults", *(["--quiet"] if quiet else [])])


def test_what_a_busy_machine_spoilt_is_measured_at_once_again_and_after_all_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    slow, other = Measured(after(9.0), after(8.0), after(3.0)), Measured(after(1.0))
    other.before = slow.before
    rows = (
        Row("F01", "one", "a", "5 s", slow, timed=True),
        Row("F02", "two", "b", "5 s", other, timed=True),
    )
    ended = the_command(monkeypatch, *rows)
    assert slow.before == [id(slow), id(slow), id(other), id(slow)]
    assert ended.exit_code == ExitCode.OK
    assert "3 tries" in ended.stdout
    assert "missed (" not in ended.stdout


def test_three_tries_are_all(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Measured(*(after(9.0) for _ in range(9)))
    assert the_command(monkeypatch, Row("F01", "one", "a", "5 s", slow, timed=True)).exit_code == ExitCode.FINDINGS
    assert slow.asked == 3


@pytest.mark.parametrize(
    ("first", "code"),
    [
        (after(9.0, breaches=("S1 at J01: N, E",)), ExitCode.SAFETY),
        (after(1.0, breaches=("S6 at J01: late",)), ExitCode.SAFETY),
        (after(9.0, wrong=1), ExitCode.FINDINGS),
        (after(9.0, timed=False), ExitCode.FINDINGS),
    ],
)
def test_no_second_try_excuses_a_breach_a_wrong_command_or_a_count(
    first: Outcome, code: ExitCode, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe = Measured(first, after(1.0), after(1.0))
    assert the_command(monkeypatch, Row("F01", "one", "a", "5 s", probe, timed=True)).exit_code == code
    assert probe.asked == 1
    later = Measured(after(9.0), first, after(1.0))  # nor where it is seen in the second one
    assert the_command(monkeypatch, Row("F01", "one", "a", "5 s", later, timed=True)).exit_code == code
    assert later.asked == 2


def test_a_miss_under_the_virtual_clock_is_a_miss(monkeypatch: pytest.MonkeyPatch) -> None:
    probe = Measured(after(9.0), after(1.0))
    assert the_command(monkeypatch, Row("F01", "one", "a", "5 s", probe)).exit_code == ExitCode.FINDINGS
    assert probe.asked == 1


def test_an_error_of_a_socket_ends_no_run_and_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    broken_line = Measured(*(ConnectionResetError("the peer went") for _ in range(3)))
    mended_line = Measured(TimeoutError("no answer"), after(1.0))
    rows = (
        Row("F01", "one", "a", "5 s", broken_line, timed=True),
        Row("F02", "two", "b", "5 s", mended_line, timed=True),
    )
    ended = the_command(monkeypatch, *rows)
    assert (broken_line.asked, mended_line.asked, ended.exit_code) == (3, 2, ExitCode.FINDINGS)
    assert ended.stdout.rstrip().endswith("F01  one: ConnectionResetError: the peer went, 3 tries")
    assert "F02  within         two" in ended.stdout


def test_briefly_a_row_that_held_is_one_line_and_the_last_ones_tell_what_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ended = the_command(monkeypatch, *MADE, quiet=True)
    lines = ended.stdout.splitlines()
    assert [line for line in lines if line.startswith("F01")] == ["F01  within         one (0.0 s)"]
    assert "no broker is installed" in ended.stdout
    end = lines[lines.index("missed (1):") :]
    assert end[1:] == [
        "F02  two: it broke | at once",
        "                    ! seconds never (at most 5 s)",
        "                    ! S1 at J01: N, E",
    ]


def test_every_row_of_real_sockets_processes_and_files_is_known_as_such() -> None:
    real = "F01 F03 F04 F05 F10 F11 F12 F13 F19 F28 F29 F49 F50 F51 F52 F53 F54 F64 F66 F67 F68 F70 F71"
    assert [row.id for row in all_rows() if row.timed] == real.split()


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
