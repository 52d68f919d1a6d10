"""Do counts at the stop lines tell where an approach's vehicles go, also off lanes that directions share?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from controller import Aspect, Lane
from controller.lanes import build_lanes
from controller.layout import FloatArray, build_layout
from controller.measure.stop_line import StopLineSecond
from controller.measure.turning import TURNING_MEMORY_S, TurningMemory, measure_turning
from controller.state import SignalState
from tests.towns import three_stage_junction, town


class Approach:
    """Lanes 0 (K0), 1 (K1, K2) and 2 (K3) of one approach; lane 3 is another."""

    def __init__(self) -> None:
        groups, approach = (("K0",), ("K1", "K2"), ("K3",), ("K3",)), ("a", "a", "a", "b")
        lanes = tuple(Lane(f"l{k}", approach[k], groups[k], 200, 13.9) for k in range(4))
        self.layout = build_layout(town(replace(three_stage_junction(), lanes=lanes)))
        self.lanes = build_lanes(self.layout)
        self.memory = TurningMemory.empty(self.lanes)
        self.signals = SignalState.unknown(self.layout, 0.0)

    def let_go(self, vehicles: tuple[float, ...], *lit: int, aspect: Aspect = Aspect.GREEN) -> FloatArray:
        self.signals.aspect[0] = int(Aspect.RED)
        self.signals.aspect[0, list(lit)] = int(aspect)
        gone = np.array([vehicles])
        none = np.zeros_like(gone)
        return measure_turning(
            self.memory, StopLineSecond(none == 0, gone, gone, none, gone > 0), self.signals, self.lanes
        )


def test_shares_begin_even_and_add_up_to_one() -> None:
    share = Approach().let_go((0, 0, 0, 0))[0]
    assert share[:3].sum() == pytest.approx(1.0)
    assert share[:3].sum(axis=1) == pytest.approx([1 / 3] * 3)
    assert share[1, 1] == share[1, 2] == pytest.approx(1 / 6)
    assert share[3, 3] == pytest.approx(1.0)


def test_each_lane_has_its_part_of_what_left_its_approach() -> None:
    """60, 30 and 10 vehicles in the end, whatever the other approach does."""
    approach = Approach()
    for _ in range(400):
        approach.let_go((6, 3, 1, 40), 0, 1, 3)
    assert approach.memory.share[0, :3].sum(axis=1) == pytest.approx([0.6, 0.3, 0.1], abs=0.01)


def test_a_shared_lane_is_told_apart_by_seconds_in_which_one_direction_has_green_alone() -> None:
    """Three go by K1 alone for each by K2 alone; those who go while both are lit are shared three to one."""
    approach = Approach()
    for _ in range(200):
        approach.let_go((0, 3, 0, 0), 1)
        approach.let_go((0, 1, 0, 0), 2, aspect=Aspect.AMBER)
        approach.let_go((0, 4, 0, 0), 1, 2)
    share = approach.memory.share[0]
    assert share[1, 1] / share[1].sum() == pytest.approx(0.75, abs=0.01)


def test_what_was_counted_is_forgotten_over_the_hour() -> None:
    approach = Approach()
    for _ in range(500):
        approach.let_go((1, 0, 0, 0), 0)
    for _ in range(int(3 * TURNING_MEMORY_S)):
        approach.let_go((0, 0, 0.1, 0), 3)
    assert approach.memory.share[0, 2, 3] > 0.8
