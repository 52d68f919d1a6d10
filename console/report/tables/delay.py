"""Control delay and level of service by the Highway Capacity Manual, from what was counted and what showed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from console.report.record import FloatArray, RunRecord
from console.report.tables.arrivals import arrivals_of, green_spells, on_green
from console.report.tables.bins import Bins, counted, heard_s
from console.report.tables.table import Table
from console.report.tables.volumes import LaneGroup, flow_veh_h, lane_groups
from plans.formulas.hcm import control_delay_s, level_of_service
from plans.formulas.webster import END_GAIN_S, START_UP_S

LEAST_HEARD = 0.5
"""A bin counts where the loops were heard for at least this share of it."""
HEAD = (
    "junction", "approach", "movement", "begin_s", "flow_veh_h", "saturation_flow_veh_h", "cycle_s", "green_s",
    "degree_of_saturation", "share_on_green", "delay_s", "level_of_service",
)  # fmt: skip


def delay_table(record: RunRecord, bins: Bins) -> Table:
    """Delay [s/veh] by lane group and bin: d1·PF + d2, PF from the arrivals on green where advance loops tell them.

    Effective green = green - start-up loss + end gain (2 s each). A lane group of several signal groups has the green
    of that with the most.
    """
    vehicles, seconds = counted(record, bins), heard_s(record, bins)
    rows: list[tuple[object, ...]] = []
    for row, junction in enumerate(record.junctions):
        places = {place.group.id: place for place in record.groups_of(row)}
        for lanes in lane_groups(record, row):
            flow = flow_veh_h(vehicles[:, [loop.column for loop in lanes.loops]].sum(axis=1), seconds[:, row])
            signal = [_signal(record, bins, places[group].column) for group in lanes.groups]
            share = _share_on_green(record, bins, places[lanes.groups[0]].column)
            enough = seconds[:, row] >= LEAST_HEARD * bins.length_s
            rows += [
                (junction.id, lanes.approach, lanes.movement, float(bins.start_s[number]), *found)
                for number in np.flatnonzero(enough)
                if (found := _delay(lanes, float(flow[number]), [each[number] for each in signal], share[number], bins))
            ]
    return Table.of_rows("delay", HEAD, rows)


def _signal(record: RunRecord, bins: Bins, column: int) -> FloatArray:
    """(n_bins, 2): mean green and mean cycle of the cycles begun in each bin [s]; where none was, of the whole record.

    NaN where the group was never green twice.
    """
    begin_s, end_s = green_spells(record, record.groups[column])
    if begin_s.size < 2:
        return np.full((len(bins), 2), np.nan)
    cycle_s, green_s, place = np.diff(begin_s), (end_s - begin_s)[:-1], bins.place(begin_s[:-1])
    place = np.minimum(place, len(bins) - 1)
    times = np.bincount(place, minlength=len(bins))
    means = np.column_stack(
        [
            np.where(times, np.bincount(place, each, minlength=len(bins)) / np.maximum(times, 1), each.mean())
            for each in (green_s, cycle_s)
        ]
    )
    found: FloatArray = means
    return found


def _share_on_green(record: RunRecord, bins: Bins, column: int) -> FloatArray:
    """Share of arrivals on green by bin; NaN where nobody came or no advance loop tells."""
    place = record.groups[column]
    at_s = arrivals_of(record, place, at_line=True)
    hit = on_green(at_s, *green_spells(record, place))
    every, green = bins.count(at_s), bins.count(at_s[hit])
    share: FloatArray = np.where(every > 0, green / np.maximum(every, 1), np.nan)
    return share


def _delay(
    lanes: LaneGroup, flow: float, signal: Sequence[FloatArray], on_green_share: float, bins: Bins
) -> tuple[object, ...] | None:
    green_s, cycle_s = max((float(each[0]), float(each[1])) for each in signal)
    if not (green_s > 0 and cycle_s > 0) or np.isnan(flow):
        return None
    effective_s = min(max(green_s - START_UP_S + END_GAIN_S, 1.0), cycle_s)
    saturation_veh_h = sum(lane.saturation_flow_veh_h for lane in lanes.lanes)
    degree = flow * cycle_s / (saturation_veh_h * effective_s)
    known = None if np.isnan(on_green_share) else float(on_green_share)
    delay_s = control_delay_s(
        flow, saturation_veh_h, effective_s, cycle_s, on_green=known, period_h=bins.length_s / 3600
    )
    level = level_of_service(delay_s, degree)
    return (flow, saturation_veh_h, cycle_s, effective_s, degree, on_green_share, delay_s, level)


def mean_delay_table(record: RunRecord, delay: Table) -> Table:
    """Delay over the whole record: by approach, and by junction (approach empty), weighted by flow."""
    rows: list[tuple[object, ...]] = []
    for junction in record.junctions:
        mine = delay.of(junction.id) if len(delay) else delay
        if not len(mine):
            continue
        for approach in (*dict.fromkeys(mine["approach"].tolist()), ""):
            part = mine.where(mine["approach"] == approach) if approach else mine
            flow = part["flow_veh_h"]
            if not flow.sum():
                continue
            delay_s = float((part["delay_s"] * flow).sum() / flow.sum())
            worst = float(part["degree_of_saturation"].max())
            n_bins = np.unique(part["begin_s"]).size
            rows.append((junction.id, approach, float(flow.sum() / n_bins), delay_s, worst, level_of_service(delay_s)))
    head = ("junction", "approach", "flow_veh_h", "delay_s", "highest_degree_of_saturation", "level_of_service")
    return Table.of_rows("delay_summary", head, rows)
