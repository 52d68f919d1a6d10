"""Is the capacity of a network Webster's, by hand on a crossing of two one-lane streets?"""

from pathlib import Path

import pytest

from sim.importer.network import parse_xml, read_network
from sim.networks.build import build_network
from sim.networks.capacity import LONGEST_CYCLE_S, SATURATION_VEH_H, pcu_a_vehicle
from sim.networks.roads import Route, read_roads, turn_flows
from sim.networks.spec import Grid, NetworkSpec
from sim.networks.streets import lay_out
from sim.networks.write import signal_loads

pytestmark = pytest.mark.sumo


@pytest.fixture(scope="module")
def crossing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    spec = NetworkSpec(name="crossing", says="one", shape=Grid(kind="grid", columns=1, rows=1, link_m=100))
    net = tmp_path_factory.mktemp("crossing") / "crossing.net.xml"
    net.write_text(build_network(spec, lay_out(spec)), encoding="utf-8")
    return net


def load(net: Path, shares: dict[Route, float]) -> tuple[float, float, float]:
    network = read_network(net, parse_xml(net))
    (found,) = signal_loads(net, network, turn_flows(shares))
    return found.flow_ratio, found.lost_s, found.capacity_pcu_h


WEST_EAST, EAST_WEST = ("W0_J00", "J00_E0"), ("E0_J00", "J00_W0")
SOUTH_NORTH, WEST_NORTH = ("S0_J00", "J00_N0"), ("W0_J00", "J00_N0")


def test_opposite_streams_share_a_stage_and_crossing_ones_do_not(crossing: Path) -> None:
    # y = 0.4 / 1800 (the stronger of two that go together) + 0.3 / 1800; two stages of 2 + 4 - 2 s
    y, lost_s, capacity = load(crossing, {WEST_EAST: 0.4, EAST_WEST: 0.3, SOUTH_NORTH: 0.3})
    assert y == pytest.approx(0.7 / SATURATION_VEH_H)
    assert lost_s == 8
    assert capacity == pytest.approx((1 - 8 / LONGEST_CYCLE_S) * SATURATION_VEH_H / 0.7)


def test_a_turn_that_gives_way_holds_up_its_lane(crossing: Path) -> None:
    # On one lane: 0.4 straight on, 0.1 across the oncoming stream at 0.3 of the rate: 0.4 + 0.1 / 0.3
    y, _, _ = load(crossing, {WEST_EAST: 0.4, WEST_NORTH: 0.1, EAST_WEST: 0.2})
    assert y == pytest.approx((0.4 + 0.1 / 0.3) / SATURATION_VEH_H)


def test_motorcycles_take_less_of_the_stop_line() -> None:
    assert pcu_a_vehicle(0) == 1
    assert pcu_a_vehicle(1) == pytest.approx(0.4)


def test_every_entry_sends_what_its_lanes_are_worth(crossing: Path) -> None:
    from sim.networks.roads import ways

    roads = read_roads(read_network(crossing, parse_xml(crossing)))
    shares = ways(roads, straight_share=0.6, seed=1)
    assert sum(shares.values()) == pytest.approx(1)
    assert len(shares) == 12, "four entries, three exits each, nobody back"
    # 0.6 straight through and a third of the rest, of a quarter
    assert shares[WEST_EAST] == pytest.approx((0.6 + 0.4 / 3) / 4)
