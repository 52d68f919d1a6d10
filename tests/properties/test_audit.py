"""Does the audit log show every change of it: an edited, removed, inserted, reordered or cut record?"""

import json
import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from field_io.audit import AuditLog, Head, audit_beside, audit_in_folder, hash_of, read_records, verify
from field_io.errors import JournalError

Row = tuple[int, str, str]
WORD = st.text(max_size=20)
RECORD = st.fixed_dictionaries({"by": WORD, "action": st.sampled_from(["hold", "plan"]), "utc_s": st.floats(0, 2e9)})
RECORDS = st.lists(RECORD, min_size=2, max_size=8)


def written(folder: Path, records: list[dict[str, object]]) -> Path:
    log = AuditLog(folder / "audit.sqlite", durable=False)
    for record in records:
        log.append(record)
    log.close()
    return log.path


def rewrite(path: Path, change: Callable[[list[Row]], list[Row]]) -> None:
    """What somebody does who has the file and knows SQLite: the triggers go, the rows are others."""
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA synchronous = OFF")
        rows: list[Row] = db.execute("SELECT n, text, hash FROM audit ORDER BY n").fetchall()
        db.execute("DROP TRIGGER no_update")
        db.execute("DROP TRIGGER no_delete")
        db.execute("DELETE FROM audit")
        db.executemany("INSERT INTO audit VALUES (?, ?, ?)", change(rows))
        db.commit()


def edited(rows: list[Row], place: int) -> list[Row]:
    n, text, stated = rows[place]
    return [
        *rows[:place],
        (n, json.dumps(json.loads(text) | {"by": "somebody else entirely"}), stated),
        *rows[place + 1 :],
    ]


def edited_with_its_hash(rows: list[Row], place: int) -> list[Row]:
    n, text, _ = rows[place]
    other = json.dumps(json.loads(text) | {"by": "somebody else entirely"})
    return [*rows[:place], (n, other, hash_of(other)), *rows[place + 1 :]]


def removed(rows: list[Row], place: int) -> list[Row]:
    return [*rows[:place], *rows[place + 1 :]]


def removed_and_renumbered(rows: list[Row], place: int) -> list[Row]:
    return [(n, text, stated) for n, (_, text, stated) in enumerate(removed(rows, place), start=1)]


def inserted(rows: list[Row], place: int) -> list[Row]:
    text = json.dumps({"n": place + 1, "prev": rows[place - 1][2] if place else "0" * 64, "by": "nobody"})
    more = [*rows[:place], (0, text, hash_of(text)), *rows[place:]]
    return [(n, text, stated) for n, (_, text, stated) in enumerate(more, start=1)]


def swapped(rows: list[Row], place: int) -> list[Row]:
    other = (place + 1) % len(rows)
    rows[place], rows[other] = (rows[place][0], *rows[other][1:]), (rows[other][0], *rows[place][1:])
    return rows


def cut(rows: list[Row], place: int) -> list[Row]:
    return rows[:place]


CHANGES = [edited, edited_with_its_hash, removed, removed_and_renumbered, inserted, swapped, cut]


@pytest.mark.parametrize("change", CHANGES)
@settings(deadline=None, max_examples=10)
@given(records=RECORDS, place=st.integers(0, 100))
def test_every_change_is_found_and_the_first_bad_record_named(
    change: Callable[[list[Row], int], list[Row]], records: list[dict[str, object]], place: int
) -> None:
    """F71."""
    place %= len(records)
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), records)
        assert verify(path).fault is None
        rewrite(path, lambda rows: change(rows, place))
        verdict = verify(path)
        assert verdict.fault is not None
        first = min(place, (place + 1) % len(records)) if change is swapped else place
        assert verdict.head.n in {first, first + 1}  # what comes before is vouched for


@settings(deadline=None, max_examples=10)
@given(records=RECORDS, place=st.integers(0, 100))
def test_a_whole_new_chain_is_found_by_a_head_that_was_kept(records: list[dict[str, object]], place: int) -> None:
    place %= len(records)
    with tempfile.TemporaryDirectory() as folder:
        path = written(Path(folder), records)
        kept = verify(path).head
        path.unlink()
        forged = [record | ({"by": "somebody else entirely"} if n == place else {}) for n, record in enumerate(records)]
        written(Path(folder), forged)
        assert verify(path).fault is None
        assert "made anew" in str(verify(path, kept).fault)
        path.unlink()
        written(Path(folder), records[:-1])
        assert "the end is gone" in str(verify(path, kept).fault)


def test_the_log_goes_on_after_a_restart_and_an_older_head_still_holds(tmp_path: Path) -> None:
    path = written(tmp_path, [{"by": "a"}])
    kept = verify(path).head
    written(tmp_path, [{"by": "b"}, {"by": "c"}])
    assert [record["by"] for record in read_records(path)] == ["a", "b", "c"]
    assert verify(path, kept).fault is None
    assert verify(path).head.n == 3
    assert verify(path, Head(1, "f" * 64)).fault is not None


def test_sqlite_itself_refuses_to_change_a_record(tmp_path: Path) -> None:
    path = written(tmp_path, [{"by": "a"}])
    with closing(sqlite3.connect(path)) as db:
        for statement in ("UPDATE audit SET text = ''", "DELETE FROM audit"):
            with pytest.raises(sqlite3.IntegrityError, match="append only"):
                db.execute(statement)


def test_a_file_that_is_no_database_is_set_aside_and_a_record_written(tmp_path: Path) -> None:
    path = tmp_path / "audit.sqlite"
    path.write_bytes(b"once a log, now something else")
    with pytest.raises(JournalError):
        verify(path)
    written(tmp_path, [{"by": "a"}])
    assert verify(path).head.n == 1
    assert (tmp_path / "audit.sqlite.unreadable-1").read_bytes().startswith(b"once")


def test_where_there_is_no_log_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="no request was recorded"):
        verify(audit_in_folder(tmp_path))
    assert audit_beside(Path("run.sqlite")).name == "run.sqlite.audit.sqlite"
    with closing(sqlite3.connect(tmp_path / "audit.sqlite")) as db:
        db.execute("CREATE TABLE other (x)")
        db.commit()
    with pytest.raises(JournalError, match="not an audit log"):
        verify(audit_in_folder(tmp_path))


def test_a_disk_that_cannot_be_written_is_told_and_the_next_record_follows_the_chain(tmp_path: Path) -> None:
    path = written(tmp_path, [{"by": "a"}])
    log = AuditLog(path)
    log.append({"by": "b"})
    shutil.copy(path, tmp_path / "copy")
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")  # somebody holds the file
        with pytest.raises(sqlite3.OperationalError):
            log.append({"by": "lost"})
        other.execute("ROLLBACK")
    assert log.append({"by": "c"}).n == 3
    log.close()
    assert verify(path).fault is None
