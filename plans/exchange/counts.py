"""Volumes out of a table: CSV with the columns junction, approach, group, flow_veh_h."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping

from controller.model import Network
from plans.exchange.utdf_lanes import Volumes
from plans.exchange.utdf_text import UtdfRefused
from plans.exchange.utdf_volumes import MAX_VOLUME_VEH_H

COLUMNS = ("junction", "approach", "group", "flow_veh_h")


def read_counts(text: str, network: Network) -> dict[str, Volumes]:
    """Volumes by junction, then (approach, group) [veh/h]; raises UtdfRefused with every fault and its line."""
    rows = csv.DictReader(io.StringIO(text))
    missing = [column for column in COLUMNS if column not in (rows.fieldnames or ())]
    if missing:
        raise UtdfRefused([f"line 1: no column {', '.join(missing)}: volumes have the columns {', '.join(COLUMNS)}"])
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
            faults.append(f"line {rows.line_num}: {row['flow_veh_h']!r} is no flow from 0 to {MAX_VOLUME_VEH_H} veh/h")
        elif place not in known:
            faults.append(f"line {rows.line_num}: no lane of {place[1]} at {place[0]} leads off under {place[2]}")
        elif place[1:] in found.get(place[0], {}):
            faults.append(f"line {rows.line_num}: {' '.join(place)} has a volume already")
        else:
            found.setdefault(place[0], {})[place[1], place[2]] = flow_veh_h
    if faults:
        raise UtdfRefused(faults)
    return dict(found)


def _flow(row: Mapping[str, str | None]) -> float | None:
    try:
        value = float(row["flow_veh_h"] or "")
    except ValueError:
        return None
    return value if math.isfinite(value) and 0 <= value <= MAX_VOLUME_VEH_H else None
