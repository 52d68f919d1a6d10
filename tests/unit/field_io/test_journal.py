"""Is every step on disk before it counts, and what happens when the disk does not want to?"""

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from controller.events import Decision, LinkChange, Reason, StepResult
from field_io import journal as writer
from field_io.errors import JournalError
from field_io.journal import Journal
from field_io.journal_files import journal_in_file, journal_in_folder, read_last_state, segment_paths
from field_io.segment import SCHEMA, Head, Segment, open_for_writing

HEAD = Head("udon", '{"files":{}}', "fixed_time", now_s=0.0, utc_s=1e9, epoch=7)


def take_steps(journal: Journal, first: int, last: int) -> None:
    """Steps of one second, each with an input and a decision; snapshots where they are wanted."""
    for second in range(first, last + 1):
        now_s = float(second)
        journal.begin_step(now_s, (LinkChange("J01", True, f"second {second}"),))
        result = StepResult(now_s, (), (Decision("J01", Reason.PROGRAMME, (("second", second),)),), ())
        journal.end_step(result, b"core after %d" % second if journal.wants_snapshot else None)


def seconds_of(path: Path) -> list[float]:
    with Segment.reading(path) as segment:
        return [step.now_s for step in segment.steps() if step.digest is not None]


def test_head_steps_and_notes_come_back(tmp_path: Path) -> None:
    path = tmp_path / "run.journal"
    journal = journal_in_file(path, HEAD, b"core")
    take_steps(journal, 1, 5)
    journal.note("audit", "somebody held stage 2", 1e9)
    journal.close()
    with Segment.reading(path) as segment:
        steps = list(segment.steps())
        assert (segment.head.site, segment.head.epoch, segment.head.strategy) == ("udon", 7, "fixed_time")
        assert segment.first_snapshot() == b"core"
        assert segment.notes() == [(5, "audit", "somebody held stage 2")]
    assert [step.number for step in steps] == [1, 2, 3, 4, 5]
    assert steps[2].inputs == (LinkChange("J01", True, "second 3"),)
    assert steps[2].result() == StepResult(3.0, (), (Decision("J01", Reason.PROGRAMME, (("second", 3),)),), ())


def test_inputs_are_on_disk_before_the_step_and_outputs_before_anything_is_sent(tmp_path: Path) -> None:
    path = tmp_path / "run.journal"
    journal = journal_in_file(path, HEAD, b"core")
    journal.begin_step(1.0, (LinkChange("J01", True, "x"),))
    with Segment.reading(path) as segment:  # another process would see the same
        assert [(step.now_s, step.digest) for step in segment.steps()] == [(1.0, None)]
    journal.end_step(StepResult(1.0, (), (), ()))
    assert seconds_of(path) == [1.0]


def test_snapshots_are_kept_every_five_minutes(tmp_path: Path) -> None:
    path = tmp_path / "run.journal"
    journal = journal_in_file(path, HEAD, b"core")
    take_steps(journal, 1, 900)
    with Segment.reading(path) as segment:
        assert segment.last_snapshot() == (900, b"core after 900")
        assert segment.first_snapshot() == b"core"


def test_a_folder_rotates_within_its_bound_and_each_segment_begins_with_a_snapshot(tmp_path: Path) -> None:
    journal = journal_in_folder(tmp_path, HEAD, b"core", segment_bytes=40_000, max_bytes=150_000, durable=False)
    take_steps(journal, 1, 3000)
    journal.close()
    paths = segment_paths(tmp_path)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 250_000
    assert len(paths) > 2
    covered = [second for path in paths for second in seconds_of(path)]
    assert covered == [float(second) for second in range(int(covered[0]), 3001)]
    for path in paths[1:]:
        with Segment.reading(path) as segment:
            assert segment.first_snapshot() == b"core after %d" % (segment.head.first_step - 1)
            assert segment.head.utc_s == 1e9 + segment.head.now_s


def test_the_last_state_is_that_of_the_newest_segment(tmp_path: Path) -> None:
    assert read_last_state(tmp_path / "none") == (None, [])
    for run in (1, 2):
        journal = journal_in_folder(tmp_path, HEAD, b"run %d" % run, segment_bytes=10**6, max_bytes=10**7)
        take_steps(journal, 1, 10 * run)
        journal.close()
    state, set_aside = read_last_state(tmp_path)
    assert state is not None
    assert (state.snapshot, state.now_s, state.utc_s, state.epoch) == (b"run 2", 20.0, 1e9 + 20, 7)
    assert set_aside == []


def small_disk(path: Path, pages: int) -> sqlite3.Connection:
    connection = open_for_writing(path, durable=False)
    connection.execute(f"PRAGMA max_page_count = {pages}")
    return connection


