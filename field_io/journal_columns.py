"""A journal as columns: what a report needs of each step, read without making an object of every event.

A week of a dozen junctions is seven million readings and as many cabinets' reports. Of a report only what differs from
the one before is kept; counts are summed by interval; edges go into arrays as they are. Times are control time plus
`shift_s` [s], so that a reader may have them as local time of day.

A cabinet's report read in a step tells of the moment right after the step before, an overrun of that step itself: both
are stamped with it.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from controller.model import Aspect, Network
from field_io.errors import JournalError
from field_io.segment import Segment

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

INTERVAL_S = 300.0
"""Counts are summed over so long; a report sums these further."""
GAP_S = 5.0
"""Steps farther apart than this leave what was shown between them unknown."""


# ----------------------------------------------------------------------------------- records, as far as they are needed


class _Reading(msgspec.Struct, tag_field="is", tag="DetectorReading", gc=False):
    junction: str
    t0_s: float
    t1_s: float
    loops: msgspec.Raw
    counts: msgspec.Raw
    occupied_ms: msgspec.Raw
    edges: list[tuple[int, str, bool]]


class _Report(msgspec.Struct, tag_field="is", tag="CabinetReport", gc=False):
    junction: str
    mode: int
    aspects: msgspec.Raw


class _Other(msgspec.Struct, tag_field="is", tag="ClockReading", gc=False):
    pass


class _Link(msgspec.Struct, tag_field="is", tag="LinkChange", gc=False):
    pass


class _Operator(msgspec.Struct, tag_field="is", tag="OperatorRequest", gc=False):
    pass


class _Priority(msgspec.Struct, tag_field="is", tag="PriorityRequest", gc=False):
    pass


class _Overrun(msgspec.Struct, tag_field="is", tag="StepOverrun", gc=False):
    took_s: float


class DecisionRecord(msgspec.Struct, frozen=True):
    """A decision as journalled."""

    junction: str
    reason: int
    because: tuple[tuple[str, Any], ...] = ()


class AlarmRecord(msgspec.Struct, frozen=True):
    """An alarm as journalled."""

    junction: str
    code: int
    cleared: bool = False
    because: tuple[tuple[str, Any], ...] = ()


class _Result(msgspec.Struct):
    decisions: tuple[DecisionRecord, ...]
    alarms: tuple[AlarmRecord, ...]


_INPUTS = msgspec.json.Decoder(list[_Reading | _Report | _Other | _Link | _Operator | _Priority | _Overrun])
_OUTPUTS = msgspec.json.Decoder(list[_Result])
_INTEGERS = msgspec.json.Decoder(list[int])
_NAMES = msgspec.json.Decoder(list[str])


# -------------------------------------------------------------------------------------------------------------- columns


@dataclass(frozen=True, slots=True)
class Columns:
    """A stretch of a journal. Rows of an array stand in order of time within one junction, group or loop."""

    begin_s: float
    end_s: float
    steps: int
    lamp_s: FloatArray  # (n_changes,)
    lamp_group: IntArray  # (n_changes,) column of the group in the network: junctions in order, then their groups
    lamp_aspect: IntArray  # (n_changes,)
    edge_s: FloatArray  # (n_edges,)
    edge_loop: IntArray  # (n_edges,) column of the loop in the network
    edge_on: npt.NDArray[np.bool_]  # (n_edges,)
    count_interval: IntArray  # (n_counts,) time // INTERVAL_S
    count_loop: IntArray  # (n_counts,)
    count_veh: IntArray  # (n_counts,)
    heard_interval: IntArray  # (n_heard,)
    heard_junction: IntArray  # (n_heard,)
    heard_readings: IntArray  # (n_heard,)
    mode_s: FloatArray  # (n_modes,)
    mode_junction: IntArray  # (n_modes,)
    mode: IntArray  # (n_modes,) CabinetMode
    stage_s: FloatArray  # (n_stages,) when a stage was asked for
    stage_junction: IntArray  # (n_stages,)
    stage: IntArray  # (n_stages,) its number in the junction, from 1
    stage_reason: IntArray  # (n_stages,) Reason
    decisions: tuple[tuple[float, DecisionRecord], ...] = ()
    """Every other decision."""
    alarms: tuple[tuple[float, AlarmRecord], ...] = ()
    gaps: tuple[tuple[float, float], ...] = ()
    late: tuple[tuple[float, float], ...] = ()
    """Steps that took longer than they may: (when, how long [s])."""


@dataclass(frozen=True, slots=True)
class Places:
    """Columns of a network's groups and loops: junctions in order, and in each of them its own order."""

    junction: Mapping[str, int]
    first_group: Mapping[str, int]
    n_groups: Mapping[str, int]
    loop: Mapping[tuple[str, str], int]

    @classmethod
    def of(cls, network: Network) -> Places:
        """Lay out a network."""
        first = 0
        firsts: dict[str, int] = {}
        loops: dict[tuple[str, str], int] = {}
        for junction in network.junctions:
            firsts[junction.id] = first
            first += len(junction.groups)
            loops.update({(junction.id, loop.id): len(loops) + place for place, loop in enumerate(junction.loops)})
        numbers = {junction.id: row for row, junction in enumerate(network.junctions)}
        return cls(numbers, firsts, {junction.id: len(junction.groups) for junction in network.junctions}, loops)


