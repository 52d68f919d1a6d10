"""Volumes of a UTDF file: what each movement of each node carries, and which groups of a site serve it."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from controller.model import GroupKind, Junction, Network
from plans.exchange.units import Units
from plans.exchange.utdf_text import Record, UtdfFile, UtdfRefused, parse_utdf

MOVEMENT = re.compile(r"(NB|SB|EB|WB|NE|NW|SE|SW)(L2|L|T|R2|R|U)")
"""Where a movement is heading, and its turn: NBL comes from the south and turns left."""
MAX_VOLUME_VEH_H = 20_000
MAX_PHASE = 64
MOST_PHASES = 32
"""A cabinet has no more groups (TSC-MB/1.0, IR 10)."""


@dataclass(frozen=True, slots=True)
class MovementVolume:
    """One movement of one node."""

    node: int
    """INTID of the file."""
    movement: str
    """Direction of travel and turn: `NBL`."""
    counted_veh_h: float
    """As it stands in the file."""
    growth: float
    """1.0 is none; the file has per cent."""
    peak_hour_factor: float
    """(0, 1]: the hour's volume over four times its busiest quarter."""
    heavy_share: float
    """Lorries and buses, [0..1]."""
    lanes: int
    """Lanes of its lane group; 0 where it shares those of the through movement."""
    phases: tuple[int, ...]
    """Phases in which it is protected."""
    permitted: tuple[int, ...]
    """Phases in which it goes and gives way."""
    street: str = ""
    """Name of the link that it comes from; of a file of ours the site's approach."""

    @property
    def volume_veh_h(self) -> float:
        """Counted, with growth [veh/h]."""
        return self.counted_veh_h * self.growth

    @property
    def peak_veh_h(self) -> float:
        """Rate of flow in the busiest quarter of the hour, which plans are made for [veh/h]: volume / PHF (HCM)."""
        return self.volume_veh_h / self.peak_hour_factor

    @property
    def approach(self) -> str:
        """Direction of travel: `NB`."""
        return self.movement[:2]


def read_volumes(text: str, units: Units | None = None) -> tuple[MovementVolume, ...]:
    """Every movement with a volume, in the order of the file; raises UtdfRefused with every reason at once."""
    return volumes_of(parse_utdf(text, units))


def volumes_of(file: UtdfFile) -> tuple[MovementVolume, ...]:
    """As `read_volumes`, of a file that was parsed; records of the section `Volumes` go before those of `Lanes`."""
    faults: list[str] = []
    found = []
    for node in dict.fromkeys((*file.nodes_of("lanes"), *file.nodes_of("volumes"))):
        record = _record(file, "Volume", node)
        if record is None:
            continue
        found += [_movement(file, record, column, faults) for column in record.values if MOVEMENT.fullmatch(column)]
    if not found and not faults:
        faults.append("no record Volume with a movement such as NBT in [Lanes] or [Volumes]: there is no demand in it")
    if faults:
        raise UtdfRefused(faults)
    return tuple(found)


def _record(file: UtdfFile, name: str, node: int) -> Record | None:
    return file.record("volumes", name, node) or file.record("lanes", name, node)


def _movement(file: UtdfFile, volume: Record, column: str, faults: list[str]) -> MovementVolume:
    node = volume.node

    def value(name: str, usual: float, least: float, most: float) -> float:
        record = volume if name == "Volume" else _record(file, name, node)
        if record is None or column not in record.values:
            return usual
        return number(record, column, least, most, faults)

    def phases(name: str) -> tuple[int, ...]:
        numbers = (
            int(value(f"{name}{place}", 0, -1, MAX_PHASE))
            for place in range(1, 5)
            if file.record("lanes", f"{name}{place}", node) is not None
        )
        return tuple(phase for phase in dict.fromkeys(numbers) if phase > 0)

    link = file.record("links", "Name", node)
    return MovementVolume(
        node=node,
        movement=column,
        counted_veh_h=value("Volume", 0.0, 0.0, MAX_VOLUME_VEH_H),
        growth=value("Growth", 100.0, 1.0, 1000.0) / 100,
        peak_hour_factor=value("PHF", 1.0, 0.25, 1.0),
        heavy_share=value("HeavyVehicles", 0.0, 0.0, 100.0) / 100,
        lanes=int(value("Lanes", 0, 0, 20)),
        phases=phases("Phase"),
        permitted=phases("PermPhase"),
        street="" if link is None else link.values.get(column[:2], ""),
    )


