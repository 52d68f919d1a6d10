"""The ladder by itself, second by second: how long is waited, what doubles the wait, and what is told of each move?"""

from __future__ import annotations

import numpy as np
import pytest

from controller import Reason, Rung
from controller.supervise.ladder import Ladder, Possible, move

NONE, STALE, LOCAL, BACK = Reason.NONE, Reason.STALE_DETECTORS, Reason.CABINET_LOCAL, Reason.DETECTORS_BACK


class Stair:
    """A ladder for two junctions; what each could do is set by hand."""

    def __init__(self) -> None:
        self.ladder = Ladder.start(2, 0.0)
        self.now_s = 0.0
        self.well = np.ones((3, 2), bool)
        self.cabinet = np.full(2, int(Rung.PLAN))
        self.reason = np.full(2, int(NONE))
        self.fault = np.ones(2, bool)
        self.known = np.ones(2, bool)

    def lose(self, what: int, reason: Reason, *, at: int = 0) -> None:
        """0: a loop, 1: counts or strategy, 2: the cabinet."""
        self.well[what, at] = False
        self.reason[at] = int(reason)

    def mend(self, at: int = 0) -> None:
        self.well[:, at] = True
        self.reason[at] = int(NONE)

    def second(self) -> list[bool]:
        self.now_s += 1.0
        could = Possible(self.well.copy(), self.cabinet.copy(), self.reason.copy(), self.fault.copy())
        moved: list[bool] = move(self.ladder, could, self.known, self.now_s).tolist()
        return moved

    def run(self, seconds: int) -> Stair:
        for _ in range(seconds):
            self.second()
        return self

    @property
    def rungs(self) -> list[Rung]:
        return [Rung(rung) for rung in self.ladder.rung.tolist()]

    def why(self) -> Reason:
        return Reason(int(self.ladder.reason[0]))

    def until(self, rung: Rung) -> int:
        """Seconds until the first junction stands there."""
        for second in range(1, 4000):
            self.second()
            if self.rungs[0] is rung:
                return second
        pytest.fail(f"it never came to {rung.name}")


def at_the_top() -> Stair:
    return Stair().run(400)


def test_the_first_rung_is_what_is_possible_and_no_fall() -> None:
    stair = Stair()
    stair.lose(1, STALE)
    assert stair.second() == [True, True]
    assert stair.rungs == [Rung.PLAN, Rung.ADAPTIVE]
    assert [Reason(code) for code in stair.ladder.reason.tolist()] == [STALE, Reason.CABINET_REMOTE]
    assert stair.ladder.flaps.tolist() == [0, 0]
    assert np.isneginf(stair.ladder.climbed_s).all()


def test_who_has_not_been_heard_of_stays_dark() -> None:
    stair = Stair()
    stair.known[1] = False
    assert stair.second() == [True, False]
    assert stair.rungs == [Rung.ADAPTIVE, Rung.DARK]
    assert stair.run(500).rungs == [Rung.ADAPTIVE, Rung.DARK]


@pytest.mark.parametrize(
    ("lost", "stands_at", "waits"),
    [
        (0, Rung.SUBSTITUTES, [(Rung.ADAPTIVE, 301)]),
        (1, Rung.PLAN, [(Rung.SUBSTITUTES, 61), (Rung.ADAPTIVE, 5)]),
        (2, Rung.CABINET_PLAN, [(Rung.PLAN, 61), (Rung.SUBSTITUTES, 5), (Rung.ADAPTIVE, 5)]),
    ],
)
def test_it_falls_at_once_and_climbs_a_rung_at_a_time_after_it_has_been_well_for_so_long(
    lost: int, stands_at: Rung, waits: list[tuple[Rung, int]]
) -> None:
    """All loops 5 min, counts and cabinet 60 s, and 5 s between two rungs; the other junction never moves."""
    stair = at_the_top()
    stair.cabinet[:] = int(Rung.CABINET_PLAN)
    stair.lose(lost, STALE)
    assert stair.second() == [True, False]
    assert stair.rungs == [stands_at, Rung.ADAPTIVE]
    stair.run(20).mend()
    assert [(rung, stair.until(rung)) for rung, _ in waits] == waits
    assert stair.rungs[1] is Rung.ADAPTIVE


@pytest.mark.parametrize("lost", [0, 1, 2])
def test_who_is_well_climbs_whatever_his_neighbour_has_lost(lost: int) -> None:
    stair = at_the_top()
    stair.lose(lost, STALE, at=1)
    stair.lose(1, STALE)
    stair.second()
    stair.mend()
    assert stair.until(Rung.SUBSTITUTES) == 61


def test_what_was_well_for_a_while_and_broke_again_begins_anew() -> None:
    stair = at_the_top()
    stair.lose(1, STALE)
    stair.run(5).mend()
    stair.run(59).lose(1, STALE)
    stair.second()
    stair.mend()
    assert stair.until(Rung.SUBSTITUTES) == 61


def test_each_fall_soon_after_a_climb_doubles_the_wait_up_to_half_an_hour() -> None:
    stair = at_the_top()
    waits = []
    for _ in range(8):
        stair.lose(1, STALE)
        stair.second()
        stair.mend()
        waits.append(stair.until(Rung.SUBSTITUTES))
    assert waits == [61, 121, 241, 481, 961, 1801, 1801, 1801]
    for _ in range(4):
        stair.lose(1, STALE)
        stair.second()
        stair.mend()
        stair.until(Rung.SUBSTITUTES)
    assert stair.ladder.flaps.tolist() == [9, 0]


