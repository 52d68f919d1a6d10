"""Which second comes next: never two steps for one, never one for a second long past."""

from __future__ import annotations

import pytest

from field_io.seconds import PAUSE_S, Seconds


def began(now_s: float) -> Seconds:
    seconds = Seconds()
    seconds.begin(now_s)
    return seconds


@pytest.mark.parametrize(("now_s", "first"), [(100.0, 101), (100.4, 101), (100.99, 101)])
def test_the_first_step_is_that_of_the_next_whole_second(now_s: float, first: int) -> None:
    seconds = began(now_s)
    assert seconds.next == first
    assert seconds.left_s(now_s) == pytest.approx(first - now_s)
    assert seconds.left_s(first + 0.2) == 0.0


@pytest.mark.parametrize(
    ("took_until_s", "following", "missed"),
    [(101.3, 102, 0), (102.999, 102, 0), (103.0, 103, 1), (103.4, 103, 1), (104.0, 104, 2)],
)
def test_whole_seconds_that_a_step_outlasts_are_left_out(took_until_s: float, following: int, missed: int) -> None:
    seconds = began(100.5)
    seconds.go_on(took_until_s)
    assert (seconds.next, seconds.missed) == (following, missed)
    assert seconds.paused_s(took_until_s) == 0.0


def test_a_step_that_begins_two_seconds_late_is_late_and_no_pause() -> None:
    seconds = began(100.0)
    assert seconds.paused_s(101.0 + PAUSE_S) == 0.0
    assert (seconds.next, seconds.missed) == (101, 0)


@pytest.mark.parametrize(("woke_s", "following", "missed"), [(103.1, 104, 3), (116.0, 117, 16), (116.7, 117, 16)])
def test_after_a_pause_the_next_whole_second_is_the_next(woke_s: float, following: int, missed: int) -> None:
    seconds = began(100.0)
    assert seconds.paused_s(woke_s) == pytest.approx(woke_s - 101)
    assert (seconds.next, seconds.missed) == (following, missed)


def test_a_pause_within_a_step_is_seen_in_the_next_turn() -> None:
    seconds = began(100.0)
    seconds.go_on(116.2)
    assert (seconds.next, seconds.missed) == (102, 0)
    assert seconds.paused_s(116.2) == pytest.approx(14.2)
    assert (seconds.next, seconds.missed) == (117, 15)
