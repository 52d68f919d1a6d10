"""Is Udon Thani the street that its README describes, and is it made by its scripts to the committed bytes?"""

import math
import xml.etree.ElementTree as ET
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from sim.net_building import NetworkBuildError
from sim.scenarios.udon_thani import build_network, make_demand
from sim.scenarios.udon_thani.routing import read_graph

pytestmark = pytest.mark.sumo

TOWN = build_network.HERE
NET_FILE = TOWN / "net" / "udon_thani.net.xml"
STORIES = {"am_peak", "midday", "pm_peak", "night", "fair"}
ROADS = {
    *("Pho Si", "Prachak Sinlapakhom", "Mak Khaeng", "Udon Dutsadi", "Thahan", "Si Suk", "Mukkhamontri", "Adunyadet"),
    *("Watthana Nuwong", "Mittraphap", "Nittayo"),
}


@pytest.fixture(scope="module")
def net() -> ET.Element:
    return ET.parse(NET_FILE).getroot()


def signals(net: ET.Element) -> list[str]:
    return sorted(junction.attrib["id"] for junction in net.iter("junction") if junction.get("type") == "traffic_light")


def streets(net: ET.Element) -> list[ET.Element]:
    return [edge for edge in net.iter("edge") if "function" not in edge.attrib]


def test_the_network_is_built_again_to_the_committed_bytes() -> None:
    assert build_network.build() == NET_FILE.read_text(encoding="utf-8")


def test_the_demand_is_made_again_to_the_committed_bytes() -> None:
    made = make_demand.demand_files(TOWN / "demand", NET_FILE)
    assert {path: (TOWN / path).read_text(encoding="utf-8") for path in made} == made
    assert {Path(path).parts[0] for path in made} == {"net", *STORIES}


def test_netconvert_refuses_what_it_complains_of(tmp_path: Path) -> None:
    for kind in ("nod", "edg", "con", "typ", "tll"):
        text = (TOWN / "net" / f"udon_thani.{kind}.xml").read_text(encoding="utf-8")
        (tmp_path / f"udon_thani.{kind}.xml").write_text(text.replace('toLane="2"', 'toLane="9"', 1), encoding="utf-8")
    with pytest.raises(NetworkBuildError, match="netconvert says"):
        build_network.build(tmp_path)


def test_every_file_says_on_its_first_line_that_nothing_was_surveyed() -> None:
    files = [
        path
        for path in TOWN.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and "site" not in path.relative_to(TOWN).parts
    ]
    silent = [
        str(path.relative_to(TOWN))
        for path in files
        if "chematic, not surveyed" not in path.read_text(encoding="utf-8").splitlines()[0]
    ]
    assert len(files) > 30
    assert silent == []
    assert all(path.stat().st_size < 500_000 for path in files)


def test_fourteen_signals_keep_left_on_the_roads_of_the_town(net: ET.Element) -> None:
    assert net.get("lefthand") == "true"
    assert signals(net) == [f"J{number:02d}" for number in range(1, 15)]
    assert {edge.get("name") for edge in streets(net)} >= ROADS


def test_one_junction_has_five_legs(net: ET.Element) -> None:
    legs = Counter(edge.get("to") for edge in streets(net))
    assert {junction: legs[junction] for junction in signals(net) if legs[junction] > 4} == {"J05": 5}


def test_neighbours_are_unevenly_spaced_and_two_links_are_short(net: ET.Element) -> None:
    place = {node.attrib["id"]: (float(node.attrib["x"]), float(node.attrib["y"])) for node in net.iter("junction")}
    known = set(signals(net))
    pairs = {
        tuple(sorted(edge.attrib["id"].split("_")[:2]))
        for edge in streets(net)
        if set(edge.attrib["id"].removesuffix("_a").split("_")) <= known
    }
    spacing_m = {pair: math.dist(place[pair[0]], place[pair[1]]) for pair in pairs}
    assert all(150.0 <= metres <= 700.0 for metres in spacing_m.values())
    assert sorted(pair for pair, metres in spacing_m.items() if metres < 200.0) == [("J02", "J03"), ("J09", "J10")]
    assert max(spacing_m.values()) > 3.5 * min(spacing_m.values())


def test_free_left_turns_stand_beside_the_signal_and_turn_left(net: ET.Element) -> None:
    end = {edge.attrib["id"]: edge.get("to") for edge in streets(net)}
    known = set(signals(net))
    free = [
        link for link in net.iter("connection") if end.get(link.attrib["from"]) in known and "tl" not in link.attrib
    ]
    vehicles = [link for link in free if link.attrib["fromLane"] != "0"]
    assert {link.get("dir") for link in vehicles} == {"l"}
    assert {link.get("state") for link in vehicles} == {"m"}  # it gives way
    assert len({end[link.attrib["from"]] for link in vehicles}) == 14


def test_no_lane_is_split_over_two_lanes_of_one_next_edge(net: ET.Element) -> None:
    ways = Counter(
        (link.attrib["from"], link.attrib["fromLane"], link.attrib["to"])
        for link in net.iter("connection")
        if not link.attrib["from"].startswith(":")
    )
    assert [way for way, number in ways.items() if number > 1] == []


def test_routes_are_fixed_and_connected() -> None:
    graph = read_graph(NET_FILE)
    for story in STORIES:
        for route in ET.parse(TOWN / story / "private.rou.xml").getroot().iter("route"):
            edges = route.attrib["edges"].split()
            assert all(follower in graph.next_edges[edge] for edge, follower in pairwise(edges)), route.attrib["id"]
