"""The demand of a scenario: every trip of its hour, driven once by vehicles that mind nobody and meet no red.

So routes that SUMO makes on the way (trips, flows, rerouting) are known as those that were written down, and the time
from one stop line to the next is that of free travel.
"""

from __future__ import annotations

import tempfile
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from statistics import median

from plans.tuning.demand import PCU, Demand, DemandError, GivingWay, Link, Turn
from sim.baselines import run_floor, without_conflicts
from sim.measures import class_name
from sim.prepared import Prepared
from sim.sumo_files import RunFiles
from sim.sumo_map import JunctionMap
from sim.sumo_world import SumoWorld

SEED = 1
LEAST_LINK_VEH_H = 10.0
"""Fewer vehicles than that make no platoon."""


_Turns = Mapping[tuple[str, str], tuple[Turn, ...]]
"""By (road before the stop line, road behind)."""


@dataclass(frozen=True, slots=True)
class _Trip:
    """A vehicle's way."""

    vehicle_class: str
    edges: list[str]
    exits_s: list[float]
    """When it left each edge; -1 where it had not at the end."""


@dataclass(frozen=True, slots=True)
class _Passage:
    """A vehicle at a stop line."""

    turns: tuple[Turn, ...]
    """One, or several where lanes of one turn have groups of their own."""
    at_s: float
    """-1 where it had not come so far at the end."""


