"""To the millisecond: what does the monitor bear, when does it trip, whom does it name, and when will it look again?"""

from dataclasses import replace

import pytest

from controller.model import Aspect
from field_io.registers import FaultBit
from sim.cabinet import Lamp, MonitorCard
from sim.cabinet.lamps import FOREVER_MS
from sim.cabinet.monitor import ConflictMonitor, Trip, Watch
from tests.cabinets import crossroads

CARD = MonitorCard.of(crossroads())
"""K1 and F1 against K2; amber 3 s, clearances 5 s (K1 to K2 and back), 11 s (F1 to K2) and 6 s (K2 to F1)."""
R, A, G, WALK_ENDS = int(Lamp.RED), int(Lamp.AMBER), int(Lamp.GREEN), int(Lamp.GREEN | Lamp.FLASHING)
DRIVEN = (Aspect.GREEN, Aspect.RED, Aspect.RED)
Burning = tuple[int, int, int]
QUIET: Burning = (G, R, R)
CLASH, NO_RED, DUAL = (G, R, G), (G, R, 0), (G | R, R, R)
ALL_RED, K2_GREEN = (R, R, R), (R, R, G)
Story = list[tuple[int, Burning]]
"""(how long [ms], what burns in K1, F1 and K2), after a second of K1's green; what comes last burns for a minute."""


def watched(story: Story, watch: Watch = Watch.DUTY, card: MonitorCard = CARD) -> ConflictMonitor:
    """The monitor after it has looked at every change, and when it asked to."""
    monitor, now_ms = ConflictMonitor(card, 0), 0
    for lasts_ms, burning in [(1000, QUIET), *story[:-1], (60_000, story[-1][1])]:
        end_ms = now_ms + lasts_ms
        while now_ms < end_ms:
            monitor.look(now_ms, burning, DRIVEN, watch)
            now_ms = min(end_ms, monitor.due_ms)
    monitor.look(now_ms, story[-1][1], DRIVEN, watch)
    return monitor


def tripped(story: Story, watch: Watch = Watch.DUTY) -> tuple[FaultBit, tuple[int, ...], int] | None:
    """(fault, groups, how long after the first second), if it tripped."""
    trip = watched(story, watch).trip
    return None if trip is None else (trip.fault, trip.groups, trip.at_ms - 1000)


CONFLICT, RED_FAIL, DUAL_INDICATION = FaultBit.CONFLICT, FaultBit.RED_FAIL, FaultBit.DUAL_INDICATION
SHORT_AMBER, CLEARANCE = FaultBit.SHORT_AMBER, FaultBit.CLEARANCE


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        # Beside K1's green: what lasts.
        ([(299, (G, R, A)), (0, QUIET)], None),
        ([(300, (G, R, A)), (0, QUIET)], (CONFLICT, (0, 2), 300)),
        ([(200, (G, R, A)), (665, QUIET), (100, (G, R, A)), (0, QUIET)], (CONFLICT, (0, 2), 965)),
        ([(200, (G, R, A)), (666, QUIET), (299, (G, R, A)), (0, QUIET)], None),
        ([(0, (G, G, A))], (CONFLICT, (0, 2), 300)),
        ([(0, (R | G, R, A))], (CONFLICT, (0, 2), 300)),
        ([(799, NO_RED), (0, QUIET)], None),
        ([(800, NO_RED), (0, QUIET)], (RED_FAIL, (2,), 800)),
        ([(500, NO_RED), (299, QUIET), (300, NO_RED), (0, QUIET)], (RED_FAIL, (2,), 1099)),
        ([(500, NO_RED), (300, QUIET), (799, NO_RED), (0, QUIET)], None),
        ([(0, (G, 0, R))], (RED_FAIL, (1,), 800)),
        ([(499, DUAL), (0, QUIET)], None),
        ([(500, DUAL), (0, QUIET)], (DUAL_INDICATION, (0,), 500)),
        ([(0, (G, R, R | A))], (CONFLICT, (0, 2), 300)),
        ([(0, (G, R | A, R))], (DUAL_INDICATION, (1,), 500)),
        ([(300, DUAL), (299, QUIET), (200, DUAL), (0, QUIET)], (DUAL_INDICATION, (0,), 799)),
        # Of two the first.
        ([(600, NO_RED), (0, (G, R, A))], (CONFLICT, (0, 2), 900)),
        ([(400, (G | R, R, 0)), (0, NO_RED)], (RED_FAIL, (2,), 800)),
        ([(0, (G | R, R, 0))], (DUAL_INDICATION, (0,), 500)),
        # The end of K1's green.
        ([(100, (0, R, R)), (3000, (A, R, R)), (0, ALL_RED)], None),
        ([(101, (0, R, R)), (3000, (A, R, R)), (0, ALL_RED)], (SHORT_AMBER, (0,), 101)),
        ([(0, ALL_RED)], (SHORT_AMBER, (0,), 101)),
        ([(100, (0, R, R)), (0, QUIET)], None),
        ([(2900, (A, R, R)), (0, ALL_RED)], None),
        ([(2899, (A, R, R)), (0, ALL_RED)], (SHORT_AMBER, (0,), 2899)),
        ([(1500, (A, R, R)), (200, (0, R, R)), (1400, (A, R, R)), (0, ALL_RED)], None),
        ([(1500, (A, R, R)), (200, (0, R, R)), (1399, (A, R, R)), (0, ALL_RED)], (SHORT_AMBER, (0,), 3099)),
        ([(1000, (A, R, R)), (0, QUIET)], (SHORT_AMBER, (0,), 1000)),
        ([(3000, (A, R, R)), (0, QUIET)], None),
        # The green after it.
        ([(3000, (A, R, R)), (1900, ALL_RED), (0, K2_GREEN)], None),
        ([(3000, (A, R, R)), (1899, ALL_RED), (0, K2_GREEN)], (CLEARANCE, (0, 2), 4899)),
        ([(3000, (A, R, R)), (2000, ALL_RED), (0, (R, G, R))], None),
    ],
)  # fmt: skip
def test_every_window_to_the_millisecond(story: Story, expected: tuple[FaultBit, tuple[int, ...], int] | None) -> None:
    assert tripped(story) == expected


