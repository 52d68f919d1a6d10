"""One plan of a site as a UTDF file: nodes, links, lanes with detectors and volumes, time plans, phases.

The file says less than the site; what it leaves out is said with it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from controller.model import GroupKind, Junction, LoopRole, Network, TimingPlan
from plans.exchange.geometry import DIRECTIONS, Geometry, JunctionGeometry
from plans.exchange.utdf_lanes import LANE_COLUMNS, NOTHING_COUNTED, Counted, LaneTable, lane_table
from plans.exchange.utdf_phases import Phase, phases_of
from plans.exchange.utdf_text import write_utdf
from plans.planned_greens import timing_of

UTDF_VERSION = 8
NODE_SIGNAL, NODE_EXTERNAL = 0, 1
PRETIMED, COORDINATED = 0, 3
"""Control type: no phase is favoured, or the reference phases are the coordinated ones."""
FIRST_GREEN, MAX_RECALL = 3, 3
"""What offsets are referenced to (TS 2 style); recall of every phase."""
USUAL_PHASES = 8
GRID_M = 1000
"""Junctions whose place nobody knows stand so far from each other."""
CARRIED = (
    "cycle, offset and reference phase of each junction",
    "begin and end of every green, amber, all-red and pedestrian clearance, in tenths of a second",
    "minimum greens and walks",
    "lanes, saturation flows, speeds and lengths by movement; stop-line and advance loops by movement",
)


@dataclass(frozen=True, slots=True)
class Exported:
    """A text in another tool's format, what it carries and what it leaves out, in sentences."""

    text: str
    carried: tuple[str, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Node:
    """A junction with everything that the sections are made of."""

    junction: Junction
    timing: TimingPlan
    phases: tuple[Phase, ...]
    lanes: LaneTable
    x_m: float
    y_m: float
    outside: Mapping[str, int]
    """Approach: number of the external node that it comes from."""


def export_utdf(
    network: Network, plan: str, *, geometry: Geometry | None = None, volumes: Mapping[str, Counted] | None = None
) -> Exported:
    """The plan as a file; `volumes` are by junction.

    Raises ValueError where no junction has a timing in the plan.
    """
    known, counted = geometry or {}, volumes or {}
    timed = [(junction, timing_of(junction, plan)) for junction in network.junctions]
    chosen = [(junction, timing) for junction, timing in timed if timing is not None]
    if not chosen:
        raise ValueError(f"no junction has a timing in plan {plan!r}")
    nodes = list(_nodes(chosen, known, counted))
    left_out = [*_left_out([n for n, t in timed if t is None], nodes), *_unplaced(chosen, known)]
    if not counted:
        left_out.append("volumes: none were given")
    elif any(each.peak_hour_factor is None for each in counted.values()):
        left_out.append("peak hour factors: the volumes do not tell them")
    text = write_utdf(
        {
            "Network": (("RECORDNAME", "DATA"), _network_rows(network, plan)),
            "Nodes": (("INTID", "TYPE", "X", "Y", "Z", "DESCRIPTION"), list(_node_rows(nodes))),
            "Links": (("RECORDNAME", "INTID", *DIRECTIONS_IN_ORDER), list(_link_rows(nodes))),
            "Lanes": (("RECORDNAME", "INTID", *_columns(nodes), "PED", "HOLD"), list(_lane_rows(nodes))),
            "Timeplans": (("RECORDNAME", "INTID", "DATA"), list(_plan_rows(nodes))),
            "Phases": (("RECORDNAME", "INTID", *_phase_columns(nodes)), list(_phase_rows(network, nodes))),
        }
    )
    carried = (*CARRIED, *(["volumes by approach and group"] if counted else []))
    return Exported(text, carried, tuple(dict.fromkeys(left_out)))


DIRECTIONS_IN_ORDER = ("NB", "SB", "EB", "WB", "NE", "NW", "SE", "SW")


def _nodes(
    chosen: Sequence[tuple[Junction, TimingPlan]], geometry: Geometry, volumes: Mapping[str, Counted]
) -> Iterator[_Node]:
    outside = max(junction.number for junction, _ in chosen)
    for place, (junction, timing) in enumerate(chosen):
        known = geometry.get(junction.id)
        phases = phases_of(junction, timing)
        lanes = lane_table(junction, phases, known, volumes.get(junction.id, NOTHING_COUNTED))
        numbers = {}
        for approach in lanes.approaches:
            outside += 1
            numbers[approach] = outside
        x_m, y_m = (known.x_m, known.y_m) if known is not None else (GRID_M * (place % 10), GRID_M * (place // 10))
        yield _Node(junction, timing, phases, lanes, x_m, y_m, numbers)


# ------------------------------------------------------------------------------------------------------------ sections


def _network_rows(network: Network, plan: str) -> list[tuple[str, object]]:
    ambers = [g.amber_s for j in network.junctions for g in j.groups if g.kind is GroupKind.VEHICLE]
    return [
        ("UTDFVERSION", UTDF_VERSION),
        ("Metric", 1),
        ("yellowTime", _tenths(min(ambers, default=3.0))),
        ("ScenarioName", plan),
        ("Description", network.site),
    ]


def _node_rows(nodes: Sequence[_Node]) -> Iterator[tuple[object, ...]]:
    for node in nodes:
        name = f"{node.junction.id}: {node.junction.name}"
        yield (node.junction.number, NODE_SIGNAL, _tenths(node.x_m), _tenths(node.y_m), 0, name)
    for node in nodes:
        for approach, number in node.outside.items():
            length_m = max(lane.length_m for lane in node.junction.lanes if lane.approach == approach)
            towards = math.radians(DIRECTIONS[node.lanes.approaches[approach]])
            x_m, y_m = node.x_m - length_m * math.sin(towards), node.y_m - length_m * math.cos(towards)
            yield (number, NODE_EXTERNAL, _tenths(x_m), _tenths(y_m), 0, approach)


def _link_rows(nodes: Sequence[_Node]) -> Iterator[tuple[object, ...]]:
    for node in nodes:
        lanes = {
            direction: [lane for lane in node.junction.lanes if lane.approach == approach]
            for approach, direction in node.lanes.approaches.items()
        }
        number_of = {node.lanes.approaches[approach]: number for approach, number in node.outside.items()}
        name_of = {direction: approach for approach, direction in node.lanes.approaches.items()}
        records: Mapping[str, Mapping[str, object]] = {
            "Up ID": number_of,
            "Lanes": {direction: len(mine) for direction, mine in lanes.items()},
            "Name": name_of,
            "Distance": {d: _tenths(max(lane.length_m for lane in mine)) for d, mine in lanes.items()},
            "Speed": {d: round(3.6 * max(lane.speed_m_s for lane in mine), 2) for d, mine in lanes.items()},
        }
        for record, values in records.items():
            yield (record, node.junction.number, *(values.get(direction, "") for direction in DIRECTIONS_IN_ORDER))


def _columns(nodes: Sequence[_Node]) -> list[str]:
    """The usual twelve movements, and what else is used."""
    used = {column for node in nodes for values in node.lanes.rows.values() for column in values}
    usual = {f"{direction}{turn}" for direction in ("NB", "SB", "EB", "WB") for turn in "LTR"}
    return [column for column in LANE_COLUMNS if column in used | usual]


def _lane_rows(nodes: Sequence[_Node]) -> Iterator[tuple[object, ...]]:
    columns = [*_columns(nodes), "PED", "HOLD"]
    for node in nodes:
        up = {
            column: node.outside[approach]
            for approach, direction in node.lanes.approaches.items()
            for column in node.lanes.rows.get("Lanes", {})
            if column.startswith(direction)
        }
        for record, values in {"Up Node": up, **node.lanes.rows}.items():
            yield (record, node.junction.number, *(values.get(column, "") for column in columns))


def _plan_rows(nodes: Sequence[_Node]) -> Iterator[tuple[object, ...]]:
    for node in nodes:
        reference = reference_phases(node.junction, node.timing, node.phases)
        first_s = min((phase.green_s for phase in reference), default=0.0)
        number = node.junction.number
        records = {
            "Control Type": COORDINATED if node.timing.coordinated else PRETIMED,
            "Cycle Length": node.timing.cycle_s,
            "Lock Timings": 0,
            "Referenced To": FIRST_GREEN,
            "Reference Phase": "".join(
                f"{phase.number:02}" if place else str(phase.number) for place, phase in enumerate(reference)
            ),
            "Offset": _tenths((node.timing.offset_s + first_s) % node.timing.cycle_s),
            "Master": 0,
            "Yield": 0,
            "Node 0": number,
            "Node 1": 0,
        }
        yield from ((record, number, value) for record, value in records.items())


def reference_phases(junction: Junction, timing: TimingPlan, phases: Sequence[Phase]) -> tuple[Phase, ...]:
    """The phases of the coordinated groups, or of the first stage's: at most two, as the format has it."""
    groups = timing.coordinated
    if not groups:
        first = next((s.stage for s in timing.steps if junction.stages[s.stage - 1].selectable), timing.steps[0].stage)
        groups = junction.stages[first - 1].groups
    mine = [phase for phase in phases if phase.group.id in groups]
    vehicles = [phase for phase in mine if phase.group.kind is GroupKind.VEHICLE]
    return tuple((vehicles or mine or list(phases))[:2])


def _phase_columns(nodes: Sequence[_Node]) -> list[str]:
    most = max((phase.number for node in nodes for phase in node.phases), default=0)
    return [f"D{number}" for number in range(1, max(USUAL_PHASES, most) + 1)]


def _phase_rows(network: Network, nodes: Sequence[_Node]) -> Iterator[tuple[object, ...]]:
    width = len(_phase_columns(nodes))
    for node in nodes:
        records = _phase_records(network, node)
        by_number = {phase.number: phase for phase in node.phases}
        for record, value in records.items():
            cells = (value[number] if number in by_number else "" for number in range(1, width + 1))
            yield (record, node.junction.number, *cells)


def _phase_records(network: Network, node: _Node) -> dict[str, dict[int, object]]:
    records: dict[str, dict[int, object]] = {}
    reference_s = min((p.green_s for p in reference_phases(node.junction, node.timing, node.phases)), default=0.0)
    for phase in node.phases:
        for record, value in _phase_values(network, node.timing, phase, reference_s).items():
            records.setdefault(record, {})[phase.number] = value
    return records


def _phase_values(network: Network, timing: TimingPlan, phase: Phase, reference_s: float) -> dict[str, object]:
    """One column: times by the system clock, and as `Local...` from the reference point."""
    walks = phase.group.kind is GroupKind.PEDESTRIAN
    cycle_s = timing.cycle_s
    yellow_s = phase.yield_s + phase.closing_s if walks else phase.yield_s
    held_s = yellow_s - phase.green_s
    clearance_s = phase.closing_s if walks else 0.0

    def clock(second: float) -> object:
        return _tenths((second + timing.offset_s) % cycle_s)

    def local(second: float) -> object:
        return _tenths((second - reference_s) % cycle_s)

    return {
        "BRP": phase.barrier_ring_position or "",
        "MinGreen": _tenths(phase.group.min_green_s + clearance_s),
        "MaxGreen": _tenths(held_s),
        "VehExt": "" if walks else _tenths(network.parameters.gap_s),
        "Yellow": 0 if walks else _tenths(phase.group.amber_s),
        "AllRed": _tenths(phase.all_red_s),
        "Recall": MAX_RECALL,
        "Walk": _tenths(phase.group.min_green_s) if walks else "",
        "DontWalk": _tenths(phase.group.clearance_s) if walks else "",
        "PedCalls": 0 if walks else "",
        "MinSplit": _tenths(phase.group.min_green_s + phase.group.closing_s + phase.all_red_s),
        "DualEntry": 1,
        "InhibitMax": 1,
        "Start": clock(phase.green_s),
        "End": clock(phase.end_s),
        "Yield": clock(yellow_s),
        "Yield170": clock(phase.yield_s),
        "LocalStart": local(phase.green_s),
        "LocalYield": local(yellow_s),
        "LocalYield170": local(phase.yield_s),
        "ActGreen": _tenths(held_s),
    }


def _tenths(seconds: float) -> object:
    rounded = round(seconds, 1)
    return int(rounded) if rounded == int(rounded) else rounded


# --------------------------------------------------------------------------------------------------- what is left out


def _left_out(without: Sequence[Junction], nodes: Sequence[_Node]) -> Iterator[str]:
    """What the site has and the file cannot say."""
    junctions = [node.junction for node in nodes]
    groups = [group for junction in junctions for group in junction.groups]
    loops = [loop for junction in junctions for loop in junction.loops]
    if without:
        yield f"junctions without a timing in this plan: {', '.join(junction.id for junction in without)}"
    yield "intergreens by pair of groups: the file has one all-red a phase, the least that the plan leaves"
    yield "stages, by name: the file has phases, a signal group each"
    yield "ids of lanes, and what differs between lanes of one movement"
    yield "the calendar, other plans, triggers, parameters of strategies, cabinets"
    yield "maximum greens: MaxGreen is the green of this plan, as Synchro reads it"
    if any(group.red_amber_s for group in groups):
        yield "red-amber: it is part of the time before Start"
    if any(group.commit_s for group in groups):
        yield "countdown displays"
    if any(junction.permissive for junction in junctions):
        yield "who gives way to whom among groups that run together"
    kinds = {loop.role for loop in loops} - {LoopRole.STOP_LINE, LoopRole.ADVANCE}
    if kinds:
        yield f"loops of the roles {', '.join(sorted(kinds))}; ids of all loops"
    if any(len(timing_groups) > 2 for timing_groups in (node.timing.coordinated for node in nodes)):
        yield "coordinated groups beyond two of a junction"
    for node in nodes:
        yield from (f"{node.junction.id}: {what}" for what in node.lanes.left_out)
        if any(phase.barrier_ring_position is None for phase in node.phases):
            yield f"{node.junction.id}: ring and barrier of some phases: BRP has one digit for each"
        yield from (f"{node.junction.id}: {what}" for what in _second_greens(node))
    most = max(phase.number for node in nodes for phase in node.phases)
    if most > USUAL_PHASES:
        yield f"for readers that know {USUAL_PHASES} phases: those from {USUAL_PHASES + 1} to {most}"


def _second_greens(node: _Node) -> Iterator[str]:
    """Further greens of groups that no movement names: nobody could tell whose they are."""
    named = {value for record, by in node.lanes.rows.items() if record.startswith("Phase") for c, value in by.items()
             if c != "PED"}  # fmt: skip
    seen: set[str] = set()
    for phase in node.phases:
        if phase.group.id in seen and phase.number not in named:
            yield f"the second green of {phase.group.id}"
        seen.add(phase.group.id)


def _unplaced(chosen: Sequence[tuple[Junction, TimingPlan]], geometry: Mapping[str, JunctionGeometry]) -> Iterator[str]:
    if any(junction.id not in geometry for junction, _ in chosen):
        yield (
            "where junctions lie and where lanes turn: the site does not say it, so junctions stand in a grid and the "
            "first approach of each is NB (a network says it: --net)"
        )
    yield "which junction an approach comes from: every approach comes from a node of its own"