def read_columns(path: Path, network: Network, first: int, last: int, shift_s: float = 0.0) -> Columns:
    """Read steps `first` to `last` of a segment; raises JournalError."""
    skimmer = _Skimmer(Places.of(network), shift_s)
    with Segment.reading(path) as segment:
        head = segment.head
        before = list(segment.packed_steps(first - 1, first - 1)) if first > head.first_step else []
        # A report in the first step tells of the step before, in this segment or at the end of the last one.
        skimmer.before_s = (before[0][0] if before else head.now_s) + shift_s
        for now_s, inputs, outputs in segment.packed_steps(first, last):
            try:
                skimmer.step(now_s + shift_s, inputs, outputs)
            except (msgspec.DecodeError, zlib.error, KeyError) as error:
                raise JournalError(str(path), f"damaged at {now_s:g} s: {error!r}") from error
    return skimmer.columns()


@dataclass(frozen=True, slots=True)
class _Head:
    """What the readings of a junction have in common while its list of loops stays the same."""

    loops: bytes
    column_of: Mapping[str, int]
    pattern: dict[bytes, int]

    @classmethod
    def of(
        cls, junction: str, loops: bytes, places: Places, patterns: dict[tuple[str, bytes], dict[bytes, int]]
    ) -> _Head:
        """Look the loops up, and count into the pattern that the interval already has for them."""
        columns = {
            loop: places.loop[junction, loop] for loop in _NAMES.decode(loops) if (junction, loop) in places.loop
        }
        return cls(loops, columns, patterns.setdefault((junction, loops), {}))


