"""Roads with several signals: which junctions follow each other, how far apart, and the green bands through them.

A lane's length reaches from the upstream junction to the stop line, so that the longest lane of the approach from a
neighbour is the distance between the two. Which approach comes from which neighbour is told by its name, in which the
neighbour's id stands (`J01_J02` leads from J01 to J02); where no name tells it, there is no corridor.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise

import numpy as np

from console.report.record import FloatArray, RunRecord
from console.report.tables.arrivals import green_spells
from console.report.tables.table import Table
from controller import Junction, Network, SignalGroup
from plans.planned_greens import planned_greens, timing_of

LEAST_JUNCTIONS = 3
"""A road with fewer signals is no corridor."""
Spans = list[tuple[float, float]]
"""Disjoint stretches (begin, end), sorted [s]."""


@dataclass(frozen=True, slots=True)
class Link:
    """The way from one junction to the next."""

    upstream: str
    downstream: str
    length_m: float
    speed_m_s: float
    groups: tuple[str, ...]
    """Groups of the downstream junction on the approach, those of most lanes first."""

    @property
    def travel_s(self) -> float:
        """At free speed [s]."""
        return self.length_m / self.speed_m_s


@dataclass(frozen=True, slots=True)
class Corridor:
    """Junctions in a row, and where each stands."""

    name: str
    junctions: tuple[str, ...]
    at_m: tuple[float, ...]
    out: tuple[Link | None, ...]
    """From each junction to the next in the row, seen at the next; None where no approach is known."""
    back: tuple[Link | None, ...]
    """From each next junction back to the one before it, seen there."""

    def groups(self, place: int, *, forward: bool) -> tuple[str, ...]:
        """Groups at a junction for who drives along the row; at the first one those opposite or next to the way on."""
        link = (
            (self.out[place - 1] if place else None)
            if forward
            else (self.back[place] if place < len(self.back) else None)
        )
        return link.groups if link else ()


def links_of(network: Network) -> dict[tuple[str, str], Link]:
    """Every way between neighbours that the approaches' names tell, by (upstream, downstream)."""
    links = {}
    for junction in network.junctions:
        for approach in dict.fromkeys(lane.approach for lane in junction.lanes):
            words = re.split(r"[^0-9A-Za-z]+", approach)
            upstream = next((other for other in junction.neighbours if other in words and other != junction.id), None)
            if upstream is None:
                continue
            lanes = [lane for lane in junction.lanes if lane.approach == approach]
            counts: dict[str, int] = defaultdict(int)
            for lane in lanes:
                for group in lane.groups:
                    counts[group] += 1
            groups = tuple(sorted(counts, key=lambda group: -counts[group]))
            # A lane reaches over the signal before it where that is as far as its loops may lie.
            to_signal_m = [lane.signal_upstream_m for lane in lanes if lane.signal_upstream_m is not None]
            length_m = max(to_signal_m or [lane.length_m for lane in lanes])
            speed = max(lane.speed_m_s for lane in lanes)
            links[upstream, junction.id] = Link(upstream, junction.id, length_m, speed, groups)
    return links


def corridor_of(network: Network, junctions: Sequence[str], name: str = "") -> Corridor:
    """The corridor through these junctions in this order; ValueError where two do not follow each other."""
    links = links_of(network)
    out = [links.get((one, other)) for one, other in pairwise(junctions)]
    back = [links.get((other, one)) for one, other in pairwise(junctions)]
    at_m = [0.0]
    for place, (there, here) in enumerate(zip(out, back, strict=True)):
        lengths = [link.length_m for link in (there, here) if link]
        if not lengths:
            raise ValueError(f"no approach leads from {junctions[place]} to {junctions[place + 1]} or back")
        at_m.append(at_m[-1] + max(lengths))
    return Corridor(name or " - ".join(junctions), tuple(junctions), tuple(at_m), tuple(out), tuple(back))


