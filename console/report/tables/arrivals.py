"""Who comes onto an advance loop, and what his signal shows: arrivals on green, platoon ratio, coordination diagram."""

from __future__ import annotations

import numpy as np

from console.report.record import FloatArray, GroupPlace, LoopPlace, RunRecord
from console.report.tables.bins import Bins, recorded_s
from console.report.tables.table import Table
from controller import Aspect, LoopRole

ARRIVAL_TYPES = (0.50, 0.85, 1.15, 1.50, 2.00)
"""Upper platoon ratios of arrival types 1 to 5 (Highway Capacity Manual); above it is type 6."""


def advance_loops(record: RunRecord, place: GroupPlace) -> list[LoopPlace]:
    """The advance loops whose first group this is: of each lane the one farthest out, which a queue covers last."""
    farthest: dict[str | None, LoopPlace] = {}
    for loop in record.loops_of(place.junction):
        if loop.loop.role is not LoopRole.ADVANCE or loop.loop.groups[0] != place.group.id:
            continue
        best = farthest.get(loop.loop.lane)
        if best is None or loop.loop.distance_m > best.loop.distance_m:
            farthest[loop.loop.lane] = loop
    return list(farthest.values())


def approach_time_s(record: RunRecord, loop: LoopPlace) -> float:
    """From the loop to the stop line at the lane's free speed [s]."""
    lanes = {lane.id: lane for lane in record.junctions[loop.junction].lanes}
    lane = lanes.get(loop.loop.lane or "")
    return loop.loop.distance_m / lane.speed_m_s if lane else 0.0


def arrivals_of(record: RunRecord, place: GroupPlace, *, at_line: bool) -> FloatArray:
    """When vehicles came, at the loop or as they would reach the stop line, sorted [s]."""
    times = [
        record.arrivals(loop.column) + (approach_time_s(record, loop) if at_line else 0.0)
        for loop in advance_loops(record, place)
    ]
    return np.sort(np.concatenate(times)) if times else np.zeros(0)


def green_spells(record: RunRecord, place: GroupPlace) -> tuple[FloatArray, FloatArray]:
    """(begin, end) of every green whose begin was seen [s]; the last may run to the record's end."""
    at_s, aspect = record.changes(place.column)
    if at_s.size < 2:
        return np.zeros(0), np.zeros(0)
    until_s = np.append(at_s[1:], record.end_s)
    seen = np.append(False, aspect[:-1] != int(Aspect.UNKNOWN))
    green = (aspect == int(Aspect.GREEN)) & seen
    return at_s[green], until_s[green]


def on_green(at_s: FloatArray, begin_s: FloatArray, end_s: FloatArray) -> np.typing.NDArray[np.bool_]:
    """Which times lie in a green."""
    if not begin_s.size:
        return np.zeros(at_s.size, bool)
    found = np.searchsorted(begin_s, at_s, side="right") - 1
    hit: np.typing.NDArray[np.bool_] = (found >= 0) & (at_s < end_s[np.maximum(found, 0)])
    return hit


def arrival_table(record: RunRecord, bins: Bins, *, at_line: bool = True) -> Table:
    """Arrivals on green by group and bin: share, green ratio, platoon ratio, arrival type 1 to 6.

    `at_line` moves each arrival to the stop line at free speed; without, it is judged at the loop, as log readers do.
    Platoon ratio = share of arrivals on green / share of the recorded time that is green (Highway Capacity Manual).
    """
    rows: list[tuple[object, ...]] = []
    whole_s = recorded_s(record, bins)
    for place in record.groups:
        at_s = arrivals_of(record, place, at_line=at_line)
        if not at_s.size:
            continue
        begin_s, end_s = green_spells(record, place)
        hit = on_green(at_s, begin_s, end_s)
        every, green = bins.count(at_s), bins.count(at_s[hit])
        green_s = bins.seconds(begin_s, end_s)
        for number in np.flatnonzero((every > 0) & (whole_s > 0)):
            share, ratio = green[number] / every[number], green_s[number] / whole_s[number]
            platoon = share / ratio if ratio else np.nan
            rows.append(
                (
                    record.junctions[place.junction].id,
                    place.group.id,
                    place.number,
                    float(bins.start_s[number]),
                    int(every[number]),
                    int(green[number]),
                    float(share),
                    float(green_s[number]),
                    float(ratio),
                    float(platoon),
                    int(np.searchsorted(ARRIVAL_TYPES, platoon)) + 1 if ratio else 0,
                    float(whole_s[number]),
                )
            )
    head = (
        "junction", "group", "phase", "begin_s", "arrivals", "on_green", "share_on_green", "green_s", "green_ratio",
        "platoon_ratio", "arrival_type", "recorded_s",
    )  # fmt: skip
    return Table.of_rows("arrivals_on_green", head, rows)
