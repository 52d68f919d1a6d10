"""Does a disk that hangs keep a step waiting for a moment only?"""

import asyncio
import threading
from pathlib import Path

import pytest

from controller.events import StepResult
from field_io import journal_thread
from field_io.journal import Journal
from field_io.journal_files import journal_in_file
from field_io.journal_thread import JournalThread
from field_io.segment import Head, Segment

HEAD = Head("udon", "{}", "fixed_time", now_s=0.0, utc_s=1e9)


class HangingDisk:
    """A journal whose writes wait until the disk is let go."""

    def __init__(self, journal: Journal) -> None:
        self.free = threading.Event()
        self.free.set()
        write = journal._write

        def slow(*writes: object) -> None:
            self.free.wait(30)
            write(*writes)  # type: ignore[arg-type]  # as given

        journal._write = slow  # type: ignore[method-assign]  # the fault


async def take_steps(thread: JournalThread, first: int, last: int) -> None:
    for second in range(first, last + 1):
        await thread.begin_step(float(second), ())
        await thread.end_step(StepResult(float(second), (), (), ()))


async def test_steps_go_on_while_the_disk_hangs_and_nothing_is_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_thread, "PATIENCE_S", 0.005)
    journal = journal_in_file(tmp_path / "j", HEAD, b"core")
    disk, thread = HangingDisk(journal), JournalThread(journal)
    await take_steps(thread, 1, 5)
    disk.free.clear()
    await take_steps(thread, 6, 15)
    assert thread.trouble == "the disk hangs"
    assert thread.slow_writes >= 20
    disk.free.set()
    monkeypatch.setattr(journal_thread, "PATIENCE_S", 10.0)
    await take_steps(thread, 16, 16)
    assert thread.trouble is None
    await thread.close()
    with Segment.reading(tmp_path / "j") as segment:
        assert [step.now_s for step in segment.steps()] == [float(second) for second in range(1, 17)]


async def test_a_disk_that_hangs_for_long_costs_steps_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_thread, "PATIENCE_S", 0.001)
    monkeypatch.setattr(journal_thread, "MAX_BACKLOG", 10)
    journal = journal_in_file(tmp_path / "j", HEAD, b"core")
    disk, thread = HangingDisk(journal), JournalThread(journal)
    disk.free.clear()
    await take_steps(thread, 1, 20)
    assert thread._backlog == 10
    disk.free.set()
    monkeypatch.setattr(journal_thread, "PATIENCE_S", 10.0)
    await asyncio.to_thread(thread._thread.submit(int).result)  # when the backlog is written
    await asyncio.sleep(0)
    await take_steps(thread, 21, 24)
    await thread.close()
    with Segment.reading(tmp_path / "j") as segment:
        numbers = [step.number for step in segment.steps()]
        (note,) = [text for _, kind, text in segment.notes() if kind == "gap"]
    assert note.startswith("15 steps before 5 s")
    assert numbers == [1, 2, 3, 4, 5, 21, 22, 23, 24]
