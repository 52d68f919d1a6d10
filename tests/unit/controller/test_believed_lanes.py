"""Is a lane whose loops are broken still thought to fill in red and to empty in green?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from controller.lanes import START_UP_S
from controller.measure.believed import BelievedLanes, believe
from controller.state import LoopState, StandIn
from tests.unit.controller.test_lane_queues import OneLane


def told_of(lane: OneLane, *broken: str, count_veh: float = 0.0) -> LoopState:
    """Every loop is trusted but these; `count_veh` a second is what stands in for each of them."""
    n_loops = lane.layout.loop_junction.size
    trust, zeros, own = np.ones(n_loops, np.float32), np.zeros(n_loops), np.arange(n_loops)
    columns = [lane.column[loop] for loop in broken]
    trust[columns] = 0.0
    count, kind = zeros.copy(), zeros.astype(np.int64)
    count[columns], kind[columns] = count_veh, int(StandIn.HISTORY)
    return LoopState(trust, kind, kind, own, count, zeros, zeros > 0, zeros > 0)


def test_a_lane_without_its_stop_line_loop_fills_by_its_advance_loop_and_empties_by_its_discharge() -> None:
    """Five come in red, and nobody is seen at the line. In green they go at the lane's rate, until nobody is left."""
    lane = OneLane()
    lane.believed = believe(lane.lanes, told_of(lane, "S"))
    for _ in range(5):
        lane.second("A")
        lane.seconds(3)
    red = lane.seconds(10)
    assert 3.0 < red.queue_veh[0, 3] <= 5.0  # some are thought to change lanes
    rate_veh_s = red.rate_veh_s[0, 2, 3]
    lane.seconds(int(START_UP_S) + 1, green=True)
    before = lane.second(green=True).queue_veh[0, 3]
    assert before - lane.second(green=True).queue_veh[0, 3] == pytest.approx(rate_veh_s)
    assert lane.seconds(20, green=True).queue_veh[0, 3] < 1.0


def test_a_lane_without_any_loop_fills_by_what_stands_in_for_them() -> None:
    """A vehicle every five seconds at this hour: six in half a minute of red."""
    lane = OneLane()
    lane.believed = believe(lane.lanes, told_of(lane, "S", "A", "E", count_veh=0.2))
    assert lane.seconds(30).queue_veh[0, 3] == pytest.approx(6.0)


def test_a_broken_stop_line_loop_ends_no_queue() -> None:
    """The same silence of a loop that is trusted says that nobody waits."""
    queues = []
    for broken in ((), ("S",)):
        lane = OneLane()
        lane.believed = believe(lane.lanes, told_of(lane, *broken))
        lane.seconds(5, "A")
        queues.append(lane.seconds(10).queue_veh[0, 3])
    assert queues[0] < 1.0
    assert queues[1] > 3.0


def test_a_broken_exit_loop_fills_no_exit() -> None:
    lane = OneLane()
    exits = np.ones((*lane.lanes.shape, 1), bool)
    lanes = replace(lane.lanes, exit_loops=exits, exit_column=np.full(exits.shape, lane.column["E"]))
    assert believe(lanes, told_of(lane)).lanes.exit_loops.all()
    assert not believe(lanes, told_of(lane, "E")).lanes.exit_loops.any()


def test_where_every_loop_is_trusted_nothing_is_left_out() -> None:
    lane = OneLane()
    believed = believe(lane.lanes, told_of(lane))
    assert believed.lanes is lane.lanes
    assert BelievedLanes.all(lane.lanes).expected_veh.sum() == believed.expected_veh.sum() == 0.0
