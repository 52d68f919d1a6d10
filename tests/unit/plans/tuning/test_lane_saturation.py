"""Does a lane's saturation flow count in the same unit as its traffic?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from plans import load_site
from plans.tuning.demand import Demand, Turn
from plans.tuning.lane_loads import lane_loads
from tests.site_builder import make_site

JUNCTION = next(one for one in load_site(make_site()).network.junctions if one.id == "J01")
LANE = next(lane for lane in JUNCTION.lanes if len(lane.groups) == 1)
TURN = Turn("J01", LANE.approach, LANE.groups[0])


def flow_ratio(saturation_veh_h: float, counted: dict[str, float]) -> float:
    lanes = tuple(replace(lane, saturation_flow_veh_h=saturation_veh_h) for lane in JUNCTION.lanes)
    loads = lane_loads(replace(JUNCTION, lanes=lanes), Demand({TURN: counted}, "by hand"))
    return sum(load.flow_ratio for load in loads if load.lane.approach == LANE.approach)


def test_a_measured_flow_of_motorcycles_and_cars_counts_vehicles_as_the_counts_do() -> None:
    # half motorcycles of 0.3: a vehicle is 0.65 cars. 1000 of 3000 veh/h is a third, in whatever unit.
    assert flow_ratio(3000, {"car": 500, "motorcycle": 500}) == pytest.approx(1000 / 3000)
    assert flow_ratio(1900, {"car": 950}) == pytest.approx(0.5)


def test_a_flow_that_nobody_measured_is_that_of_cars() -> None:
    # 500 + 500 x 0.3 = 650 pcu/h of 1800 pcu/h
    assert flow_ratio(1800, {"car": 500, "motorcycle": 500}) == pytest.approx(650 / 1800)
