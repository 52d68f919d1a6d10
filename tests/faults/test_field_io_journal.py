"""F45, F51: killed, truncated or with bytes flipped anywhere, does the journal open, or is it set aside at once?"""

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from controller.events import LinkChange, StepResult
from field_io.errors import JournalError
from field_io.journal import Journal
from field_io.journal_files import journal_in_folder, read_last_state, segment_paths
from field_io.replay import Core, replay
from field_io.segment import SCHEMA, Head, Segment

HEAD = Head("udon", '{"files":{}}', "fixed_time", now_s=0.0, utc_s=1e9, epoch=7)


class Silent:
    """A core that decides nothing."""

    def step(self, now_s: float, inputs: object) -> StepResult:
        return StepResult(now_s, (), (), ())


def silent(head: Head, snapshot: bytes) -> Core:
    return Silent()


def open_journal(folder: Path) -> Journal:
    return journal_in_folder(folder, HEAD, b"core" * 500, segment_bytes=10**6, max_bytes=10**8, durable=False)


def take_steps(journal: Journal, steps: int) -> None:
    for second in range(1, steps + 1):
        journal.begin_step(float(second), (LinkChange("J01", True, f"second {second}"),))
        journal.end_step(StepResult(float(second), (), (), ()))


@pytest.fixture(scope="module")
def whole_journal(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of a journal whose writer was killed: a database and its log, by name."""
    folder = tmp_path_factory.mktemp("journal")
    journal = open_journal(folder)
    take_steps(journal, 400)
    files = {path.name: path.read_bytes() for path in folder.iterdir() if not path.name.endswith("-shm")}
    journal.close()
    return files


def damaged(data: bytes, chance: random.Random) -> bytes:
    """Cut at an offset, or some bytes from an offset on replaced."""
    offset = chance.randrange(len(data))
    if chance.random() < 0.5:
        return data[:offset]
    length = chance.choice([1, 16, 4096])
    return data[:offset] + chance.randbytes(length) + data[offset + length :]


@pytest.mark.parametrize("seed", range(60))
def test_a_damaged_journal_opens_or_is_set_aside_and_the_next_run_writes(
    tmp_path: Path, whole_journal: dict[str, bytes], seed: int
) -> None:
    chance = random.Random(seed)
    victim = chance.choice(sorted(whole_journal))
    for name, data in whole_journal.items():
        (tmp_path / name).write_bytes(damaged(data, chance) if name == victim else data)
    state, set_aside = read_last_state(tmp_path)
    assert (state is None) == bool(set_aside)
    journal = open_journal(tmp_path)
    take_steps(journal, 3)
    assert journal.trouble is None
    journal.close()
    with Segment.reading(segment_paths(tmp_path)[-1]) as segment:
        assert [step.now_s for step in segment.steps()] == [1.0, 2.0, 3.0]
    for path in segment_paths(tmp_path):
        with contextlib.suppress(JournalError):  # damage is that, and nothing else
            assert replay(path, silent).identical


def test_killed_at_any_moment_the_journal_holds_every_step_that_was_told(tmp_path: Path) -> None:
    program = textwrap.dedent("""
        import sys
        from pathlib import Path
        from controller.events import LinkChange, StepResult
        from field_io.journal_files import journal_in_folder
        from field_io.segment import Head

        head = Head("udon", "{}", "fixed_time", now_s=0.0, utc_s=1e9)
        journal = journal_in_folder(Path(sys.argv[1]), head, b"core", segment_bytes=60_000, max_bytes=10**8)
        for second in range(1, 1_000_000):
            journal.begin_step(float(second), (LinkChange("J01", True, "x"),))
            journal.end_step(StepResult(float(second), (), (), ()), b"core" if journal.wants_snapshot else None)
            print(second, flush=True)
    """)
    chance = random.Random(7)
    for _ in range(3):
        command = [sys.executable, "-c", program, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]) as process:
            assert process.stdout is not None
            process.stdout.readline()
            time.sleep(chance.uniform(0.0, 0.3))
            os.kill(process.pid, signal.SIGKILL)
            told = [int(line) for line in process.stdout.read().splitlines() if line.strip().isdigit()]
        state, set_aside = read_last_state(tmp_path)
        assert set_aside == []
        assert state is not None
        assert state.now_s >= (told[-1] if told else 1)


@pytest.mark.parametrize("made", ["nothing", "empty tables", "half the tables"])
def test_killed_before_the_head_was_written_costs_nothing(made: str, tmp_path: Path) -> None:
    """A file that was made and never begun holds nothing: it is removed without a word, the one before is read."""
    journal = open_journal(tmp_path)
    take_steps(journal, 5)
    journal.close()
    newest = segment_paths(tmp_path)[-1]
    begun = newest.with_name("journal-000099.sqlite")
    with contextlib.closing(sqlite3.connect(begun)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        if made == "empty tables":
            connection.executescript(SCHEMA)
        if made == "half the tables":
            connection.execute("CREATE TABLE head (key TEXT PRIMARY KEY, value)")
    state, set_aside = read_last_state(tmp_path)
    assert set_aside == []
    assert state is not None
    assert state.now_s == 5.0
    assert segment_paths(tmp_path) == [newest]