def number(record: Record, column: str, least: float, most: float, faults: list[str]) -> float:
    """The value of a column within its limits; otherwise the lower limit, and a fault with its line."""
    text = record.values[column].lstrip("*")  # Synchro marks what a person overruled with a star
    try:
        found = float(text)
    except ValueError:
        found = math.nan
    if not least <= found <= most:
        faults.append(
            f"{record.where}, column {column}, is {record.values[column]!r}: write a number from {least:g} to {most:g}"
        )
        return least
    return found


# ------------------------------------------------------------------------------------------------- groups of a site


def phase_numbers(junction: Junction) -> dict[str, int]:
    """The phase that each group is in a UTDF file, from 1: a vehicle group K3 is phase 3, the others take what is free.

    Numbers of what is not called so follow in the order of the groups.
    """
    numbers: dict[str, int] = {}
    for group in junction.groups:
        told = re.fullmatch(r"K([1-9][0-9]?)", group.id)
        if group.kind is GroupKind.VEHICLE and told is not None and int(told[1]) <= MOST_PHASES:
            numbers[group.id] = int(told[1])
    free = (number for number in range(1, MOST_PHASES + len(junction.groups) + 1) if number not in numbers.values())
    return {group.id: numbers.get(group.id) or next(free) for group in junction.groups}


def group_of_phases(phases: Sequence[int]) -> str:
    """The id of the group that `import utdf` makes for movements of these phases.

    >>> group_of_phases([2]), group_of_phases([5, 2])
    ('K2', 'K2.5')
    """
    return "K" + ".".join(str(phase) for phase in sorted(phases))


@dataclass(frozen=True, slots=True)
class GroupFlows:
    """Demand of a site's groups, and what of the file found no place in it."""

    flow_veh_h: Mapping[str, Mapping[str, float]]
    """Junction: vehicle group: flow [veh/h]."""
    of_approach_veh_h: Mapping[str, Mapping[tuple[str, str], float]]
    """Junction: (approach, group): as much of it as is known to come from there [veh/h]."""
    left_out: tuple[str, ...]
    """Nodes and movements that the site does not have, one sentence each."""


def group_flows(
    network: Network,
    volumes: Sequence[MovementVolume],
    *,
    peak: bool = False,
    directions: Mapping[str, Mapping[str, str]] | None = None,
) -> GroupFlows:
    """Flows by group: a node is the junction of its number, and a movement's phases say its group.

    That is the group of its first protected phase, or of the first permitted one where none protects it. Its approach
    is the one that its link is named after, or that lies in its direction. `peak`: rates of the busiest quarter of the
    hour (volume / PHF). `directions`: junction: direction (`NB`): approach.
    """
    junctions = {junction.number: junction for junction in network.junctions}
    flows: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    placed: dict[str, dict[tuple[str, str], float]] = defaultdict(lambda: defaultdict(float))
    left_out = []
    for volume in volumes:
        junction = junctions.get(volume.node)
        if junction is None:
            left_out.append(f"node {volume.node}: the site has no junction of that number")
            continue
        group = _group_of(junction, volume)
        if group is not None:
            flow_veh_h = volume.peak_veh_h if peak else volume.volume_veh_h
            flows[junction.id][group] += flow_veh_h
            approach = _approach_of(junction, group, volume, (directions or {}).get(junction.id, {}))
            if approach is not None:
                placed[junction.id][approach, group] += flow_veh_h
        elif volume.counted_veh_h:
            left_out.append(f"node {volume.node}: {volume.movement} has no phase that {junction.id} has a group for")
    of_approach = {junction: dict(by_turn) for junction, by_turn in placed.items()}
    plain_flows = {junction: dict(by_group) for junction, by_group in flows.items()}
    return GroupFlows(plain_flows, of_approach, tuple(dict.fromkeys(left_out)))


def _approach_of(junction: Junction, group: str, volume: MovementVolume, directions: Mapping[str, str]) -> str | None:
    """The approach that a movement of a group comes from; None where several could be meant."""
    approaches = list(dict.fromkeys(lane.approach for lane in junction.lanes if group in lane.groups))
    told = (volume.street, directions.get(volume.approach, ""), approaches[0] if len(approaches) == 1 else "")
    return next((approach for approach in told if approach in approaches), None)


def _group_of(junction: Junction, volume: MovementVolume) -> str | None:
    vehicles = {group.id for group in junction.groups if group.kind is GroupKind.VEHICLE}
    named = group_of_phases([*volume.phases, *volume.permitted])
    if named in vehicles:
        return named
    by_number = {number: group for group, number in phase_numbers(junction).items() if group in vehicles}
    return next((by_number[phase] for phase in (*volume.phases, *volume.permitted) if phase in by_number), None)
