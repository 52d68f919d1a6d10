"""What SUMO does by itself, to compare with: the network's own program, and SUMO's actuated type on it.

Where the file of a network names no bounds, every phase with green may last from 5 to 60 s in SUMO's actuated type,
that in which people on foot clear a crossing too. `sumo-actuated` is run so, as everybody runs it;
`sumo-actuated-bounded` keeps the site's walks, minimum greens and clearances, as whatever is behind our interlock must.
"""

from __future__ import annotations

import gzip
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from controller import GroupKind, Network
from sim.scenario import Scenario
from sim.sumo_files import RunFiles
from sim.sumo_map import JunctionMap

OWN_PLAN = "own-plan"
SUMO_ACTUATED = "sumo-actuated"
SUMO_ACTUATED_BOUNDED = "sumo-actuated-bounded"
ACTUATED = (SUMO_ACTUATED, SUMO_ACTUATED_BOUNDED)
SUMO_PROGRAMS = (OWN_PLAN, *ACTUATED)
"""Strategies that SUMO runs by itself, watched."""

SHORTEST_GREEN_S = "5"
LONGEST_GREEN_S = "60"
"""Where the file names none; SUMO's own gap of 3 s holds."""
_PROGRAM = "faikhiao-sumo-actuated"


@dataclass(frozen=True, slots=True)
class Least:
    """What each link of one signal has to keep."""

    green_s: Mapping[int, float]
    """By link: minimum green or walk [s]."""
    on_foot: frozenset[int]
    """Links of crossings."""


def least_of(network: Network, maps: Mapping[str, JunctionMap]) -> dict[str, Least]:
    """By SUMO's signal: what the site asks of its links."""
    found = {}
    for junction in network.junctions:
        at, groups = maps[junction.id], {group.id: group for group in junction.groups}
        of_link = {
            index: groups[at.groups[link.group]] for index, link in enumerate(at.links) if link.group is not None
        }
        found[at.tls] = Least(
            {index: group.min_green_s for index, group in of_link.items()},
            frozenset(index for index, group in of_link.items() if group.kind is GroupKind.PEDESTRIAN),
        )
    return found


def write_actuated_programs(scenario: Scenario, files: RunFiles, least: Mapping[str, Least] | None = None) -> Path:
    """Write each signal's running program again as SUMO's `actuated`; loaded last, it is the one that runs.

    With `least` its phases are as short as that allows, and no shorter.
    """
    running: dict[str, ET.Element] = {}
    for logic in _programs(scenario):
        running[logic.get("id", "")] = logic
    root = ET.Element("additional")
    for logic in running.values():
        root.append(_actuated(logic, (least or {}).get(logic.get("id", ""))))
    path = files.folder / "sumo-actuated.add.xml"
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
    return path


def _programs(scenario: Scenario) -> Iterator[ET.Element]:
    """Programs in the order in which SUMO loads them; an entry without phases only changes an offset."""
    for path in (scenario.net, *scenario.additional):
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for logic in ET.fromstring(data).iter("tlLogic"):
            if logic.find("phase") is not None:
                yield logic


def _actuated(logic: ET.Element, least: Least | None) -> ET.Element:
    copy = ET.Element("tlLogic", {"id": logic.get("id", ""), "type": "actuated", "programID": _PROGRAM, "offset": "0"})
    phases = [dict(phase.attrib) for phase in logic.iter("phase")]
    for k, phase in enumerate(phases):
        attributes = dict(phase)
        if _is_green(phase.get("state", "")):
            if least is not None:
                attributes |= _bounds(least, phases[k - 1], phase, phases[(k + 1) % len(phases)])
            attributes.setdefault("minDur", SHORTEST_GREEN_S)
            attributes.setdefault("maxDur", LONGEST_GREEN_S)
        ET.SubElement(copy, "phase", attributes)
    return copy


def _bounds(least: Least, before: dict[str, str], phase: dict[str, str], after: dict[str, str]) -> dict[str, str]:
    """Crossings and junctions clear for as long as the program gives them; else what is green has its minimum."""
    if _clears(least, before, phase) or _ends_a_change(before, phase):
        return {"minDur": phase["duration"], "maxDur": phase["duration"]}
    green = [index for index, letter in enumerate(phase["state"]) if letter in "Gg" and index in least.green_s]
    walk_s = max((least.green_s[index] for index in green if index in least.on_foot), default=0.0)
    vehicles_s = max((least.green_s[index] for index in green if index not in least.on_foot), default=0.0)
    follows_s = float(after["duration"]) if _clears(least, phase, after) else 0.0
    shortest_s = min(float(phase["duration"]), max(walk_s, vehicles_s - follows_s))
    return {"minDur": f"{shortest_s:g}"}


def _clears(least: Least, before: dict[str, str], phase: dict[str, str]) -> bool:
    """People on foot have just lost their green, and vehicles beside them have theirs yet."""
    ended = (before["state"][index] in "Gg" and phase["state"][index] not in "Gg" for index in least.on_foot)
    return _is_green(phase["state"]) and any(ended)


def _ends_a_change(before: dict[str, str], phase: dict[str, str]) -> bool:
    """Amber is over and nobody has begun yet: the rest of an intergreen beside a stream that goes on."""
    begins = any(now in "Gg" and was not in "Gg" for was, now in zip(before["state"], phase["state"], strict=True))
    return "y" in before["state"] and not begins


def _is_green(state: str) -> bool:
    return bool(set(state) & set("Gg")) and not set(state) & set("yYu")
