"""A timing as a static SUMO program: the very lamps that the cabinets would show under it, without the cabinets.

A trial of a plan then costs a run of SUMO alone, a tenth of a run of the whole loop.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping
from itertools import groupby
from math import ceil
from pathlib import Path

from controller.model import Aspect, GroupKind, Junction, TimingPlan
from plans.programme import Green, WantedSet, greens_of
from sim.sumo_map import JunctionMap, lamp_string

PROGRAM = "faikhiao-tuned"


def write_programs(
    path: Path, junctions: Mapping[str, Junction], timings: Mapping[str, TimingPlan], maps: Mapping[str, JunctionMap]
) -> Path:
    """Write an additional file with a program for each timing, by junction; loaded last, it is the one that runs."""
    root = ET.Element("additional")
    for name, timing in timings.items():
        states = lamp_states(junctions[name], timing, maps[name])
        logic = ET.SubElement(
            root,
            "tlLogic",
            {"id": maps[name].tls, "type": "static", "programID": PROGRAM, "offset": str(timing.offset_s)},
        )
        for state, run in groupby(states):
            ET.SubElement(logic, "phase", {"duration": str(len(list(run))), "state": state})
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
    return path


def lamp_states(junction: Junction, timing: TimingPlan, at: JunctionMap) -> list[str]:
    """SUMO's state string of each second of the cycle, (cycle_s,)."""
    return [lamp_string(at, aspects) for aspects in aspects_of(junction, timing)]


def aspects_of(junction: Junction, timing: TimingPlan) -> list[tuple[Aspect, ...]]:
    """What each group shows in each second of the cycle once it runs, (cycle_s, groups), as the cabinets make it.

    A green begins when its red-amber and every intergreen that holds it have run, and closes from the second in which
    another set is wanted. A cabinet counts tenths of a second; what changes within a second changes here at its end.
    """
    cycle_s = timing.cycle_s
    sets = [WantedSet(step.at_s, frozenset(junction.stages[step.stage - 1].groups)) for step in timing.steps]
    distinct = [wanted for place, wanted in enumerate(sets) if wanted.groups != sets[place - 1].groups] or sets[:1]
    greens = greens_of(distinct, cycle_s)
    index = junction.group_index()
    shown = [[Aspect.RED] * cycle_s for _ in junction.groups]
    for green in greens:
        column = index[green.group]
        group = junction.groups[column]
        if green.length_s == cycle_s:
            shown[column] = [Aspect.GREEN] * cycle_s
            continue
        begin_s = ceil(_delay_s(junction, green, greens, cycle_s) - 1e-9)
        closing = Aspect.AMBER if group.kind is GroupKind.VEHICLE else Aspect.FLASHING_GREEN
        pieces = (
            (max(0, begin_s - ceil(group.red_amber_s)), begin_s, Aspect.RED_AMBER),
            (begin_s, green.length_s, Aspect.GREEN),
            (green.length_s, green.length_s + ceil(group.closing_s - 1e-9), closing),
        )
        for first, end, aspect in pieces:
            for second in range(first, end):
                shown[column][(green.on_s + second) % cycle_s] = aspect
    return list(zip(*shown, strict=True))


def _delay_s(junction: Junction, green: Green, greens: tuple[Green, ...], cycle_s: int) -> float:
    index = junction.group_index()
    delay_s = junction.groups[index[green.group]].red_amber_s
    for other in greens:
        intergreen_s = junction.intergreen_s[index[other.group]][index[green.group]]
        if intergreen_s is not None and other.length_s != cycle_s:
            since_end_s = (green.on_s - other.on_s - other.length_s) % cycle_s
            delay_s = max(delay_s, intergreen_s - since_end_s)
    return delay_s
