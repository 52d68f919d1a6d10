"""Does any history take a junction up two rungs at once, or up before its hold-off, or anywhere without a reason?"""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from controller import Reason, Rung
from controller.supervise.ladder import CENTRAL, DWELL_S, LONGEST_S, WELL_S, Ladder, Possible, move

KINDS = st.sampled_from(["well", "well", "well", "loops", "counts", "local", "isolated", "flash", "dark", "manual"])
SPELLS = st.lists(st.tuples(KINDS, st.sampled_from([1, 3, 59, 61, 310])), min_size=1, max_size=8)
_CABINET = {"local": Rung.CABINET_PLAN, "isolated": Rung.ISOLATED, "flash": Rung.FLASH, "dark": Rung.DARK}
CABINETS = {*_CABINET, "manual"}
_REASON = {
    "well": Reason.NONE,
    "loops": Reason.DETECTOR_FAULT,
    "counts": Reason.STALE_DETECTORS,
    "local": Reason.CABINET_LOCAL,
    "isolated": Reason.CABINET_ISOLATED,
    "flash": Reason.CABINET_FLASH,
    "dark": Reason.CABINET_DARK,
    "manual": Reason.CABINET_MANUAL,
}


def possible(kind: str) -> Possible:
    """What one junction could do while this is its trouble."""
    central = kind in {"well", "loops", "counts"}
    return Possible(
        well=np.array([[kind != "loops"], [kind != "counts"], [central]]),
        cabinet=np.array([int(_CABINET.get(kind, Rung.CABINET_PLAN))]),
        reason=np.array([int(_REASON[kind])]),
        fault=np.array([kind != "manual"]),
    )


def climb(spells: list[tuple[str, int]]) -> list[tuple[float, str, int, int, Reason]]:
    """(time, trouble, rung before, rung after, reason) of every second of a history."""
    ladder, seen, now_s = Ladder.start(1, 0.0), [], 0.0
    for kind, seconds in spells:
        for _ in range(seconds):
            before = int(ladder.rung[0])
            move(ladder, possible(kind), np.array([True]), now_s)
            seen.append((now_s, kind, before, int(ladder.rung[0]), Reason(int(ladder.reason[0]))))
            now_s += 1.0
    return seen


@settings(max_examples=25, deadline=None)
@given(SPELLS)
def test_up_one_rung_at_a_time_and_never_before_the_hold_off(spells: list[tuple[str, int]]) -> None:
    """To a rung of the centre: all it needs has been well so long, and the last move is so long ago."""
    seen = climb(spells)[1:]  # to meet a junction is no recovery
    moved_s = 0.0
    for place, (now_s, _, before, after, _) in enumerate(seen):
        if after < before:
            assert before - after == 1
            if after <= CENTRAL:
                assert now_s - moved_s >= DWELL_S
                for rung, forbidden in enumerate(({"loops"}, {"counts"}, CABINETS)):
                    long = int(WELL_S[rung]) if rung >= after else 0
                    assert not forbidden & {kind for _, kind, *_ in seen[max(0, place - long + 1) : place + 1][:long]}
        if after != before:
            moved_s = now_s


@settings(max_examples=25, deadline=None)
@given(SPELLS)
def test_down_in_the_same_second_and_no_move_without_a_reason(spells: list[tuple[str, int]]) -> None:
    """No second on a rung that is not possible in it; a reason of its own for each move."""
    for _, kind, before, after, reason in climb(spells):
        assert after >= int(possible(kind).rung[0])
        if after != before:
            assert reason is not Reason.NONE
        if after > before:
            assert reason is _REASON[kind]


def test_the_hold_off_doubles_while_it_flaps_and_begins_anew_after_a_calm_while() -> None:
    """Counts that come and go: 60 s, 120 s, 240 s, ..., never above half an hour; after two calm hours 60 s again."""
    ladder, now_s = Ladder.start(1, 0.0), 0.0

    def second(kind: str) -> int:
        nonlocal now_s
        move(ladder, possible(kind), np.array([True]), now_s)
        now_s += 1.0
        return int(ladder.rung[0])

    def recover() -> float:
        second("counts")
        began_s = now_s
        while second("well") > int(Rung.SUBSTITUTES):
            pass
        return now_s - 1 - began_s

    second("well")
    assert [recover() for _ in range(8)] == [60, 120, 240, 480, 960, LONGEST_S, LONGEST_S, LONGEST_S]
    for _ in range(7200):
        second("well")
    assert recover() == 60


def test_a_hand_on_the_cabinet_is_no_flap() -> None:
    """Police who take over every few minutes do not make the hold-off longer."""
    seen = climb([("well", 5), *[("manual", 30), ("well", 100)] * 6])
    back_s = [now_s for now_s, _, before, after, _ in seen if (before, after) == (3, 2)]
    assert np.diff(back_s).tolist() == [130.0] * 5
