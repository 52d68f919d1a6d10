"""Plans by traffic: a plan runs while a flow or a degree of saturation holds, and not a moment less than its stay.

Flow q = vehicles counted / time told of. Degree of saturation x = q C / (s g) (Webster, RRTP 39, 1958), written with
what was seen: vehicles counted / (saturation flow * green shown). On above `on_above`, off below `off_below`: between
the two a trigger stays as it is, so that traffic near a limit changes nothing. Loops that are silent are unknown, not
empty: they switch nothing on, and off only what has had its stay and was told nothing for a whole window.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from controller.events import Decision, Reason
from controller.layout import LOOP_ROLES, BoolArray, FloatArray, IntArray, NetworkLayout
from controller.model import LoopRole, Network, TrafficMeasure

BIN_S = 10.0
"""Windows move on in steps of so much."""


@dataclass(frozen=True, slots=True)
class TriggerLayout:
    """The triggers of a site as arrays: T triggers, L loops, J junctions, P plans."""

    loops: BoolArray  # (T, L) counted for the trigger
    loop_capacity_veh_s: FloatArray  # (L,) saturation flow of the loop's lane
    saturation: BoolArray  # (T,) the measure is the degree of saturation, else the flow
    on_above: FloatArray  # (T,)
    off_below: FloatArray  # (T,)
    bins: IntArray  # (T,) length of the window
    stay_s: FloatArray  # (T,)
    plan: IntArray  # (T,) place in `programme.plans`
    replaces: BoolArray  # (T, P) plans of the calendar that it may replace
    junctions: BoolArray  # (T, J) junctions that change

    @classmethod
    def of(cls, network: Network, layout: NetworkLayout) -> TriggerLayout:
        """The arrays of a network that has been checked."""
        triggers, plans = network.schedule.triggers, layout.programme.plans
        n_t = len(triggers)
        junctions = layout.junction_index
        replaces = [[not t.instead_of or plan in t.instead_of for plan in plans] for t in triggers]
        changes = [[not t.junctions or name in t.junctions for name in junctions] for t in triggers]
        loops = [_counted(layout, junctions[t.junction], t.groups) for t in triggers]
        return cls(
            loops=np.array(loops, bool).reshape(n_t, layout.loop_junction.size),
            loop_capacity_veh_s=_capacity(layout),
            saturation=np.array([t.measure is TrafficMeasure.SATURATION for t in triggers], bool),
            on_above=np.array([t.on_above for t in triggers], float),
            off_below=np.array([t.off_below for t in triggers], float),
            bins=np.array([max(1, round(t.window_s / BIN_S)) for t in triggers], np.int64),
            stay_s=np.array([t.stay_s for t in triggers], float),
            plan=np.array([plans.index(t.plan) for t in triggers], np.int64),
            replaces=np.array(replaces, bool).reshape(n_t, len(plans)),
            junctions=np.array(changes, bool).reshape(n_t, len(junctions)),
        )


def _counted(layout: NetworkLayout, row: int, groups: tuple[str, ...]) -> BoolArray:
    """(L,) stop-line loops of the junction that serve one of the groups."""
    index = layout.junctions[row].group_index()
    serves = layout.loop_groups[:, [index[group] for group in groups]].any(axis=1)
    stop_line = layout.loop_role == LOOP_ROLES.index(LoopRole.STOP_LINE)
    return np.asarray((layout.loop_junction == row) & stop_line & serves)


def _capacity(layout: NetworkLayout) -> FloatArray:
    """(L,) saturation flow of each loop's lane [veh/s]; two loops of one lane share it, 0 where there is no lane."""
    flow_veh_h = {
        (row, lane.id): lane.saturation_flow_veh_h for row, j in enumerate(layout.junctions) for lane in j.lanes
    }
    places = [
        (row, loop.lane) if loop.role is LoopRole.STOP_LINE and loop.lane is not None else None
        for row, junction in enumerate(layout.junctions)
        for loop in junction.loops
    ]
    loops_on = Counter(places)
    shares = [flow_veh_h.get(at, 0.0) / 3600 / loops_on[at] if at is not None else 0.0 for at in places]
    return np.array(shares, np.float64)


