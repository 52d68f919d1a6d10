"""What cabinets say is wrong with them, told once when it begins and once when it has gone.

A latched fault is one that only somebody on site can clear: the centre does nothing but say so, and plans without the
junction. The others are told, and work goes on.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from controller.events import Alarm, CabinetReport, Reason
from controller.layout import IntArray, NetworkLayout

FAULTS = (
    "conflict",
    "red_fail",
    "short_amber",
    "clearance",
    "dual_indication",
    "lamp_major",
    "lamp_minor",
    "watchdog",
    "self_test",
    "configuration",
    "clock",
    "communication",
    "detector",
    "deadlock",
    "supply",
    "door",
    "stuck_request",
    "store",
)
"""Faults by their bit (TSC-MB/1.0, IR 144-147)."""
_KNOWN = (1 << len(FAULTS)) - 1


@dataclass(slots=True)
class CabinetFaults:
    """The fault words last told of each cabinet."""

    active: IntArray  # (J,) bits of FAULTS that are not latched
    latched: IntArray  # (J,) bits of FAULTS

    @classmethod
    def none(cls, layout: NetworkLayout) -> CabinetFaults:
        """Nothing told yet."""
        n_j = layout.shape[0]
        return cls(np.zeros(n_j, np.int64), np.zeros(n_j, np.int64))


def hear_faults(state: CabinetFaults, reports: Sequence[CabinetReport], layout: NetworkLayout) -> list[Alarm]:
    """An alarm for each fault that came or went since the last word of its cabinet."""
    alarms: list[Alarm] = []
    for report in reports:
        row = layout.junction_index[report.junction]
        latched = report.latched_faults & _KNOWN
        active = report.active_faults & _KNOWN & ~latched
        if active != state.active[row] or latched != state.latched[row]:
            alarms += _edges(report.junction, Reason.CABINET_FAULT, int(state.latched[row]), latched)
            alarms += _edges(report.junction, Reason.CABINET_FAULT_MINOR, int(state.active[row]), active)
            state.active[row], state.latched[row] = active, latched
    return alarms


def _edges(junction: str, code: Reason, before: int, now: int) -> Iterator[Alarm]:
    for bit, fault in enumerate(FAULTS):
        if (before ^ now) >> bit & 1:
            yield Alarm(junction, code, cleared=not now >> bit & 1, because=(("fault", fault),))
