"""Purdue split failure: the stop line was occupied through the green and still is after it.

A green fails where the occupancy of its stop-line loops, any of them, is 0.8 or more in the green and in the first
five seconds of red (Indiana DOT and Purdue University, Performance Measures for Traffic Signal Systems, 2014).
"""

from __future__ import annotations

import numpy as np

from console.report.record import FloatArray, GroupPlace, IntArray, LoopPlace, RunRecord
from console.report.tables.table import Table
from controller import LoopRole

RED_S = 5.0
OCCUPANCY_LIMIT = 0.8


def stop_line_loops(record: RunRecord, place: GroupPlace) -> list[LoopPlace]:
    """The stop-line loops whose first group this is."""
    return [
        loop
        for loop in record.loops_of(place.junction)
        if loop.loop.role is LoopRole.STOP_LINE and loop.loop.groups[0] == place.group.id
    ]


def occupied(record: RunRecord, loops: list[LoopPlace]) -> tuple[FloatArray, FloatArray]:
    """(begin, end) of the stretches in which any of the loops is occupied [s]."""
    times, steps = [np.zeros(0)], [np.zeros(0, np.int64)]
    for loop in loops:
        at_s, on = record.edges(loop.column)
        if at_s.size and not on[0]:
            at_s, on = at_s[1:], on[1:]  # it was on before the record began: since when is not known
        times.append(at_s)
        steps.append(np.where(on, 1, -1))
    at_s, step = np.concatenate(times), np.concatenate(steps)
    order = np.lexsort((-step, at_s))
    level: IntArray = np.cumsum(step[order])
    busy = level > 0
    change = np.flatnonzero(busy != np.append(False, busy[:-1]))
    edges = at_s[order][change]
    if edges.size % 2:
        edges = np.append(edges, record.end_s)
    return edges[::2], edges[1::2]


def occupancy(spells: tuple[FloatArray, FloatArray], from_s: FloatArray, until_s: FloatArray) -> FloatArray:
    """Share of each stretch that is occupied, 0..1."""
    begin_s, end_s = spells
    if not begin_s.size:
        return np.zeros(from_s.size)
    borders = np.ravel(np.column_stack([begin_s, end_s]))
    total = np.ravel(np.column_stack([_before(end_s - begin_s), np.cumsum(end_s - begin_s)]))
    shares: FloatArray = (np.interp(until_s, borders, total) - np.interp(from_s, borders, total)) / np.maximum(
        until_s - from_s, 1e-9
    )
    return shares


def _before(lengths: FloatArray) -> FloatArray:
    summed: FloatArray = np.cumsum(lengths) - lengths
    return summed


def split_failure_table(record: RunRecord, greens: Table) -> Table:
    """One row a green of a group with stop-line loops: occupancy in green and after, and whether it failed."""
    parts: list[dict[str, np.typing.NDArray[np.generic]]] = []
    for place in record.groups:
        loops = stop_line_loops(record, place)
        if not loops:
            continue
        mine = greens.where(greens["column"] == place.column)
        mine = mine.where(mine["red_s"] + RED_S < record.end_s)
        spells = occupied(record, loops)
        in_green = occupancy(spells, mine["green_s"], mine["closing_s"])
        in_red = occupancy(spells, mine["red_s"], mine["red_s"] + RED_S)
        parts.append(
            {
                "junction": mine["junction"],
                "group": mine["group"],
                "green_s": mine["green_s"],
                "at_s": mine["red_s"] + RED_S,
                "length_s": mine["length_s"],
                "cause": mine["cause"],
                "green_occupancy": in_green,
                "red_occupancy": in_red,
                "failed": (in_green >= OCCUPANCY_LIMIT) & (in_red >= OCCUPANCY_LIMIT),
            }
        )
    if not parts:
        head = (
            "junction",
            "group",
            "green_s",
            "at_s",
            "length_s",
            "cause",
            "green_occupancy",
            "red_occupancy",
            "failed",
        )
        return Table.of_rows("split_failures", head, [])
    return Table("split_failures", {name: np.concatenate([part[name] for part in parts]) for name in parts[0]})
