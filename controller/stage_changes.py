"""What a change of stage takes: until each group has green, by way of which set, and how soon it may be left again.

Leaving a stage ends its groups together. Where one of them needs a much longer intergreen than the others (a crossing
that clears while the vehicles beside it could still go), the change goes by way of the junction's set without it: the
slow group ends first, the others when their own intergreen begins. The set must be among the junction's stages.

Whoever stands on the stop line when his green ends, behind somebody who waits for a gap, sets out when that one goes,
and an intergreen was made for those who drive. Where the junction has a set in which nobody has green, the change may
go by way of that (red extension): long enough for one who sets out.

Shapes: J junctions, S stages, G groups. A change leads from the first stage to the second.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controller.layout import BoolArray, FloatArray, IntArray, NetworkLayout

NOT_SERVED_S = 999.0
"""Lag of a group or lane that a stage does not serve."""
VIA_SHORTEST_S = 2.0
"""A set on the way is worth a request from so long on."""
SETS_OUT_S = 7.0
"""Who sets out from the stop line when his green ends has crossed so long after: 2 s until who stands before him goes,
and 25 m at 2 m/s2."""

ASKED_BEFORE_S = 1.0
"""A stage asked for so long before its intergreens have run starts no later for that: cabinets are told each second."""


@dataclass(frozen=True, slots=True)
class StageChanges:
    """Built once from the layout."""

    lag_s: FloatArray  # (J, S, S, G) from asking for the second out of the first to green; NOT_SERVED_S if never
    clears_s: FloatArray  # (J, S, S, G) from asking for the second out of the first until all that it ends is clear
    shortest_s: FloatArray  # (J, S, S) until the second may be left again
    via: IntArray  # (J, S, S) place of the set on the way, -1 where the change is direct
    via_s: FloatArray  # (J, S, S) how long it shows, 0 where the change is direct
    without_walks: IntArray  # (J, S) place of the same stage without its pedestrians, -1
    nobody: IntArray  # (J,) place of the set in which nobody has green, -1
    pause_s: FloatArray  # (J, S, S) how long that set is to show for one who sets out; 0: no need, or no such set
    decide_s: FloatArray  # (J, S, S) until it must be known whether anybody does, lest the second stage be late


def build_stage_changes(layout: NetworkLayout) -> StageChanges:
    """Every change of every junction."""
    via, via_s = _sets_on_the_way(layout)
    clears_s = _clears(layout, via, via_s)
    lag_s = _lags(layout, via_s, clears_s)
    nobody = _nobody(layout)
    pause_s, decide_s = _pauses(layout, lag_s, nobody)
    without_walks = _without_walks(layout)
    return StageChanges(lag_s, clears_s, _shortest(layout, lag_s), via, via_s, without_walks, nobody, pause_s, decide_s)


def _clears(layout: NetworkLayout, via: IntArray, via_s: FloatArray) -> FloatArray:
    """Intergreens of every conflicting group that ends, from the end of its green: later for those held on the way."""
    green = layout.stage_green
    n_j, n_g, n_s = layout.shape
    rows = np.arange(n_j)
    clears = np.zeros((n_j, n_s, n_s, n_g))
    for a in range(n_s):
        for b in range(n_s):
            ends = green[:, a] & ~green[:, b]  # (J, G)
            kept = green[rows, via[:, a, b]] & ends & (via[:, a, b] >= 0)[:, None]
            from_s = layout.intergreen_s + np.where(kept, via_s[:, a, b, None], 0.0)[:, :, None]
            clears[:, a, b] = np.where(ends[:, :, None] & layout.conflict, from_s, 0.0).max(axis=1, initial=0.0)
    return clears


def _lags(layout: NetworkLayout, via_s: FloatArray, clears_s: FloatArray) -> FloatArray:
    """A group that stays green has none; one that starts waits for every conflicting group that ends."""
    green = layout.stage_green
    n_j, n_g, n_s = layout.shape
    lag = np.full((n_j, n_s, n_s, n_g), NOT_SERVED_S)
    for a in range(n_s):
        for b in range(n_s):
            starts = green[:, b] & ~green[:, a]
            waits = np.maximum(np.maximum(clears_s[:, a, b], layout.red_amber_s), via_s[:, a, b, None])
            lag[:, a, b] = np.where(green[:, b], np.where(starts, waits, 0.0), NOT_SERVED_S)
    return lag


def _shortest(layout: NetworkLayout, lag_s: FloatArray) -> FloatArray:
    """(J, S, S) every group that the change turns green has had its minimum."""
    green = layout.stage_green
    starts = green[:, None, :, :] & ~green[:, :, None, :]  # (J, from, to, G)
    needed = np.where(starts, lag_s + layout.min_green_s[:, None, None, :], 0.0)
    return np.asarray(needed.max(axis=3, initial=0.0))


def _sets_on_the_way(layout: NetworkLayout) -> tuple[IntArray, FloatArray]:
    """(J, S, S) the set that keeps most vehicle groups going for longest while the slow groups clear, and its time."""
    n_j, _, n_s = layout.shape
    via, via_s = np.full((n_j, n_s, n_s), -1, np.int64), np.zeros((n_j, n_s, n_s))
    for j in range(n_j):
        n = layout.n_stages[j]
        for a in range(n):
            for b in range(n):
                via[j, a, b], via_s[j, a, b] = _set_on_the_way(layout, j, a, b)
    return via, via_s


def _set_on_the_way(layout: NetworkLayout, j: int, a: int, b: int) -> tuple[int, float]:
    green = layout.stage_green[j]
    starts, ends, stays = green[b] & ~green[a], green[a] & ~green[b], green[a] & green[b]
    best, chosen = 0.0, (-1, 0.0)
    if a == b or not starts.any():
        return chosen
    vehicles = starts & ~layout.pedestrian[j]
    starts = vehicles if vehicles.any() else starts  # people on foot start when they can: nobody's green ends for them
    for v in range(layout.n_stages[j]):
        kept = green[v] & ends
        of_vehicles = (kept & ~layout.pedestrian[j]).sum()
        if v in {a, b} or not of_vehicles or (green[v] & ~green[a]).any() or (stays & ~green[v]).any():
            continue
        spared_s = np.floor(_clearing_s(layout, j, ends & ~kept, starts) - _clearing_s(layout, j, kept, starts))
        if spared_s >= VIA_SHORTEST_S and spared_s * of_vehicles > best:
            best, chosen = spared_s * of_vehicles, (v, float(spared_s))
    return chosen


def _clearing_s(layout: NetworkLayout, j: int, ends: BoolArray, starts: BoolArray) -> float:
    pairs = ends[:, None] & starts[None, :] & layout.conflict[j]
    return float(np.where(pairs, layout.intergreen_s[j], 0.0).max(initial=0.0))


def _nobody(layout: NetworkLayout) -> IntArray:
    empty = ~layout.stage_green.any(axis=2) & (np.arange(layout.shape[2]) < layout.n_stages[:, None])
    return np.asarray(np.where(empty.any(axis=1), empty.argmax(axis=1), -1))


def _pauses(layout: NetworkLayout, lag_s: FloatArray, nobody: IntArray) -> tuple[FloatArray, FloatArray]:
    """Only where every green ends and the intergreens are shorter: who stays green would be stopped for nothing.

    Decided a second before the last intergreen has run, it costs nothing where nobody sets out: no green begins sooner.
    """
    green = layout.stage_green
    has_green: BoolArray = np.asarray(green.any(axis=2))
    apart: BoolArray = ~np.asarray((green[:, :, None, :] & green[:, None, :, :]).any(axis=3))
    apart &= has_green[:, :, None] & has_green[:, None, :] & (nobody >= 0)[:, None, None]
    complete_s = np.where(lag_s < NOT_SERVED_S, lag_s, 0.0).max(axis=3, initial=0.0)
    short = apart & (complete_s + VIA_SHORTEST_S <= SETS_OUT_S)
    decide_s = np.maximum(ASKED_BEFORE_S, np.ceil(complete_s) - ASKED_BEFORE_S)
    return np.where(short, SETS_OUT_S, 0.0), np.where(short, decide_s, 0.0)


def _without_walks(layout: NetworkLayout) -> IntArray:
    n_j, _, n_s = layout.shape
    found = np.full((n_j, n_s), -1, np.int64)
    for j in range(n_j):
        for s in range(layout.n_stages[j]):
            vehicles = layout.stage_green[j, s] & ~layout.pedestrian[j]
            if layout.selectable[j, s] and vehicles.any() and (vehicles != layout.stage_green[j, s]).any():
                same = np.flatnonzero((layout.stage_green[j, : layout.n_stages[j]] == vehicles).all(axis=1))
                found[j, s] = same[0] if same.size else -1
    return found