def test_a_full_disk_is_waited_out_in_memory_and_nothing_is_lost(tmp_path: Path) -> None:
    path, pages = tmp_path / "a.sqlite", [12]
    journal = Journal(lambda _: small_disk(path, pages[0]), HEAD, b"core")
    take_steps(journal, 1, 200)
    trouble = journal.trouble
    assert trouble is not None
    assert "full" in trouble.cause
    written = len(seconds_of(path))
    assert 0 < written < 200
    pages[0] = 10_000
    take_steps(journal, 201, 220)
    assert journal.trouble is None
    journal.close()
    assert seconds_of(path) == [float(second) for second in range(1, 221)]
    with Segment.reading(path) as segment:
        (gap,) = segment.notes()
    assert gap[1] == "gap"
    assert "0 steps lost" in gap[2]


def test_a_disk_that_stays_full_costs_the_oldest_steps_and_a_new_segment_begins_after(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "MAX_WAITING", 50)
    room = {1: 12}
    journal = Journal(
        lambda number: small_disk(tmp_path / f"journal-{number:06}.sqlite", room.get(number, 1)),
        HEAD,
        b"core",
        segment_bytes=10**6,
    )
    take_steps(journal, 1, 300)
    assert journal.trouble is not None
    assert len(journal._waiting) <= 50
    room.update(dict.fromkeys(range(2, 99), 10_000))
    take_steps(journal, 301, 400)
    journal.close()
    first, last = segment_paths(tmp_path)[0], segment_paths(tmp_path)[-1]
    assert seconds_of(first)[0] == 1.0
    resumed = seconds_of(last)
    assert resumed
    assert resumed == [float(second) for second in range(int(resumed[0]), 401)]


class Damaged(sqlite3.Connection):
    """A connection to a file that is found to be damaged at its 40th statement, and ever after."""

    left = 40

    def execute(self, *arguments: Any) -> sqlite3.Cursor:
        Damaged.left -= 1
        if Damaged.left < 0:
            raise sqlite3.DatabaseError("database disk image is malformed")
        return super().execute(*arguments)


def test_a_file_found_damaged_by_the_writer_is_left_and_a_new_segment_begun(tmp_path: Path) -> None:
    def open_segment(number: int) -> sqlite3.Connection:
        path = tmp_path / f"journal-{number:06}.sqlite"
        if number > 1:
            return open_for_writing(path, durable=False)
        connection = sqlite3.connect(path, isolation_level=None, factory=Damaged)
        connection.executescript(SCHEMA)
        return connection

    journal = Journal(open_segment, HEAD, b"core", segment_bytes=10**6)
    take_steps(journal, 1, 60)
    assert journal.trouble is None
    journal.close()
    resumed = seconds_of(segment_paths(tmp_path)[-1])
    assert resumed == [float(second) for second in range(int(resumed[0]), 61)]
    with Segment.reading(segment_paths(tmp_path)[-1]) as segment:
        assert "malformed" in segment.notes()[0][2]


def test_another_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("dear mayor")
    with pytest.raises(JournalError, match="name another file"):
        journal_in_file(path, HEAD, b"core")
    assert path.read_text() == "dear mayor"
    with pytest.raises(JournalError, match="cannot be made"):
        journal_in_folder(path, HEAD, b"core", segment_bytes=1, max_bytes=1)
    with pytest.raises(JournalError, match="cannot be written"):
        journal_in_file(tmp_path / "none" / "x", HEAD, b"core")


def test_an_older_journal_is_replaced_whole(tmp_path: Path) -> None:
    path = tmp_path / "run.journal"
    for last in (20, 3):
        journal = journal_in_file(path, HEAD, b"core")
        take_steps(journal, 1, last)
        journal.close()
    assert seconds_of(path) == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("content", "cause"),
    [(None, "no such file"), (b"", "not a journal"), (b"not sqlite at all" * 100, "not a database")],
)
def test_what_is_no_journal_says_so(tmp_path: Path, content: bytes | None, cause: str) -> None:
    path = tmp_path / "x"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(JournalError, match=cause), Segment.reading(path):
        pass


def test_every_kind_of_input_is_known_to_the_readers_of_columns_and_a_fault_survives_a_process() -> None:
    import pickle
    import typing

    from controller.events import Input
    from field_io.journal_columns import _INPUTS

    known = {kind.__struct_config__.tag for kind in typing.get_args(typing.get_args(_INPUTS.type)[0])}
    assert known == {kind.__name__ for kind in typing.get_args(Input)}
    fault = pickle.loads(pickle.dumps(JournalError("a.sqlite", "damaged")))
    assert (fault.path, fault.cause, str(fault)) == ("a.sqlite", "damaged", str(JournalError("a.sqlite", "damaged")))
