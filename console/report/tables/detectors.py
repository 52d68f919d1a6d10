"""How each detector did: heard or not, how much it saw, and what speaks against it.

Limits after NTCIP 1202 (no activity, max presence, erratic counts) with the values proposed for stop line and advance
loops in mixed traffic; a report looks back and judges by day only.
"""

from __future__ import annotations

import numpy as np

from console.report.record import DAY_S, LoopPlace, RunRecord
from console.report.tables.table import Table
from controller import LoopRole

NO_ACTIVITY_S = 900.0
"""Longest silence by day (NTCIP 1202 no activity; 15 min is usual)."""
DAY_FROM_S, DAY_UNTIL_S = 6 * 3600.0, 21 * 3600.0
MAX_PRESENCE_S = {LoopRole.STOP_LINE: 300.0, LoopRole.ADVANCE: 180.0}
OTHER_PRESENCE_S = 180.0
ERRATIC_PER_MIN = 40
"""Pulses a minute of one lane: 1.5 s headway."""
LEAST_HEARD = 0.95
OK, NO_DATA, MISSING, SILENT, STUCK_ON, ERRATIC = "ok", "no_data", "missing", "silent", "stuck_on", "erratic"
FINDINGS = (NO_DATA, STUCK_ON, ERRATIC, SILENT, MISSING)
"""What may speak against a loop, the gravest first."""
HEAD = (
    "junction", "loop", "channel", "role", "finding", "heard_share", "vehicles", "actuations", "occupancy",
    "longest_silence_s", "longest_on_s", "most_per_min",
)  # fmt: skip


def detector_table(record: RunRecord) -> Table:
    """One row a loop: its finding and the figures behind it; buttons are not judged by silence."""
    steps = max(record.steps - 1, 1)
    heard = np.minimum(record.heard.sum(axis=0) / steps, 1.0)
    vehicles = record.counts.sum(axis=0)
    rows = [_row(record, loop, float(heard[loop.junction]), int(vehicles[loop.column])) for loop in record.loops]
    return Table.of_rows("detectors", HEAD, rows)


def _row(record: RunRecord, loop: LoopPlace, heard: float, vehicles: int) -> tuple[object, ...]:
    at_s, on = record.edges(loop.column)
    arrivals = at_s[on]
    lengths = np.diff(np.append(at_s, record.end_s))[on] if at_s.size else np.zeros(0)
    longest_on_s = float(lengths.max(initial=0.0))
    silence_s = _longest_silence_s(record, arrivals)
    minutes = np.bincount((arrivals // 60).astype(np.int64)) if arrivals.size else np.zeros(1, np.int64)
    busiest = int(minutes.max(initial=0))
    found = {
        NO_DATA: heard == 0.0,
        STUCK_ON: longest_on_s > MAX_PRESENCE_S.get(loop.loop.role, OTHER_PRESENCE_S),
        ERRATIC: busiest > ERRATIC_PER_MIN,
        SILENT: silence_s > NO_ACTIVITY_S and loop.loop.role is not LoopRole.BUTTON,
        MISSING: heard < LEAST_HEARD,
    }
    finding = next((name for name in FINDINGS if found[name]), OK)
    occupancy = float(lengths.sum()) / max(record.end_s - record.begin_s, 1.0)
    return (
        record.junctions[loop.junction].id, loop.loop.id, loop.channel, loop.loop.role.value, finding, heard, vehicles,
        int(arrivals.size), occupancy, silence_s, longest_on_s, busiest,
    )  # fmt: skip


def _longest_silence_s(record: RunRecord, arrivals: np.typing.NDArray[np.float64]) -> float:
    """The longest time by day without an actuation [s]."""
    longest = 0.0
    for midnight_s in record.starts():
        begin_s = max(record.begin_s, midnight_s + DAY_FROM_S)
        end_s = min(record.end_s, midnight_s + min(DAY_UNTIL_S, DAY_S))
        if end_s > begin_s:
            first, last = np.searchsorted(arrivals, [begin_s, end_s])
            points = np.concatenate([[begin_s], arrivals[first:last], [end_s]])
            longest = max(longest, float(np.diff(points).max()))
    return longest
