"""The floor: every lamp is green, and every vehicle ignores every other at the junctions.

What delay is left is that of the vehicles' own wishes, of slower ones ahead and of bends: no signal control can reach
it. It is SUMO's own junction model, told of each type of vehicle that it minds nobody.
"""

from __future__ import annotations

import gzip
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from sim.loop_record import LoopRecord
from sim.scenario import Scenario
from sim.sumo_world import SumoWorld

FLOOR = "floor"
MINDS_NOBODY = {
    "jmIgnoreFoeProb": "1",
    "jmIgnoreFoeSpeed": "1000",
    "jmIgnoreJunctionFoeProb": "1",
}
"""Attributes of SUMO's vehicle types: foes that come with priority are ignored, however fast, also on the junction."""
_DEFAULT_TYPE = "DEFAULT_VEHTYPE"
"""SUMO's type of a vehicle that names none."""


def without_conflicts(scenario: Scenario, folder: Path) -> Scenario:
    """The scenario with vehicles who mind nobody at junctions; copies of its files go into `folder`."""
    changed = {
        path: _minding_nobody(path, folder / f"floor{number}.xml")
        for number, path in enumerate((*scenario.additional, *scenario.routes))
    }
    named = {name for path in changed.values() for name in _types(path)}
    first = [_default_type(folder)] if _DEFAULT_TYPE not in named else []
    return replace(
        scenario,
        additional=(*first, *(changed[path] for path in scenario.additional)),
        routes=tuple(changed[path] for path in scenario.routes),
    )


def run_floor(world: SumoWorld, end_s: float, progress: Callable[[float], None]) -> LoopRecord:
    """Let everybody go until `end_s` [s]. Nobody watches: there is no rule that this would not break."""
    began = time.perf_counter()
    for tls in world.signals:
        world.show(tls, "G" * len(world.lamps(tls)))
    while world.now_s < end_s:
        world.step()
        progress(world.now_s)
    return LoopRecord(wall_s=time.perf_counter() - began)


def _minding_nobody(path: Path, copy: Path) -> Path:
    text = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    if b"<vType" not in text:
        return path
    root = ET.fromstring(text)
    for element in root.iter():
        if element.tag == "vType":
            element.attrib.update(MINDS_NOBODY)
        for attribute in ("file", "href"):  # relative to where the copy is not
            beside = path.parent / element.get(attribute, "")
            if beside.is_file():
                element.set(attribute, str(beside.resolve()))
    ET.ElementTree(root).write(copy, encoding="utf-8", xml_declaration=True)
    return copy


def _types(path: Path) -> Iterator[str]:
    """Names of the vehicle types that a file defines; only a copy of ours can."""
    if path.name.startswith("floor"):
        for _, element in ET.iterparse(path):
            if element.tag == "vType":
                yield element.get("id", "")
            element.clear()


def _default_type(folder: Path) -> Path:
    path = folder / "floor.add.xml"
    root = ET.Element("additional")
    ET.SubElement(root, "vType", {"id": _DEFAULT_TYPE, "vClass": "passenger", **MINDS_NOBODY})
    ET.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
    return path
