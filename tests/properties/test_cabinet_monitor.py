"""Waveforms just inside and just outside the monitor's windows: does it keep silent, and does it trip?

Times are drawn to the millisecond. Each waveform is shown twice, once with a look at every change and when the monitor
asks for one, once with many looks between: the verdict must be the same.
"""

from collections.abc import Iterable

from hypothesis import given
from hypothesis import strategies as st

from controller.model import Aspect
from field_io.registers import FaultBit
from sim.cabinet import Lamp, MonitorCard
from sim.cabinet.lamps import DRIVEN
from sim.cabinet.monitor import ConflictMonitor, Trip, Watch
from sim.cabinet.monitor_card import AMBER_BEGINS, CONFLICT, DUAL_INDICATION, MEASURING_ERROR_MS, RED_FAIL, Window
from tests.cabinets import crossroads

CARD = MonitorCard.of(crossroads())
K1, F1, K2 = range(3)
R, A, G = int(Lamp.RED), int(Lamp.AMBER), int(Lamp.GREEN)
WALK_ENDS = G | int(Lamp.FLASHING)
AMBER_MS, CLEARANCE_MS = CARD.amber_ms[K1], CARD.clearance_ms[K1][K2]
LONG_MS = 60_000

Burning = tuple[int, int, int]
Waveform = list[tuple[int, Burning]]
"""(how long, what burns in K1, F1, K2)."""


def verdict(waveform: Iterable[tuple[int, Burning]], driven: tuple[Aspect, ...], looks_ms: int | None) -> Trip | None:
    """What the monitor says of it; with `looks_ms` it looks so often besides."""
    monitor, now_ms = ConflictMonitor(CARD, 0), 0
    for lasts_ms, burning in waveform:
        end_ms = now_ms + lasts_ms
        while now_ms < end_ms:
            monitor.look(now_ms, burning, driven, Watch.DUTY)
            step_ms = end_ms if looks_ms is None else min(end_ms, now_ms + looks_ms)
            now_ms = min(step_ms, max(monitor.due_ms, now_ms + 1))
    monitor.look(now_ms, burning, driven, Watch.DUTY)
    return monitor.trip


def judged(waveform: Waveform, driven: tuple[Aspect, ...] = (Aspect.GREEN, Aspect.RED, Aspect.RED)) -> Trip | None:
    """The verdict, which must not depend on how often one looks."""
    once = verdict(waveform, driven, None)
    assert once == verdict(waveform, driven, 37)
    return once


def stays_inside(window: Window) -> st.SearchStrategy[int]:
    return st.integers(1, window.must_not_ms - 1) | st.just(window.must_not_ms - 1)


def goes_outside(window: Window) -> st.SearchStrategy[int]:
    return st.integers(window.must_ms, 5 * window.must_ms) | st.just(window.must_ms)


QUIET: Burning = (G, R, R)
CLASH: Burning = (G, R, G)
NO_RED: Burning = (G, R, 0)
DUAL: Burning = (G | R, R, R)


def flickers(window: Window, odd: Burning) -> st.SearchStrategy[Waveform]:
    """A state that comes for less than it may, again and again, with pauses in which it is forgotten."""
    pause = st.integers(window.forgotten_ms, 3000).map(lambda ms: (ms, QUIET))
    once = st.tuples(stays_inside(window).map(lambda ms: (ms, odd)), pause)
    return st.lists(once, min_size=1, max_size=6).map(
        lambda pairs: [(1000, QUIET), *(part for pair in pairs for part in pair)]
    )


@given(flickers(RED_FAIL, NO_RED))
def test_reds_that_flicker_inside_the_window_never_trip(waveform: Waveform) -> None:
    assert judged(waveform) is None


@given(flickers(DUAL_INDICATION, DUAL))
def test_two_colours_inside_the_window_never_trip(waveform: Waveform) -> None:
    assert judged(waveform) is None


@given(st.lists(st.tuples(stays_inside(CONFLICT), st.integers(CONFLICT.forgotten_ms, 3000)), min_size=1, max_size=6))
def test_conflicts_inside_the_window_never_trip_for_being_conflicts(times: list[tuple[int, int]]) -> None:
    """An amber that glimmers beside a green: no green begins, so nothing but the conflict is judged."""
    waveform: Waveform = [(1000, QUIET)]
    for clash_ms, pause_ms in times:
        waveform += [(clash_ms, (G, R, R | A)), (pause_ms, QUIET)]
    assert judged(waveform) is None


@given(goes_outside(CONFLICT))
def test_a_conflict_outside_the_window_always_trips_at_its_point(clash_ms: int) -> None:
    trip = judged([(1000, QUIET), (clash_ms, CLASH)])
    assert trip is not None
    assert (trip.fault, trip.groups, trip.at_ms) == (FaultBit.CONFLICT, (K1, K2), 1000 + CONFLICT.trip_ms)


@given(goes_outside(RED_FAIL))
def test_a_red_that_is_missing_outside_the_window_always_trips(dark_ms: int) -> None:
    trip = judged([(1000, QUIET), (dark_ms, NO_RED), (10, QUIET)])
    assert trip is not None
    assert (trip.fault, trip.groups, trip.at_ms) == (FaultBit.RED_FAIL, (K2,), 1000 + RED_FAIL.trip_ms)


