"""Is it told why the planner did not ask for what its plan begins with?"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from controller import Controller, Junction, Rung, Stage, StrategyParameters
from controller.stage_changes import SETS_OUT_S
from controller.state import LaneState
from controller.strategy.planner.alternatives import Weighing, Witness, weigh, witnessed
from controller.strategy.planner.planner import REST_S
from controller.strategy.planner.provisos import Provisos, Way, provisos
from tests.towns import ObedientStreet, three_stage_junction, town

A, B, C = 1, 2, 3


class Watched:
    """A junction under the planner, whose lanes hold what the test says."""

    def __init__(self, junction: Junction, max_red_s: float = 240.0) -> None:
        self.witness, self.seen = Witness(), dict[str, list[float]]()
        network = town(junction, parameters=StrategyParameters(max_red_s=max_red_s))
        self.street = ObedientStreet(network, "planner")
        self.street.controller = Controller(
            network, "planner", also={"planner": witnessed(self.witness)}, sight=self._sight
        )

    def _sight(self, measured: LaneState) -> LaneState:
        seen: dict[str, Any] = {name: np.array([values]) for name, values in self.seen.items()}
        return replace(measured, **seen)

    def second(self, **seen: list[float]) -> tuple[Weighing | None, Provisos, int]:
        """The plans of this second, the provisos and the number asked for, with lanes as in `seen`."""
        self.seen = seen
        self.street.second()
        town_, proposal = self.witness.town, self.witness.proposal
        assert town_ is not None
        assert proposal is not None
        weighing = weigh(town_, 0)
        return weighing, provisos(self.witness, 0, weighing), int(proposal.stage[0])

    def seconds(self, number: int, **seen: list[float]) -> None:
        for _ in range(number):
            self.second(**seen)


def begins(weighing: Weighing | None) -> tuple[int, bool]:
    assert weighing is not None
    return weighing.chosen.begins


def test_nothing_is_told_where_the_plan_is_followed() -> None:
    junction = Watched(three_stage_junction())
    junction.seconds(12)
    weighing, told, asked = junction.second(queue_veh=[0, 0, 8, 0])
    assert begins(weighing) == (B, True)
    assert asked == B
    assert told == Provisos()


def test_a_green_held_for_who_waits_for_a_gap_is_told_with_his_lane() -> None:
    """K1's vehicle stands while those of K0 flow; the plan would change for the eight at K2."""
    junction = Watched(three_stage_junction())
    junction.seconds(12)
    stands, flows = [0.0, 5.0, 0.0, 0.0], [0.0, 9.0, 9.0, 9.0]
    weighing, told, asked = junction.second(queue_veh=[0, 1, 8, 0], stalled_s=stands, still_s=flows)
    assert begins(weighing) == (B, True)
    assert asked == A
    assert told == Provisos(held_for=(1,))


def test_a_stage_left_because_it_may_show_no_longer_is_told() -> None:
    """Nobody but those of K0 comes."""
    junction = Watched(three_stage_junction())
    alone = {"queue_veh": [9.0, 0.0, 0.0, 0.0], "flow_veh_s": [0.3, 0.0, 0.0, 0.0]}
    told = [junction.second(**alone) for _ in range(int(REST_S) + 1)]
    assert {asked for _, _, asked in told[:-1]} == {A}
    assert {note for _, note, _ in told[:-1]} == {Provisos()}
    weighing, note, asked = told[-1]
    assert begins(weighing) == (0, False)
    assert asked != A
    assert note == Provisos(rested_s=REST_S)


def test_whom_nobody_may_let_wait_longer_is_served_by_the_planner_and_told() -> None:
    """Somebody called once at K3, where nobody is seen to stand; 60 s is the longest red, and A has all the traffic."""
    junction = Watched(three_stage_junction(), max_red_s=60.0)
    alone = {"queue_veh": [9.0, 0.0, 0.0, 0.0], "flow_veh_s": [0.3, 0.0, 0.0, 0.0]}
    junction.seconds(12, **alone)
    junction.street.second(busy=[("J1", "D3")])
    told = [junction.second(**alone) for _ in range(36)]
    asked = [stage for _, _, stage in told]
    assert asked.index(C) in range(29, 34)
    weighing, note, _ = told[asked.index(C)]
    assert begins(weighing) == (0, False)
    assert note == Provisos(pressed_for=(3,))
    assert junction.street.controller.state_view()[0].rung is Rung.ADAPTIVE