@pytest.mark.parametrize(("calm_s", "flaps"), [(599, 1), (600, 1), (601, 0)])
def test_a_fall_after_ten_calm_minutes_is_no_flap(calm_s: int, flaps: int) -> None:
    stair = at_the_top()
    stair.lose(1, STALE)
    stair.second()
    stair.mend()
    stair.until(Rung.SUBSTITUTES)
    stair.well[0, 0] = False  # it stays on this rung
    stair.run(calm_s - 1).lose(1, STALE)
    stair.second()
    assert stair.ladder.flaps.tolist() == [flaps, 0]


def test_who_flaps_must_be_calm_for_twice_his_wait() -> None:
    """After three flaps the wait is 480 s, so that a fall within 960 s is another flap."""
    for calm_s, flaps in ((960, 4), (961, 0)):
        stair = at_the_top()
        stair.ladder.flaps[0] = 2
        stair.ladder.climbed_s[0] = stair.now_s
        stair.lose(1, STALE)
        stair.second()
        assert stair.ladder.flaps[0] == 3
        stair.mend()
        stair.until(Rung.SUBSTITUTES)
        stair.well[0, 0] = False
        stair.run(calm_s - 1).lose(1, STALE)
        stair.second()
        assert stair.ladder.flaps[0] == flaps


def test_a_hand_on_the_cabinet_is_no_flap() -> None:
    stair = at_the_top()
    stair.cabinet[0] = int(Rung.CABINET_PLAN)
    stair.ladder.climbed_s[0] = stair.now_s
    stair.fault[0] = False
    stair.lose(2, Reason.CABINET_MANUAL)
    stair.second()
    assert (stair.rungs[0], stair.ladder.flaps[0]) == (Rung.CABINET_PLAN, 0)


def test_below_the_centre_it_follows_the_cabinet_up_at_once_and_a_rung_at_a_time() -> None:
    stair = at_the_top()
    stair.cabinet[0] = int(Rung.DARK)
    stair.lose(2, Reason.CABINET_DARK)
    stair.second()
    stair.cabinet[0] = int(Rung.CABINET_PLAN)
    stair.reason[0] = int(LOCAL)
    seen = []
    for _ in range(4):
        stair.second()
        seen.append(stair.rungs[0])
    assert seen == [Rung.FLASH, Rung.ISOLATED, Rung.CABINET_PLAN, Rung.CABINET_PLAN]
    assert stair.why() is LOCAL


@pytest.mark.parametrize(("reason", "why"), [(NONE, LOCAL), (Reason.CABINET_ISOLATED, Reason.CABINET_ISOLATED)])
def test_on_the_cabinets_rungs_a_climb_says_what_the_cabinet_does(reason: Reason, why: Reason) -> None:
    stair = at_the_top()
    stair.cabinet[0] = int(Rung.DARK)
    stair.lose(2, Reason.CABINET_DARK)
    stair.second()
    stair.mend()
    stair.cabinet[0] = int(Rung.PLAN)
    stair.reason[0] = int(reason)
    stair.second()
    assert (stair.rungs[0], stair.why()) == (Rung.FLASH, why)


def test_a_cabinet_that_is_remote_already_brings_nobody_back_to_the_plan_before_the_wait_is_over() -> None:
    stair = at_the_top()
    stair.cabinet[0] = int(Rung.CABINET_PLAN)
    stair.lose(2, Reason.LINK_DOWN)
    stair.second()
    stair.mend()
    stair.cabinet[0] = int(Rung.PLAN)
    assert stair.until(Rung.PLAN) == 61


@pytest.mark.parametrize(
    ("kept_by", "why"),
    [
        (STALE, BACK),
        (Reason.BLIND_MOVEMENT, BACK),
        (Reason.STRATEGY_FAILED, Reason.STRATEGY_BACK),
        (Reason.STRATEGY_LATE, Reason.STRATEGY_BACK),
        (Reason.STRATEGY_NONSENSE, Reason.STRATEGY_BACK),
        (Reason.MAX_RED, Reason.CLIMBED),
    ],
)
def test_a_climb_says_that_what_kept_it_down_is_over(kept_by: Reason, why: Reason) -> None:
    stair = at_the_top()
    stair.lose(1, kept_by)
    stair.second()
    assert stair.why() is kept_by
    stair.mend()
    stair.until(Rung.SUBSTITUTES)
    assert stair.why() is why
    stair.until(Rung.ADAPTIVE)
    assert stair.why() is Reason.CLIMBED


def test_what_last_kept_it_down_is_what_is_over_not_what_threw_it_down() -> None:
    stair = at_the_top()
    stair.lose(1, Reason.STRATEGY_FAILED)
    stair.second()
    stair.reason[0] = int(STALE)
    stair.second()
    stair.mend()
    stair.until(Rung.SUBSTITUTES)
    assert stair.why() is BACK


def test_back_from_the_cabinets_own_plan_it_is_remote_again() -> None:
    stair = at_the_top()
    stair.cabinet[0] = int(Rung.CABINET_PLAN)
    stair.lose(2, Reason.LINK_DOWN)
    stair.second()
    assert stair.why() is Reason.LINK_DOWN
    stair.mend()
    stair.until(Rung.PLAN)
    assert stair.why() is Reason.CABINET_REMOTE


def test_the_time_of_a_move_is_kept() -> None:
    stair = at_the_top()
    stair.lose(1, STALE)
    stair.second()
    assert stair.ladder.moved_s.tolist() == [401.0, 1.0]
    stair.run(10)
    assert stair.ladder.moved_s.tolist() == [401.0, 1.0]
    stair.mend()
    stair.until(Rung.SUBSTITUTES)
    assert stair.ladder.moved_s[0] == stair.ladder.climbed_s[0] == stair.now_s
