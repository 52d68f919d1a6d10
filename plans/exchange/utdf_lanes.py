"""Lanes, detectors and volumes of a junction as UTDF has them: by movement, not by lane."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from controller.model import GroupKind, Junction, Lane, Loop, LoopRole
from plans.exchange.geometry import TURNS, JunctionGeometry, approach_names, turns_of
from plans.exchange.utdf_phases import Phase

LANE_COLUMNS = tuple(
    f"{direction}{turn}" for direction in ("NB", "SB", "EB", "WB", "NE", "NW", "SE", "SW") for turn in TURNS
)
"""Movements in the order of a file's columns."""
MOST_PHASES = 4
MOST_DETECTORS = 5
CALL_AND_EXTEND = 3
"""Detector type: 1 calls, 2 extends."""

Volumes = Mapping[tuple[str, str], float]
"""(approach, group) of a junction: volume [veh/h]."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Volumes of one junction."""

    veh_h: Volumes
    peak_hour_factor: float | None = None
    """Mean flow over that of the busiest quarter of the hour; None where nobody knows."""


NOTHING_COUNTED = Counted({})


@dataclass(slots=True)
class Movement:
    """One column."""

    column: str
    group: str
    """Of several groups on one column (two lanes that turn alike under different lamps) the first."""
    lanes: list[Lane] = field(default_factory=list)
    """Lanes that count for this movement: those it has alone, and shared ones if it goes straight on."""
    shared: set[str] = field(default_factory=set)
    """Turns that share one of these lanes."""


@dataclass(frozen=True, slots=True)
class LaneTable:
    """Rows of the section [Lanes] for one junction: record: column: value."""

    rows: Mapping[str, Mapping[str, object]]
    approaches: Mapping[str, str]
    """Approach: its direction."""
    left_out: tuple[str, ...]
    """What of the junction's lanes, loops and volumes found no place."""


def lane_table(
    junction: Junction, phases: Sequence[Phase], geometry: JunctionGeometry | None, counted: Counted
) -> LaneTable:
    """The table; volumes are by approach and group."""
    names = approach_names(junction, geometry)
    turns = turns_of(junction, geometry)
    movements, left_out = _movements(junction, names, turns)
    rows: dict[str, dict[str, object]] = defaultdict(dict)
    for movement in movements.values():
        _describe(rows, movement, phases)
        _detect(rows, movement, junction.loops, phases)
    left_out += _volumes(rows, movements, names, counted)
    _pedestrians(rows, phases)
    if len({lane.approach for lane in junction.lanes}) > len(names):
        left_out.append("approaches beyond the eight directions that the format has")
    return LaneTable({record: rows[record] for record in rows}, names, tuple(dict.fromkeys(left_out)))


def _movements(
    junction: Junction, names: Mapping[str, str], turns: Mapping[tuple[str, str], Sequence[str]]
) -> tuple[dict[str, Movement], list[str]]:
    movements: dict[str, Movement] = {}
    left_out = []
    for lane in junction.lanes:
        direction = names.get(lane.approach)
        if direction is None:
            continue
        ways = [(turn, group) for group in lane.groups for turn in turns[lane.id, group]]
        for turn, group in ways:
            column = direction + turn
            movement = movements.setdefault(column, Movement(column, group))
            if movement.group != group:
                left_out.append(f"{group} on lane {lane.id}: the movement {column} has {movement.group} already")
        if not ways:
            left_out.append(f"lane {lane.id}: the movement of its groups")
            continue
        home = next((turn for turn, _ in ways if turn == "T"), ways[0][0])
        movements[direction + home].lanes.append(lane)
        movements[direction + home].shared |= {turn for turn, _ in ways if turn != home}
    return movements, left_out


def _describe(rows: dict[str, dict[str, object]], movement: Movement, phases: Sequence[Phase]) -> None:
    column, lanes = movement.column, movement.lanes
    rows["Lanes"][column] = len(lanes)
    shares = (any(turn.startswith("L") for turn in movement.shared), any(t.startswith("R") for t in movement.shared))
    rows["Shared"][column] = shares[0] + 2 * shares[1]
    numbers = [phase.number for phase in phases if phase.group.id == movement.group]
    for place, number in enumerate(numbers[:MOST_PHASES], start=1):
        rows[f"Phase{place}"][column] = number
    if not lanes:
        return
    rows["SatFlow"][column] = _short(sum(lane.saturation_flow_veh_h for lane in lanes))
    rows["Speed"][column] = _short(3.6 * max(lane.speed_m_s for lane in lanes))
    rows["Distance"][column] = _short(max(lane.length_m for lane in lanes))


def _detect(
    rows: dict[str, dict[str, object]], movement: Movement, loops: Iterable[Loop], phases: Sequence[Phase]
) -> None:
    lanes = {lane.id for lane in movement.lanes}
    mine = [loop for loop in loops if loop.lane in lanes and loop.role in {LoopRole.STOP_LINE, LoopRole.ADVANCE}]
    places = sorted({(loop.distance_m, loop.length_m) for loop in mine})[:MOST_DETECTORS]
    number = next((phase.number for phase in phases if phase.group.id == movement.group), None)
    if not places or number is None:
        return
    column = movement.column
    rows["DetectPhase1"][column] = number
    rows["numDetects"][column] = len(places)
    for place, (distance_m, length_m) in enumerate(places, start=1):
        rows[f"DetectPos{place}"][column] = _short(distance_m)
        rows[f"DetectSize{place}"][column] = _short(length_m)
        rows[f"DetectType{place}"][column] = CALL_AND_EXTEND


def _volumes(
    rows: dict[str, dict[str, object]], movements: Mapping[str, Movement], names: Mapping[str, str], counted: Counted
) -> list[str]:
    left_out = []
    if counted.veh_h:
        rows["Volume"].update(dict.fromkeys(movements, 0))
    if counted.peak_hour_factor is not None:
        rows["PHF"].update(dict.fromkeys(movements, round(counted.peak_hour_factor, 4)))
    for (approach, group), flow_veh_h in counted.veh_h.items():
        mine = [m for m in movements.values() if m.group == group and m.column[:2] == names.get(approach)]
        if not mine:
            left_out.append(f"volume of {group} on {approach}")
            continue
        main = max(mine, key=lambda movement: (movement.column.endswith("T"), len(movement.lanes)))
        rows["Volume"][main.column] = _short(flow_veh_h)
    return left_out


def _pedestrians(rows: dict[str, dict[str, object]], phases: Sequence[Phase]) -> None:
    crossings = [phase.number for phase in phases if phase.group.kind is GroupKind.PEDESTRIAN]
    for place, number in enumerate(crossings, start=1):
        rows[f"Phase{place}"]["PED"] = number


def _short(value: float) -> float | int:
    """At most two decimals, and none where it is whole."""
    rounded = round(value, 2)
    return int(rounded) if rounded == int(rounded) else rounded
