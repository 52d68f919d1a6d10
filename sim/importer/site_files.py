"""The files of a site from the imported junctions: what an engineer reads, and may go on from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from controller.model import GroupKind
from plans import Bundle, CabinetFile, JunctionFile, dump_yaml
from plans.schema import WEEKDAYS, CalendarFile, SiteFile, TimingFile
from sim.importer.junction import ImportedJunction
from sim.importer.network import RoadNetwork
from sim.importer.upstream import signals_upstream_m
from sim.sumo_map import SUMO_FILE, SumoFile

PLAN = "own"
"""Id of the plan that carries SUMO's own programs."""
FIRST_PORT = 15001
"""Modbus TCP port of the first cabinet on loopback; the others follow."""
FIRST_CABINET = 1001
"""Cabinet id of the first junction in its registers (TSC-MB/1.0, IR 2-3)."""
STUCK_REQUEST_S = 300
"""A cabinet leaves remote control when one request stands longer; never before two cycles are over."""


def site_bundle(
    network: RoadNetwork, site: str, junctions: Sequence[ImportedJunction], neighbours: Mapping[str, tuple[str, ...]]
) -> Bundle:
    """All files of the site; `neighbours` are junction ids by junction id."""
    files = {
        "site.yaml": dump_yaml(_site(network, site)),
        "calendar.yaml": dump_yaml(_calendar()),
        f"timings/{PLAN}.yaml": dump_yaml(_timings(junctions)),
        SUMO_FILE: dump_yaml(SumoFile(junctions={junction.id: _sumo_entry(junction) for junction in junctions})),
    }
    upstream_m = signals_upstream_m(network)
    for number, junction in enumerate(junctions, start=1):
        entry = _junction(junction, number, neighbours.get(junction.id, ()), upstream_m)
        files[f"junctions/{junction.id}.yaml"] = dump_yaml(entry)
        files[f"cabinets/{junction.id}.yaml"] = dump_yaml(_cabinet(junction, number))
    return Bundle(files)


def _site(network: RoadNetwork, site: str) -> SiteFile:
    return SiteFile(
        schema_version=1,
        site=site,
        name=site,
        driving_side="left" if network.left_hand else "right",
        notes=f"Imported from the SUMO network {network.path.name}; its programs are the plan `{PLAN}`.",
    )


def _calendar() -> CalendarFile:
    return CalendarFile.model_validate(
        {"day_plans": {"every-day": [{"at": "00:00", "plan": PLAN}]}, "weekdays": dict.fromkeys(WEEKDAYS, "every-day")}
    )


def _timings(junctions: Sequence[ImportedJunction]) -> TimingFile:
    return TimingFile.model_validate(
        {
            "plan": PLAN,
            "name": "SUMO's own programs",
            "junctions": {
                junction.id: {
                    "cycle_s": junction.programme.cycle_s,
                    "offset_s": junction.programme.offset_s,
                    "groups": {
                        group: [[run.first_s, run.end_s % junction.programme.cycle_s] for run in runs]
                        for group, runs in junction.windows.items()
                    },
                }
                for junction in junctions
            },
        }
    )


def _rounded(upstream_m: float | None, beyond_m: float) -> float | None:
    return None if upstream_m is None else round(upstream_m + beyond_m, 1)


def _intergreens(junction: ImportedJunction) -> dict[str, dict[str, float]]:
    order = [group.id for group in junction.grouping.groups]
    rows = {
        ending: {
            other: float(junction.intergreens[ending, other])
            for other in order
            if (ending, other) in junction.intergreens
        }
        for ending in order
    }
    return {ending: row for ending, row in rows.items() if row}


