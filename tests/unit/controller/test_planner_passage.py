"""Does a change go by way of the set that it needs, and for no longer?"""

from __future__ import annotations

import numpy as np

from controller.lanes import START_UP_S, build_lanes
from controller.layout import NetworkLayout
from controller.stage_changes import NOT_SERVED_S, SETS_OUT_S
from controller.strategy.planner.passage import Passage, pausing
from tests.unit.controller.test_stage_changes import three_sets

A, B, ALL_RED = 1, 2, 5
"""Numbers of stages."""


def asked(layout: NetworkLayout, *, stand: bool = False, came_s: float | None = None, seconds: int) -> list[int]:
    """What is asked for in each second after the planner has come to want B while A shows.

    Somebody stands, or came upon a lane's loop `came_s` after the green was ended and has not left it.
    """
    lanes, passage = build_lanes(layout), Passage.start(layout, 0.0)
    passage.follow(np.array([A]), np.array([0.0]))
    told = []
    for second in range(seconds):
        on_line = np.zeros(lanes.shape)
        on_line[0, 0] = 0.0 if came_s is None else max(0.0, second - came_s)
        number = passage.ask(np.array([B]), lanes, 10.0 + second, np.array([stand and second == 0]), on_line)
        passage.follow(number, np.array([10.0 + second]))
        told.append(int(number[0]))
    return told


def test_who_sets_out_when_his_green_ends_is_given_time_to_cross() -> None:
    """All red for 7 s, then B."""
    assert asked(three_sets(all_red=True), stand=True, seconds=9) == [ALL_RED] * int(SETS_OUT_S) + [B, B]


def test_nobody_waits_longer_where_nobody_sets_out() -> None:
    """B is asked for before its intergreens of 4 s have run, and at once where there is no set without green."""
    assert asked(three_sets(all_red=True), seconds=5) == [ALL_RED] * 3 + [B, B]
    assert asked(three_sets(all_red=False), stand=True, seconds=2) == [B, B]


def test_who_lingers_on_the_line_is_given_time_to_cross() -> None:
    """He came upon the loop a second before his green was ended; who came later stopped at amber, and delays nobody."""
    assert asked(three_sets(all_red=True), came_s=-1.0, seconds=9) == [ALL_RED] * int(SETS_OUT_S) + [B, B]
    assert asked(three_sets(all_red=True), came_s=0.0, seconds=5) == [ALL_RED] * 3 + [B, B]


def test_the_search_knows_what_the_pause_costs() -> None:
    """From A every lane of B waits for 7 s and its start-up where somebody stands; from B nothing is added."""
    lanes = build_lanes(three_sets(all_red=True))
    lag_s, at_a = lanes.lag_s + START_UP_S, np.array([A - 1])
    told_lag, told_clear = pausing(lag_s, lanes.clears_s, lanes, at_a, np.array([True]))
    served = lanes.lag_s[0, A - 1, B - 1] < NOT_SERVED_S
    assert served.any()
    assert (told_lag[0, A - 1, B - 1][served] == SETS_OUT_S + START_UP_S).all()
    assert (told_clear[0, A - 1, B - 1] >= SETS_OUT_S).all()
    assert (told_lag[0, B - 1] == lag_s[0, B - 1]).all()


def test_without_anybody_standing_a_change_costs_what_it_did() -> None:
    """The very same arrays."""
    lanes = build_lanes(three_sets(all_red=True))
    assert pausing(lanes.lag_s, lanes.clears_s, lanes, np.array([A - 1]), np.array([False]))[0] is lanes.lag_s
