"""Approach lanes as arrays: which groups they feed, how a change of stage reaches them, which loops watch them.

A crossing that people can call counts as one more lane of its junction, without loops: who waits there waits too.

Shapes: J junctions, N the most lanes and crossings of any junction, S the most stages, G the most groups, L loops.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controller.lane_loops import find_lane_loops
from controller.layout import BoolArray, FloatArray, IntArray, NetworkLayout
from controller.model import LoopRole
from controller.stage_changes import NOT_SERVED_S, build_stage_changes

JAM_SPACING_M = 7.5
"""A standing car with its gap."""
START_UP_S = 2.0
"""From green to the first vehicle over the line (Webster's start-up loss, about 2 s)."""
PERMISSIVE_RATIO = 0.5
"""Share of the saturation flow that a lane is first thought to discharge while it must give way; learned afterwards."""
SHARED_RATIO = 0.35
"""The same for a lane of which only some directions have green: a vehicle for the others soon stands first."""
WALKERS_PER_S = 5.0
"""Everybody who waits at a crossing sets out in the first seconds of green."""


@dataclass(frozen=True, slots=True)
class LaneLayout:
    """Built once from the layout; padding where a junction has fewer lanes than N."""

    exists: BoolArray  # (J, N)
    walk: BoolArray  # (J, N) a crossing, not a lane
    saturation_veh_s: FloatArray  # (J, N) as engineered [veh/s]
    speed_m_s: FloatArray  # (J, N)
    length_m: FloatArray  # (J, N)
    upstream_m: FloatArray  # (J, N) way to the nearest signal that feeds the lane, inf where there is none
    approach: IntArray  # (J, N) number of the approach in its junction, -1 for crossings and padding
    groups: BoolArray  # (J, N, G)
    served: FloatArray  # (J, S, N) first guess of the share of saturation flow discharged in the stage, 0 not served
    lag_s: FloatArray  # (J, S, S, N) from asking for the second stage out of the first to green; NOT_SERVED_S
    clears_s: FloatArray  # (J, S, S, N) from asking for the second out of the first until nothing bars the lane
    held_s: FloatArray  # (J, S, S, N) how long a lane that the change ends goes on, by way of another set
    shortest_s: FloatArray  # (J, S, S) from asking for the second out of the first until it may be left
    longest_s: FloatArray  # (J, S) longest maximum green of the stage's groups
    via: IntArray  # (J, S, S) place of the set by way of which the change goes, -1
    via_s: FloatArray  # (J, S, S) how long that set shows
    nobody: IntArray  # (J,) place of the set in which nobody has green, -1
    pause_s: FloatArray  # (J, S, S) how long that set shows when somebody sets out as his green ends, 0: never
    decide_s: FloatArray  # (J, S, S) until it must be known whether it shows for so long, 0: never
    without_walks: IntArray  # (J, S) place of the same stage without its pedestrians, -1
    stop_loop: IntArray  # (J, N) column of the stop-line loop, -1 where there is none
    near_loop: IntArray  # (J, N) column of the advance loop, -1
    far_loop: IntArray  # (J, N) column of the entry loop farther out, -1
    near_m: FloatArray  # (J, N) distance of the near loop from the stop line
    far_m: FloatArray  # (J, N)
    shared_near: BoolArray  # (J, N) the near loop belongs to the approach: its lanes part later
    sharing: BoolArray  # (J, N, N) lanes that share one near loop, itself included
    sharing_far: BoolArray  # (J, N, N) lanes that share one far loop
    exit_loops: BoolArray  # (J, N, X) padded list of exit loops of the lane's groups
    exit_column: IntArray  # (J, N, X) their columns, 0 in the padding

    @property
    def shape(self) -> tuple[int, int]:
        """(J, N)."""
        return (self.exists.shape[0], self.exists.shape[1])


def build_lanes(layout: NetworkLayout) -> LaneLayout:
    """Lay out the approach lanes of every junction."""
    n_j, n_g, _ = layout.shape
    walks = [np.flatnonzero(layout.pedestrian[row]) for row in range(n_j)]
    n_n = max((len(j.lanes) + walks[row].size for row, j in enumerate(layout.junctions)), default=0)
    exists, walk, groups = np.zeros((n_j, n_n), bool), np.zeros((n_j, n_n), bool), np.zeros((n_j, n_n, n_g), bool)
    saturation, speed, length = np.zeros((n_j, n_n)), np.ones((n_j, n_n)), np.zeros((n_j, n_n))
    upstream = np.full((n_j, n_n), np.inf)
    approach = np.full((n_j, n_n), -1, np.int64)
    exits: list[list[list[int]]] = []
    for row, junction in enumerate(layout.junctions):
        index = junction.group_index()
        names = sorted({lane.approach for lane in junction.lanes})
        for place, lane in enumerate(junction.lanes):
            exists[row, place] = True
            groups[row, place, [index[group] for group in lane.groups]] = True
            saturation[row, place] = lane.saturation_flow_veh_h / 3600.0
            speed[row, place], length[row, place] = lane.speed_m_s, lane.length_m
            if lane.signal_upstream_m is not None:
                upstream[row, place] = min(lane.length_m, lane.signal_upstream_m)
            approach[row, place] = names.index(lane.approach)
        crossings = len(junction.lanes) + np.arange(walks[row].size)
        exists[row, crossings] = walk[row, crossings] = groups[row, crossings, walks[row]] = True
        saturation[row, crossings] = WALKERS_PER_S
        exits.append([_exits(row, lane.groups, layout) for lane in junction.lanes])
    has_exit, exit_column = _pad_exits(exits, n_j, n_n)
    loops = find_lane_loops(layout, approach, length)
    changes = build_stage_changes(layout)
    return LaneLayout(
        exists=exists,
        walk=walk,
        saturation_veh_s=saturation,
        speed_m_s=speed,
        length_m=length,
        upstream_m=upstream,
        approach=approach,
        groups=groups,
        served=_served(layout, groups),
        lag_s=_lane_lags(layout, groups, changes.lag_s),
        clears_s=soonest_of_lanes(groups, changes.clears_s),
        held_s=_held(layout, groups, changes.via, changes.via_s),
        shortest_s=changes.shortest_s,
        longest_s=np.where(layout.stage_green, layout.max_green_s[:, None, :], 0.0).max(axis=2, initial=0.0),
        via=changes.via,
        via_s=changes.via_s,
        nobody=changes.nobody,
        pause_s=changes.pause_s,
        decide_s=changes.decide_s,
        without_walks=changes.without_walks,
        stop_loop=loops.column["stop"],
        near_loop=loops.column["near"],
        far_loop=loops.column["far"],
        near_m=loops.distance_m["near"],
        far_m=loops.distance_m["far"],
        shared_near=loops.shared_near,
        sharing=loops.sharing_near,
        sharing_far=loops.sharing_far,
        exit_loops=has_exit,
        exit_column=exit_column,
    )


def _exits(row: int, groups: tuple[str, ...], layout: NetworkLayout) -> list[int]:
    junction = layout.junctions[row]
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


def _lane_lags(layout: NetworkLayout, groups: BoolArray, lag: FloatArray) -> FloatArray:
    """(J, S, S, N) the lane discharges when its last group that gets green has it."""
    served = layout.stage_green[:, None, :, None, :] & groups[:, None, None, :, :]  # (J, 1, S, N, G)
    longest = np.where(served, lag[:, :, :, None, :], 0.0).max(axis=4, initial=0.0)
    return np.where(served.any(axis=4), longest, NOT_SERVED_S)


def soonest_of_lanes(groups: BoolArray, of_groups_s: FloatArray) -> FloatArray:
    """(J, ..., N) the least of the times (J, ..., G) of each lane's groups (J, N, G): from then on it may discharge."""
    between = tuple(range(1, of_groups_s.ndim - 1))
    times_s = np.where(np.expand_dims(groups, between), of_groups_s[..., None, :], np.inf).min(axis=-1, initial=np.inf)
    return np.where(np.isinf(times_s), 0.0, times_s)


def _held(layout: NetworkLayout, groups: BoolArray, via: IntArray, via_s: FloatArray) -> FloatArray:
    """(J, S, S, N) time of the set on the way, where it keeps all groups that the lane had green."""
    n_j, _, n_s = layout.shape
    held_s = np.zeros((n_j, n_s, n_s, groups.shape[1]))
    for j, a, b in np.argwhere(via >= 0):
        had, kept = groups[j] & layout.stage_green[j, a], groups[j] & layout.stage_green[j, via[j, a, b]]
        held_s[j, a, b] = np.where(had.any(axis=1) & (had == kept).all(axis=1), via_s[j, a, b], 0.0)
    return held_s
