"""Does a change go by way of the set that it needs, and for no longer?"""

from __future__ import annotations

import numpy as np

from controller.lanes import build_lanes
from controller.layout import NetworkLayout
from controller.stage_changes import SETS_OUT_S
from controller.strategy.planner.passage import Passage
from tests.unit.controller.test_stage_changes import three_sets

A, B, ALL_RED = 1, 2, 5
"""Numbers of stages."""


def asked(layout: NetworkLayout, *, stand: bool, seconds: int) -> list[int]:
    """What is asked for in each second after the planner has come to want B while A shows."""
    lanes, passage = build_lanes(layout), Passage.start(layout, 0.0)
    passage.follow(np.array([A]), np.array([0.0]))
    told = []
    for second in range(seconds):
        number = passage.ask(np.array([B]), lanes, 10.0 + second, np.array([stand and second == 0]))
        passage.follow(number, np.array([10.0 + second]))
        told.append(int(number[0]))
    return told


def test_who_sets_out_when_his_green_ends_is_given_time_to_cross() -> None:
    """All red for 7 s, then B."""
    assert asked(three_sets(all_red=True), stand=True, seconds=9) == [ALL_RED] * int(SETS_OUT_S) + [B, B]


def test_nobody_waits_longer_where_nobody_sets_out() -> None:
    """Straight to B; so too where the junction has no set without green."""
    assert asked(three_sets(all_red=True), stand=False, seconds=2) == [B, B]
    assert asked(three_sets(all_red=False), stand=True, seconds=2) == [B, B]
