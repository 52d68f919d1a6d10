"""How long does a full junction need to serve everybody, and whose turn is it then?"""

from __future__ import annotations

import numpy as np
import pytest

from controller.strategy.planner.rounds import LONGEST_ROUND_S, rounds
from controller.strategy.planner.turns import in_turn


def one_lane_a_stage(flow: list[float], lost_s: float = 8.0, least_s: float = 10.0) -> tuple[float, float]:
    """(round, time of its changes) of a junction with a lane for each stage that discharges 0.5 veh/s."""
    n = len(flow)
    lag = np.where(np.eye(n, dtype=bool)[None, :, :], lost_s, 999.0) * np.ones((n, 1, 1))
    round_s, changes_s = rounds(
        np.array([flow]), 0.5 * np.eye(n)[None], lag[None], np.full((1, n, n), least_s), np.ones((1, n), bool)
    )
    return float(round_s[0]), float(changes_s[0])


def test_a_round_by_hand() -> None:
    """y = 0.15/0.5 = 0.3 and 0.2/0.5 = 0.4; round = 2 * 8 / (1 - 0.7/0.9) = 72 s, of which 16 s are changes."""
    round_s, changes_s = one_lane_a_stage([0.15, 0.2])
    assert round_s == pytest.approx(72.0, abs=1.0)
    assert changes_s == 16.0


def test_minimums_carry_a_quiet_junction() -> None:
    """Without traffic each of three stages lasts its least."""
    assert one_lane_a_stage([0.0, 0.0, 0.0])[0] == 30.0


def test_more_than_can_be_served_is_the_longest_round() -> None:
    """y = 0.5 + 0.5: no cycle is long enough."""
    assert one_lane_a_stage([0.25, 0.25])[0] == LONGEST_ROUND_S


def turn(waits: list[bool], began_s: list[float], ended_s: list[float], current: int, round_s: float) -> list[bool]:
    """Stages that may be chosen, one group each."""
    n = len(waits)
    found = in_turn(
        np.ones((1, n), bool), np.eye(n, dtype=bool)[None], np.array([waits]), np.array([began_s]), np.array([ended_s]),
        np.array([current]), np.array([round_s]), np.array([45.0]),
    )  # fmt: skip
    return [bool(may) for may in found[0]]


def test_nobody_is_served_twice_while_another_waits_for_the_first_time() -> None:
    """The third stage shows; the first began after the second had ended, so it is the second's turn."""
    assert turn([True] * 3, [60.0, 10.0, 90.0], [85.0, 50.0, 100.0], 2, 140.0) == [False, True, True]


def test_where_nobody_waits_there_is_no_turn() -> None:
    """Nobody waits at the second: the first may come again."""
    assert turn([True, False, True], [60.0, 10.0, 90.0], [85.0, 50.0, 100.0], 2, 140.0) == [True, True, True]


def test_a_junction_with_time_to_spare_takes_whom_it_likes() -> None:
    """A round of 80 s is no full junction."""
    assert turn([True] * 3, [60.0, 10.0, 90.0], [85.0, 50.0, 100.0], 2, 80.0) == [True, True, True]
