"""Do the groups of a cabinet move as they say they will: when next, and how long until the wanted ones are green?"""

import random
from collections.abc import Iterator
from dataclasses import replace

import pytest

from controller.model import Aspect, GroupKind
from sim.cabinet import CabinetConfig, GroupTimes
from sim.cabinet.groups import NEVER, SignalGroups
from tests.cabinets import crossroads

K1, F1, K2, D1 = range(4)
TARGETS = (0b0000, 0b0001, 0b0011, 0b0100, 0b1000, 0b1100, 0b1011)
GREEN, RED = Aspect.GREEN, Aspect.RED


def four_groups(red_amber_ds: int = 0) -> CabinetConfig:
    """The crossroads, and D1, which conflicts with nobody."""
    k1, f1, k2 = crossroads().groups
    d1 = GroupTimes("D1", GroupKind.VEHICLE, 50, 400, 30)
    vehicles = [replace(group, red_amber_ds=red_amber_ds) for group in (k1, k2, d1)]
    row = crossroads().intergreen_ds
    return crossroads(
        groups=(vehicles[0], f1, vehicles[1], vehicles[2]),
        intergreen_ds=(*((*times, None) for times in row), (None,) * 4),
    )


def settle(groups: SignalGroups, now_ds: int) -> None:
    """All that is due at this scan: who waits for a red without amber is freed in mid scan."""
    groups.move(now_ds)
    groups.move(now_ds)


def stories(count: int) -> Iterator[tuple[SignalGroups, int]]:
    """Groups in the middle of changes of mind, a new target just given, and when it is."""
    for seed in range(count):
        draw = random.Random(seed)
        groups = SignalGroups(four_groups(draw.choice((0, 15))))
        now_ds = 0
        for _ in range(draw.randint(1, 4)):
            groups.target = draw.choice(TARGETS)
            for _ in range(draw.randint(1, 200)):
                settle(groups, now_ds)
                now_ds += 1
        groups.target = draw.choice(TARGETS)
        settle(groups, now_ds)
        yield groups, now_ds


def test_groups_begin_red_with_nothing_wanted_and_nothing_to_wait_for() -> None:
    groups = SignalGroups(four_groups())
    assert groups.move(0) == NEVER
    assert (groups.aspects, groups.wished_min_ds, groups.moving) == ((RED,) * 4, [0] * 4, False)
    assert (groups.min_green_left_ds(0), groups.max_green_left_ds(0), groups.interstage_left_ds(0)) == (0, 0, 0)
    groups.target = 0b1000
    groups.move(0)
    assert groups.aspects[D1] is GREEN


def test_the_time_until_the_wanted_groups_are_green_is_the_time_that_it_takes() -> None:
    for groups, began_ds in stories(200):
        told_ds, now_ds = groups.interstage_left_ds(began_ds), began_ds
        while groups.green != groups.target or groups.moving:
            now_ds += 1
            settle(groups, now_ds)
        assert now_ds - began_ds == told_ds


def test_nothing_changes_before_the_time_that_was_announced_and_then_something_does() -> None:
    for groups, now_ds in stories(200):
        due_ds, shown = groups.move(now_ds), groups.aspects
        assert due_ds > now_ds
        if due_ds == NEVER:
            assert (groups.green, groups.moving) == (groups.target, False)
            continue
        for look_ds in range(now_ds + 1, due_ds):
            assert groups.move(look_ds) == due_ds
            assert groups.aspects == shown
        groups.move(due_ds)
        assert groups.aspects != shown


def test_every_change_announces_its_own_end() -> None:
    groups = SignalGroups(four_groups(red_amber_ds=15))
    groups.target = 0b0001
    assert groups.move(0) == 15  # red-amber
    assert groups.move(15) == NEVER  # green
    groups.target = 0
    assert groups.move(15) == 15 + 60  # its minimum
    assert groups.move(75) == 75 + 30  # amber
    assert groups.move(105) == NEVER


def test_minimum_and_maximum_left_are_told_of_the_greens_that_run() -> None:
    groups = SignalGroups(four_groups())
    groups.target = 0b0001
    settle(groups, 0)
    groups.target = 0b0011
    settle(groups, 20)
    assert (groups.min_green_left_ds(30), groups.max_green_left_ds(30)) == (20 + 70 - 30, 300 + 20 - 30)
    groups.wish_min_green(0b0001, 200)
    assert groups.min_green_left_ds(30) == 200 - 30
    groups.wish_min_green(0b0001, 9000)
    assert groups.min_green_left_ds(30) == 500 - 30  # no wish is longer than the maximum
    groups.forget_wishes()
    assert groups.min_green_left_ds(30) == 60


def test_a_wish_ends_with_the_green_that_it_was_for() -> None:
    groups = SignalGroups(four_groups())
    groups.target = 0b1000
    settle(groups, 0)
    groups.wish_min_green(0b1000, 120)
    groups.target = 0
    assert groups.move(0) == 120
    settle(groups, 120)
    assert groups.wished_min_ds == [0, 0, 0, 0]


