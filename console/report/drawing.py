"""Every diagram of a run, drawn: what to look at closely, which junctions and roads, in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from console.report.diagrams import DIAGRAMS, Diagram, Scope
from console.report.figures.subject import Subject
from console.report.record import DAY_S, RunRecord
from console.report.tables.bins import Bins
from console.report.tables.corridors import Corridor
from console.report.tables.every import Tables
from console.sentences import Language

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SETTLED_S = 300.0
"""Details begin so long after the run does, where it is long enough: the first cycles find their step."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """One diagram of one thing."""

    diagram: Diagram
    of: str
    """Id of the junction, name of the road; empty for the site."""
    figure: Figure

    @property
    def file_stem(self) -> str:
        """Name of its file without the ending: `coordination_J05`."""
        return "_".join([self.diagram.name, *([self.of.replace(" ", "-")] if self.of else [])])


@dataclass(frozen=True, slots=True)
class Choice:
    """What of a run is drawn."""

    junctions: tuple[int, ...]
    corridors: tuple[Corridor, ...]
    detail_s: float | None = None
    """Where diagrams of some minutes begin; None: soon after the run does, or in the busiest quarter of its day."""
    language: Language = Language.ENGLISH


def draw_all(
    record: RunRecord, tables: Tables, bins: Bins, choice: Choice, drew: Callable[[str], None] = lambda _: None
) -> Iterator[Drawn]:
    """Diagram after diagram: the site, its roads, each junction; those with nothing to show are left out."""
    detail_s = choice.detail_s if choice.detail_s is not None else close_look_s(record)
    begin_s, end_s = day_of(record, detail_s)

    def subject(row: int, corridor: Corridor | None) -> Subject:
        return Subject(record, tables, bins, row, corridor, begin_s, end_s, detail_s, choice.language)

    subjects: Sequence[tuple[Scope, str, Subject]] = [
        (Scope.SITE, "", subject(0, None)),
        *((Scope.ROAD, road.name, subject(record.row(road.junctions[0]), road)) for road in choice.corridors),
        *((Scope.JUNCTION, record.junctions[row].id, subject(row, None)) for row in choice.junctions),
    ]
    for scope, of, each in subjects:
        for diagram in DIAGRAMS:
            if diagram.scope is scope and (figure := diagram.draw(each)) is not None:
                yield Drawn(diagram, of, figure)
                drew(f"{diagram.name} {of}".strip())


def busiest_junction(record: RunRecord) -> int:
    """The junction whose loops counted most; that with most groups where nothing was counted."""
    vehicles = [
        (int(record.counts[:, [loop.column for loop in record.loops_of(row)]].sum()), len(junction.groups), -row)
        for row, junction in enumerate(record.junctions)
    ]
    return -max(vehicles)[2]


def close_look_s(record: RunRecord) -> float:
    """Where to look closely [s]: in the busiest bin of the run, or soon after the begin of a short one."""
    whole_s = record.end_s - record.begin_s
    if whole_s <= 2 * SETTLED_S:
        return record.begin_s
    if whole_s <= 4 * 3600:
        return record.begin_s + SETTLED_S
    place = int(np.argmax(record.counts.sum(axis=1)))
    return max(record.begin_s, (record.first_interval + place) * record.interval_s)


def day_of(record: RunRecord, detail_s: float) -> tuple[float, float]:
    """The day in which the details lie, or the whole run where that is no longer [s]."""
    if record.end_s - record.begin_s <= DAY_S:
        return record.begin_s, record.end_s
    midnight_s = detail_s // DAY_S * DAY_S
    return max(record.begin_s, midnight_s), min(record.end_s, midnight_s + DAY_S)
