"""How far does a queue reach that has passed every loop, and which green ends a wait?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from controller import Aspect, Loop, LoopRole
from controller.lanes import JAM_SPACING_M, build_lanes
from controller.layout import build_layout
from controller.measure.believed import BelievedLanes
from controller.measure.lane_memory import LaneMemory
from controller.measure.loops import LoopSecond
from controller.measure.queues import measure_lanes
from controller.state import LaneState, SignalState
from tests.towns import three_stage_junction, town

STOP, NEAR, FAR = 4, 5, 6


class OneLane:
    """The last lane of the junction with loops at 1, 45 and 120 m, second by second; the others are empty."""

    def __init__(self) -> None:
        junction = three_stage_junction()
        group = junction.lanes[3].groups
        loops = (
            Loop("S", LoopRole.STOP_LINE, "l3", group, 1.0),
            Loop("A", LoopRole.ADVANCE, "l3", group, 45.0),
            Loop("E", LoopRole.ENTRY, "l3", group, 120.0),
        )
        others = tuple(loop for loop in junction.loops if loop.lane != "l3")
        self.layout = build_layout(town(replace(junction, loops=(*others, *loops))))
        self.column = {loop: index for loop, index in self.layout.loop_index["J1"].items() if loop in {"S", "A", "E"}}
        self.lanes = build_lanes(self.layout)
        self.believed = BelievedLanes.all(self.lanes)
        self.memory = LaneMemory.empty(self.layout, self.lanes)
        self.signals = SignalState.unknown(self.layout, 0.0)

    def second(self, counts: str = "", covered: str = "", *, green: bool = False) -> LaneState:
        """Loops named in `counts` count one vehicle each, those in `covered` are stood on."""
        n_loops = self.layout.loop_junction.size
        count, occupied = np.zeros(n_loops), np.zeros(n_loops)
        count[[self.column[loop] for loop in counts]] = 1.0
        occupied[[self.column[loop] for loop in counts]] = 0.3
        occupied[[self.column[loop] for loop in covered]] = 1.0
        told, fresh = np.ones(n_loops, bool), np.ones(1, bool)
        loops = LoopSecond(count=count, occupied=occupied, told=told, fresh=fresh)
        self.signals.aspect[0] = int(Aspect.RED)
        self.signals.aspect[0, 3] = int(Aspect.GREEN if green else Aspect.RED)
        self.signals.active_stage[0] = 3 if green else 1
        return measure_lanes(self.memory, loops, self.signals, self.believed)

    def seconds(self, number: int, counts: str = "", covered: str = "", *, green: bool = False) -> LaneState:
        """So many alike; what is believed after the last."""
        for _ in range(number - 1):
            self.second(counts, covered, green=green)
        return self.second(counts, covered, green=green)


def test_a_queue_that_stands_on_the_far_loop_reaches_it_and_grows_unseen() -> None:
    """120 m of standing vehicles, and with every minute in which nothing can be counted more."""
    lane = OneLane()
    now = lane.seconds(10, covered="SAE")
    reached_veh = now.queue_veh[0, 3]
    assert reached_veh >= 120.0 / JAM_SPACING_M - 0.1
    now = lane.seconds(60, covered="SAE")
    assert now.queue_veh[0, 3] > reached_veh + 1.0


def test_a_queue_that_ends_before_the_far_loop_is_not_longer() -> None:
    """Somebody stands on the advance loop and nobody on the entry loop."""
    lane = OneLane()
    now = lane.seconds(70, covered="SA")
    assert now.queue_veh[0, 3] < 120.0 / JAM_SPACING_M


def test_a_green_that_lets_two_of_many_go_ends_no_wait() -> None:
    """After two vehicles the wait goes on; a green that empties the lane ends it."""
    lane = OneLane()
    for _ in range(3):
        for _ in range(20):
            lane.second(counts="A")
            lane.second()
    now = lane.seconds(30, covered="SA")
    waited_s = now.waited_s[0, 3]
    assert waited_s >= 30
    now = lane.seconds(4, counts="S", green=True)
    assert now.credit_veh[0, 3] >= 2
    assert now.waited_s[0, 3] >= waited_s
    now = lane.seconds(10, green=True)
    assert now.waited_s[0, 3] == 0


def begun_queue() -> OneLane:
    """A minute of red, and 12 s of a green whose starting wave reaches the advance loop at their end."""
    lane = OneLane()
    lane.seconds(60, covered="SAE")
    for _ in range(6):
        lane.second(covered="SA", green=True)
        lane.second(counts="S", covered="A", green=True)
    return lane


def test_a_long_queue_that_goes_has_not_ended_because_its_vehicles_pass_swiftly() -> None:
    """From far behind they come over the advance loop at full speed, every two seconds: the green must not end yet."""
    lane = begun_queue()
    now = lane.second(green=True)
    for _ in range(5):
        lane.second(counts="SA", green=True)
        now = lane.second(green=True)
    assert now.queue_veh[0, 3] >= 120.0 / JAM_SPACING_M - 11.0  # six went before, five since
    assert now.queue_veh[0, 3] > 45.0 / JAM_SPACING_M


def test_a_gap_at_the_advance_loop_ends_a_queue_that_goes() -> None:
    """Three seconds of green in which nobody passes, after the starting wave has: nobody follows."""
    lane = begun_queue()
    lane.seconds(1, counts="SA", green=True)
    now = lane.seconds(4, counts="S", green=True)
    assert now.queue_veh[0, 3] <= 45.0 / JAM_SPACING_M


def test_a_queue_that_has_become_a_trickle_has_ended() -> None:
    """One vehicle in four seconds leaves no gap of three, and is a quarter of what the lane lets go: arrivals."""
    lane = begun_queue()
    now = lane.second(green=True)
    for _ in range(6):
        lane.second(counts="SA", green=True)
        lane.second(green=True)
        lane.second(counts="S", green=True)
        now = lane.second(green=True)
    assert now.queue_veh[0, 3] <= 2.0
