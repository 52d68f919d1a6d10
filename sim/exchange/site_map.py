"""A site on the map: what GeoJSON shows of it."""

from __future__ import annotations

from collections.abc import Iterator

from controller import Junction
from plans import Site
from plans.exchange.geojson import Feature
from sim.exchange.layout import Layout
from sim.sumo_map import JunctionMap, load_sumo_map


def site_map(site: Site, layout: Layout) -> list[Feature]:
    """Junctions, then their lanes, stop lines and loops; raises LayoutError, plans.PlanError."""
    maps = load_sumo_map(site.bundle)
    return [
        *(_junction(junction, maps[junction.id], layout) for junction in site.network.junctions),
        *(part for junction in site.network.junctions for part in _parts(junction, maps[junction.id], layout)),
    ]


def _junction(junction: Junction, where: JunctionMap, layout: Layout) -> Feature:
    return Feature(
        junction.id,
        layout.on_earth([layout.centre(where)]),
        {
            "what": "junction",
            "junction": junction.id,
            "name": junction.name,
            "number": junction.number,
            "groups": [group.id for group in junction.groups],
            "stages": [stage.id for stage in junction.stages if stage.selectable],
            "plans": {timing.plan: timing.cycle_s for timing in junction.timings},
            "neighbours": list(junction.neighbours),
        },
    )


def _parts(junction: Junction, where: JunctionMap, layout: Layout) -> Iterator[Feature]:
    for lane in junction.lanes:
        sumo_lanes = where.lanes.get(lane.id)
        if not sumo_lanes:
            continue
        told = {"junction": junction.id, "lane": lane.id, "approach": lane.approach, "groups": list(lane.groups)}
        line = [point for sumo_lane in reversed(sumo_lanes) for point in layout.line(sumo_lane)]
        measures = {
            "length_m": lane.length_m,
            "speed_m_s": lane.speed_m_s,
            "saturation_flow_veh_h": lane.saturation_flow_veh_h,
        }
        yield Feature(f"{junction.id}/{lane.id}", layout.on_earth(line), {"what": "lane", **told, **measures})
        stop_line = layout.on_earth(layout.stop_line(sumo_lanes[0]))
        yield Feature(f"{junction.id}/{lane.id}/stop-line", stop_line, {"what": "stop_line", **told})
    for loop in junction.loops:
        place = where.loops.get(loop.id)
        if place is None:
            continue
        ends = [layout.point(place.lane, at_m) for at_m in (place.pos_m, place.pos_m + place.length_m)]
        yield Feature(
            f"{junction.id}/{loop.id}",
            layout.on_earth(ends),
            {
                "what": "loop", "junction": junction.id, "loop": loop.id, "role": str(loop.role), "lane": loop.lane,
                "groups": list(loop.groups), "distance_m": loop.distance_m, "length_m": loop.length_m,
            },
        )  # fmt: skip
