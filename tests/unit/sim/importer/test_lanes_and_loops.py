"""Do the loops lie where vehicles pass and wait, also where the last lane is too short for one?"""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from controller.model import Junction, Loop, LoopRole
from plans import load_site
from sim.importer import ImportedSite, import_sumo
from sim.sumo_map import LoopOnLane, load_sumo_map

pytestmark = pytest.mark.sumo


@pytest.fixture(scope="module")
def site(short_lanes: Path) -> ImportedSite:
    return import_sumo(short_lanes, [], site="short")


@pytest.fixture(scope="module")
def junction(site: ImportedSite) -> Junction:
    (found,) = load_site(site.bundle).network.junctions
    return found


@pytest.fixture(scope="module")
def places(site: ImportedSite) -> dict[str, LoopOnLane]:
    return dict(load_sumo_map(site.bundle)["C"].loops)


def loops_of(junction: Junction, lane: str | None, role: LoopRole) -> list[Loop]:
    return [loop for loop in junction.loops if loop.lane == lane and loop.role is role]


def the_place(junction: Junction, places: dict[str, LoopOnLane], lane: str, role: LoopRole) -> tuple[Loop, LoopOnLane]:
    (loop,) = loops_of(junction, lane, role)
    return loop, places[loop.id]


def test_a_long_lane_has_its_loops_on_itself(junction: Junction, places: dict[str, LoopOnLane]) -> None:
    stop, at = the_place(junction, places, "S_C_0", LoopRole.STOP_LINE)
    assert (stop.distance_m, at) == (1.0, LoopOnLane("S_C_0", 117.0, 2.0))  # 120 m - 1 m - the loop of 2 m
    advance, at = the_place(junction, places, "S_C_0", LoopRole.ADVANCE)
    assert (advance.distance_m, at) == (45.0, LoopOnLane("S_C_0", 73.0, 2.0))


def test_a_last_lane_of_less_than_a_metre_has_them_before_the_join(
    junction: Junction, places: dict[str, LoopOnLane]
) -> None:
    stop, at = the_place(junction, places, "W1_C_0", LoopRole.STOP_LINE)
    assert at.lane.startswith(":W1_")  # on the node between the two lanes: that is where the first car stands
    assert stop.distance_m == 1.0
    advance, at = the_place(junction, places, "W1_C_0", LoopRole.ADVANCE)
    assert (advance.distance_m, at.lane) == (45.0, "W_W1_0")
    (lane,) = [lane for lane in junction.lanes if lane.id == "W1_C_0"]
    assert 80.9 < lane.length_m < 90.0  # both lanes and the node between


def test_lanes_that_part_shortly_before_the_line_share_one_advance_loop(
    junction: Junction, places: dict[str, LoopOnLane]
) -> None:
    assert [len(loops_of(junction, lane, LoopRole.STOP_LINE)) for lane in ("E1_C_0", "E1_C_1")] == [1, 1]
    shared = [loop for lane in ("E1_C_0", "E1_C_1") for loop in loops_of(junction, lane, LoopRole.ADVANCE)]
    assert [places[loop.id].lane for loop in shared] == ["E_E1_0"]


def test_beyond_a_side_road_the_straight_road_is_watched(junction: Junction, places: dict[str, LoopOnLane]) -> None:
    advance, at = the_place(junction, places, "N1_C_0", LoopRole.ADVANCE)
    assert at.lane == "N_N1_0"
    assert advance.distance_m == 45.0


def test_exit_loops_lie_behind_the_junction_and_follow_a_short_lane(
    junction: Junction, places: dict[str, LoopOnLane]
) -> None:
    exits = {places[loop.id].lane: loop for loop in loops_of(junction, None, LoopRole.EXIT)}
    assert exits.keys() == {"C_S_0", "C_W1_0", "E1_E_0"}
    assert {loop.distance_m for loop in exits.values()} == {25.0}
    assert places[exits["E1_E_0"].id].pos_m < 25.0 - 10.0


def test_every_loop_fits_on_its_lane_and_has_a_short_name(generated: dict[str, Path]) -> None:
    for name in ("grid", "turn_lanes", "crossings"):
        root = ET.parse(generated[name]).getroot()
        length_m = {lane.attrib["id"]: float(lane.attrib["length"]) for lane in root.iter("lane")}
        on_foot = {lane.attrib["id"] for lane in root.iter("lane") if lane.get("allow") == "pedestrian"}
        site = import_sumo(generated[name], [], site="grid")
        for places in load_sumo_map(site.bundle).values():
            assert all(re.fullmatch(r"[DAEXB][0-9]{1,3}", loop) for loop in places.loops)
            for at in places.loops.values():
                assert 0 <= at.pos_m <= length_m[at.lane] - at.length_m
                assert at.lane not in on_foot


def test_turn_lanes_shorter_than_thirty_metres_have_their_advance_loop_where_they_begin(
    generated: dict[str, Path],
) -> None:
    site = import_sumo(generated["turn_lanes"], [], site="grid")
    (first, *_) = load_site(site.bundle).network.junctions
    advance = [loop for loop in first.loops if loop.role is LoopRole.ADVANCE]
    lanes = {lane.id for lane in first.lanes}
    assert {loop.lane for loop in advance} == lanes
    assert all(loop.distance_m < 30.0 for loop in advance)


def test_neighbours_are_those_reached_without_another_signal_between(generated: dict[str, Path]) -> None:
    site = import_sumo(generated["left_hand"], [], site="grid")
    network = load_site(site.bundle).network
    assert {junction.id: junction.neighbours for junction in network.junctions} == {
        "A0": ("A1", "B0"), "A1": ("A0", "B1"), "B0": ("A0", "B1"), "B1": ("A1", "B0"),
    }  # fmt: skip
    assert "driving_side: right" not in site.bundle.files["site.yaml"]


def test_a_lane_knows_the_signal_that_feeds_it(generated: dict[str, Path]) -> None:
    """Roads of 150 m between signals, roads of 120 m from outside: only a queue on the former blocks a signal."""
    network = load_site(import_sumo(generated["turn_lanes"], [], site="grid").bundle).network
    for junction in network.junctions:
        for lane in junction.lanes:
            outside = lane.id.startswith(("left", "right", "top", "bottom"))
            assert (lane.signal_upstream_m is None) == outside, lane.id
            if lane.signal_upstream_m is not None:
                assert 90.0 <= lane.signal_upstream_m <= 150.0
