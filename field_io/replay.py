"""Re-run the core on a journal and compare every output: identical, or the first difference.

Each segment stands on its own: its bundle is loaded, its snapshot restored, its inputs are given again. What the core
answers must be what it answered then, to the last bit.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Protocol

from controller import Controller, SnapshotMismatchError
from controller.events import Alarm, Decision, Input, PermittedCommand, StepResult
from field_io import records
from field_io.errors import JournalError
from field_io.journal import program_version
from field_io.journal_files import segment_paths
from field_io.segment import Head, Segment, Step
from plans import Bundle, PlanError, load_site


class Core(Protocol):
    """What is re-run: the controller, or what stands for it in a test."""

    def step(self, now_s: float, inputs: Sequence[Input]) -> StepResult: ...


@dataclass(frozen=True, slots=True)
class Difference:
    """The first output that is not what it was."""

    segment: str
    step: int
    now_s: float
    what: str
    """Which output: e.g. `command of J07`, `decision 3`."""
    recorded: str
    replayed: str

    def __str__(self) -> str:
        return (
            f"{self.segment}, step {self.step} at {self.now_s:g} s: {self.what} differs\n"
            f"  recorded: {self.recorded}\n  replayed: {self.replayed}"
        )


@dataclass(frozen=True, slots=True)
class ReplayReport:
    """What a replay found."""

    segments: int
    steps: int
    """Steps whose outputs were compared."""
    difference: Difference | None
    notes: tuple[str, ...] = ()
    """What a reader should know: gaps, another version of the program, a run that ended within a step."""

    @property
    def identical(self) -> bool:
        """Whether every output compared is what it was."""
        return self.difference is None


def restore_core(head: Head, snapshot: bytes) -> Core:
    """The controller as it was; raises JournalError when site or snapshot cannot be taken up again."""
    try:
        site = load_site(Bundle.from_json(head.bundle))
        return Controller.restore(site.network, snapshot, head.strategy)
    except (PlanError, SnapshotMismatchError, ValueError) as error:
        raise JournalError("the journal", f"its site cannot be taken up again: {error}") from error


def replay(path: Path, restore: Callable[[Head, bytes], Core] = restore_core) -> ReplayReport:
    """Re-run a segment, or every segment of a folder; raises JournalError when there is nothing to read."""
    paths = segment_paths(path) if path.is_dir() else [path]
    if not paths:
        raise JournalError(str(path), "there is no segment in this folder")
    steps, notes = 0, []
    for place, segment_path in enumerate(paths, start=1):
        with Segment.reading(segment_path) as segment:
            compared, difference, said = _replay_segment(segment, restore)
        steps += compared
        notes += [f"{segment_path.name}: {sentence}" for sentence in said]
        if difference is not None:
            return ReplayReport(place, steps, difference, tuple(notes))
    return ReplayReport(len(paths), steps, None, tuple(notes))


def _replay_segment(
    segment: Segment, restore: Callable[[Head, bytes], Core]
) -> tuple[int, Difference | None, list[str]]:
    said = [f"{kind} after step {step}: {text}" for step, kind, text in segment.notes()]
    if segment.head.version != program_version():
        said.append(f"written by version {segment.head.version}, replayed by {program_version()}")
    core = restore(segment.head, segment.first_snapshot())
    compared, expected = 0, segment.head.first_step
    for step in segment.steps():
        if step.number != expected:
            said.append(f"steps {expected} to {step.number - 1} are missing; what follows cannot be replayed")
            break
        expected += 1
        result = core.step(step.now_s, step.inputs)
        if step.digest is None:
            said.append(f"the run ended within step {step.number}")
            continue
        compared += 1
        if records.digest((result,)) != step.digest:
            return compared, _difference(segment, step, result), said
    return compared, None, said


def _difference(segment: Segment, step: Step, replayed: StepResult) -> Difference:
    recorded = step.result()
    where = (segment.path.name, step.number, step.now_s)
    if recorded is None:
        return Difference(*where, "the record", "unreadable", repr(replayed))
    for field in fields(StepResult):
        then, now = getattr(recorded, field.name), getattr(replayed, field.name)
        if field.name == "now_s":
            if then != now:
                return Difference(*where, "the time", repr(then), repr(now))
            continue
        found = _first_difference(field.name.removesuffix("s"), then, now)
        if found is not None:
            return Difference(*where, *found)
    return Difference(*where, "the digest", "another", "equal outputs")


Output = PermittedCommand | Decision | Alarm


def _first_difference(kind: str, then: Sequence[Output], now: Sequence[Output]) -> tuple[str, str, str] | None:
    """What differs first among commands, decisions or alarms, with both sides in words."""
    for place in range(max(len(then), len(now))):
        was = then[place] if place < len(then) else None
        is_ = now[place] if place < len(now) else None
        if records.digest([was] if was else []) != records.digest([is_] if is_ else []):
            junction = (was or is_ or then[place]).junction
            return f"{kind} {place + 1} ({junction})", repr(was) if was else "none", repr(is_) if is_ else "none"
    return None