@dataclass(slots=True)
class _Skimmer:
    """Takes step after step and keeps what differs."""

    places: Places
    shift_s: float
    lamps: list[tuple[float, int, int]] = field(default_factory=list)
    edges: list[tuple[float, int, bool]] = field(default_factory=list)
    totals: list[tuple[int, int, int]] = field(default_factory=list)
    heard: Counter[tuple[int, int]] = field(default_factory=Counter)
    modes: list[tuple[float, int, int]] = field(default_factory=list)
    stages: list[tuple[float, int, int, int]] = field(default_factory=list)
    decisions: list[tuple[float, DecisionRecord]] = field(default_factory=list)
    alarms: list[tuple[float, AlarmRecord]] = field(default_factory=list)
    gaps: list[tuple[float, float]] = field(default_factory=list)
    late: list[tuple[float, float]] = field(default_factory=list)
    begin_s: float | None = None
    before_s: float | None = None
    steps: int = 0
    shown: dict[str, bytes] = field(default_factory=dict)
    aspects: dict[str, list[int]] = field(default_factory=dict)
    mode_of: dict[str, int] = field(default_factory=dict)
    heads: dict[str, _Head] = field(default_factory=dict)
    """By junction: the newest list of loops of its readings."""
    patterns: dict[tuple[str, bytes], dict[bytes, int]] = field(default_factory=dict)
    """By junction and its list of loops: how often each row of counts came in the present interval."""
    interval: int = -1
    blind: dict[str, list[tuple[float, bytes, bytes, bytes]]] = field(default_factory=dict)
    """By junction: busy readings without edges. They are used where a junction never sends edges."""
    edged: set[str] = field(default_factory=set)

    def step(self, now_s: float, inputs: bytes, outputs: bytes | None) -> None:
        if self.begin_s is None:
            self.begin_s = now_s
        if self.before_s is not None and now_s - self.before_s > GAP_S:
            self._gap(self.before_s, now_s)
        self.steps += 1
        interval = int(now_s // INTERVAL_S)
        if interval != self.interval:
            self._sum_up()
            self.interval = interval
        for event in _INPUTS.decode(zlib.decompress(inputs)):
            if type(event) is _Report:
                self._report(event, now_s)
            elif type(event) is _Reading:
                self._reading(event)
            elif type(event) is _Overrun:
                self.late.append((now_s if self.before_s is None else self.before_s, event.took_s))
        self.before_s = now_s
        if outputs is not None:
            for result in _OUTPUTS.decode(zlib.decompress(outputs)):
                for decision in result.decisions:
                    self._decision(now_s, decision)
                if result.alarms:
                    self.alarms += [(now_s, alarm) for alarm in result.alarms]

    def _decision(self, now_s: float, decision: DecisionRecord) -> None:
        because = dict(decision.because)
        if "stage" in because and "number" in because:
            row = self.places.junction[decision.junction]
            self.stages.append((now_s, row, int(because["number"]), decision.reason))
        else:
            self.decisions.append((now_s, decision))

    def _report(self, report: _Report, now_s: float) -> None:
        before_s, junction = self.before_s, report.junction
        if before_s is None or before_s >= now_s:
            return  # the very first look: since when it shows is not known
        if self.mode_of.get(junction) != report.mode:
            self.mode_of[junction] = report.mode
            self.modes.append((before_s, self.places.junction[junction], report.mode))
        raw = bytes(report.aspects)
        if self.shown.get(junction) == raw:
            return
        self.shown[junction] = raw
        aspects = _INTEGERS.decode(raw)
        first = self.places.first_group[junction]
        old = self.aspects.get(junction)
        for place, aspect in enumerate(aspects[: self.places.n_groups[junction]]):
            if old is None or old[place] != aspect:
                self.lamps.append((before_s, first + place, aspect))
        self.aspects[junction] = aspects

    def _reading(self, reading: _Reading) -> None:
        junction = reading.junction
        loops, counts = bytes(reading.loops), bytes(reading.counts)
        head = self.heads.get(junction)
        if head is None or head.loops != loops:
            head = self.heads[junction] = _Head.of(junction, loops, self.places, self.patterns)
        head.pattern[counts] = head.pattern.get(counts, 0) + 1
        if reading.edges:
            self.edged.add(junction)
            t0_s, column_of = reading.t0_s + self.shift_s, head.column_of
            self.edges += [
                (t0_s + ms / 1000.0, column_of[loop], on) for ms, loop, on in reading.edges if loop in column_of
            ]
        elif junction not in self.edged and reading.occupied_ms:
            row = (reading.t0_s + self.shift_s, loops, counts, bytes(reading.occupied_ms))
            self.blind.setdefault(junction, []).append(row)

    def _sum_up(self) -> None:
        """Close an interval: equal rows of counts are read once and multiplied."""
        found: dict[int, int] = {}
        for (junction, loops), pattern in self.patterns.items():
            self.heard[self.interval, self.places.junction[junction]] += sum(pattern.values())
            columns = [self.places.loop.get((junction, loop), -1) for loop in _NAMES.decode(loops)]
            for counts, times in pattern.items():
                for column, count in zip(columns, _INTEGERS.decode(counts), strict=False):
                    if count and column >= 0:
                        found[column] = found.get(column, 0) + count * times
        self.totals += [(self.interval, loop, count) for loop, count in found.items()]
        self.patterns.clear()
        self.heads.clear()

    def _gap(self, from_s: float, until_s: float) -> None:
        self.gaps.append((from_s, until_s))
        for junction in self.shown:
            first = self.places.first_group[junction]
            self.lamps += [
                (from_s + 1.0, first + place, int(Aspect.UNKNOWN)) for place in range(self.places.n_groups[junction])
            ]
        self.shown.clear()
        self.aspects.clear()

    def columns(self) -> Columns:
        """Everything that was taken."""
        self._sum_up()
        edges = self.edges
        for junction, rows in self.blind.items():
            if junction not in self.edged:
                edges = edges + pulses(junction, rows, self.places)
        lamps, modes = _columns(self.lamps, 3), _columns(self.modes, 3)
        counts = _columns(self.totals, 3)
        heard = _columns([(*key, number) for key, number in self.heard.items()], 3)
        edge = _columns(edges, 3)
        stages = _columns(self.stages, 4)
        return Columns(
            begin_s=self.begin_s or 0.0,
            end_s=(self.before_s or 0.0) + 1.0,
            steps=self.steps,
            lamp_s=lamps[0],
            lamp_group=lamps[1].astype(np.int64),
            lamp_aspect=lamps[2].astype(np.int64),
            edge_s=edge[0],
            edge_loop=edge[1].astype(np.int64),
            edge_on=edge[2] != 0,
            count_interval=counts[0].astype(np.int64),
            count_loop=counts[1].astype(np.int64),
            count_veh=counts[2].astype(np.int64),
            heard_interval=heard[0].astype(np.int64),
            heard_junction=heard[1].astype(np.int64),
            heard_readings=heard[2].astype(np.int64),
            mode_s=modes[0],
            mode_junction=modes[1].astype(np.int64),
            mode=modes[2].astype(np.int64),
            stage_s=stages[0],
            stage_junction=stages[1].astype(np.int64),
            stage=stages[2].astype(np.int64),
            stage_reason=stages[3].astype(np.int64),
            decisions=tuple(self.decisions),
            alarms=tuple(self.alarms),
            gaps=tuple(self.gaps),
            late=tuple(self.late),
        )


def _columns(rows: Sequence[tuple[float, ...]], width: int) -> FloatArray:
    """(width, n) of n rows."""
    return np.fromiter(chain.from_iterable(rows), np.float64, count=width * len(rows)).reshape(-1, width).T


def pulses(
    junction: str, rows: Sequence[tuple[float, bytes, bytes, bytes]], places: Places
) -> list[tuple[float, int, bool]]:
    """On and off edges for a source that tells only counts and occupancy: vehicles evenly over their second.

    `rows` are (t0_s, loops, counts, occupied_ms) of one-second readings, the last three as JSON.
    """
    made: list[tuple[float, int, bool]] = []
    standing: set[int] = set()
    for t0_s, loops, counts, occupied in rows:
        busy = zip(_NAMES.decode(loops), _INTEGERS.decode(counts), _INTEGERS.decode(occupied), strict=False)
        for loop, count, occupied_ms in busy:
            column = places.loop.get((junction, loop))
            if column is None:
                continue
            if occupied_ms >= 1000:
                if column not in standing:
                    made.append((t0_s, column, True))
                    standing.add(column)
                continue
            if column in standing:
                made.append((t0_s + occupied_ms / 1000.0 / max(count + 1, 1), column, False))
                standing.discard(column)
            for vehicle in range(count):
                on_s = t0_s + (vehicle + 0.5) / (count + 0.5)
                made += [(on_s, column, True), (min(on_s + occupied_ms / 1000.0 / count, t0_s + 1.0), column, False)]
    return made
