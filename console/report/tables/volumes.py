"""Vehicles by approach and by movement: what the stop lines counted."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from console.report.record import IntArray, LoopPlace, RunRecord
from console.report.tables.bins import Bins, counted, heard_s
from console.report.tables.table import Table
from controller import Lane, LoopRole

COUNTING = (LoopRole.STOP_LINE, LoopRole.ADVANCE, LoopRole.ENTRY)
"""Which loop counts a lane, the first that it has; a stop line sees each vehicle once and knows its movement."""


@dataclass(frozen=True, slots=True)
class LaneGroup:
    """Lanes of one approach that obey the same groups: the lane group of the Highway Capacity Manual."""

    junction: int
    approach: str
    groups: tuple[str, ...]
    lanes: tuple[Lane, ...]
    loops: tuple[LoopPlace, ...]

    @property
    def movement(self) -> str:
        """Its groups; several for shared lanes."""
        return "+".join(self.groups)


def lane_groups(record: RunRecord, row: int) -> list[LaneGroup]:
    """The lane groups of a junction that a loop counts, in the order of their lanes."""
    junction = record.junctions[row]
    found: dict[tuple[str, tuple[str, ...]], list[Lane]] = defaultdict(list)
    for lane in junction.lanes:
        found[lane.approach, lane.groups].append(lane)
    groups = []
    for (approach, names), lanes in found.items():
        loops = [loop for lane in lanes if (loop := counting_loop(record, row, lane.id)) is not None]
        if loops:
            groups.append(LaneGroup(row, approach, names, tuple(lanes), tuple(loops)))
    return groups


def counting_loop(record: RunRecord, row: int, lane: str) -> LoopPlace | None:
    """The loop that counts a lane."""
    on_lane = [loop for loop in record.loops_of(row) if loop.loop.lane == lane]
    for role in COUNTING:
        for loop in on_lane:
            if loop.loop.role is role:
                return loop
    return None


def volume_table(record: RunRecord, bins: Bins) -> Table:
    """Vehicles and flow [veh/h] by movement and bin; the flow is over the seconds that the loops were heard."""
    vehicles, seconds = counted(record, bins), heard_s(record, bins)
    rows: list[tuple[object, ...]] = []
    for row, junction in enumerate(record.junctions):
        for lanes in lane_groups(record, row):
            veh = vehicles[:, [loop.column for loop in lanes.loops]].sum(axis=1)
            flow = flow_veh_h(veh, seconds[:, row])
            rows += [
                (junction.id, lanes.approach, lanes.movement, float(start), int(count), int(heard), float(rate))
                for start, count, heard, rate in zip(bins.start_s, veh, seconds[:, row], flow, strict=True)
                if heard
            ]
    head = ("junction", "approach", "movement", "begin_s", "vehicles", "heard_s", "flow_veh_h")
    return Table.of_rows("volumes", head, rows)


def flow_veh_h(vehicles: IntArray, seconds: IntArray) -> np.typing.NDArray[np.float64]:
    """Vehicles an hour over the seconds heard; NaN where nothing was."""
    heard = np.where(seconds > 0, seconds, np.nan)
    rate: np.typing.NDArray[np.float64] = vehicles * 3600.0 / heard
    return rate


def exit_table(record: RunRecord, bins: Bins) -> Table:
    """Vehicles that left over each exit loop, by bin: where the turns went."""
    vehicles, seconds = counted(record, bins), heard_s(record, bins)
    rows: list[tuple[object, ...]] = []
    for row, junction in enumerate(record.junctions):
        for loop in record.loops_of(row):
            if loop.loop.role is LoopRole.EXIT:
                veh = vehicles[:, loop.column]
                rows += [
                    (junction.id, loop.loop.id, "+".join(loop.loop.groups), float(start), int(count))
                    for start, count, heard in zip(bins.start_s, veh, seconds[:, row], strict=True)
                    if heard
                ]
    return Table.of_rows("exit_volumes", ("junction", "loop", "from_groups", "begin_s", "vehicles"), rows)


def actuation_table(record: RunRecord, bins: Bins) -> Table:
    """How often each loop went on, by bin: what an event-log tool counts. Bins without any are left out."""
    rows: list[tuple[object, ...]] = []
    for loop in record.loops:
        if loop.loop.role is LoopRole.BUTTON:
            continue
        counts = bins.count(record.arrivals(loop.column))
        rows += [
            (
                record.junctions[loop.junction].id,
                loop.loop.id,
                loop.channel,
                float(bins.start_s[place]),
                int(counts[place]),
            )
            for place in np.flatnonzero(counts)
        ]
    return Table.of_rows("actuations", ("junction", "loop", "channel", "begin_s", "actuations"), rows)
