"""Does actuation serve who comes, skip who does not, and end a green for the reason it gives?"""

from __future__ import annotations

from dataclasses import replace

from controller import Loop, LoopRole, Reason, Stage
from controller.strategy.actuated import REST_S
from tests.towns import ObedientStreet, three_stage_junction, town


def street() -> ObedientStreet:
    """One junction, stages A (K0, K1), B (K2), C (K3); a loop D0..D3 for each group."""
    return ObedientStreet(town(three_stage_junction()), "actuated")


def changes(town_street: ObedientStreet, seconds: int, busy: list[tuple[str, str]]) -> list[tuple[float, int, Reason]]:
    """(time, stage, reason) of each change in so many seconds of the same traffic."""
    told = [
        (town_street.now_s, d)
        for _ in range(seconds)
        for d in town_street.second(busy=busy).decisions
        if d.because[0][0] == "stage"
    ]
    return [(at - 1, int(d.because[1][1]), d.reason) for at, d in told]


def test_green_rests_while_nobody_waits() -> None:
    """Nobody anywhere: the stage stays, and moves on only after the longest rest."""
    quiet = street()
    assert changes(quiet, int(REST_S), []) == [(0.0, 1, Reason.REST)]
    assert [stage for _, stage, _ in changes(quiet, 20, [])] == [2]


def test_a_stage_nobody_calls_is_skipped() -> None:
    """Only K3 is called: A gives way to C, not to B."""
    s = street()
    s.second()
    moves = changes(s, 20, [("J1", "D3")])
    assert moves[0][1:] == (3, Reason.GAP_OUT)


def test_a_call_waits_for_the_minimum_green() -> None:
    """A call in the first second is served when the minimum of 5 s has run, not before."""
    s = street()
    s.second()
    changes(s, 10, [("J1", "D2")])  # B is green now, entered at some second
    entered = next(at for at, second in enumerate(s.history) if second["J1"] == 2)
    changes(s, 12, [("J1", "D0")])
    left = next(at for at, second in enumerate(s.history) if at > entered and second["J1"] != 2)
    assert left - entered >= 5


def test_gap_out_when_the_platoon_has_passed() -> None:
    """Vehicles keep K0 green; 3 s after the last one, the call for K2 is served."""
    s = street()
    changes(s, 15, [("J1", "D0")])
    changes(s, 5, [("J1", "D0"), ("J1", "D2")])
    last_vehicle_s = s.now_s - 1
    moves = changes(s, 10, [("J1", "D2")])
    assert moves[0] == (last_vehicle_s + 3, 2, Reason.GAP_OUT)


def test_max_out_when_the_platoon_never_ends() -> None:
    """With vehicles for ever and somebody waiting, green ends 40 s after the first call against it."""
    s = street()
    changes(s, 15, [("J1", "D0")])
    called_s = s.now_s
    moves = changes(s, 60, [("J1", "D0"), ("J1", "D2")])
    assert moves[0] == (called_s + 40, 2, Reason.MAX_OUT)


def test_a_group_without_loops_is_not_forgotten() -> None:
    """K1..K3 have loops; a group that nothing can see is called whenever it is red."""
    junction = three_stage_junction()
    blind = type(junction)(**{f: getattr(junction, f) for f in junction.__slots__} | {"loops": junction.loops[:3]})
    s = ObedientStreet(town(blind), "actuated")
    assert 3 in {stage for _, stage, _ in changes(s, 60, [])}


def test_only_who_loses_green_holds_it() -> None:
    """K0 is green in A and in the stage after it: its endless traffic keeps nobody waiting there, K1's would."""
    junction = three_stage_junction()
    overlapping = replace(
        junction,
        stages=(Stage("A", ("K0", "K1")), Stage("B", ("K0", "K2")), Stage("C", ("K3",))),
        intergreen_s=compatible(junction.intergreen_s, (0, 2)),
    )
    for_ever, called = ("J1", "D0"), ("J1", "D2")
    s = ObedientStreet(town(overlapping), "actuated")
    changes(s, 15, [for_ever])
    called_s = s.now_s
    assert changes(s, 10, [for_ever, called])[0] == (called_s, 2, Reason.GAP_OUT)

    s = ObedientStreet(town(overlapping), "actuated")
    changes(s, 15, [("J1", "D1")])
    called_s = s.now_s
    assert changes(s, 60, [("J1", "D1"), called])[0] == (called_s + 40, 2, Reason.MAX_OUT)


def test_a_vehicle_holds_green_once_where_an_advance_loop_foretells_it() -> None:
    """The last vehicle leaves the stop line 2 s after the advance loop: green ends 3 s after the advance loop."""
    junction = three_stage_junction()
    advance = Loop("A0", LoopRole.ADVANCE, "l0", ("K0",), 45.0)
    s = ObedientStreet(town(replace(junction, loops=(*junction.loops, advance))), "actuated")
    waiting = ("J1", "D2")
    changes(s, 15, [("J1", "A0")])
    changes(s, 1, [("J1", "A0"), waiting])
    last_advance_s = s.now_s - 1
    changes(s, 1, [waiting])
    changes(s, 1, [("J1", "D0"), waiting])
    assert changes(s, 10, [waiting])[0] == (last_advance_s + 3, 2, Reason.GAP_OUT)


def compatible(
    matrix: tuple[tuple[float | None, ...], ...], pair: tuple[int, int]
) -> tuple[tuple[float | None, ...], ...]:
    """The matrix with a pair that may be green together."""
    return tuple(
        tuple(None if (a, b) in {pair, pair[::-1]} else time_s for b, time_s in enumerate(row))
        for a, row in enumerate(matrix)
    )