def test_a_pause_with_all_red_is_told_with_whose_sake_and_until_when() -> None:
    shown = three_stage_junction()
    junction = Watched(replace(shown, stages=(*shown.stages, Stage("all-red", (), selectable=False))))
    junction.seconds(12)
    weighing, told, asked = junction.second(
        queue_veh=[0, 0, 8, 0], stalled_s=[0.0, 12.0, 0.0, 0.0], still_s=[9.0, 12.0, 9.0, 9.0]
    )
    assert begins(weighing) == (B, True)
    assert asked == 4
    assert told.way == Way(by=4, to=B, left_s=7, begins=True, ends_first=(0, 1), pause=True, for_lanes=(1,))
    weighing, told, asked = junction.second(queue_veh=[0, 0, 8, 0])
    assert (weighing, asked) == (None, 4)
    assert told.way == Way(by=4, to=B, left_s=6, begins=False, ends_first=(0, 1), pause=True, for_lanes=())


def test_a_set_on_the_way_is_told_until_the_stage_itself_is_asked_for() -> None:
    """K1 clears for 16 s and ends first, K0 beside it 11 s later."""
    plain = three_stage_junction()
    slow = tuple(
        tuple(gap and 16.0 if end == 1 else gap for gap in gaps) for end, gaps in enumerate(plain.intergreen_s)
    )
    sets = (*plain.stages, Stage("A-end", ("K0",), selectable=False))
    junction = Watched(replace(plain, stages=sets, intergreen_s=slow))
    junction.seconds(12)
    ways, asked = [], []
    for _ in range(12):
        _, told, number = junction.second(queue_veh=[0, 0, 20, 0])
        ways.append(told.way)
        asked.append(number)
    assert asked == [4] * 11 + [B]
    assert ways[0] == Way(by=4, to=B, left_s=11, begins=True, ends_first=(1,), pause=False, for_lanes=())
    assert [way.left_s for way in ways if way] == [11 - n for n in range(12)]


def test_in_a_full_junction_stages_whose_turn_it_is_not_are_told() -> None:
    """B, C and B again were served while K0 waited: C may not come a second time before A."""
    plain = three_stage_junction()
    long = tuple(tuple(gap and 9.0 for gap in gaps) for gaps in plain.intergreen_s)
    junction = Watched(replace(plain, intergreen_s=long))
    junction.seconds(12)
    flows, at_b, at_c = [0.2, 0.2, 0.13, 0.13], [0.0, 0.0, 30.0, 0.0], [0.0, 0.0, 0.0, 30.0]
    for queues, stage in ((at_b, B), (at_c, C), (at_b, B)):
        junction.seconds(30, flow_veh_s=flows, queue_veh=queues)
        assert junction.street.stage["J1"] == stage
    _, told, _ = junction.second(flow_veh_s=flows, queue_veh=[9, 9, 5, 30])
    assert told.waits_turn == (C,)


def test_who_lingers_on_the_line_is_told_when_the_change_waits_for_him() -> None:
    """The greens end; two seconds later K1's vehicle is still where it was before that."""
    shown = three_stage_junction()
    junction = Watched(replace(shown, stages=(*shown.stages, Stage("all-red", (), selectable=False))))
    junction.seconds(12)
    _, told, asked = junction.second(queue_veh=[0, 0, 8, 0], on_line_s=[0.0, 1.0, 0.0, 0.0])
    assert asked == 4
    assert told.way is not None
    decided_s = int(told.way.left_s)
    assert told.way == Way(by=4, to=B, left_s=decided_s, begins=True, ends_first=(0, 1), pause=True, for_lanes=())
    for second in range(1, decided_s + 1):
        _, told, asked = junction.second(queue_veh=[0, 0, 8, 0], on_line_s=[0.0, 1.0 + second, 0.0, 0.0])
    assert asked == 4
    left_s = SETS_OUT_S - decided_s
    assert told.way == Way(by=4, to=B, left_s=left_s, begins=False, ends_first=(0, 1), pause=True, for_lanes=(1,))
