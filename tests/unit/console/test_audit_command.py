"""Does `faikhiao audit` say whether the log is as it was written, and `operator token` who is in the file?"""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import Result

from console.api.tokens import read_holders
from field_io.audit import AuditLog, audit_beside, audit_in_folder

Call = Callable[..., Result]


def record(log: AuditLog, by: str) -> str:
    entry = {"utc_s": 1.8e9, "by": by, "role": "operator", "source": "", "action": "hold", "detail": "{}"}
    head = str(log.append(entry | {"outcome": "accepted"}))
    log.close()
    return head


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    """A journal's folder with two records."""
    log = AuditLog(audit_in_folder(tmp_path), durable=False)
    for name in ("desk-1", "desk-2"):
        record(log, name)
    return tmp_path


def test_a_whole_log_is_said_to_be_so_with_its_head(call: Call, journal: Path) -> None:
    result = call("audit", "verify", journal)
    assert (result.exit_code, result.stdout.splitlines()[0]) == (0, "2 records, none changed")
    head = result.stdout.split()[-1]
    record(AuditLog(audit_in_folder(journal), durable=False), "desk-3")
    assert json.loads(call("audit", "verify", journal, "--head", head, "--json").stdout)["whole"] is True
    shown = call("audit", "show", journal, "--limit", "2").stdout.splitlines()
    assert ["desk-2" in shown[0], "desk-3" in shown[1], len(shown)] == [True, True, 2]
    assert [found["n"] for found in json.loads(call("audit", "show", journal, "--json").stdout)] == [1, 2, 3]


def test_a_changed_log_ends_with_1_and_names_the_record(call: Call, journal: Path) -> None:
    with closing(sqlite3.connect(audit_in_folder(journal))) as db:
        db.execute("DROP TRIGGER no_update")
        db.execute("UPDATE audit SET text = replace(text, 'desk-2', 'desk-9') WHERE n = 2")
        db.commit()
    result = call("audit", "verify", journal)
    assert result.exit_code == 1
    assert result.stdout.startswith("record 2 was edited")
    assert json.loads(call("audit", "verify", journal, "--json").stdout)["whole"] is False


def test_another_head_or_none_is_told(call: Call, journal: Path) -> None:
    assert call("audit", "verify", journal, "--head", "2:" + "0" * 64).exit_code == 1
    assert call("audit", "verify", journal, "--head", "two").exit_code == 2
    assert call("audit", "verify", journal / "none").exit_code == 3


def test_the_log_beside_a_journal_of_one_file_is_found(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "run.sqlite"
    record(AuditLog(audit_beside(file), durable=False), "desk-1")
    for named in (file, audit_beside(file)):
        assert call("audit", "verify", named).exit_code == 0


def test_a_token_is_put_into_a_file_and_taken_out_again(call: Call, tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    made = call("operator", "token", "desk-1", "--role", "operator", "--days", "90", "--tokens", file)
    (holder,) = read_holders(file)
    assert holder.until is not None
    assert made.stdout.splitlines()[0] not in file.read_text()
    assert call("operator", "revoke", "desk-9", "--tokens", file).exit_code == 3
    call("operator", "token", "desk-2", "--role", "viewer", "--tokens", file)
    assert call("operator", "revoke", "desk-1", "--tokens", file).stdout == "desk-1: 1 token taken back\n"
    assert [holder.name for holder in read_holders(file)] == ["desk-2"]
    assert call("operator", "token", "desk-3", "--role", "viewer", "--days", "4000").exit_code == 2
