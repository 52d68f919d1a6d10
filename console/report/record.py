"""A run as a report sees it: what showed, what the loops saw, what was decided, as columns over the whole site.

Times are local seconds since the midnight before the first step; a week has seconds up to 604,800 and beyond.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from console.charts.shown import ShownProgramme, Spell
from controller import Aspect, Junction, Loop, Network, SignalGroup
from field_io.journal_columns import AlarmRecord, DecisionRecord
from field_io.segment import Head

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class GroupPlace:
    """A signal group and its column."""

    column: int
    junction: int
    number: int
    """From 1 in its junction: the `phase` of an event log."""
    group: SignalGroup


@dataclass(frozen=True, slots=True)
class LoopPlace:
    """A loop and its column."""

    column: int
    junction: int
    channel: int
    """From 1 in its junction: the detector channel of an event log."""
    loop: Loop


@dataclass(frozen=True, slots=True)
class RunRecord:
    """Everything a report is made of. Columns of groups and loops: junctions in order, each in its own order."""

    network: Network
    head: Head
    date: dt.date
    """The local day of second 0."""
    begin_s: float
    end_s: float
    steps: int
    lamp_s: FloatArray  # (n_changes,) sorted by group, then time
    lamp_group: IntArray  # (n_changes,)
    lamp_aspect: IntArray  # (n_changes,)
    edge_s: FloatArray  # (n_edges,) sorted by loop, then time; on and off alternate
    edge_loop: IntArray  # (n_edges,)
    edge_on: BoolArray  # (n_edges,)
    interval_s: float
    first_interval: int
    counts: IntArray  # (n_intervals, n_loops) vehicles
    heard: IntArray  # (n_intervals, n_junctions) readings, one a second
    mode_s: FloatArray  # (n_modes,) changes of the cabinets' modes, in order of time
    mode_junction: IntArray  # (n_modes,)
    mode: IntArray  # (n_modes,)
    stage_s: FloatArray  # (n_stages,) when a stage was asked for; sorted by junction, then time
    stage_junction: IntArray  # (n_stages,)
    stage: IntArray  # (n_stages,) number from 1
    stage_reason: IntArray  # (n_stages,) Reason
    decisions: tuple[tuple[float, DecisionRecord], ...]
    """Decisions other than for a stage: modes, plans."""
    alarms: tuple[tuple[float, AlarmRecord], ...]
    gaps: tuple[tuple[float, float], ...] = ()
    late: tuple[tuple[float, float], ...] = ()
    """Steps that took longer than they may: (when, how long [s])."""
    notes: tuple[tuple[str, str], ...] = ()
    groups: tuple[GroupPlace, ...] = field(init=False)
    loops: tuple[LoopPlace, ...] = field(init=False)

    def __post_init__(self) -> None:
        groups: list[GroupPlace] = []
        loops: list[LoopPlace] = []
        for row, junction in enumerate(self.network.junctions):
            groups += [
                GroupPlace(len(groups) + place, row, place + 1, group) for place, group in enumerate(junction.groups)
            ]
            loops += [LoopPlace(len(loops) + place, row, place + 1, loop) for place, loop in enumerate(junction.loops)]
        object.__setattr__(self, "groups", tuple(groups))
        object.__setattr__(self, "loops", tuple(loops))

    @property
    def junctions(self) -> tuple[Junction, ...]:
        """The site's junctions, in order."""
        return self.network.junctions

    def row(self, junction: str) -> int:
        """Place of a junction; raises KeyError."""
        for row, place in enumerate(self.junctions):
            if place.id == junction:
                return row
        raise KeyError(junction)

    def groups_of(self, row: int) -> tuple[GroupPlace, ...]:
        """The groups of a junction."""
        return tuple(place for place in self.groups if place.junction == row)

    def loops_of(self, row: int) -> tuple[LoopPlace, ...]:
        """The loops of a junction."""
        return tuple(place for place in self.loops if place.junction == row)

    def changes(self, column: int) -> tuple[FloatArray, IntArray]:
        """When a group changed its aspect, and to which."""
        first, last = np.searchsorted(self.lamp_group, [column, column + 1])
        return self.lamp_s[first:last], self.lamp_aspect[first:last]

    def edges(self, column: int) -> tuple[FloatArray, BoolArray]:
        """When a loop went on and off."""
        first, last = np.searchsorted(self.edge_loop, [column, column + 1])
        return self.edge_s[first:last], self.edge_on[first:last]

    def arrivals(self, column: int) -> FloatArray:
        """When vehicles came onto a loop [s]."""
        at_s, on = self.edges(column)
        return at_s[on]

    def asked(self, row: int) -> tuple[FloatArray, IntArray, IntArray]:
        """Stages that were asked for at a junction: when, which number, and the reason."""
        first, last = np.searchsorted(self.stage_junction, [row, row + 1])
        return self.stage_s[first:last], self.stage[first:last], self.stage_reason[first:last]

    def stages(self, row: int) -> list[Spell]:
        """The stages that were asked for at a junction, each until the next."""
        at_s, numbers, _ = self.asked(row)
        names = [stage.id for stage in self.junctions[row].stages]
        until_s = np.append(at_s[1:], self.end_s)[: at_s.size]
        return [
            Spell(float(start), float(end), names[number - 1])
            for start, end, number in zip(at_s, until_s, numbers, strict=True)
            if number <= len(names)
        ]

    def shown(self, row: int, begin_s: float, end_s: float) -> ShownProgramme | None:
        """What a junction showed between two times, second by second; None where nothing is known of it."""
        junction = self.junctions[row]
        seconds = np.arange(max(begin_s, self.begin_s), min(end_s, self.end_s), 1.0)
        looks = []
        for place in self.groups_of(row):
            at_s, aspects = self.changes(place.column)
            if not at_s.size:
                return None
            found = np.searchsorted(at_s, seconds, side="right") - 1
            looks.append(np.where(found >= 0, aspects[np.maximum(found, 0)], int(Aspect.UNKNOWN)))
        if not seconds.size or not looks:
            return None
        stages = [
            Spell(max(spell.start_s, seconds[0]), min(spell.end_s, end_s), spell.what)
            for spell in self.stages(row)
            if spell.end_s > seconds[0] and spell.start_s < end_s
        ]
        return ShownProgramme(
            junction.id,
            junction.name,
            tuple(group.id for group in junction.groups),
            tuple(float(second) for second in seconds),
            tuple(tuple(Aspect(int(look)) for look in second) for second in zip(*looks, strict=True)),
            tuple(stages),
        )

    def starts(self) -> Iterator[float]:
        """The local midnights in the run [s], from 0."""
        yield from np.arange(0.0, self.end_s, DAY_S)