def scenario_demand(prepared: Prepared, *, begin_s: float | None = None, minutes: float | None = None) -> Demand:
    """Demand of the scenario's hour, or of the span that is given, by turn of the site; raises DemandError.

    Every vehicle scheduled in the span counts at every signal of its route, whenever it would come there.
    """
    begin, end = prepared.scenario.window(begin_s, minutes)
    flows: dict[Turn, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    travels: dict[tuple[Turn, Turn], list[float]] = defaultdict(list)
    hours = (end - begin) / 3600
    platoons: dict[tuple[Turn, Turn], float] = defaultdict(float)
    ways: dict[tuple[str, str], float] = defaultdict(float)
    vehicles = 0.0
    turns = _turns_of(prepared)
    driven, outside, lanes = _driven(prepared, begin, end)
    entering = Counter(trip.edges[0] for trip in driven)
    for trip in driven:
        # Who found no room to enter goes the ways of those who did, from the same road.
        weight = 1 + outside[trip.edges[0]] / entering[trip.edges[0]]
        vehicles += weight
        passages = list(_passages(turns, trip))
        for way in pairwise(trip.edges):
            ways[way] += weight * PCU.get(trip.vehicle_class, 1.0) / hours
        for passage in passages:
            for turn in passage.turns:
                flows[turn][trip.vehicle_class] += weight / len(passage.turns) / hours
        for before, after in pairwise(passages):
            if before.turns[0].junction != after.turns[0].junction:
                known = before.at_s >= 0 and after.at_s >= 0
                platoons[before.turns[0], after.turns[0]] += weight / hours
                if known:
                    travels[before.turns[0], after.turns[0]].append(after.at_s - before.at_s)
    if not flows:
        raise DemandError(f"{prepared.scenario.name}: no vehicle passes a signal of the site in its hour")
    links = tuple(
        Link(before, after, platoons[before, after], median(times))
        for (before, after), times in sorted(travels.items(), key=str)
        if platoons[before, after] >= LEAST_LINK_VEH_H
    )
    origin = f"scenario {prepared.scenario.name}, {vehicles:.0f} vehicles in {60 * hours:g} min"
    by_turn = {turn: dict(by_class) for turn, by_class in flows.items()}
    return Demand(by_turn, origin, links, _giving_way(prepared, turns, ways), _lane_shares(prepared, lanes))


def _giving_way(
    prepared: Prepared, turns: _Turns, ways_pcu_h: Mapping[tuple[str, str], float]
) -> dict[Turn, tuple[GivingWay, ...]]:
    """Which part of each turn gives way to whom: the network knows it link by link, the site by group alone."""
    found: dict[Turn, tuple[GivingWay, ...]] = {turn: () for of_way in turns.values() for turn in of_way}
    for at in prepared.maps.values():
        links = {link.index: (_edge_of(link.lane), link.to_edge) for link in prepared.net.links if link.tls == at.tls}
        beside = Counter(links.values())
        flow = {index: ways_pcu_h.get(way, 0.0) / beside[way] for index, way in links.items()}
        for index, way in links.items():
            letters = at.links[index]
            if letters.green != "g" and not letters.yields_to:
                continue
            priority: dict[str, float] = defaultdict(float)
            for other in letters.yields_to:
                group = at.links[other].group
                if group is not None:
                    priority[at.groups[group]] += flow.get(other, 0.0)
            for turn in turns.get(way, ()):
                if letters.group is not None and at.groups[letters.group] == turn.group and flow[index] > 0:
                    found[turn] = (*found[turn], GivingWay(flow[index], dict(priority)))
    return found


def _edge_of(lane: str) -> str:
    return lane.rpartition("_")[0]


def _driven(prepared: Prepared, begin_s: float, end_s: float) -> tuple[list[_Trip], Counter[str], Mapping[str, float]]:
    """Every vehicle that entered, how many waited outside of each road at the end, and how many left each lane."""
    with tempfile.TemporaryDirectory(prefix="faikhiao-") as folder:
        files = RunFiles(Path(folder))
        routes, lanes = files.folder / "routes.out.xml", files.folder / "lanes.out.xml"
        asking = ET.Element("additional")
        ET.SubElement(asking, "laneData", {"id": "faikhiao-lanes", "file": str(lanes)})
        ET.ElementTree(asking).write(files.folder / "lanes.add.xml")
        asked = (
            ("vehroute-output", str(routes)),
            ("vehroute-output.exit-times", "true"),
            ("vehroute-output.write-unfinished", "true"),
            ("vehroute-output.last-route", "true"),
        )
        free = without_conflicts(prepared.scenario, files.folder)
        free = replace(free, options=(*free.options, *asked))
        with SumoWorld(
            free,
            prepared.net,
            files,
            begin_s=begin_s,
            end_s=end_s,
            seed=SEED,
            additional=[files.folder / "lanes.add.xml"],
        ) as world:
            run_floor(world, end_s, lambda _: None)
            look = world.last_look()
        trips = list(_trips(routes, look.vehicle_class))
        return trips, Counter(look.entry_of_outside.values()), _left(lanes)


def _left(lanes: Path) -> dict[str, float]:
    """How many vehicles left each SUMO lane at its end."""
    return {
        lane.get("id", ""): float(lane.get("left", "0"))
        for _, lane in ET.iterparse(lanes)
        if lane.tag == "lane" and float(lane.get("left", "0")) > 0
    }


def _lane_shares(prepared: Prepared, left: Mapping[str, float]) -> dict[tuple[str, str], float]:
    """Vehicles on each lane of the site: those that left the SUMO lane at its stop line."""
    return {(at.junction, lane): left.get(lane, 0.0) for at in prepared.maps.values() for lane in at.lanes}


def _trips(routes: Path, classes: Mapping[str, str]) -> Iterator[_Trip]:
    for _, element in ET.iterparse(routes):
        if element.tag != "vehicle":
            continue
        route = element.find("route")
        if route is not None and route.get("edges"):
            edges = route.get("edges", "").split()
            exits = [float(time) for time in route.get("exitTimes", "").split()]
            exits += [-1.0] * (len(edges) - len(exits))
            yield _Trip(class_name(classes.get(element.get("type", ""), "passenger")), edges, exits)
        element.clear()


def _passages(turns: _Turns, trip: _Trip) -> Iterator[_Passage]:
    for (edge, following), left_s in zip(pairwise(trip.edges), trip.exits_s, strict=False):
        found = turns.get((edge, following))
        if found:
            yield _Passage(found, left_s)


def _turns_of(prepared: Prepared) -> _Turns:
    """Turns of the site by (road before the stop line, road behind)."""
    found: dict[tuple[str, str], dict[Turn, None]] = defaultdict(dict)
    by_tls = {junction.tls: junction for junction in prepared.maps.values()}
    approach_of = {
        (junction.id, lane.id): (lane.approach, lane.groups)
        for junction in prepared.site.network.junctions
        for lane in junction.lanes
    }
    for link in prepared.net.links:
        at = by_tls.get(link.tls)
        group = None if at is None else at.links[link.index].group
        if at is None or group is None:
            continue
        name = at.groups[group]
        for lane in _site_lanes(at, link.lane):
            approach, groups = approach_of.get((at.junction, lane), ("", ()))
            if name in groups:
                turn = Turn(at.junction, approach, name)
                found[_edge_of(link.lane), link.to_edge][turn] = None
    return {ways: tuple(turns) for ways, turns in found.items()}


def _site_lanes(at: JunctionMap, stop_line: str) -> list[str]:
    """Lanes of the site that end at this SUMO lane's stop line."""
    return [lane for lane, made_of in at.lanes.items() if stop_line in made_of[: made_of.index(lane) + 1]]
