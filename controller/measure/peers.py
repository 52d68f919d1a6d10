"""Which loops can speak for which: its neighbours, its approach, and what the plans give its groups.

Neighbours in the order in which they are asked: the other loops of the same lane, nearest first; then the loops of the
same role on the other lanes of the approach, next lane first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controller.layout import LOOP_ROLES, BoolArray, FloatArray, IntArray, NetworkLayout
from controller.model import Junction, Loop, LoopRole

MOST_NEIGHBOURS = 4
COUNTED = 16
"""Loops of one cabinet that it counts by itself (TSC-MB/1.0, IR 176-191)."""
STOP_LINE, ADVANCE, BUTTON, EXIT = (
    LOOP_ROLES.index(role) for role in (LoopRole.STOP_LINE, LoopRole.ADVANCE, LoopRole.BUTTON, LoopRole.EXIT)
)


@dataclass(frozen=True, slots=True)
class LoopPeers:
    """Built once from the layout. A: approaches of the town, each with its own number."""

    neighbour: IntArray  # (L, 4) columns, -1 in the padding
    partner: IntArray  # (L,) the first of them that lies on the same lane, -1
    approach: IntArray  # (L,) number of the approach, A where the loop lies on none
    n_approaches: int
    wired: IntArray  # (J, 16) columns of the loops that the cabinet counts, -1
    plan_green_s: FloatArray  # (P, J, G) one green of the group in the plan's cycle, 0 where it has none
    plan_red_s: FloatArray  # (P, J, G) the rest of the cycle, shared among its greens


def build_peers(layout: NetworkLayout) -> LoopPeers:
    """Lay out who can speak for whom."""
    n_loops = layout.loop_junction.size
    neighbour = np.full((n_loops, MOST_NEIGHBOURS), -1, np.int64)
    partner, approach = np.full(n_loops, -1, np.int64), np.full(n_loops, -1, np.int64)
    wired = np.full((layout.shape[0], COUNTED), -1, np.int64)
    numbers: dict[tuple[int, str], int] = {}
    for row, junction in enumerate(layout.junctions):
        index = layout.loop_index[junction.id]
        road = {lane.id: lane.approach for lane in junction.lanes}
        for loop in junction.loops:
            if loop.lane in road:
                approach[index[loop.id]] = numbers.setdefault((row, road[loop.lane]), len(numbers))
            same_lane, beside = _neighbours(loop, junction, road)
            found = [index[other.id] for other in (*same_lane, *beside)][:MOST_NEIGHBOURS]
            neighbour[index[loop.id], : len(found)] = found
            partner[index[loop.id]] = found[0] if same_lane else -1
        columns = [index.get(loop, -1) for loop in junction.wired[:COUNTED]]
        wired[row, : len(columns)] = columns
    green, red = _plan_times(layout)
    return LoopPeers(
        neighbour, partner, np.where(approach < 0, len(numbers), approach), len(numbers), wired, green, red
    )


def _neighbours(loop: Loop, junction: Junction, road: dict[str, str]) -> tuple[list[Loop], list[Loop]]:
    """Loops of the same lane, and loops of the same role beside it."""
    if loop.lane not in road:
        return [], []
    lanes = [lane.id for lane in junction.lanes]
    others = [other for other in junction.loops if other.lane in road and other.id != loop.id]
    same_lane = [other for other in others if other.lane == loop.lane]
    beside = [
        other
        for other in others
        if other.lane != loop.lane and other.lane and loop.lane and road[other.lane] == road[loop.lane]
        if other.role is loop.role
    ]
    place = lanes.index(loop.lane) if loop.lane else 0
    return (
        sorted(same_lane, key=lambda other: abs(other.distance_m - loop.distance_m)),
        sorted(beside, key=lambda other: abs(lanes.index(other.lane or "") - place)),
    )


def _plan_times(layout: NetworkLayout) -> tuple[FloatArray, FloatArray]:
    """(P, J, G) twice: how long one green and one red of each group are in each plan [s]."""
    table = layout.programme
    n_p, n_j, longest_s = table.stage.shape
    second = np.arange(longest_s)
    green = np.zeros((n_p, n_j, layout.shape[1]))
    red = np.zeros_like(green)
    for p in range(n_p):
        inside = second < table.cycle_s[p][:, None]  # (J, C)
        stage = table.stage[p]
        lit: BoolArray = layout.stage_green[np.arange(n_j)[:, None], np.maximum(stage - 1, 0)]
        lit = lit & (inside & (stage > 0))[:, :, None]  # (J, C, G)
        before = np.concatenate([lit[np.arange(n_j), table.cycle_s[p] - 1][:, None], lit[:, :-1]], axis=1)
        starts = np.maximum(1, (lit & ~before).sum(axis=1))
        green[p] = lit.sum(axis=1) / starts
        red[p] = np.maximum(0, table.cycle_s[p][:, None] - lit.sum(axis=1)) / starts
    return green, red
