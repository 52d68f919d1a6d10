"""What SUMO does by itself, to compare with: the network's own program, and SUMO's actuated type on it."""

from __future__ import annotations

import gzip
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

from sim.scenario import Scenario
from sim.sumo_files import RunFiles

OWN_PLAN = "own-plan"
SUMO_ACTUATED = "sumo-actuated"
SUMO_PROGRAMS = (OWN_PLAN, SUMO_ACTUATED)
"""Strategies that SUMO runs by itself, watched."""

SHORTEST_GREEN_S = "5"
LONGEST_GREEN_S = "60"
"""Where the file names none; SUMO's own gap of 3 s holds."""
_PROGRAM = "faikhiao-sumo-actuated"


def write_actuated_programs(scenario: Scenario, files: RunFiles) -> Path:
    """Write each signal's running program again as SUMO's `actuated`; loaded last, it is the one that runs."""
    running: dict[str, ET.Element] = {}
    for logic in _programs(scenario):
        running[logic.get("id", "")] = logic
    root = ET.Element("additional")
    for logic in running.values():
        root.append(_actuated(logic))
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


def _actuated(logic: ET.Element) -> ET.Element:
    copy = ET.Element("tlLogic", {"id": logic.get("id", ""), "type": "actuated", "programID": _PROGRAM, "offset": "0"})
    for phase in logic.iter("phase"):
        attributes = dict(phase.attrib)
        if _is_green(attributes.get("state", "")):
            attributes.setdefault("minDur", SHORTEST_GREEN_S)
            attributes.setdefault("maxDur", LONGEST_GREEN_S)
        ET.SubElement(copy, "phase", attributes)
    return copy


def _is_green(state: str) -> bool:
    return bool(set(state) & set("Gg")) and not set(state) & set("yYu")
