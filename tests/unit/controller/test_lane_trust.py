"""Is an estimate trusted as far as its loops, its anchors and what was learned bear it?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from controller import Aspect, Loop, LoopRole
from controller.lanes import build_lanes
from controller.layout import build_layout
from controller.measure import LaneInsights, LaneMemory, LoopSecond, measure_lanes
from controller.measure.believed import BelievedLanes
from controller.measure.lane_trust import ANCHOR_HALF_S, SUBSTITUTE, UNANCHORED_LEAST
from controller.measure.queues import FLOW_MEMORY_S
from controller.state import LaneInsight, LaneTrust, LoopState, SignalState
from tests.towns import three_stage_junction, town


class Street:
    """Lane 0 with stop-line and advance loop, lanes 1 and 2 beside each other with one advance loop, lane 3 bare."""

    def __init__(self) -> None:
        junction = three_stage_junction()
        lanes = (*junction.lanes[:2], replace(junction.lanes[2], approach="a1"), junction.lanes[3])
        advance = (Loop(f"A{k}", LoopRole.ADVANCE, f"l{k}", (f"K{k}",), 45.0) for k in range(2))
        loops = (*junction.loops[:3], *advance)
        layout = build_layout(town(replace(junction, lanes=lanes, loops=loops)))
        self.column = layout.loop_index["J1"]
        self.lanes = build_lanes(layout)
        self.memory, self.insights = LaneMemory.empty(layout, self.lanes), LaneInsights(self.lanes)
        self.signals = SignalState.unknown(layout, 0.0)
        self.trust = np.ones(len(self.column), np.float32)
        self.fresh = True
        self.trusted = LaneInsight.none().trust

    def seconds(self, number: int, *stood_on: str) -> LaneTrust:
        """So many seconds of red with somebody standing on these loops."""
        n = self.trust.size
        self.signals.aspect[0] = int(Aspect.RED)
        occupied, zeros = np.zeros(n), np.zeros(n)
        occupied[[self.column[loop] for loop in stood_on]] = 1.0
        loops = LoopSecond(zeros, occupied, np.ones(n, bool), np.full(1, self.fresh))
        kinds, own = np.zeros(n, np.int64), np.arange(n)
        believed = LoopState(self.trust, kinds, kinds, own, zeros, occupied, occupied > 0, zeros > 0)
        for _ in range(number):
            state = measure_lanes(self.memory, loops, self.signals, BelievedLanes.all(self.lanes))
            measured = self.insights.measure(state, self.memory, loops, believed, self.signals, self.lanes)
            self.trusted = measured.insight.trust
        return self.trusted


def test_a_queue_known_to_be_gone_is_trusted_as_far_as_its_loops_are_its_own() -> None:
    trust = Street().seconds(10)
    assert trust.queue[0] == pytest.approx([1.0, 0.5 + 0.5 * SUBSTITUTE, 0.5 + 0.5 * SUBSTITUTE, 0.0])
    assert trust.flow[0, 1] == pytest.approx(SUBSTITUTE * trust.flow[0, 0])


def test_a_queue_without_an_advance_loop_is_trusted_by_half() -> None:
    street = Street()
    street.trust[street.column["A0"]] = 0.0
    assert street.seconds(10).queue[0, 0] == pytest.approx(0.5)


def test_trust_in_a_queue_fades_while_nothing_holds_it() -> None:
    street = Street()
    street.seconds(10)
    trust = street.seconds(int(ANCHOR_HALF_S), "D0")
    assert trust.queue[0, 0] == pytest.approx(UNANCHORED_LEAST + (1 - UNANCHORED_LEAST) / 2)
    assert street.seconds(10).queue[0, 0] == 1.0


def test_an_estimate_is_worth_no_more_than_its_loops() -> None:
    street = Street()
    street.trust[street.column["D0"]] = 0.2
    trust = street.seconds(int(FLOW_MEMORY_S))
    assert trust.queue[0, 0] == pytest.approx(0.2)
    assert trust.rate[0, 0] == pytest.approx(0.1)
    assert trust.flow[0, 0] == pytest.approx(1.0), "the advance loop counts it"
    street.trust[street.column["A0"]] = 0.0
    assert street.seconds(1).flow[0, 0] == 0.0


def test_a_flow_is_trusted_as_it_is_counted() -> None:
    """After 90 of 180 s half; a covered advance loop counts nobody."""
    street = Street()
    assert street.seconds(90).flow[0, 0] == pytest.approx(0.5)
    assert street.seconds(90).flow[0, 0] == pytest.approx(1.0)
    assert street.seconds(10, "D0", "A0").flow[0, 0] == pytest.approx(0.5)


def test_nothing_is_trusted_where_nobody_speaks() -> None:
    street = Street()
    street.seconds(200)
    street.fresh = False
    trust = street.seconds(1)
    assert not any(part.any() for part in (trust.queue, trust.flow, trust.rate, trust.saturation))


def test_saturation_is_not_trusted_before_a_green_was_seen() -> None:
    assert not Street().seconds(100).saturation.any()