@dataclass(slots=True)
class TriggerMemory:
    """What was counted in the last windows, ring by ring, and which triggers are on."""

    counted: FloatArray  # (T, B) vehicles
    capacity: FloatArray  # (T, B) vehicles that the green could have served
    told_s: FloatArray  # (T, B) seconds told of
    bin: IntArray  # (1,) number of the present bin, -1 before the first second
    on: BoolArray  # (T,)
    since_s: FloatArray  # (T,) when it went on [s]
    heard_s: FloatArray  # (T,) when any of its loops last told something [s]

    @classmethod
    def start(cls, triggers: TriggerLayout, now_s: float) -> TriggerMemory:
        """Nothing counted, none on."""
        shape = (triggers.plan.size, int(triggers.bins.max(initial=1)))
        n_t = shape[0]
        zeros = (np.zeros(shape), np.zeros(shape), np.zeros(shape))
        return cls(*zeros, np.full(1, -1, np.int64), np.zeros(n_t, bool), np.full(n_t, now_s), np.full(n_t, now_s))


def watch_traffic(
    memory: TriggerMemory,
    count: FloatArray,
    told: BoolArray,
    green: BoolArray,
    triggers: TriggerLayout,
    layout: NetworkLayout,
    now_s: float,
) -> None:
    """Count one second: `count`, `told` (L,) of the loops, `green` (J, G) as it shows."""
    if triggers.plan.size == 0:
        return
    size = memory.counted.shape[1]
    number = int(now_s // BIN_S)
    passed = min(size, number - int(memory.bin[0])) if memory.bin[0] >= 0 else size
    stale = (number - np.arange(passed)) % size
    for ring in (memory.counted, memory.capacity, memory.told_s):
        ring[:, stale] = 0.0
    memory.bin[0] = number
    lit = (layout.loop_groups & green[layout.loop_junction]).any(axis=1)
    heard = triggers.loops & told
    at = number % size
    memory.counted[:, at] += heard @ count
    memory.capacity[:, at] += heard @ (lit * triggers.loop_capacity_veh_s)
    any_heard = heard.any(axis=1)
    memory.told_s[:, at] += any_heard
    memory.heard_s = np.where(any_heard, now_s, memory.heard_s)


def measured(memory: TriggerMemory, triggers: TriggerLayout) -> FloatArray:
    """(T,) flow [veh/h] or degree of saturation over each window; NaN where less than half of it was told of."""
    size = memory.counted.shape[1]
    age = (int(memory.bin[0]) - np.arange(size)) % size
    inside = age < triggers.bins[:, None]
    counted, capacity, told_s = (
        (ring * inside).sum(axis=1) for ring in (memory.counted, memory.capacity, memory.told_s)
    )
    flow_veh_h = 3600 * counted / np.maximum(told_s, 1.0)
    saturation = counted / np.maximum(capacity, 1e-9)
    known = told_s >= triggers.bins * BIN_S / 2
    known &= ~triggers.saturation | (capacity > 0)
    return np.where(known, np.where(triggers.saturation, saturation, flow_veh_h), np.nan)


def switch_triggers(memory: TriggerMemory, triggers: TriggerLayout, network: Network, now_s: float) -> list[Decision]:
    """Set what is on, and tell each change once, at the trigger's own junction."""
    if triggers.plan.size == 0:
        return []
    value = measured(memory, triggers)
    stayed = now_s - memory.since_s >= triggers.stay_s
    silent = np.isnan(value) & (now_s - memory.heard_s >= triggers.bins * BIN_S)
    goes_on = ~memory.on & (value > triggers.on_above)
    goes_off = memory.on & stayed & ((value < triggers.off_below) | silent)
    memory.on = (memory.on | goes_on) & ~goes_off
    memory.since_s = np.where(goes_on, now_s, memory.since_s)
    decisions = []
    for row in np.flatnonzero(goes_on | goes_off):
        trigger = network.schedule.triggers[row]
        reason = Reason.TRIGGER_ON if goes_on[row] else Reason.TRIGGER_OFF
        found = () if np.isnan(value[row]) else ((trigger.measure.value, round(float(value[row]), 2)),)
        decisions.append(Decision(trigger.junction, reason, (("trigger", trigger.id), ("plan", trigger.plan), *found)))
    return decisions


def triggered_plans(memory: TriggerMemory, triggers: TriggerLayout, plan: int, n_junctions: int) -> IntArray:
    """(J,) the plan of each junction where the calendar says `plan`: that of the first trigger that is on."""
    plans = np.full(n_junctions, plan, np.int64)
    for row in np.flatnonzero(memory.on)[::-1]:
        if triggers.replaces[row, plan]:
            plans = np.where(triggers.junctions[row], triggers.plan[row], plans)
    return plans
