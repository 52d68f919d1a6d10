"""Schematic, not surveyed: each junction as its engineering sees it, and its part in each plan."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from plans import Bundle, JunctionFile, load_junction
from sim.scenarios.udon_thani import site_tables, site_times
from sim.scenarios.udon_thani.site_flows import edge_of, flow_ratio, mean_pcu, saturation_flows, turning_volumes
from sim.scenarios.udon_thani.site_geometry import Way, read_ways
from sim.scenarios.udon_thani.site_splits import StageNeeds, end_stage, offsets_s, splits_s, stage_needs
from sim.scenarios.udon_thani.site_times import Reasoned
from sim.sumo_map import load_sumo_map

HERE = Path(__file__).parent
NET_FILE = HERE / "net" / "udon_thani.net.xml"
VTYPES_FILE = HERE / "net" / "vtypes.add.xml"
LONGEST_GREEN_RATIO = 1.5
"""Maximum green by the longest green of any plan (FHWA STM: 1.25 to 1.5)."""
SHORTEST_MAX_GREEN_S = 20


@dataclass(frozen=True)
class Signal:
    """One junction: its imported file, its ways, and everything that follows for it."""

    imported: JunctionFile
    groups: Mapping[str, tuple[Way, ...]]
    edge_types: Mapping[str, str]
    opposed: frozenset[int]
    """Link indexes that give way while they have green."""

    @property
    def id(self) -> str:
        return self.imported.junction

    @cached_property
    def on_foot(self) -> frozenset[str]:
        return frozenset(group.id for group in self.imported.groups if group.kind == "pedestrian")

    @cached_property
    def amber(self) -> dict[str, Reasoned]:
        return {name: site_times.amber(self._road(name)) for name in self.groups if name not in self.on_foot}

    @cached_property
    def min_green(self) -> dict[str, Reasoned]:
        return {
            name: Reasoned(site_tables.WALK_S, "MUTCD 4E.06")
            if name in self.on_foot
            else site_times.min_green(self._road(name), ways)
            for name, ways in self.groups.items()
        }

    def _road(self, group: str) -> site_tables.RoadClass:
        return site_times.road_class(self.edge_types[edge_of(way.from_lane)] for way in self.groups[group])

    @cached_property
    def intergreens(self) -> dict[str, dict[str, Reasoned]]:
        """Ending group: starting group: intergreen; the pairs are those that the network says are in conflict."""
        pairs = self.imported.conflicts_and_intergreens
        return {ending: {start: self._intergreen(ending, start) for start in row} for ending, row in pairs.items()}

    def _intergreen(self, ending: str, starting: str) -> Reasoned:
        if ending in self.on_foot:
            return site_times.pedestrians_to_vehicles(self.groups[ending])
        return site_times.vehicles_to(self.groups[ending], self.groups[starting], self.amber[ending].time_s)

    @cached_property
    def intergreen_times(self) -> dict[str, dict[str, float]]:
        return {
            ending: {start: found.time_s for start, found in row.items()} for ending, row in self.intergreens.items()
        }

    @cached_property
    def needs(self) -> tuple[StageNeeds, ...]:
        stages = {name: tuple(groups.split()) for name, groups in site_tables.STAGES[self.id].items()}
        least = {name: found.time_s for name, found in self.min_green.items()}
        return stage_needs(stages, self.on_foot, least, self.intergreen_times)

    @cached_property
    def stages(self) -> list[dict[str, Any]]:
        """Stages of the cycle, then the steps in which people on foot have ended, then all red."""
        chosen = [{"id": need.stage, "groups": list(need.groups)} for need in self.needs]
        ends = [
            {
                "id": end_stage(need.stage),
                "groups": [group for group in need.groups if group not in need.walking],
                "selectable": False,
            }
            for need in self.needs
            if need.early_s and need.walking
        ]
        return [*chosen, *ends]


def read_signals(bundle: Bundle) -> tuple[Signal, ...]:
    """Every junction of the imported site with its ways from the network."""
    ways = read_ways(NET_FILE)
    types = {
        edge.attrib["id"]: edge.attrib["type"] for edge in ET.parse(NET_FILE).iter("edge") if "type" in edge.attrib
    }
    signals = []
    for name, at in load_sumo_map(bundle).items():
        members: dict[str, list[Way]] = {group: [] for group in at.groups}
        for index, link in enumerate(at.links):
            if link.group is not None:
                members[at.groups[link.group]].append(ways[at.tls][index])
        signals.append(
            Signal(
                imported=load_junction(bundle, name),
                groups={group: tuple(found) for group, found in members.items()},
                edge_types=types,
                opposed=frozenset(index for index, link in enumerate(at.links) if link.green == "g"),
            )
        )
    return tuple(signals)


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan of all junctions."""

    name: str
    splits: Mapping[str, Mapping[str, int]]
    """By junction and stage of the cycle [s]."""
    offsets: Mapping[str, int]
    ratios: Mapping[str, Mapping[str, float]]
    """By junction and group: critical q/s."""


def make_plan(name: str, signals: Sequence[Signal]) -> Plan:
    """Splits by Webster on the story's volumes; offsets by travel time."""
    pcu = mean_pcu(VTYPES_FILE)
    volumes = turning_volumes(HERE / name, pcu)
    ratios, splits = {}, {}
    for signal in signals:
        lanes = saturation_flows(all_ways(signal), volumes)
        ratios[signal.id] = {
            group: flow_ratio(ways, signal.opposed, volumes, lanes) / site_tables.LANE_USE.get((signal.id, group), 1.0)
            for group, ways in signal.groups.items()
            if group not in signal.on_foot
        }
        cycle_s = site_tables.OWN_CYCLES[name].get(signal.id, site_tables.CYCLES[name])
        splits[signal.id] = splits_s(signal.needs, ratios[signal.id], cycle_s, f"{name}, {signal.id}")
    enter = {signal.id: {need.stage: need.enter_s for need in signal.needs} for signal in signals}
    return Plan(name, splits, offsets_s(splits, enter), ratios)


def all_ways(signal: Signal) -> dict[int, Way]:
    """Every way of a junction by link index."""
    return {way.index: way for ways in signal.groups.values() for way in ways}


def steps(signal: Signal, plan: Plan) -> list[tuple[str, int]]:
    """(stage, split [s]) of one cycle, with the steps in which people on foot have ended."""
    found = []
    for need in signal.needs:
        split_s = plan.splits[signal.id][need.stage]
        if need.early_s and need.walking:
            found += [(need.stage, split_s - need.early_s), (end_stage(need.stage), need.early_s)]
        else:
            found.append((need.stage, split_s))
    return found


def max_green_s(signal: Signal, plans: Sequence[Plan]) -> dict[str, float]:
    """Maximum green of each group: 1.5 times its longest green of any plan, to the next 5 s [s]."""
    longest = {
        group: max(
            sum(plan.splits[signal.id][need.stage] for need in signal.needs if group in need.groups) for plan in plans
        )
        for group in signal.groups
    }
    return {
        group: float(max(SHORTEST_MAX_GREEN_S, 5 * -(-int(LONGEST_GREEN_RATIO * time_s) // 5)))
        for group, time_s in longest.items()
    }