def _junction(
    junction: ImportedJunction, number: int, neighbours: tuple[str, ...], upstream_m: Mapping[str, float]
) -> JunctionFile:
    return JunctionFile.model_validate(
        {
            "junction": junction.id,
            "name": _name(junction),
            "number": number,
            "cabinet": junction.id,
            "neighbours": neighbours,
            "groups": [_group_entry(junction, group.id, group.kind) for group in junction.grouping.groups],
            "stages": [
                {"id": stage.id, "groups": stage.groups, "selectable": stage.selectable} for stage in junction.stages
            ],
            "conflicts_and_intergreens": _intergreens(junction),
            "permissive": junction.conflicts.permissive,
            "lanes": [
                {
                    "id": approach.lane.id,
                    "approach": approach.lane.edge,
                    "groups": approach.groups,
                    "length_m": round(approach.room_m, 1),
                    "speed_m_s": round(approach.lane.speed_m_s, 2),
                    "signal_upstream_m": _rounded(upstream_m.get(approach.lane.edge), approach.beyond_m),
                }
                for approach in junction.approaches
            ],
            "loops": [
                {
                    "id": loop.id,
                    "role": loop.role.value,
                    "lane": loop.lane,
                    "groups": loop.groups,
                    "distance_m": loop.distance_m,
                    "length_m": loop.length_m,
                }
                for loop in (laid.loop for laid in junction.loops)
            ],
        }
    )


def _name(junction: ImportedJunction) -> str:
    """Its two busiest roads where the network knows names, else SUMO's id of the signal."""
    roads = Counter(approach.lane.road for approach in junction.approaches if approach.lane.road)
    return " - ".join(road for road, _ in roads.most_common(2))[:200] or junction.programme.tls[:200]


def _group_entry(junction: ImportedJunction, group: str, kind: GroupKind) -> dict[str, Any]:
    times = junction.times[group]
    entry: dict[str, Any] = {"id": group, "kind": kind.value}
    if kind is GroupKind.PEDESTRIAN:
        return entry | {
            "walk_s": float(times.min_green_s),
            "max_green_s": float(times.max_green_s),
            "clearance_s": float(times.clearance_s),
        }
    return entry | {
        "min_green_s": float(times.min_green_s),
        "max_green_s": float(times.max_green_s),
        "amber_s": float(times.amber_s),
        "red_amber_s": float(times.red_amber_s),
    }


def _cabinet(junction: ImportedJunction, number: int) -> CabinetFile:
    cycle_s = junction.programme.cycle_s
    return CabinetFile.model_validate(
        {
            "cabinet": junction.id,
            "number": FIRST_CABINET + number - 1,
            "junction_number": number,
            "address": {"profile": "TSC-MB/1.0", "host": "127.0.0.1", "port": FIRST_PORT + number - 1},
            "safety": {
                "groups": [
                    {
                        "id": group.id,
                        "kind": group.kind.value,
                        "min_green_s": float(junction.times[group.id].min_green_s),
                        "max_green_s": float(junction.times[group.id].max_green_s),
                        "amber_s": float(junction.times[group.id].amber_s),
                        "red_amber_s": float(junction.times[group.id].red_amber_s),
                        "clearance_s": float(junction.times[group.id].clearance_s),
                    }
                    for group in junction.grouping.groups
                ],
                "intergreens": _intergreens(junction),
                "stages": [{"id": stage.id, "groups": stage.groups} for stage in junction.stages],
            },
            "start_up": {"first_stage": junction.stages[0].id},
            "local_plan": {
                "cycle_s": cycle_s,
                "offset_s": junction.programme.offset_s,
                "steps": [{"at_s": at_s, "stage": stage} for at_s, stage in junction.steps],
            },
            "stuck_request_s": float(min(3600, max(STUCK_REQUEST_S, 2 * cycle_s))),
            "loops": [laid.loop.id for laid in junction.loops if laid.place is not None][:64],
        }
    )


def _sumo_entry(junction: ImportedJunction) -> Any:
    placed = {laid.loop.id: laid.place for laid in junction.loops if laid.place is not None}
    crossings = {
        group.id: _crossings(junction, group.links)
        for group in junction.grouping.groups
        if group.kind is GroupKind.PEDESTRIAN
    }
    lanes = {approach.lane.id: approach.made_of for approach in junction.approaches}
    return junction.lamps.entry.model_copy(update={"loops": placed, "lanes": lanes, "crossings": crossings})


def _crossings(junction: ImportedJunction, links: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(junction.crossing_of[link] for link in links))
