"""What a killed controller's journal still holds, against what the cabinets took: was anything acknowledged lost?

The files are copied before they are read, as a court would, so that looking changes nothing for the restart.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from controller.events import CabinetReport, CommandKind, PermittedCommand
from field_io.errors import JournalError
from field_io.journal_files import segment_paths
from field_io.segment import Segment
from sim.chaos.street import Accepted

EARLY_S, LATE_S = 0.5, 2.5
"""A block is stamped when its round begins: at its step or, where the link was busy, within the command's validity."""


@dataclass(frozen=True, slots=True)
class Intended:
    """A command as journalled, and when its step was [s since 1970]."""

    unix_s: float
    command: PermittedCommand


def copied(folder: Path, scratch: Path, newest: int = 1) -> list[Path]:
    """Copies of the newest segments with what belongs to them, oldest first; empty without one."""
    paths = segment_paths(folder)[-newest:]
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    for path in paths:
        for part in folder.glob(f"{path.name}*"):
            if not part.name.endswith("-shm"):
                shutil.copy(part, scratch / part.name)
    return [scratch / path.name for path in paths]


def intended(folder: Path, scratch: Path) -> list[Intended]:
    """Every command of the newest segment; raises JournalError where it cannot be read, answers none without one."""
    copies = copied(folder, scratch)
    if not copies:
        return []
    with Segment.reading(copies[-1]) as segment:
        head = segment.head
        return [
            Intended(head.utc_s + (step.now_s - head.now_s), command)
            for step in segment.steps()
            if (result := step.result()) is not None
            for command in result.commands
        ]


def believed(folder: Path) -> Counter[str]:
    """By junction: how often a cabinet's echo was taken for an acceptance, in a journal that is closed."""
    counted: Counter[str] = Counter()
    for path in segment_paths(folder):
        with Segment.reading(path) as segment:
            for step in segment.steps():
                counted.update(e.junction for e in step.inputs if isinstance(e, CabinetReport) and e.accepted)
    return counted


def intended_or_none(folder: Path, scratch: Path) -> list[Intended]:
    """As `intended`; a segment that has no head yet was killed before it began and intended nothing."""
    try:
        return intended(folder, scratch)
    except JournalError:
        return []


def unjournalled(taken: Iterable[Accepted], kept: Sequence[Intended]) -> list[Accepted]:
    """Blocks that a cabinet took and the journal does not hold as intended (S8); a take-over carries no command."""
    by_junction: dict[str, list[Intended]] = defaultdict(list)
    for entry in kept:
        by_junction[entry.command.junction].append(entry)
    return [
        block
        for block in taken
        if block.kind is not CommandKind.TAKE_OVER
        and not any(_is(entry, block) for entry in by_junction[block.junction])
    ]


def _is(entry: Intended, block: Accepted) -> bool:
    command = entry.command
    asked = (command.kind, command.stage, round(command.min_green_s * 10))
    near = -EARLY_S <= block.issued_unix_s - entry.unix_s <= LATE_S
    return near and asked == (block.kind, block.stage, block.min_green_ds)


def damage(folder: Path, chance: random.Random) -> str:
    """Cut or overwrite a file of the newest segment somewhere; answers what was done, empty without a segment."""
    paths = segment_paths(folder)
    files = [path for path in folder.glob(f"{paths[-1].name}*") if path.stat().st_size] if paths else []
    if not files:
        return ""
    victim = chance.choice(sorted(files))
    data = victim.read_bytes()
    offset = chance.randrange(len(data))
    if chance.random() < 0.5:
        victim.write_bytes(data[:offset])
        return f"{victim.name} cut at byte {offset} of {len(data)}"
    length = chance.choice((1, 16, 4096))
    victim.write_bytes(data[:offset] + chance.randbytes(min(length, len(data) - offset)) + data[offset + length :])
    return f"{victim.name}: {length} bytes from {offset} of {len(data)} overwritten"
