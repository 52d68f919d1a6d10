"""From streets to a SUMO network: plain files, then netconvert with one set of options; the same bytes every time."""

from __future__ import annotations

import re
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

from sim.net_building import run_builder, without_head
from sim.networks.spec import NetworkSpec
from sim.networks.streets import Street, StreetPlan

AMBER_S, ALL_RED_S = 3, 1
PAVEMENT_M = 2.0
WALKING_TIMES = ("--tls.crossing-min.time", "7", "--tls.crossing-clearance.time", "11")
EXPECTED = re.compile(r"is not connected|total messages of type|[Mm]inor green|Speed of .* connection")
"""netconvert's complaints that are no fault here: a pocket begins with nobody in it, a bend is driven slowly."""


def build_network(spec: NetworkSpec, plan: StreetPlan) -> str:
    """Text of the network; raises NetworkBuildError."""
    with tempfile.TemporaryDirectory(prefix="faikhiao-") as name:
        folder = Path(name)
        _write_plain(folder, spec, plan)
        arguments = [
            *("--node-files", str(folder / "plain.nod.xml"), "--edge-files", str(folder / "plain.edg.xml")),
            *("--no-turnarounds", "--offset.disable-normalization", "--seed", "1"),
            *("--tls.cycle.time", str(spec.cycle_s), "--tls.yellow.time", str(AMBER_S)),
            *("--tls.allred.time", str(ALL_RED_S), "--tls.default-type", "static"),
            *(("--crossings.guess", "--walkingareas", *WALKING_TIMES) if spec.walkers_h else ()),
            *(("--lefthand",) if spec.left_hand else ()),
            *("--output-file", str(folder / "built.net.xml")),
        ]
        run_builder("netconvert", arguments, EXPECTED)
        text = (folder / "built.net.xml").read_text(encoding="utf-8")
    return f"<!-- {spec.name}: made by faikhiao networks make; no real place. -->\n{without_head(text)}"


def _write_plain(folder: Path, spec: NetworkSpec, plan: StreetPlan) -> None:
    nodes, edges = ET.Element("nodes"), ET.Element("edges")
    for place in plan.places:
        kind = {"type": "traffic_light", "tl": place.id} if place.signal else {"type": "priority"}
        ET.SubElement(nodes, "node", {"id": place.id, "x": f"{place.x_m:.2f}", "y": f"{place.y_m:.2f}", **kind})
    for street in plan.streets:
        _add_street(edges, street, spec)
    for root, ending in ((nodes, "nod"), (edges, "edg")):
        ET.ElementTree(root).write(folder / f"plain.{ending}.xml", encoding="utf-8", xml_declaration=True)


def _add_street(edges: ET.Element, street: Street, spec: NetworkSpec) -> None:
    pocket = 1 if street.pocket_m else 0
    attributes = {"id": street.id, "from": street.start, "to": street.end, "numLanes": str(street.lanes + pocket)}
    attributes["speed"] = f"{spec.speed_km_h / 3.6:.2f}"
    if spec.walkers_h:
        attributes["sidewalkWidth"] = f"{PAVEMENT_M:g}"
    edge = ET.SubElement(edges, "edge", attributes)
    if pocket:
        whole = " ".join(map(str, range(street.lanes)))
        ET.SubElement(edge, "split", {"pos": "0", "lanes": whole})
        ET.SubElement(edge, "split", {"pos": f"-{street.pocket_m:g}", "lanes": f"{whole} {street.lanes}"})