def corridors_of(network: Network) -> list[Corridor]:
    """Roads that name three or more neighbouring junctions in a row, the longest first."""
    links = links_of(network)
    by_road: dict[str, list[str]] = defaultdict(list)
    for junction in network.junctions:
        for road in roads_of(junction):
            by_road[road].append(junction.id)
    found = []
    for road, members in by_road.items():
        row = _row(members, links)
        if len(row) >= LEAST_JUNCTIONS:
            found.append(corridor_of(network, row, road))
    return sorted(found, key=lambda corridor: (-len(corridor.junctions), corridor.name))


def roads_of(junction: Junction) -> list[str]:
    """The roads in a junction's name, of the last of several languages: `ก - ข / A - B` gives A and B.

    A kind of junction before a colon is no road.
    """
    last = junction.name.split(" / ")[-1].split(": ")[-1]
    return [road.strip() for road in last.split(" - ") if road.strip()]


def _row(members: Sequence[str], links: dict[tuple[str, str], Link]) -> list[str]:
    """The longest chain of neighbours among the members of one road."""
    beside = {one: [other for other in members if (one, other) in links or (other, one) in links] for one in members}
    best: list[str] = []
    for start in members:
        row, seen = [start], {start}
        while following := [other for other in beside[row[-1]] if other not in seen]:
            row.append(following[0])
            seen.add(following[0])
        if len(row) > len(best):
            best = row
    return best


# ---------------------------------------------------------------------------------------------------------------- bands


@dataclass(frozen=True, slots=True)
class Band:
    """Who starts within `start_s` to `end_s` at the row's first junction drives through all greens at free speed."""

    start_s: float
    end_s: float

    @property
    def width_s(self) -> float:
        """How long one may start [s]."""
        return self.end_s - self.start_s


def through_groups(record: RunRecord, corridor: Corridor, *, forward: bool) -> list[list[SignalGroup]]:
    """At each junction of the row, in the direction of travel, the group on the approach that leads on.

    Of an approach's groups the one of most lanes. The first junction of the direction has no approach in the row: there
    it is the group that discharges towards the next one, the through movement of whichever approach has most lanes.
    """
    chosen: list[list[SignalGroup]] = []
    order = range(len(corridor.junctions)) if forward else range(len(corridor.junctions) - 1, -1, -1)
    for step, place in enumerate(order):
        junction = record.junctions[record.row(corridor.junctions[place])]
        index = {group.id: group for group in junction.groups}
        names = (
            corridor.groups(place, forward=forward) if step else _opposite(junction, corridor, place, forward=forward)
        )
        chosen.append([index[names[0]]] if names else [])
    return chosen


def _opposite(junction: Junction, corridor: Corridor, place: int, *, forward: bool) -> tuple[str, ...]:
    """The groups at the first junction: those that may be green with the oncoming way, else the oncoming way's own."""
    oncoming = corridor.groups(place, forward=not forward)
    if not oncoming:
        return ()
    index = junction.group_index()
    on_row = {lane.approach for lane in junction.lanes if oncoming[0] in lane.groups}
    counts: dict[str, int] = defaultdict(int)
    for lane in junction.lanes:
        for group in lane.groups:
            together = group == oncoming[0] or junction.intergreen_s[index[group]][index[oncoming[0]]] is None
            if together and (lane.approach not in on_row or group == oncoming[0]):
                counts[group] += 1
    return tuple(sorted(counts, key=lambda group: -counts[group]))


def travel_times_s(corridor: Corridor, *, forward: bool) -> FloatArray:
    """From the first junction of the direction to each, at free speed [s]."""
    links = corridor.out if forward else corridor.back[::-1]
    other = corridor.back if forward else corridor.out[::-1]
    times = [0.0]
    for mine, theirs in zip(links, other, strict=True):
        link = mine or theirs
        times.append(times[-1] + (link.travel_s if link else 0.0))
    return np.array(times)


