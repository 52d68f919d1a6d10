"""The journal of the simulated centre: the real one, in real files, on a disk that may fail; what S8 and L4 ask of it.

S8: what a cabinet takes was journalled as intended before it was sent, and its echo after. While the disk fails the
journal holds it in memory, and notes the gap. So that nobody's word is taken for it, the files are read again whenever
a centre dies and at the end: every executed command must lie in them.

L4: whatever became of the files, the next start opens them or sets them aside within 5 s.
"""

from __future__ import annotations

import random
import sqlite3
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

from controller.events import CabinetReport, Input, PermittedCommand, StepResult
from field_io import records
from field_io.errors import JournalError
from field_io.journal import Journal
from field_io.journal_files import read_last_state, segment_paths
from field_io.segment import Head, Segment, open_for_writing
from sim.chaos.kept_journal import copied, damage
from sim.faults.checker import Breach

START_S = 5.0
"""L4: a start opens its journal, or sets it aside, within so much time of the processor."""
REMEMBERED_S = 150.0
"""Blocks that are late or doubled on the line come no later than this after they were sent."""
LOOKED_INTO_EVERY = 20
"""Of the steps that are read again, every so many is unpacked and compared command by command."""


@dataclass(slots=True)
class _Step:
    """What was decided in one second, and what came of it."""

    written: bool
    """Whether the disk had it before anything was sent; else the journal's memory had."""
    commands: dict[str, PermittedCommand] = field(default_factory=dict)
    """By junction: those that a cabinet took."""
    echoed: set[str] = field(default_factory=set)
    """Junctions whose cabinet's echo the centre believed in the same second."""


@dataclass(frozen=True, slots=True)
class _Sent:
    """A block on its way."""

    step_s: float
    segment: int
    command: PermittedCommand


