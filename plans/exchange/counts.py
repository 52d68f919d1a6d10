"""Volumes out of a table: CSV with the columns junction, approach, group, flow_veh_h; or counts by interval.

Of counts (the columns of `faikhiao tune --demand`) it is the hour with most vehicles, all classes together.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping

from controller.model import Network
from plans.exchange.utdf_lanes import Counted
from plans.exchange.utdf_text import UtdfRefused
from plans.exchange.utdf_volumes import MAX_VOLUME_VEH_H
from plans.tuning.counts import volumes_of_counts
from plans.tuning.counts_csv import NEEDED
from plans.tuning.counts_csv import read_counts as counts_by_interval

COLUMNS = ("junction", "approach", "group", "flow_veh_h")


def read_counts(text: str, network: Network, name: str) -> dict[str, Counted]:
    """Volumes by junction; raises UtdfRefused with every fault and its line, DemandError where counts have a gap.

    `name` is the file's, for messages.
    """
    rows = csv.DictReader(io.StringIO(text))
    if {"begin", "end"} <= {column.strip().lower() for column in rows.fieldnames or ()}:
        return _of_intervals(text, network, name)
    missing = [column for column in COLUMNS if column not in (rows.fieldnames or ())]
    if missing:
        told = f"volumes have {', '.join(COLUMNS)}; counts by interval have {', '.join(NEEDED)} and a class of vehicle"
        raise UtdfRefused([f"{name}:1: no column {', '.join(missing)}: {told}"])
    known = {
        (junction.id, lane.approach, group)
        for junction in network.junctions
        for lane in junction.lanes
        for group in lane.groups
    }
    faults: list[str] = []
    found: dict[str, dict[tuple[str, str], float]] = {}
    for row in rows:
        place = (row["junction"] or "", row["approach"] or "", row["group"] or "")
        flow_veh_h = _flow(row)
        if flow_veh_h is None:
            faults.append(
                f"{name}:{rows.line_num}: {row['flow_veh_h']!r} is no flow from 0 to {MAX_VOLUME_VEH_H} veh/h"
            )
        elif place not in known:
            faults.append(f"{name}:{rows.line_num}: no lane of {place[1]} at {place[0]} leads off under {place[2]}")
        elif place[1:] in found.get(place[0], {}):
            faults.append(f"{name}:{rows.line_num}: {' '.join(place)} has a volume already")
        else:
            found.setdefault(place[0], {})[place[1], place[2]] = flow_veh_h
    if faults:
        raise UtdfRefused(faults)
    return {junction: Counted(volumes) for junction, volumes in found.items()}


def _of_intervals(text: str, network: Network, name: str) -> dict[str, Counted]:
    hour = volumes_of_counts(counts_by_interval(text, network, name), name)
    found: dict[str, dict[tuple[str, str], float]] = {}
    for turn, flow_veh_h in hour.veh_h.items():
        found.setdefault(turn.junction, {})[turn.approach, turn.group] = flow_veh_h
    return {junction: Counted(volumes, hour.peak_hour_factor[junction]) for junction, volumes in found.items()}


def _flow(row: Mapping[str, str | None]) -> float | None:
    try:
        value = float(row["flow_veh_h"] or "")
    except ValueError:
        return None
    return value if math.isfinite(value) and 0 <= value <= MAX_VOLUME_VEH_H else None