@pytest.mark.parametrize(("walkers_ms", "short"), [(10_900, False), (10_899, True)])
def test_walkers_are_cleared_from_the_end_of_steady_green_and_need_no_amber(walkers_ms: int, short: bool) -> None:
    cleared: Story = [(1000, (G, G, R)), (5000, (G, WALK_ENDS, R)), (3000, (A, R, R)), (walkers_ms - 8000, ALL_RED)]
    assert tripped([*cleared, (0, K2_GREEN)]) == ((CLEARANCE, (1, 2), 1000 + walkers_ms) if short else None)


@pytest.mark.parametrize(("red_ms", "short"), [(2900, False), (2899, True)])
def test_a_clearance_is_that_of_the_two_groups_in_their_order(red_ms: int, short: bool) -> None:
    """K2 to F1 takes 6 s, to K1 5 s."""
    before: Story = [(3000, (A, R, R)), (2000, ALL_RED), (5000, K2_GREEN), (3000, (R, R, A)), (red_ms, ALL_RED)]
    assert tripped([*before, (0, (R, G, R))]) == ((CLEARANCE, (2, 1), 13_000 + red_ms) if short else None)


def test_a_green_that_begins_as_another_ends_has_had_no_clearance() -> None:
    assert tripped([(0, (A, R, G))]) == (CLEARANCE, (0, 2), 0)


@pytest.mark.parametrize(
    ("burning", "expected"),
    [
        ((A, R, A), None), ((0, 0, 0), None), ((R | A, R | A, R), None),
        ((G, R, G), (CONFLICT, (0, 2), 300)), ((G, 0, WALK_ENDS), (CONFLICT, (0, 2), 300)),
        ((0, G, G), (CONFLICT, (1, 2), 300)),
    ],
)  # fmt: skip
def test_in_flash_greens_that_conflict_are_all_that_matters(
    burning: Burning, expected: tuple[FaultBit, tuple[int, ...], int] | None
) -> None:
    """K2's clearance cannot be had where nobody's green has ended."""
    monitor = ConflictMonitor(CARD, 0)
    for now_ms in (1000, 1300, 5000):
        monitor.look(now_ms, burning, DRIVEN, Watch.FLASH)
    found = monitor.trip and (monitor.trip.fault, monitor.trip.groups, monitor.trip.at_ms - 1000)
    assert found == expected


