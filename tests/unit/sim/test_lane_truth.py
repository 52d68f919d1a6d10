"""Does the oracle know what is there, within its sight and at its edge?"""

from dataclasses import replace

import numpy as np
import pytest

from controller import Controller, Network
from controller.state import LaneState
from plans import load_site
from sim.baselines.truth import FLOW_MEMORY_S, LanePlaces, LaneTruth
from sim.sumo_map import JunctionMap
from sim.sumo_net import SignalLink
from sim.sumo_world import Approaching
from tests.site_builder import make_site

LINKS = (
    SignalLink("j1", 0, "n_0", "south", "south_0"),
    SignalLink("j1", 1, "e_0", "west", "west_0"),
    SignalLink("j2", 0, "s_0", "north", "north_0"),
    SignalLink("j2", 1, "n_0", "off", "off_0"),
)
"""Lanes of J01: n_0 (220 m), e_0 (180 m)."""


def places(network: Network, *links: SignalLink, **made_of: tuple[str, ...]) -> LanePlaces:
    """`made_of`: SUMO lanes of a lane of J01."""
    maps = {
        "J01": JunctionMap("J01", "j1", (), (), {}, {}, made_of, {}),
        "J02": JunctionMap("J02", "j2", (), (), {}, {}, {}, {}),
    }
    return LanePlaces(network, maps, (*LINKS, *links))


class Street:
    """A world of given vehicles."""

    def __init__(self) -> None:
        self.vehicles: list[Approaching] = []
        self.outside: dict[str, tuple[str, ...]] = {}

    def stand(self, link: int, *distances_m: float) -> None:
        self.vehicles = [Approaching(f"v{link}-{at:g}", "j1", link, at, 0.0, 13.9, "in_0") for at in distances_m]

    def approaching(self, view_m: float) -> list[Approaching]:
        return [vehicle for vehicle in self.vehicles if vehicle.distance_m <= view_m]

    def waiting_outside(self) -> list[str]:
        return list(self.outside)

    def route_of(self, vehicle: str) -> tuple[str, ...]:
        return self.outside[vehicle]


@pytest.fixture(scope="module")
def network() -> Network:
    return load_site(make_site()).network


@pytest.fixture(scope="module")
def measured(network: Network) -> LaneState:
    """What the loops of an empty street say."""
    told: list[LaneState] = []

    def sight(state: LaneState) -> LaneState:
        told.append(state)
        return state

    Controller(network, sight=sight).step(1.0, [])
    return told[-1]


@pytest.fixture
def street() -> Street:
    return Street()


def truth(street: Street, network: Network, view_m: float) -> LaneTruth:
    return LaneTruth(street, network, places(network), view_m)


def test_who_stands_is_queued_and_who_drives_comes(street: Street, network: Network, measured: LaneState) -> None:
    street.vehicles = [
        Approaching("a", "j1", 0, 5.0, 0.0, 13.9, "in_0"),
        Approaching("b", "j1", 0, 12.5, 1.9, 13.9, "in_0"),
        Approaching("c", "j1", 0, 125.1, 6.0, 13.9, "in_0"),
        Approaching("d", "j1", 0, 199.0, 0.0, 13.9, "in_0"),
    ]
    found = truth(street, network, 150.0)(measured)
    assert found.queue_veh[0, 0] == 2
    # 125.1 m at 0.9 x 13.9 m/s: it could drive as fast as is allowed
    assert found.near_due[0, 0].nonzero()[0].tolist() == [10]
    assert found.queue_veh.sum() == 2
    assert found.near_due.sum() == 1


def test_who_waits_outside_is_queued_where_sight_reaches_the_entry(
    street: Street, network: Network, measured: LaneState
) -> None:
    street.outside = {"p1": ("n", "south", "far"), "p2": ("n", "south"), "p3": ("elsewhere", "there")}
    assert truth(street, network, 300.0)(measured).queue_veh[0, 0] == 2
    assert truth(street, network, 100.0)(measured).queue_veh[0, 0] == 0


def test_full_sight_means_that_there_may_be_more_behind(street: Street, network: Network, measured: LaneState) -> None:
    loops_say = replace(measured, queue_veh=np.full_like(measured.queue_veh, 21.0))
    street.outside = {"p1": ("n", "south")}
    near = truth(street, network, 100.0)
    street.stand(0, 10.0, 50.0)
    assert near(loops_say).queue_veh[0, 0] == 2
    street.stand(0, 10.0, 50.0, 92.0)
    assert near(loops_say).queue_veh[0, 0] == 21
    assert near(measured).queue_veh[0, 0] == 4  # those seen, and who waits outside behind them
    street.stand(0, 10.0, 50.0, 92.0, 210.0)
    assert truth(street, network, 300.0)(loops_say).queue_veh[0, 0] == 5


def test_waits_are_those_of_who_is_seen_although_no_loop_sees_him(
    street: Street, network: Network, measured: LaneState
) -> None:
    red, green = (replace(measured, green_s=np.full_like(measured.green_s, run_s)) for run_s in (0.0, 5.0))
    see = truth(street, network, 100.0)
    street.stand(1, 3.0)
    assert [see(red).waited_s[0, 1] for _ in range(3)] == [1, 2, 3]
    assert see(green).waited_s[0, 1] == 0
    assert see(red).waited_s[0, 0] == 0


def test_flows_count_each_vehicle_once_and_do_not_fade_behind_a_queue(
    street: Street, network: Network, measured: LaneState
) -> None:
    none = replace(measured, flow_veh_s=np.zeros_like(measured.flow_veh_s))
    see = truth(street, network, 100.0)
    street.stand(0, 90.0)
    flow = 1 / FLOW_MEMORY_S
    assert [see(none).flow_veh_s[0, 0] for _ in range(3)] == pytest.approx([flow] * 3)
    street.vehicles = []
    assert see(none).flow_veh_s[0, 0] == pytest.approx(flow * (1 - flow))


def test_the_first_signal_of_a_route_is_found(network: Network) -> None:
    known = places(network, SignalLink("j1", 2, "e_0", "south", "south_0"))
    assert known.first_of(("x", "e", "south", "y")) == (1,)
    assert known.first_of(("n", "south", "s", "north")) == (0,)
    assert known.first_of(("x", "y")) == ()


def test_a_lane_that_ends_in_a_short_one_is_seen_to_its_stop_line(network: Network) -> None:
    """The site's lane bears the name of the long one, in which its loops lie; SUMO's signal knows the last one."""
    known = places(network, SignalLink("j1", 7, "tip_0", "south", "south_0"), n_0=("tip_0", "n_0"))
    assert known.of(Approaching("v", "j1", 7, 3.0, 0.0, 13.9, "in_0")) == 0
    assert known.first_of(("n", "tip", "south")) == (0,)


def test_who_has_not_come_to_the_last_lane_is_on_none(network: Network) -> None:
    """RESCO sees the lane at the stop line alone, and counts who is on it, wherever he is going."""
    known = places(network, SignalLink("j1", 7, "tip_0", "south", "south_0"), n_0=("tip_0", "n_0"))
    before = Approaching("v", "j1", 7, 30.0, 0.0, 13.9, "n_0")
    assert (known.of(before), known.on(before)) == (0, None)
    assert known.on(before._replace(lane="tip_0")) == 0
