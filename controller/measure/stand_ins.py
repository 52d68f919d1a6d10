"""What is taken in place of loops that are not trusted: a neighbour, then the same hour's history, then the plan.

Never a permanent call. A group whose own loops cannot tell when its queue has gone is given green for as long as the
vehicles that are thought to wait need (2 s, and 2 s each), and at most as long as its plan does; variable initial green
of the FHWA Signal Timing Manual. Where nothing is known it is called in the rhythm of the plan, for the plan's green.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controller.layout import BoolArray, FloatArray, IntArray, NetworkLayout
from controller.measure.history import Usual
from controller.measure.loops import LoopSecond
from controller.measure.peers import LoopPeers
from controller.measure.trust import Verdict
from controller.state import TRUSTED, LoopState, SignalState, StandIn

START_UP_S, HEADWAY_S = 2.0, 2.0
"""Lost at the start of green, and taken by each vehicle (Webster; 1800 veh/h)."""


@dataclass(slots=True)
class StandInMemory:
    """Who is thought to wait where nothing sees him."""

    waiting_veh: FloatArray  # (L,) since the last green of the loop's groups, for loops that are not trusted
    served: BoolArray  # (L,) a group of the loop had green in the last second

    @classmethod
    def empty(cls, layout: NetworkLayout) -> StandInMemory:
        """Nobody waits."""
        n_loops = layout.loop_junction.size
        return cls(np.zeros(n_loops), np.zeros(n_loops, bool))


@dataclass(frozen=True, slots=True)
class Recall:
    """What groups are given where their loops cannot tell."""

    call: BoolArray  # (J, G) somebody is thought to wait
    hold: BoolArray  # (J, G) the green has not yet lasted as long as those need
    blind: BoolArray  # (J, G) has loops, but none is trusted and no neighbour stands in


def stand_in(loops: LoopSecond, verdict: Verdict, usual: Usual, layout: NetworkLayout, peers: LoopPeers) -> LoopState:
    """Choose for every loop who speaks in its place, and let him speak."""
    trusted = verdict.trust >= TRUSTED
    own = np.arange(trusted.size)
    able = (peers.neighbour >= 0) & trusted[peers.neighbour]
    has = able.any(axis=1)
    chosen = peers.neighbour[own, able.argmax(axis=1)]
    unseen = np.where(usual.known, int(StandIn.HISTORY), int(StandIn.PLAN))
    kind = np.where(trusted, int(StandIn.OWN), np.where(has, int(StandIn.NEIGHBOUR), unseen))
    neighbour = np.where(~trusted & has, chosen, own)
    speaks = kind <= int(StandIn.NEIGHBOUR)
    alike = trusted | (has & (layout.loop_role[neighbour] == layout.loop_role))
    return LoopState(
        trust=verdict.trust,
        fault=verdict.fault,
        stand_in=kind,
        neighbour=neighbour,
        count=np.where(speaks, loops.count[neighbour], usual.veh_s),
        occupied=np.where(alike, loops.occupied[neighbour], 0.0),
        touched=loops.touched[neighbour] & speaks,
        stalled=verdict.stalled & trusted,
    )


def recall_groups(
    memory: StandInMemory,
    loops: LoopState,
    signals: SignalState,
    plan: IntArray,
    layout: NetworkLayout,
    peers: LoopPeers,
    now_s: float,
) -> Recall:
    """Calls and greens of groups whose loops are not trusted; `plan` (J,) the plan that runs."""
    calling = layout.loop_calls
    lost = calling & ~loops.trusted
    green = signals.green
    served = np.asarray((layout.loop_groups & green[layout.loop_junction]).any(axis=1))
    waited = np.where(memory.served & ~served, 0.0, memory.waiting_veh)
    memory.waiting_veh, memory.served = np.where(lost, waited + loops.count, 0.0), served
    seen = calling & (loops.stand_in <= int(StandIn.NEIGHBOUR))
    by_plan = lost & (loops.stand_in == int(StandIn.PLAN))
    has_loops, some_lost, some_seen, some_by_plan = any_loop(np.stack([calling, lost, seen, by_plan]), layout)
    blind = has_loops & ~some_seen
    unknown: BoolArray = blind & some_by_plan
    plan_green_s, plan_red_s = _plan_times(plan, layout, peers)
    veh = most_of_loops(memory.waiting_veh, layout, 0.0)
    red_s = now_s - signals.red_since_s
    call = ~green & np.where(unknown, red_s >= plan_red_s, some_lost & (veh >= 1.0))
    hold_s = np.where(unknown, plan_green_s, np.minimum(START_UP_S + HEADWAY_S * veh, plan_green_s))
    hold = green & some_lost & ((veh >= 1.0) | unknown) & (now_s - signals.since_s < hold_s)
    return Recall(call & layout.group_exists, hold, blind)


def critical_groups(usual: Usual, layout: NetworkLayout) -> BoolArray:
    """(J, G) groups that carry at least an even share of their junction's vehicles at this hour, or nobody knows."""
    seen = layout.loop_calls
    has_loops, some_unknown = any_loop(np.stack([seen, seen & ~usual.known]), layout)
    known = has_loops & ~some_unknown
    veh_s = most_of_loops(np.where(seen, usual.veh_s, 0.0), layout, 0.0)
    vehicles = layout.group_exists & ~layout.pedestrian
    even = np.where(vehicles, veh_s, 0.0).sum(axis=1) / np.maximum(1, vehicles.sum(axis=1))
    return np.asarray(vehicles & (~known | (veh_s >= even[:, None])))


def any_loop(which: BoolArray, layout: NetworkLayout) -> BoolArray:
    """(..., J, G) groups with at least one of these loops (..., L)."""
    found = np.zeros((*which.shape[:-1], *layout.group_exists.shape), bool)
    if which.size:
        spread = layout.loop_groups & which[..., None]
        found[..., layout.loop_rows, :] = np.logical_or.reduceat(spread, layout.loop_starts, axis=-2)
    return found


def most_of_loops(values: FloatArray, layout: NetworkLayout, least: float) -> FloatArray:
    """(J, G) the largest of the loops' values (L,), `least` where there is none."""
    most = np.full(layout.group_exists.shape, least)
    if values.size:
        spread = np.where(layout.loop_groups, values[:, None], least)
        most[layout.loop_rows] = np.maximum.reduceat(spread, layout.loop_starts, axis=0)
    return most


def _plan_times(plan: IntArray, layout: NetworkLayout, peers: LoopPeers) -> tuple[FloatArray, FloatArray]:
    """(J, G) green and red of the plan that runs; without a plan the minimum green, and no red to wait for [s]."""
    if not peers.plan_green_s.shape[0]:
        return layout.min_green_s, np.zeros_like(layout.min_green_s)
    rows = np.arange(plan.size)
    return np.maximum(layout.min_green_s, peers.plan_green_s[plan, rows]), peers.plan_red_s[plan, rows]