def test_without_power_nothing_is_judged() -> None:
    assert tripped([(0, NO_RED)], Watch.OFF) is None
    assert tripped([(0, DUAL)], Watch.OFF) is None
    assert tripped([(0, CLASH)], Watch.OFF) is None


def test_before_anything_burns_there_is_nothing_to_look_at() -> None:
    monitor = ConflictMonitor(CARD, 0)
    assert monitor.due_ms == FOREVER_MS
    for now_ms in (0, 1000):
        monitor.look(now_ms, (0, 0, 0), (Aspect.DARK,) * 3, Watch.OFF)
        assert (monitor.due_ms, monitor.minor) == (FOREVER_MS, frozenset())


def test_who_looks_late_is_told_when_it_was() -> None:
    monitor = ConflictMonitor(CARD, 0)
    monitor.look(1000, CLASH, DRIVEN, Watch.FLASH)
    monitor.look(5000, QUIET, DRIVEN, Watch.FLASH)
    assert monitor.trip is not None
    assert monitor.trip.at_ms == 1300


def test_what_is_replaced_in_the_same_millisecond_has_never_burnt() -> None:
    monitor = ConflictMonitor(CARD, 0)
    for now_ms, burning in ((0, QUIET), (1000, (A, R, R)), (4000, ALL_RED), (4500, K2_GREEN), (4500, ALL_RED)):
        monitor.look(now_ms, burning, DRIVEN, Watch.DUTY)
    monitor.look(4600, ALL_RED, DRIVEN, Watch.DUTY)
    assert monitor.trip is None


def test_the_shortest_clearance_that_can_be_measured_is_asked_for() -> None:
    card = replace(CARD, clearance_ms=((0, 0, 101), (0, 0, 0), (0, 0, 0)))
    monitor = watched([(0, (A, R, G))], card=card)
    assert monitor.trip is not None
    assert (monitor.trip.fault, monitor.trip.at_ms) == (CLEARANCE, 1000)


@pytest.mark.parametrize("then", [Watch.FLASH, Watch.OFF])
def test_an_amber_that_a_flash_cuts_short_is_forgotten(then: Watch) -> None:
    monitor = ConflictMonitor(CARD, 0)
    monitor.look(0, QUIET, DRIVEN, Watch.DUTY)
    monitor.look(1000, (A, R, R), DRIVEN, Watch.DUTY)
    monitor.look(1500, (0, R, R), DRIVEN, then)
    monitor.look(1600, ALL_RED, DRIVEN, Watch.DUTY)
    monitor.look(2000, ALL_RED, DRIVEN, Watch.DUTY)
    assert monitor.trip is None


def test_a_lamp_that_differs_is_told_after_800_ms_until_it_has_been_right_for_300() -> None:
    driven, lit, dark = (Aspect.RED, Aspect.GREEN, Aspect.RED), (R, G, R), (R, 0, R)
    monitor = ConflictMonitor(CARD, 0)
    told = []
    for now_ms, burning in (
        (0, lit), (1000, dark), (1799, dark), (1800, dark), (2000, lit), (2299, lit), (2300, lit), (9000, lit),
    ):  # fmt: skip
        monitor.look(now_ms, burning, driven, Watch.DUTY)
        told.append(set(monitor.minor))
    assert told == [set(), set(), set(), {1}, {1}, {1}, set(), set()]
    assert monitor.trip is None


@pytest.mark.parametrize(
    ("before", "burning", "due_ms"),
    [
        (QUIET, QUIET, FOREVER_MS),
        (QUIET, (G, R, A), 300), (QUIET, NO_RED, 800), (QUIET, DUAL, 500), (QUIET, CLASH, 300),
        (QUIET, (A, R, R), FOREVER_MS), (QUIET, (0, R, R), 101), (QUIET, ALL_RED, 101),
        (QUIET, (A, R, G), 1), ((G, R, A), QUIET, 300), (NO_RED, QUIET, 300), (DUAL, QUIET, 300),
        ((A, R, R), ALL_RED, 1), ((A, R, R), (0, R, R), 800),
    ],
)  # fmt: skip
def test_it_asks_to_look_again_when_something_can_come_of_it(before: Burning, burning: Burning, due_ms: int) -> None:
    """`before` lasts 100 ms."""
    driven = {G: Aspect.GREEN, G | R: Aspect.GREEN, A: Aspect.AMBER, 0: Aspect.AMBER, R: Aspect.RED}
    monitor = ConflictMonitor(CARD, 0)
    for now_ms, shown in ((0, QUIET), (1000, before), (1100, burning)):
        monitor.look(now_ms, shown, (driven[shown[0]], Aspect.RED, Aspect.RED), Watch.DUTY)
    assert monitor.due_ms == (due_ms if due_ms == FOREVER_MS else 1100 + due_ms)


