"""Does the degree of saturation tell how much of its green a lane uses, and most of all when it is full?"""

from __future__ import annotations

import numpy as np
import pytest

from controller.lanes import build_lanes
from controller.layout import FloatArray, build_layout
from controller.measure.saturation import SaturationMemory, measure_saturation, used_green_s
from controller.measure.stop_line import StopLineSecond
from controller.state import LaneUse
from tests.towns import three_stage_junction, town

HEADWAY_S = 2.0
"""Engineered: 1800 veh/h."""


class OneLane:
    """The stop line of the first lane, second by second."""

    def __init__(self) -> None:
        self.lanes = build_lanes(build_layout(town(three_stage_junction())))
        self.memory = SaturationMemory.empty(self.lanes)
        self.green_s = self.credit_veh = 0.0

    def second(
        self, entered: float = 0.0, space_s: float = 1.0, *, green: bool = True, goes: bool = False, told: bool = True
    ) -> LaneUse:
        self.green_s = self.green_s + 1.0 if green else 0.0
        self.credit_veh = self.credit_veh + entered if green else 0.0
        second = StopLineSecond(
            told=self._at(told) > 0,
            entered=self._at(entered),
            gone=self._at(entered),
            space_s=self._at(space_s if told else 0.0),
            green=self._at(green) > 0,
        )
        return measure_saturation(
            self.memory, second, self._at(goes) > 0, self._at(self.green_s), self._at(self.credit_veh), self.lanes
        )

    def green(self, vehicles: int, green_s: int, occupied_s: float, *, goes: bool = False) -> LaneUse:
        """So many vehicles at even headways, each on the loop for so long; then red."""
        at = {round(k * green_s / vehicles) for k in range(vehicles)}
        assert len(at) == vehicles
        for second in range(green_s):
            self.second(*((1.0, 1.0 - occupied_s) if second in at else (0.0, 1.0)), goes=goes)
        return self.second(green=False)

    def _at(self, value: float) -> FloatArray:
        values = np.zeros(self.lanes.shape)
        values[0, 0] = value
        return values


@pytest.mark.parametrize(
    ("green_s", "space_s", "spaces", "standard_s", "saturation"), [(30, 14, 12, 1.0, 0.933), (30, 20, 15, 0.9, 0.783)]
)
def test_the_worked_examples_of_austroads(
    green_s: float, space_s: float, spaces: float, standard_s: float, saturation: float
) -> None:
    used_s = used_green_s(*(np.array([value]) for value in (green_s, space_s, spaces, standard_s)))
    assert used_s[0] / green_s == pytest.approx(saturation, abs=5e-4)


def test_a_green_of_few_vehicles_is_used_by_their_headways() -> None:
    """Five vehicles, 0.6 s each on the loop: 30 - 27 + 5 * 1.0 = 8 of 30 s; at 1800 veh/h 480 veh/h while green."""
    use = OneLane().green(5, 30, 0.6)
    assert use.saturation[0, 0] == pytest.approx(8 / 30)
    assert 3600 * use.volume_veh_s[0, 0] == pytest.approx(480)
    assert not use.congested[0, 0]


def test_a_dense_queue_uses_all_of_its_green() -> None:
    """A vehicle every 2 s that leaves 1.0 s of space: 30 - 15 + 15 * 1.0 = 30 s."""
    assert OneLane().green(15, 30, 1.0).saturation[0, 0] == pytest.approx(1.0)


def test_it_does_not_go_blind_where_nobody_moves() -> None:
    """They stand through their green: nobody is counted, all of it is used, and something holds them."""
    lane = OneLane()
    for _ in range(30):
        lane.second(space_s=0.0)
    use = lane.second(green=False)
    assert use.saturation[0, 0] == pytest.approx(1.0)
    assert use.congested[0, 0]


def test_vehicles_closer_together_than_ever_show_a_saturation_above_one() -> None:
    """Twenty in 30 s, each 1.0 s on the loop: 30 - 10 + 20 * 1.0 = 40 s."""
    assert OneLane().green(20, 30, 1.0).saturation[0, 0] == pytest.approx(4 / 3)


def test_the_newest_greens_weigh_most_and_each_by_its_length() -> None:
    """8 of 30 s, then 20 of 20 s: (0.6 * 8 + 20) / (0.6 * 30 + 20)."""
    lane = OneLane()
    lane.green(5, 30, 0.6)
    assert lane.green(10, 20, 1.0).saturation[0, 0] == pytest.approx(24.8 / 38)


def test_seconds_without_a_word_are_neither_green_nor_used() -> None:
    lane = OneLane()
    for _ in range(10):
        lane.second(told=False)
    assert lane.green(5, 30, 0.6).saturation[0, 0] == pytest.approx(8 / 30)


def test_denser_queues_teach_quickly_and_others_slowly() -> None:
    """Ten headways of 1.6 s with 0.8 s of space, then ten of 2.5 s: steps of 0.2 and of 0.05 towards each."""
    lane = OneLane()
    _queue(lane, (1, 2, 2, 1, 2) * 2, 0.8)
    flow = 0.5 + 0.2 * (1 / 1.6 - 0.5)
    use = lane.second(green=False)
    assert use.max_flow_veh_s[0, 0] == pytest.approx(flow)
    assert use.standard_space_s[0, 0] == pytest.approx(1.0 + 0.2 * (0.8 - 1.0))
    _queue(lane, (2, 3) * 5, 1.2)
    assert lane.second(green=False).max_flow_veh_s[0, 0] == pytest.approx(flow + 0.05 * (0.4 - flow))


def test_a_short_queue_teaches_nothing() -> None:
    """Three headways."""
    lane = OneLane()
    _queue(lane, (1, 1, 1), 0.2)
    assert lane.second(green=False).max_flow_veh_s[0, 0] == pytest.approx(1 / HEADWAY_S)


def test_the_start_of_green_costs_what_the_fourth_vehicle_is_late() -> None:
    """He leaves in second 12, 11.5 s on average: 11.5 - 4 * 2.0 = 3.5 s; half of the way there from 2.0 s."""
    lane = OneLane()
    for second in range(1, 12):
        lane.second(float(second in {4, 7, 9}), goes=True)
    use = lane.second(1.0, goes=True)
    assert use.start_up_s[0, 0] == pytest.approx(2.0 + 0.5 * 1.5)
    for second in range(13, 20):
        use = lane.second(float(second % 2), goes=True)
    assert use.start_up_s[0, 0] == pytest.approx(2.75), "once in a green"


def _queue(lane: OneLane, headways_s: tuple[int, ...], space_s: float) -> None:
    """The start-up, a first vehicle, then one after each headway; the space is told in the second of the passage."""
    lane.second(goes=True)
    lane.second(goes=True)
    lane.second(1.0, 0.0, goes=True)
    for headway_s in headways_s:
        for _ in range(headway_s - 1):
            lane.second(0.0, 0.0, goes=True)
        lane.second(1.0, space_s, goes=True)
