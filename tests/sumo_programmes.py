"""Tiny junctions with programmes of our own, and what SUMO itself shows of them: for the tests of the importer."""

from __future__ import annotations

import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from pathlib import Path

from sim.sumo_binaries import set_sumo_environment, sumo_program

Phases = Sequence[tuple[int, str]]

ARMS = {"N": (0, 1), "E": (1, 0), "S": (0, -1), "W": (-1, 0)}
"""Arms of a cross in the order of SUMO's links: from the north clockwise, each right, straight, left."""


def run_sumo_program(program: str, *arguments: object) -> None:
    """Run netconvert, netgenerate or sumo; what it says is shown when it fails."""
    set_sumo_environment()
    command = [str(sumo_program(program)), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def make_cross(folder: Path, *, arm_m: int = 200, lanes: int = 1, options: Sequence[str] = ()) -> Path:
    """One signal `C` with four arms; links 0-11, three of each arm (one lane an arm), from the north clockwise."""
    folder.mkdir(parents=True, exist_ok=True)
    ends = "".join(f'<node id="{arm}" x="{x * arm_m}" y="{y * arm_m}"/>' for arm, (x, y) in ARMS.items())
    nodes = f'<nodes><node id="C" x="0" y="0" type="traffic_light" tl="C"/>{ends}</nodes>'
    edges = "".join(
        f'<edge id="{one}{other}" from="{one}" to="{other}" numLanes="{lanes}" speed="13.89"/>'
        for arm in ARMS
        for one, other in ((arm, "C"), ("C", arm))
    )
    return convert(folder, nodes, f"<edges>{edges}</edges>", "--no-turnarounds", "true", *options)


def convert(folder: Path, nodes: str, edges: str, *options: str) -> Path:
    """A network from plain nodes and edges."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plain.nod.xml").write_text(nodes)
    (folder / "plain.edg.xml").write_text(edges)
    net = folder / "net.net.xml"
    run_sumo_program("netconvert", "-n", folder / "plain.nod.xml", "-e", folder / "plain.edg.xml", "-o", net, *options)
    return net


def write_programme(
    path: Path, phases: Phases, *, tls: str = "C", program: str = "own", offset: object = 0, kind: str = "static"
) -> Path:
    """An additional file with one programme."""
    rows = "".join(f'<phase duration="{duration}" state="{state}"/>' for duration, state in phases)
    path.write_text(
        f'<additional><tlLogic id="{tls}" programID="{program}" type="{kind}" offset="{offset}">{rows}</tlLogic>'
        "</additional>"
    )
    return path


def states_in_sumo(
    folder: Path, net: Path, additional: Sequence[Path], signals: Sequence[str], begin_s: int, seconds: int
) -> dict[str, list[str]]:
    """What SUMO shows at each signal in the steps from `begin_s` on, one string a second."""
    folder.mkdir(parents=True, exist_ok=True)
    events = "".join(
        f'<timedEvent type="SaveTLSStates" source="{tls}" dest="{folder / "states.xml"}"/>' for tls in signals
    )
    watch = folder / "watch.add.xml"
    watch.write_text(f"<additional>{events}</additional>")
    run_sumo_program(
        "sumo", "-n", net, "-a", ",".join(map(str, [*additional, watch])), "--begin", begin_s,
        "--end", begin_s + seconds, "--no-step-log", "--no-warnings", "--xml-validation", "never",
    )  # fmt: skip
    shown: dict[str, list[str]] = {tls: [] for tls in signals}
    for element in ET.parse(folder / "states.xml").getroot().iter("tlsState"):
        if float(element.attrib["time"]) < begin_s + seconds:
            shown[element.attrib["id"]].append(element.attrib["state"])
    return shown