class TownJournal:
    """All segments of one run, in a folder that goes with it."""

    def __init__(self, breaches: list[Breach]) -> None:
        self.disk_fails = False
        """Every statement meets a disk that is full."""
        self.told: Counter[str] = Counter()
        """What was done and asked, by name."""
        self._breaches = breaches
        self._home = TemporaryDirectory(prefix="faikhiao-town-")
        self._folder = Path(self._home.name) / "journal"
        self._folder.mkdir()
        self._journal: Journal | None = None
        self._db: sqlite3.Connection | None = None
        self._segment = 0
        self._now_s = 0.0
        self._steps: dict[float, _Step] = {}
        """Of the present segment, by control time."""
        self._sent: OrderedDict[tuple[int, ...], _Sent] = OrderedDict()
        """Blocks on their way, the oldest first."""
        self._kept: set[float] = set()
        """Steps of earlier segments that may still be executed and lie in a file, or were lost with the memory."""

    # ---------------------------------------------------------------------------------------- a centre's life

    def begin(self, head: Head, snapshot: bytes) -> None:
        """A centre starts: it reads what is there, and begins a segment of its own (L4)."""
        began_s = time.process_time()
        self._segment += 1
        self._now_s = head.now_s
        try:
            _, set_aside = read_last_state(self._folder)
            self.told["journals set aside"] += len(set_aside)
            self._journal = Journal(self._open, head, snapshot, segment=self._segment)
        except (JournalError, sqlite3.Error, OSError) as error:
            self._tell("L4", "", f"a start ends by its journal: {error}")
        took_s = time.process_time() - began_s
        self.told["starts"] += 1
        if took_s > START_S:
            self._tell("L4", "", f"a start needs {took_s:.1f} s for its journal")
        for path in segment_paths(self._folder)[:-2]:
            _remove(path)

    def begin_step(self, now_s: float, inputs: Sequence[Input]) -> None:
        """Before the step."""
        self._now_s = now_s
        if self._journal is not None:
            self._journal.begin_step(now_s, inputs)
        while self._sent and now_s - next(iter(self._sent.values())).step_s > REMEMBERED_S:
            self._sent.popitem(last=False)

    def end_step(self, result: StepResult, snapshot: Callable[[], bytes]) -> None:
        """Before anything is sent."""
        journal = self._journal
        if journal is None:
            return
        journal.end_step(result, snapshot() if journal.wants_snapshot else None)
        self._steps[result.now_s] = _Step(written=journal.trouble is None)

    def sent(self, words: tuple[int, ...], command: PermittedCommand) -> None:
        """A block goes out."""
        self._sent[words] = _Sent(self._now_s, self._segment, command)
        self._sent.move_to_end(words)

    def echoed(self, junction: str) -> None:
        """The centre believes a cabinet's echo."""
        if self._now_s in self._steps:
            self._steps[self._now_s].echoed.add(junction)

    def taken(self, junction: str, words: tuple[int, ...]) -> None:
        """A cabinet took a block: it must have been intended first (S8)."""
        sent = self._sent.get(words)
        if sent is None:  # of a controller that keeps no journal here
            return
        self.told["executed commands"] += 1
        if sent.segment != self._segment:
            intended = sent.step_s in self._kept
        elif intended := sent.step_s in self._steps:
            self._steps[sent.step_s].commands[junction] = sent.command
        if not intended:
            self._tell("S8", junction, f"{sent.command.kind.name} of {sent.step_s:g} s executed and not journalled")

    def killed(self) -> None:
        """The centre dies in the middle of everything; what lies in its file is read again."""
        if self._db is not None:
            self._db.close()  # as the kernel does: nothing is written any more
        self._journal = self._db = None
        self._audit()

    def damage(self, chance: random.Random) -> None:
        """A file of the dead centre's journal is cut or overwritten somewhere."""
        self.told["files damaged"] += bool(damage(self._folder, chance))

    def end(self) -> None:
        """The run ends: what waits in memory is written, and everything is read again."""
        self.disk_fails = False
        if self._journal is not None:
            self._journal.close()
            for step in self._steps.values():
                step.written = step.written or not self._journal.unreplayable
        self._audit()
        self._home.cleanup()

    # ---------------------------------------------------------------------------------------------- the files

    def _open(self, number: int) -> sqlite3.Connection:
        if self.disk_fails:
            raise sqlite3.OperationalError("database or disk is full")
        self._db = open_for_writing(self._folder / f"journal-{number:06}.sqlite", durable=False)
        return cast("sqlite3.Connection", _Disk(self._db, self))

    def _audit(self) -> None:
        """Every step of the segment lies in its file, but for those that were in memory when the centre died."""
        found: dict[float, tuple[bytes, bytes | None]] = {}
        copies = copied(self._folder, Path(self._home.name) / "copy")
        if copies:
            try:
                with Segment.reading(copies[-1]) as segment:
                    last, _ = segment.last_step()
                    found = {now_s: (told, said) for now_s, told, said in segment.packed_steps(1, last)}
            except JournalError as error:
                if any(step.written for step in self._steps.values()):
                    self._tell("S8", "", f"the journal of a centre that died cannot be read: {error}")
        for now_s, step in self._steps.items():
            if step.written and found.get(now_s, (b"", None))[1] is None:
                self._tell("S8", "", f"the commands of {now_s:g} s were sent and are not in the file")
        self.told["steps read again"] += len(found)
        for now_s in list(self._steps)[::LOOKED_INTO_EVERY]:
            self._compare(now_s, self._steps[now_s], found)
        self._kept = set(self._steps)
        self._steps = {}

    def _compare(self, now_s: float, step: _Step, found: dict[float, tuple[bytes, bytes | None]]) -> None:
        """What the file says of a step, against what was sent and what was heard after it."""
        _, said = found.get(now_s, (b"", None))
        if said is None:
            return
        self.told["steps compared"] += 1
        (result,) = records.unpack(said)
        intended = result.commands if isinstance(result, StepResult) else ()
        for junction, command in step.commands.items():
            if command not in intended:
                self._tell("S8", junction, f"another command than {command.kind.name} is journalled for {now_s:g} s")
        if now_s + 1 in found:
            heard = records.unpack(found[now_s + 1][0])
            echoes = {event.junction for event in heard if isinstance(event, CabinetReport) and event.accepted}
            for junction in sorted(step.echoed - echoes):
                self._tell("S8", junction, f"the echo of {now_s:g} s is not journalled")

    def _tell(self, invariant: str, junction: str, seen: str) -> None:
        self._breaches.append(Breach(self._now_s, junction, invariant, seen))


class _Disk:
    """A connection whose every statement meets the disk as it is."""

    def __init__(self, real: sqlite3.Connection, town: TownJournal) -> None:
        self._real, self._town = real, town

    def execute(self, statement: str, values: Any = ()) -> sqlite3.Cursor:
        """As the real one, while there is room."""
        if self._town.disk_fails:
            raise sqlite3.OperationalError("database or disk is full")
        return self._real.execute(statement, values)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


def _remove(path: Path) -> None:
    for part in path.parent.glob(f"{path.name}*"):
        part.unlink()