@given(goes_outside(DUAL_INDICATION))
def test_two_colours_outside_the_window_always_trip(dual_ms: int) -> None:
    trip = judged([(1000, QUIET), (dual_ms, DUAL), (10, QUIET)])
    assert trip is not None
    assert (trip.fault, trip.at_ms) == (FaultBit.DUAL_INDICATION, 1000 + DUAL_INDICATION.trip_ms)


@given(st.lists(st.integers(40, 199), min_size=8, max_size=12), st.integers(1, CONFLICT.forgotten_ms - 1))
def test_a_conflict_that_comes_and_goes_adds_up(parts_ms: list[int], pause_ms: int) -> None:
    """Its timer pauses, and is not cleared, while the conflict is away (Reno MMU2-1600G)."""
    waveform: Waveform = [(1000, QUIET)]
    for part_ms in parts_ms:
        waveform += [(part_ms, (G, R, R | A)), (pause_ms, QUIET)]
    trip = judged(waveform)
    assert trip is not None
    assert trip.fault in {FaultBit.CONFLICT, FaultBit.DUAL_INDICATION}


def change(gap_ms: int, gap: int, amber_ms: int, red_ms: int) -> Waveform:
    """K1 and F1 give way to K2: what burns in K1 before its amber, the amber, then red until K2 is green."""
    green: Burning = (G, R, R)
    return [
        (LONG_MS, green),
        *([(gap_ms, (gap, R, R))] if gap_ms else []),
        (amber_ms, (A, R, R)),
        (red_ms, (R, R, R)),
        (10_000, (R, R, G)),
    ]


@given(
    gap_ms=st.integers(0, AMBER_BEGINS.must_not_ms),
    gap=st.sampled_from([0, R]),
    amber_ms=st.integers(AMBER_MS - MEASURING_ERROR_MS, 6000) | st.just(AMBER_MS),
    red_ms=st.integers(CLEARANCE_MS - AMBER_MS, 9000),
)
def test_an_amber_and_a_clearance_that_last_long_enough_never_trip(
    gap_ms: int, gap: int, amber_ms: int, red_ms: int
) -> None:
    assert judged(change(gap_ms, gap, amber_ms, red_ms)) is None


@given(amber_ms=st.integers(1, AMBER_MS - 2 * MEASURING_ERROR_MS) | st.just(AMBER_MS - MEASURING_ERROR_MS - 1))
def test_an_amber_that_lacks_more_than_the_measuring_error_always_trips(amber_ms: int) -> None:
    trip = judged(change(0, 0, amber_ms, 9000))
    assert trip is not None
    assert (trip.fault, trip.groups, trip.at_ms) == (FaultBit.SHORT_AMBER, (K1,), LONG_MS + amber_ms)


@given(gap_ms=st.integers(AMBER_BEGINS.trip_ms, 5000), gap=st.sampled_from([0, R]))
def test_an_amber_that_comes_late_was_skipped(gap_ms: int, gap: int) -> None:
    trip = judged(change(gap_ms, gap, AMBER_MS, 9000))
    assert trip is not None
    assert (trip.fault, trip.at_ms) == (FaultBit.SHORT_AMBER, LONG_MS + AMBER_BEGINS.trip_ms)


@given(red_ms=st.integers(1, CLEARANCE_MS - AMBER_MS - MEASURING_ERROR_MS - 1))
def test_a_green_before_the_clearance_always_trips(red_ms: int) -> None:
    trip = judged(change(0, 0, AMBER_MS, red_ms))
    assert trip is not None
    assert (trip.fault, trip.groups, trip.at_ms) == (FaultBit.CLEARANCE, (K1, K2), LONG_MS + AMBER_MS + red_ms)


@given(walk_ends_ms=st.integers(1, 20_000))
def test_walkers_are_cleared_from_the_end_of_walk(walk_ends_ms: int) -> None:
    """The clearance of a pedestrian group counts from steady to flashing green."""
    clearance_ms = CARD.clearance_ms[F1][K2]
    flashing = (min(walk_ends_ms, 8000), (R, WALK_ENDS, R))
    red = (max(0, walk_ends_ms - 8000), (R, R, R))
    trip = judged([(LONG_MS, (R, G, R)), flashing, red, (900, (R, R, G))])
    assert (trip is None) == (walk_ends_ms >= clearance_ms - MEASURING_ERROR_MS)


@given(st.lists(st.sampled_from([G, A, R, 0]), min_size=1, max_size=8))
def test_what_is_replaced_in_the_same_millisecond_has_never_burnt(flashes: list[int]) -> None:
    monitor = ConflictMonitor(CARD, 0)
    driven = (Aspect.GREEN, Aspect.RED, Aspect.RED)
    for lamps in flashes:
        monitor.look(5000, (lamps, R, R), driven, Watch.DUTY)
    for now_ms in (5000, 6000, 60_000):
        monitor.look(now_ms, tuple(map(DRIVEN.__getitem__, driven)), driven, Watch.DUTY)
    assert monitor.trip is None
