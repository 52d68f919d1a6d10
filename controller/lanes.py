"""Approach lanes as arrays: which groups they feed, how a change of stage reaches them, which loops watch them.

Shapes: J junctions, N the most approach lanes of any junction, S the most stages, G the most groups, L loops.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controller.layout import BoolArray, FloatArray, IntArray, NetworkLayout
from controller.model import Junction, LoopRole

NOT_SERVED_S = 999.0
"""Lag of a lane that a stage does not serve."""
START_UP_S = 2.0
"""From green to the first vehicle over the line (Webster's start-up loss, about 2 s)."""
PERMISSIVE_RATIO = 0.5
"""Share of the saturation flow that a lane is first thought to discharge while it must give way; learned afterwards."""
SHARED_RATIO = 0.35
"""The same for a lane of which only some directions have green: a vehicle for the others soon stands first."""


@dataclass(frozen=True, slots=True)
class LaneLayout:
    """Built once from the layout; padding where a junction has fewer lanes than N."""

    exists: BoolArray  # (J, N)
    saturation_veh_s: FloatArray  # (J, N) as engineered [veh/s]
    speed_m_s: FloatArray  # (J, N)
    length_m: FloatArray  # (J, N)
    approach: IntArray  # (J, N) number of the approach in its junction
    groups: BoolArray  # (J, N, G)
    served: FloatArray  # (J, S, N) first guess of the share of saturation flow discharged in the stage, 0 not served
    lag_s: FloatArray  # (J, S, S, N) from asking for the second stage out of the first to green; NOT_SERVED_S
    shortest_s: FloatArray  # (J, S, S) from asking for the second out of the first until it may be left
    longest_s: FloatArray  # (J, S) longest maximum green of the stage's groups
    stop_loop: IntArray  # (J, N) column of the stop-line loop, -1 where there is none
    near_loop: IntArray  # (J, N) column of the advance loop nearer to the stop line, -1
    far_loop: IntArray  # (J, N) column of a second advance loop farther out, -1
    near_m: FloatArray  # (J, N) its distance from the stop line
    shared_near: BoolArray  # (J, N) the near loop belongs to the approach: its lanes part later
    sharing: BoolArray  # (J, N, N) lanes that share one near loop, itself included
    far_m: FloatArray  # (J, N)
    exit_loops: BoolArray  # (J, N, X) padded list of exit loops of the lane's groups
    exit_column: IntArray  # (J, N, X) their columns, 0 in the padding

    @property
    def shape(self) -> tuple[int, int]:
        """(J, N)."""
        return (self.exists.shape[0], self.exists.shape[1])


def build_lanes(layout: NetworkLayout) -> LaneLayout:
    """Lay out the approach lanes of every junction."""
    n_j, n_g, _ = layout.shape
    n_n = max((len(junction.lanes) for junction in layout.junctions), default=0)
    exists, groups = np.zeros((n_j, n_n), bool), np.zeros((n_j, n_n, n_g), bool)
    saturation, speed, length = (np.zeros((n_j, n_n)) for _ in range(3))
    approach = np.zeros((n_j, n_n), np.int64)
    columns = {role: np.full((n_j, n_n), -1, np.int64) for role in ("stop", "near", "far")}
    distance = {role: np.zeros((n_j, n_n)) for role in ("near", "far")}
    exits: list[list[list[int]]] = []
    for row, junction in enumerate(layout.junctions):
        index = junction.group_index()
        names = sorted({lane.approach for lane in junction.lanes})
        for place, lane in enumerate(junction.lanes):
            exists[row, place] = True
            groups[row, place, [index[group] for group in lane.groups]] = True
            saturation[row, place] = lane.saturation_flow_veh_h / 3600.0
            speed[row, place], length[row, place] = lane.speed_m_s, lane.length_m
            approach[row, place] = names.index(lane.approach)
            _watch(junction, lane.id, row, place, columns, distance, layout)
        exits.append([_exits(junction, lane.groups, layout) for lane in junction.lanes])
    has_exit, exit_column = _pad_exits(exits, n_j, n_n)
    shared, sharing = _share_near_loops(exists, approach, columns, distance, length)
    lag = _group_lags(layout)
    return LaneLayout(
        exists=exists,
        saturation_veh_s=saturation,
        speed_m_s=speed,
        length_m=length,
        approach=approach,
        groups=groups,
        served=_served(layout, groups),
        lag_s=_lane_lags(layout, groups, lag),
        shortest_s=_shortest(layout, lag),
        longest_s=np.where(layout.stage_green, layout.max_green_s[:, None, :], 0.0).max(axis=2, initial=0.0),
        stop_loop=columns["stop"],
        near_loop=columns["near"],
        far_loop=columns["far"],
        near_m=distance["near"],
        far_m=distance["far"],
        shared_near=shared,
        sharing=sharing,
        exit_loops=has_exit,
        exit_column=exit_column,
    )


def _watch(
    junction: Junction,
    lane: str,
    row: int,
    place: int,
    columns: dict[str, IntArray],
    distance: dict[str, FloatArray],
    layout: NetworkLayout,
) -> None:
    """Note the loops of one lane: its stop-line loop, and its advance loops from near to far."""
    index = layout.loop_index[junction.id]
    own = sorted((loop for loop in junction.loops if loop.lane == lane), key=lambda loop: loop.distance_m)
    for loop in own:
        if loop.role is LoopRole.STOP_LINE and columns["stop"][row, place] < 0:
            columns["stop"][row, place] = index[loop.id]
        if loop.role in (LoopRole.ADVANCE, LoopRole.ENTRY):
            which = "near" if columns["near"][row, place] < 0 else "far"
            columns[which][row, place] = index[loop.id]
            distance[which][row, place] = loop.distance_m


def _share_near_loops(
    exists: BoolArray,
    approach: IntArray,
    columns: dict[str, IntArray],
    distance: dict[str, FloatArray],
    length: FloatArray,
) -> tuple[BoolArray, BoolArray]:
    """A lane without a near loop of its own looks at that of its approach, where its lanes are still one."""
    n_j, n_n = exists.shape
    shared, sharing = np.zeros((n_j, n_n), bool), np.zeros((n_j, n_n, n_n), bool)
    for row in range(n_j):
        own = columns["near"][row].copy()
        for place in np.flatnonzero(exists[row] & (own < 0)):
            others = [k for k in np.flatnonzero(exists[row] & (own >= 0)) if approach[row, k] == approach[row, place]]
            if not others or length[row, place] < 40:
                continue
            source = min(others, key=lambda k: abs(k - place))
            for role in ("near", "far"):
                columns[role][row, place] = columns[role][row, source]
                distance[role][row, place] = distance[role][row, source]
        near = columns["near"][row]
        same = (near[:, None] == near[None, :]) & (near >= 0)[:, None]
        sharing[row] = same | np.eye(n_n, dtype=bool)
        shared[row] = same.sum(axis=1) > 1
    return shared, sharing


def _exits(junction: Junction, groups: tuple[str, ...], layout: NetworkLayout) -> list[int]:
    index = layout.loop_index[junction.id]
    return [index[loop.id] for loop in junction.loops if loop.role is LoopRole.EXIT and set(loop.groups) & set(groups)]


def _pad_exits(exits: list[list[list[int]]], n_j: int, n_n: int) -> tuple[BoolArray, IntArray]:
    most = max((len(loops) for junction in exits for loops in junction), default=0)
    has, column = np.zeros((n_j, n_n, most), bool), np.zeros((n_j, n_n, most), np.int64)
    for row, junction in enumerate(exits):
        for place, loops in enumerate(junction):
            has[row, place, : len(loops)] = True
            column[row, place, : len(loops)] = loops
    return has, column


def _served(layout: NetworkLayout, groups: BoolArray) -> FloatArray:
    """(J, S, N) share of the saturation flow while the stage shows, before anything was learned."""
    green = layout.stage_green[:, :, None, :] & groups[:, None, :, :]  # (J, S, N, G)
    lit, all_groups = green.sum(axis=3), groups.sum(axis=2)[:, None, :]
    share = np.where(lit == 0, 0.0, np.where(lit == all_groups, 1.0, SHARED_RATIO))
    yields = np.zeros_like(layout.stage_green)  # (J, S, G) the group is green and must give way to a green one
    for row, junction in enumerate(layout.junctions):
        index = junction.group_index()
        for yielding, priority in junction.permissive:
            a, b = index[yielding], index[priority]
            yields[row, :, a] |= layout.stage_green[row, :, a] & layout.stage_green[row, :, b]
    must_yield = (yields[:, :, None, :] & groups[:, None, :, :]).any(axis=3)
    return np.asarray(np.where(must_yield, share * PERMISSIVE_RATIO, share))


def _group_lags(layout: NetworkLayout) -> FloatArray:
    """(J, S, S, G) from asking for the second stage out of the first until the group is green; NOT_SERVED_S if never.

    A group that stays green has none; one that starts waits for the intergreen of every conflicting group that ends.
    """
    green = layout.stage_green
    n_j, n_g, n_s = layout.shape
    lag = np.full((n_j, n_s, n_s, n_g), NOT_SERVED_S)
    for a in range(n_s):
        for b in range(n_s):
            ends = green[:, a] & ~green[:, b]  # (J, G)
            starts = green[:, b] & ~green[:, a]
            waits = np.where(ends[:, :, None] & layout.conflict, layout.intergreen_s, 0.0).max(axis=1, initial=0.0)
            waits = np.maximum(waits, layout.red_amber_s)
            lag[:, a, b] = np.where(green[:, b], np.where(starts, waits, 0.0), NOT_SERVED_S)
    return lag


def _lane_lags(layout: NetworkLayout, groups: BoolArray, lag: FloatArray) -> FloatArray:
    """(J, S, S, N) the lane discharges when its last group that gets green has it."""
    served = layout.stage_green[:, None, :, None, :] & groups[:, None, None, :, :]  # (J, 1, S, N, G)
    longest = np.where(served, lag[:, :, :, None, :], 0.0).max(axis=4, initial=0.0)
    return np.where(served.any(axis=4), longest, NOT_SERVED_S)


def _shortest(layout: NetworkLayout, lag: FloatArray) -> FloatArray:
    """(J, S, S) every group that the change turns green has had its minimum."""
    green = layout.stage_green
    starts = green[:, None, :, :] & ~green[:, :, None, :]  # (J, from, to, G)
    needed = np.where(starts, lag + layout.min_green_s[:, None, None, :], 0.0)
    return np.asarray(needed.max(axis=3, initial=0.0))