def planned_spans(record: RunRecord, corridor: Corridor, plan: str, *, forward: bool) -> tuple[list[Spans], int | None]:
    """Planned greens at each junction in the direction of travel, over one common cycle; None where cycles differ."""
    spans, cycles = [], set()
    places = corridor.junctions if forward else corridor.junctions[::-1]
    for name, groups in zip(places, through_groups(record, corridor, forward=forward), strict=True):
        junction = record.junctions[record.row(name)]
        timing = timing_of(junction, plan)
        if timing is None:
            return [], None
        cycles.add(timing.cycle_s)
        wanted = {group.id for group in groups}
        spans.append(
            [
                (green.start_s + timing.offset_s, green.end_s + timing.offset_s)
                for green in planned_greens(junction, timing)
                if green.group.id in wanted
            ]
        )
    return spans, common_cycle(cycles)


def common_cycle(cycles: set[int]) -> int | None:
    """The cycle all share: the longest, where it is a whole multiple of each (half cycles keep step too)."""
    longest = max(cycles, default=0)
    return longest if cycles and all(longest % cycle == 0 for cycle in cycles) else None


def planned_bands(spans: Sequence[Spans], travel_s: FloatArray, cycle_s: int, cycles: Sequence[int]) -> list[Band]:
    """Bands within one cycle, by start at the first junction; the widest first."""
    shifted = []
    for mine, late_s, own in zip(spans, travel_s.tolist(), cycles, strict=True):
        every = [
            (begin - late_s + own * turn, end - late_s + own * turn)
            for begin, end in mine
            for turn in range(
                -2 * cycle_s // own - int(max(travel_s) // own) - 2, 2 * cycle_s // own + int(late_s // own) + 3
            )
        ]
        shifted.append(sorted(every))
    found = [Band(*span) for span in reduce(intersect, shifted)] if shifted else []
    inside = [band for band in found if 0 <= band.start_s < cycle_s]
    return sorted(inside, key=lambda band: -band.width_s)


def intersect(one: Spans, other: Spans) -> Spans:
    """Where both hold; each sorted and disjoint.

    >>> intersect([(0, 10), (20, 30)], [(5, 25)])
    [(5, 10), (20, 25)]
    """
    common: Spans = []
    first, second = 0, 0
    while first < len(one) and second < len(other):
        begin, end = max(one[first][0], other[second][0]), min(one[first][1], other[second][1])
        if begin < end:
            common.append((begin, end))
        if one[first][1] < other[second][1]:
            first += 1
        else:
            second += 1
    return common


def run_spans(record: RunRecord, corridor: Corridor, *, forward: bool) -> list[Spans]:
    """Greens as they ran at each junction in the direction of travel [s]."""
    spans = []
    places = corridor.junctions if forward else corridor.junctions[::-1]
    for name, groups in zip(places, through_groups(record, corridor, forward=forward), strict=True):
        row = record.row(name)
        wanted = {group.id for group in groups}
        mine: Spans = []
        for place in record.groups_of(row):
            if place.group.id in wanted:
                begin_s, end_s = green_spells(record, place)
                mine += list(zip(begin_s.tolist(), end_s.tolist(), strict=True))
        spans.append(sorted(mine))
    return spans


def run_bands(record: RunRecord, corridor: Corridor, *, forward: bool) -> list[Band]:
    """Every band that really was, in order of time."""
    travel_s = travel_times_s(corridor, forward=forward)
    shifted = [
        [(begin - late_s, end - late_s) for begin, end in mine]
        for mine, late_s in zip(run_spans(record, corridor, forward=forward), travel_s.tolist(), strict=True)
    ]
    return [Band(begin, end) for begin, end in reduce(intersect, shifted)] if shifted else []


def band_table(record: RunRecord, corridors: Sequence[Corridor]) -> Table:
    """Bands of each corridor and direction as they ran: how many, mean width [s], efficiency (share of the time)."""
    rows: list[tuple[object, ...]] = []
    for corridor in corridors:
        for forward in (True, False):
            bands = run_bands(record, corridor, forward=forward)
            total_s = sum(band.width_s for band in bands)
            start, end = (corridor.junctions[0], corridor.junctions[-1])[:: 1 if forward else -1]
            mean_s = total_s / len(bands) if bands else 0.0
            rows.append((corridor.name, start, end, len(bands), mean_s, total_s / (record.end_s - record.begin_s)))
    return Table.of_rows("bands", ("corridor", "from", "to", "bands", "mean_width_s", "efficiency"), rows)