def test_two_groups_prepare_beside_each_other_and_each_for_its_own_time() -> None:
    groups = SignalGroups(four_groups(red_amber_ds=15))
    groups.target = 0b0001
    settle(groups, 0)
    groups.target = 0b1001
    settle(groups, 5)
    assert groups.aspects == (Aspect.RED_AMBER, RED, RED, Aspect.RED_AMBER)
    settle(groups, 15)
    assert groups.aspects == (GREEN, RED, RED, Aspect.RED_AMBER)
    settle(groups, 20)
    assert groups.aspects == (GREEN, RED, RED, GREEN)


@pytest.mark.parametrize("mask", [0b0011, 0b1000])
def test_who_goes_out_has_ended_its_green_and_nobody_else_has(mask: int) -> None:
    groups = SignalGroups(four_groups())
    before = list(groups.green_end_ds)
    groups.target = mask
    settle(groups, 0)
    groups.wish_min_green(mask, 100)
    groups.go_out(40)
    assert groups.green_end_ds == [40 if mask >> i & 1 else before[i] for i in range(4)]
    assert (groups.green, groups.closing, groups.preparing, groups.target) == (0, 0, 0, 0)
    assert (groups.aspects, groups.wished_min_ds) == ((RED,) * 4, [0] * 4)


def test_who_comes_up_green_runs_its_minimum_from_there() -> None:
    groups = SignalGroups(four_groups())
    groups.come_up_green(0b1001, 100)
    assert groups.aspects == (GREEN, RED, RED, GREEN)
    assert groups.min_green_left_ds(100) == 60
    assert groups.move(100) == NEVER
    groups.target = 0
    assert groups.move(100) == 150  # D1's minimum; K1's runs for a second more


def test_a_change_lamp_by_lamp() -> None:
    """K1 and F1 give way to K2: minimum of 6 and 7 s, amber of 3 s, clearance of 8 s, intergreen of 11 s from F1."""
    groups = SignalGroups(four_groups(red_amber_ds=15))
    shown: list[tuple[int, tuple[Aspect, ...]]] = []
    groups.target = 0b0011
    for now_ds in range(400):
        groups.target = 0b0011 if now_ds < 20 else 0b0100
        settle(groups, now_ds)
        if not shown or shown[-1][1] != groups.aspects:
            shown.append((now_ds, groups.aspects))
    amber, walk_ends, prepares = Aspect.AMBER, Aspect.FLASHING_GREEN, Aspect.RED_AMBER
    assert shown == [
        (0, (prepares, GREEN, RED, RED)),
        (15, (GREEN, GREEN, RED, RED)),
        (70, (GREEN, walk_ends, RED, RED)),
        (75, (amber, walk_ends, RED, RED)),
        (105, (RED, walk_ends, RED, RED)),
        (150, (RED, RED, RED, RED)),
        (165, (RED, RED, prepares, RED)),
        (180, (RED, RED, GREEN, RED)),
    ]


@pytest.mark.parametrize(
    ("leaves", "comes", "intergreen_ds"), [(K1, K2, 50), (F1, K2, 110), (K2, K1, 50), (K2, F1, 60)]
)
def test_who_conflicts_waits_for_the_end_of_green_however_long_that_is_off(
    leaves: int, comes: int, intergreen_ds: int
) -> None:
    groups = SignalGroups(four_groups())
    groups.come_up_green(1 << leaves, 0)
    groups.wish_min_green(1 << leaves, 250)
    groups.target = 1 << comes
    for now_ds in range(500):
        settle(groups, now_ds)
        assert not groups.green >> comes & 1 or now_ds >= 250 + intergreen_ds
    assert groups.since_ds[comes] == 250 + intergreen_ds


def test_an_amber_that_runs_keeps_no_other_from_its_end() -> None:
    groups = SignalGroups(four_groups())
    groups.come_up_green(0b1001, 0)
    groups.wish_min_green(0b0001, 70)
    groups.target = 0
    for now_ds in range(81):
        settle(groups, now_ds)
    assert groups.aspects == (Aspect.AMBER, RED, RED, RED)  # D1's from 50 to 80, K1's from 70 to 100


def test_what_is_green_or_red_again_is_waited_for_no_longer_than_it_takes() -> None:
    prepared = SignalGroups(four_groups(red_amber_ds=15))
    prepared.target = 0b0001
    for now_ds in (0, 15, 20):
        settle(prepared, now_ds)
    assert prepared.interstage_left_ds(20) == 0
    groups = SignalGroups(four_groups())
    groups.come_up_green(0b1000, 0)
    groups.target = 0
    for now_ds in (50, 80):
        settle(groups, now_ds)
    groups.target = 0b1000
    assert groups.interstage_left_ds(82) == 80 + 10 - 82  # a second of red
