"""Plans of a site as SUMO's programs (tlLogic), and its loops as SUMO's detectors (inductionLoop).

A program shows, in each second of the cycle, what the cabinets show under the plan: greens after their intergreens,
ambers and red-ambers in full. Its letters are those of a run (sim/sumo_map.py), so that `import sumo` reads it back.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from controller import Aspect, GroupKind, Junction, TimingPlan
from controller.programme import stage_by_second
from plans import Site
from plans.planned_greens import PlannedGreen, planned_greens, timing_of
from sim.sumo_map import JunctionMap, lamp_string, load_sumo_map

CARRIED = (
    "lamps of every signal in every second of the cycle",
    "cycle and offset of each plan, a program each",
    "loops on lanes: SUMO lane, place and length",
)
SCHEMA = {
    "xmlns:xsi": "http://www.w3.org/2001/XMLSchema-instance",
    "xsi:noNamespaceSchemaLocation": "http://sumo.dlr.de/xsd/additional_file.xsd",
}
"""By it SUMO finds its own copy of the schema when it is asked to validate."""
PERIOD_S = 300
"""Detectors write a line for so long an interval."""


@dataclass(frozen=True, slots=True)
class SumoFiles:
    """The files by name, what they carry and what they leave out."""

    files: Mapping[str, str]
    carried: tuple[str, ...]
    left_out: tuple[str, ...]


def export_sumo(site: Site, plans: Sequence[str] | None = None) -> SumoFiles:
    """Programs and detectors as additional files of SUMO; of several plans SUMO runs the last.

    `plans`: ids in their order; None: all of the site. Raises plans.PlanError where the site does not say where it lies
    in a network, ValueError for a plan that no junction has.
    """
    maps = load_sumo_map(site.bundle)
    chosen = site.plans if plans is None else plans
    for plan in chosen:
        if plan not in site.plans:
            raise ValueError(f"the site has no plan {plan!r}: one of {', '.join(site.plans)}")
    programs, detectors = ET.Element("additional", SCHEMA), ET.Element("additional", SCHEMA)
    for plan in chosen:
        for junction in site.network.junctions:
            timing = timing_of(junction, plan)
            if timing is not None:
                _add_program(programs, junction, timing, maps[junction.id])
    for junction in site.network.junctions:
        _add_loops(detectors, maps[junction.id])
    files = {"programs.add.xml": _text(programs), "detectors.add.xml": _text(detectors)}
    return SumoFiles(files, CARRIED, tuple(_left_out(site, chosen, maps)))


def _add_program(root: ET.Element, junction: Junction, timing: TimingPlan, where: JunctionMap) -> None:
    program = ET.SubElement(
        root,
        "tlLogic",
        {"id": where.tls, "type": "static", "programID": timing.plan, "offset": str(timing.offset_s)},
    )
    stages = [junction.stages[number - 1].id for number in stage_by_second(timing)]
    states = [lamp_string(where, _in_order(junction, where, shown)) for shown in aspects_by_second(junction, timing)]
    for state, stage, length_s in _phases(states, stages):
        ET.SubElement(program, "phase", {"duration": str(length_s), "state": state, "name": stage})


def _in_order(junction: Junction, where: JunctionMap, shown: Sequence[Aspect]) -> tuple[Aspect, ...]:
    """Aspects in the order of the groups in sumo.yaml."""
    index = junction.group_index()
    return tuple(shown[index[group]] for group in where.groups)


def aspects_by_second(junction: Junction, timing: TimingPlan) -> list[tuple[Aspect, ...]]:
    """What each group shows at each whole second of the plan's cycle, (cycle_s, groups)."""
    columns = [[Aspect.RED] * timing.cycle_s for _ in junction.groups]
    for green in planned_greens(junction, timing):
        for second in range(timing.cycle_s):
            aspect = _aspect(green, second, timing.cycle_s)
            if aspect is not Aspect.RED:
                columns[green.column][second] = aspect
    return list(zip(*columns, strict=True))


def _aspect(green: PlannedGreen, second: int, cycle_s: int) -> Aspect:
    """What this one green makes the group show at a second: before it red-amber, after it amber or clearance."""
    since_s = (second - green.start_s) % cycle_s
    closing_s = since_s - green.length_s
    if closing_s < -1e-6 or green.length_s >= cycle_s:
        return Aspect.GREEN
    if closing_s < green.group.closing_s - 1e-6:
        return Aspect.AMBER if green.group.kind is GroupKind.VEHICLE else Aspect.FLASHING_GREEN
    return Aspect.RED_AMBER if cycle_s - since_s <= green.group.red_amber_s + 1e-6 else Aspect.RED


def _phases(states: Sequence[str], stages: Sequence[str]) -> Iterator[tuple[str, str, int]]:
    """(state, stage, length [s]) of each stretch with one state; the stage is the one wanted at its end."""
    begin = 0
    for second in range(1, len(states) + 1):
        if second == len(states) or states[second] != states[begin]:
            yield states[begin], stages[second - 1], second - begin
            begin = second


def _add_loops(root: ET.Element, where: JunctionMap) -> None:
    for loop, place in where.loops.items():
        ET.SubElement(
            root,
            "inductionLoop",
            {
                "id": f"{where.junction}/{loop}",
                "lane": place.lane,
                "pos": f"{place.pos_m:.2f}",
                "length": f"{place.length_m:.2f}",
                "period": str(PERIOD_S),
                "file": "detectors.out.xml",
            },
        )


def _text(root: ET.Element) -> str:
    ET.indent(root, "    ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _left_out(site: Site, chosen: Sequence[str], maps: Mapping[str, JunctionMap]) -> Iterator[str]:
    junctions = site.network.junctions
    groups = [group for junction in junctions for group in junction.groups]
    if len(chosen) > 1:
        yield f"when which plan runs (the calendar): SUMO runs the last program, {chosen[-1]}"
    elif len(site.plans) > 1:
        yield "the calendar and the other plans"
    yield "minimum and maximum greens, intergreens of changes that the plan does not make, coordinated groups"
    yield "names of groups and stages, saturation flows, cabinets, parameters"
    if any(group.kind is GroupKind.PEDESTRIAN for group in groups):
        yield "flashing green of crossings: SUMO has no letter for it and shows red"
    if any(_in_tenths(junction) for junction in junctions):
        yield "tenths of a second: a program changes on whole ones, as a run does"
    buttons = [f"{j.id} {loop.id}" for j in junctions for loop in j.loops if loop.id not in maps[j.id].loops]
    if buttons:
        yield f"push buttons ({len(buttons)}), which lie on no lane"
    for plan in chosen:
        without = [junction.id for junction in junctions if timing_of(junction, plan) is None]
        if without:
            yield f"plan {plan} at {', '.join(without)}: it has no timing there"


def _in_tenths(junction: Junction) -> bool:
    times = [value for row in junction.intergreen_s for value in row if value is not None]
    times += [value for group in junction.groups for value in (group.closing_s, group.red_amber_s)]
    return any(value != int(value) for value in times)
