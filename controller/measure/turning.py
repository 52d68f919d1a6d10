"""Where an approach's vehicles go: the share of its outflow that leaves by each lane and each signal group.

Counted at the stop lines, forgotten slowly, summed up every `SUMMED_EVERY_S`. A vehicle belongs to the group that lets
it go: where one group of its lane shows green, to that. Where several do (a lane shared by directions with lights of
their own), to each in proportion to those who went while it was green alone. A lane whose groups are always green
together cannot be told apart and stays even.

Shapes: J junctions, N lanes, G groups.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controller.lanes import LaneLayout
from controller.layout import BoolArray, FloatArray, IntArray
from controller.measure.stop_line import StopLineSecond
from controller.model import Aspect
from controller.state import SignalState

TURNING_MEMORY_S = 1800.0
"""Shares follow the hour of the day, not the cycle."""
SUMMED_EVERY_S = 30
FIRST_VEH = 2.0
"""Every lane is first thought to have let go so many, by its groups alike: shares begin even and move slowly."""
_GREEN, _AMBER = int(Aspect.GREEN), int(Aspect.AMBER)


@dataclass(slots=True)
class TurningMemory:
    """Who went where."""

    outflow_veh: FloatArray  # (J, N, G) fading
    alone_veh: FloatArray  # (J, N, G) of them those that only one group can have let go, fading
    share: FloatArray  # (J, N, G) summed up last
    age_s: IntArray  # (1,) seconds since then

    @classmethod
    def empty(cls, lanes: LaneLayout) -> TurningMemory:
        """Nobody has gone."""
        first = _first(lanes)
        return cls(np.zeros_like(first), np.zeros_like(first), _shares(first, lanes), np.zeros(1, np.int64))


def measure_turning(
    memory: TurningMemory, second: StopLineSecond, signals: SignalState, lanes: LaneLayout
) -> FloatArray:
    """(J, N, G) part of the outflow of the lane's approach that leaves by the lane and the group.

    The parts of an approach add up to 1; crossings and what is no lane have none.
    """
    rows, places = np.nonzero(second.gone)
    if rows.size:
        _count(memory, rows, places, second.gone[rows, places], signals, lanes)
    memory.age_s += 1
    if memory.age_s[0] >= SUMMED_EVERY_S:
        memory.share = _shares(memory.outflow_veh + _first(lanes), lanes)
        kept = 1.0 - SUMMED_EVERY_S / TURNING_MEMORY_S
        memory.outflow_veh, memory.alone_veh = kept * memory.outflow_veh, kept * memory.alone_veh
        memory.age_s[:] = 0
    return memory.share


def _count(
    memory: TurningMemory,
    rows: IntArray,
    places: IntArray,
    gone: FloatArray,
    signals: SignalState,
    lanes: LaneLayout,
) -> None:
    """`gone` (K,) vehicles have left the lanes at (rows, places) (K,)."""
    groups = lanes.groups[rows, places]
    shown = signals.aspect[rows]
    lit = ((shown == _GREEN) | (shown == _AMBER)) & groups
    may: BoolArray = np.where(lit.any(axis=1, keepdims=True), lit, groups)
    alone = may & (may.sum(axis=1, keepdims=True) == 1)
    begun = FIRST_VEH / np.maximum(1, groups.sum(axis=1, keepdims=True))
    known = np.where(may, memory.alone_veh[rows, places] + begun, 0.0)
    part = known / np.maximum(known.sum(axis=1, keepdims=True), 1e-9)
    memory.outflow_veh[rows, places] += gone[:, None] * part
    memory.alone_veh[rows, places] += gone[:, None] * alone


def _first(lanes: LaneLayout) -> FloatArray:
    """(J, N, G) vehicles of each lane before any was counted, its groups alike."""
    n_groups = np.maximum(1, lanes.groups.sum(axis=2, keepdims=True))
    return np.asarray(FIRST_VEH * lanes.groups / n_groups)


def _shares(outflow_veh: FloatArray, lanes: LaneLayout) -> FloatArray:
    """(J, N, G) of the outflow of the lane's approach."""
    approach = lanes.approach
    same: BoolArray = (approach[:, :, None] == approach[:, None, :]) & (approach >= 0)[:, :, None]
    of_approach = (same @ outflow_veh.sum(axis=2)[:, :, None])[:, :, 0]
    whole = np.maximum(of_approach, 1e-9)[:, :, None]
    return np.where((approach >= 0)[:, :, None], outflow_veh / whole, 0.0)