@pytest.mark.parametrize(
    ("looks", "watch", "due_ms"),
    [
        ([(1000, NO_RED), (1200, NO_RED)], Watch.DUTY, 1800),
        ([(1000, NO_RED), (1799, NO_RED)], Watch.DUTY, 1800),
        ([(1000, NO_RED), (1100, QUIET), (1200, QUIET)], Watch.DUTY, 1400),
        ([(1000, (0, R, R)), (1050, (0, R, R))], Watch.DUTY, 1101),
        ([(1000, (0, R, R))], Watch.FLASH, 1800),
    ],
)
def test_a_look_in_between_puts_nothing_off(looks: list[tuple[int, Burning]], watch: Watch, due_ms: int) -> None:
    monitor = ConflictMonitor(CARD, 0)
    for now_ms, burning in [(0, QUIET), *looks]:
        monitor.look(now_ms, burning, DRIVEN, watch)
    assert monitor.due_ms == due_ms


def test_what_is_driven_to_conflict_trips_at_once_on_duty_alone() -> None:
    clash = (Aspect.GREEN, Aspect.RED, Aspect.AMBER)
    for watch, expected in ((Watch.FLASH, None), (Watch.DUTY, Trip(1000, CONFLICT, (0, 2), ALL_RED, clash))):
        monitor = ConflictMonitor(CARD, 0)
        monitor.look(0, ALL_RED, (Aspect.RED,) * 3, watch)
        monitor.look(1000, ALL_RED, clash, watch)
        assert monitor.trip == expected


def test_what_it_saw_is_kept_until_somebody_resets_it_and_then_it_begins_anew() -> None:
    monitor = watched([(0, NO_RED)])
    seen = Trip(1800, RED_FAIL, (2,), NO_RED, DRIVEN)
    said: list[tuple[Trip | None, int]] = [(monitor.trip, monitor.due_ms)]
    monitor.look(99_000, DUAL, DRIVEN, Watch.DUTY)
    said.append((monitor.trip, monitor.due_ms))
    monitor.reset()
    assert not {*monitor.minor}
    monitor.look(100_000, NO_RED, DRIVEN, Watch.DUTY)
    said.append((monitor.trip, monitor.due_ms))
    assert said == [(seen, FOREVER_MS), (seen, FOREVER_MS), (None, 100_800)]


def test_red_with_amber_is_two_colours_where_it_is_no_custom() -> None:
    k1, f1, k2 = crossroads().groups
    custom = MonitorCard.of(crossroads(groups=(k1, f1, replace(k2, red_amber_ds=10))))
    driven = (Aspect.RED, Aspect.RED, Aspect.RED_AMBER)
    for card, expected in ((CARD, DUAL_INDICATION), (custom, None)):
        monitor = ConflictMonitor(card, 0)
        for now_ms in (0, 499, 500, 3000):
            monitor.look(now_ms, (R, R, R | A), driven, Watch.DUTY)
        assert (monitor.trip and monitor.trip.fault) == expected
        assert monitor.minor == frozenset()


@pytest.mark.parametrize(("burning", "fault"), [((R, R, R | A), None), ((R | A, R, R), DUAL_INDICATION)])
def test_red_with_amber_that_is_not_driven_differs_and_is_a_danger_where_it_is_no_custom(
    burning: Burning, fault: FaultBit | None
) -> None:
    k1, f1, k2 = crossroads().groups
    monitor = ConflictMonitor(MonitorCard.of(crossroads(groups=(k1, f1, replace(k2, red_amber_ds=10)))), 0)
    for now_ms in (0, 500, 800, 3000):
        monitor.look(now_ms, burning, (Aspect.RED,) * 3, Watch.DUTY)
    assert (monitor.trip and monitor.trip.fault) == fault
    assert fault or monitor.minor == {2}
