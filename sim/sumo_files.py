"""How a scenario is handed to SUMO so that nothing is written beside it.

Inputs go in by absolute path; a file that names an output of its own (a detector's `file`, an event's `dest`) goes in
as a copy, in the run's own folder, in which that output leads nowhere.
"""

from __future__ import annotations

import gzip
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sim.scenario import Scenario, ScenarioError

NOWHERE = "NUL"
"""SUMO's own word for an output that is thrown away, on every system."""

_OUTPUT_ATTRIBUTES = ("file", "dest", "output", "trajectoryOutput")
_INPUT_FILES = frozenset({("rerouter", "file"), ("variableSpeedSign", "file"), ("calibrator", "file")})
_REFERENCES = frozenset({("include", "href")})
_OUTPUT_PARAMETER = re.compile(r"(^|\.)(file|output)$")
_MAY_NAME_OUTPUT = re.compile(rb"""key\s*=\s*["'](?:[^"']*\.)?(?:file|output)["']""")


@dataclass(frozen=True, slots=True)
class LoopPlace:
    """Where a loop of the site lies in the network."""

    junction: str
    loop: str
    lane: str
    pos_m: float
    """Upstream end of the loop, from the start of the SUMO lane [m]."""
    length_m: float

    @property
    def sumo_id(self) -> str:
        """Its name in SUMO."""
        return f"{self.junction}/{self.loop}"


@dataclass(frozen=True, slots=True)
class RunFiles:
    """Files of one run, all in its own folder."""

    folder: Path

    @property
    def trips(self) -> Path:
        """SUMO's tripinfo output."""
        return self.folder / "tripinfo.xml"

    @property
    def seconds(self) -> Path:
        """SUMO's summary output, one line a second."""
        return self.folder / "summary.xml"

    @property
    def approaches(self) -> Path:
        """SUMO's edgeData output of the signals' approach edges."""
        return self.folder / "approaches.xml"

    @property
    def sensors(self) -> Path:
        """Additional file with the site's loops."""
        return self.folder / "sensors.add.xml"

    @property
    def messages(self) -> Path:
        """What SUMO complained about."""
        return self.folder / "errors.log"


def sumo_arguments(
    scenario: Scenario,
    files: RunFiles,
    *,
    begin_s: float,
    end_s: float,
    seed: int,
    additional: Iterable[Path] = (),
) -> list[str]:
    """Arguments for SUMO: 1 s steps, no teleporting, this seed, outputs in the run's own folder.

    `additional` comes after the scenario's own additional files; of two programs of one signal the last one runs.
    """
    net = _without_outputs(scenario.net, files.folder, "net")
    routes = [_without_outputs(path, files.folder, f"routes{number}") for number, path in enumerate(scenario.routes)]
    extra = [
        _additional_without_outputs(path, files.folder, f"additional{number}")
        for number, path in enumerate(scenario.additional)
    ]
    arguments = ["--net-file", str(net)]
    if routes:
        arguments += ["--route-files", ",".join(map(str, routes))]
    if extra := [*extra, *additional]:
        arguments += ["--additional-files", ",".join(map(str, extra))]
    for option, value in scenario.options:
        arguments += [f"--{option}", value]
    return [
        *arguments,
        *("--begin", f"{begin_s:g}", "--end", f"{end_s:g}", "--step-length", "1", "--seed", str(seed)),
        *("--time-to-teleport", "-1"),
        *("--tripinfo-output", str(files.trips)),
        *("--tripinfo-output.write-unfinished", "true", "--tripinfo-output.write-undeparted", "true"),
        *("--summary-output", str(files.seconds)),
        *("--error-log", str(files.messages), "--no-step-log", "true", "--no-warnings", "true"),
        *("--xml-validation", "never", "--xml-validation.net", "never", "--xml-validation.routes", "never"),
    ]


def write_sensors(files: RunFiles, loops: Iterable[LoopPlace], approach_edges: Sequence[str]) -> Path:
    """Write the additional file with the site's loops and the delay record of the approach edges; returns its path."""
    root = ET.Element("additional")
    for loop in loops:
        ET.SubElement(
            root,
            "inductionLoop",
            {
                "id": loop.sumo_id,
                "lane": loop.lane,
                "pos": f"{loop.pos_m:.2f}",
                "length": f"{loop.length_m:.2f}",
                "period": "86400",
                "file": NOWHERE,
            },
        )
    if approach_edges:
        edges = " ".join(dict.fromkeys(approach_edges))
        ET.SubElement(root, "edgeData", {"id": "faikhiao", "edges": edges, "file": str(files.approaches)})
    ET.ElementTree(root).write(files.sensors, encoding="utf-8", xml_declaration=True)
    return files.sensors


def _read(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()


def _without_outputs(path: Path, folder: Path, name: str) -> Path:
    """A net or route file: itself, unless a parameter in it names an output file."""
    text = _read(path)
    if not _MAY_NAME_OUTPUT.search(text):
        return path
    return _rewritten(path, text, folder, name)


def _additional_without_outputs(path: Path, folder: Path, name: str) -> Path:
    return _rewritten(path, _read(path), folder, name)


def _rewritten(path: Path, text: bytes, folder: Path, name: str) -> Path:
    try:
        root = ET.fromstring(text)
    except ET.ParseError as error:
        raise ScenarioError(f"{path}: not well-formed XML: {error}") from error
    changed = False
    for number, element in enumerate(root.iter()):
        changed |= _lead_nowhere(element, path, folder, f"{name}_{number}")
    if not changed:
        return path
    copy = folder / f"{name}.xml"
    ET.ElementTree(root).write(copy, encoding="utf-8", xml_declaration=True)
    return copy


def _lead_nowhere(element: ET.Element, path: Path, folder: Path, name: str) -> bool:
    """Mend one element in place; whether anything had to be changed."""
    if element.tag == "param":
        if not _OUTPUT_PARAMETER.search(element.get("key", "")):
            return False
        element.set("value", NOWHERE)
        return True
    changed = False
    for attribute in (*_OUTPUT_ATTRIBUTES, "href"):
        value = element.get(attribute)
        if value is None:
            continue
        if (element.tag, attribute) in _REFERENCES:
            included = _additional_without_outputs((path.parent / value).resolve(), folder, name)
            element.set(attribute, str(included))
        elif (element.tag, attribute) in _INPUT_FILES:
            element.set(attribute, str((path.parent / value).resolve()))
        elif attribute != "href":
            element.set(attribute, NOWHERE)
        changed = True
    return changed
