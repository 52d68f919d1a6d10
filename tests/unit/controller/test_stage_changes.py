"""Does a change of stage take as long as its slowest group needs to clear, also when another stage shows between?"""

from __future__ import annotations

import numpy as np

from controller import GroupKind, Junction, Lane, Loop, LoopRole, SignalGroup, Stage
from controller.lanes import build_lanes
from controller.layout import NetworkLayout, build_layout
from controller.stage_changes import SETS_OUT_S, build_stage_changes
from tests.towns import timing, town

WITH_WALK, CROSS, WITHOUT_WALK = 0, 1, 2
"""Stages: K0 with its crossing F1; K1; K0 while F1 clears."""
K0, K1, F1, F2 = 0, 1, 2, 3


def three_sets(*, all_red: bool, intergreen_s: float = 4.0) -> NetworkLayout:
    """K0 and K1 with one intergreen both ways, K0 beside a group K2 that also goes beside K1; the last set is empty."""
    vehicle = [SignalGroup(k, GroupKind.VEHICLE, min_green_s=5, max_green_s=40, amber_s=3) for k in ("K0", "K1", "K2")]
    sets = [Stage("A", ("K0",)), Stage("B", ("K1",)), Stage("C", ("K1", "K2")), Stage("D", ("K0", "K2"))]
    sets += [Stage("all-red", (), selectable=False)] if all_red else []
    return build_layout(
        town(
            Junction(
                id="J1",
                name="J1",
                groups=tuple(vehicle),
                stages=tuple(sets),
                intergreen_s=((None, intergreen_s, None), (intergreen_s, None, None), (None, None, None)),
                lanes=tuple(Lane(f"l{k}", f"a{k}", (f"K{k}",), 200, 13.9) for k in range(3)),
                loops=tuple(Loop(f"D{k}", LoopRole.STOP_LINE, f"l{k}", (f"K{k}",), 1.0) for k in range(3)),
                timings=(timing("own", 60, 0, (0, 1), (30, 2)),),
            )
        )
    )


def crossing(*, beside_k1: bool = False) -> NetworkLayout:
    """K0 to K1 and back 5 s; the crossing clears for 16 s before K1. Beside K1 a crossing may go, 8 s after K0."""
    vehicle = [SignalGroup(k, GroupKind.VEHICLE, min_green_s=5, max_green_s=40, amber_s=3) for k in ("K0", "K1")]
    walk = SignalGroup("F1", GroupKind.PEDESTRIAN, min_green_s=7, max_green_s=40, amber_s=0)
    other = SignalGroup("F2", GroupKind.PEDESTRIAN, min_green_s=7, max_green_s=40, amber_s=0)
    matrix = ((None, 5.0, None, 8.0), (5.0, None, 5.0, None), (None, 16.0, None, None), (16.0, None, None, None))
    cross = ("K1", "F2") if beside_k1 else ("K1",)
    return build_layout(
        town(
            Junction(
                id="J1",
                name="J1",
                groups=(*vehicle, walk, other),
                stages=(Stage("A", ("K0", "F1")), Stage("B", cross), Stage("A-end", ("K0",), selectable=False)),
                intergreen_s=matrix,
                lanes=tuple(Lane(f"l{k}", f"a{k}", (f"K{k}",), 200, 13.9) for k in range(2)),
                loops=tuple(Loop(f"D{k}", LoopRole.STOP_LINE, f"l{k}", (f"K{k}",), 1.0) for k in range(2)),
                timings=(timing("own", 60, 0, (0, 1), (30, 2)),),
            )
        )
    )


def test_vehicles_go_on_while_their_crossing_clears() -> None:
    """F1 ends 16 s before K1 may start, K0 needs 5 s: K0 is kept for the 11 s between."""
    changes = build_stage_changes(crossing())
    assert changes.via[0, WITH_WALK, CROSS] == WITHOUT_WALK
    assert changes.via_s[0, WITH_WALK, CROSS] == 11
    assert changes.lag_s[0, WITH_WALK, CROSS, K1] == 16


def test_no_vehicles_green_ends_sooner_because_people_on_foot_start_later() -> None:
    """F2 may start only 8 s after K0: K0 is kept for K1's sake as before, and F2 starts 3 s after K1."""
    changes = build_stage_changes(crossing(beside_k1=True))
    assert changes.via_s[0, WITH_WALK, CROSS] == 11
    assert changes.lag_s[0, WITH_WALK, CROSS, K1] == 16
    assert changes.lag_s[0, WITH_WALK, CROSS, F2] == 19


def test_a_stage_between_makes_no_clearance_shorter() -> None:
    """Out of A-end K1 starts after 5 s by itself, but ending F1 on the way into A-end bars it for 16 s all the same."""
    changes = build_stage_changes(crossing())
    assert changes.lag_s[0, WITHOUT_WALK, CROSS, K1] == 5
    assert changes.clears_s[0, WITH_WALK, WITHOUT_WALK, K1] == 16
    assert changes.clears_s[0, WITH_WALK, WITHOUT_WALK, K0] == 0


def test_a_lane_may_go_when_the_first_of_its_groups_may() -> None:
    """The lanes see the clearances of their own groups."""
    layout = crossing()
    lanes, changes = build_lanes(layout), build_stage_changes(layout)
    np.testing.assert_array_equal(lanes.clears_s[0, :, :, 1], changes.clears_s[0, :, :, K1])


def test_a_change_may_pause_with_all_red_where_every_green_ends_and_intergreens_are_short() -> None:
    """From K0 to K1 for 7 s; not where K2 stays green, nor to and from the empty set itself."""
    changes = build_stage_changes(three_sets(all_red=True))
    assert changes.nobody.tolist() == [4]
    assert changes.pause_s[0, 0, 1] == SETS_OUT_S
    assert changes.pause_s[0, 3, 2] == 0
    assert not changes.pause_s[0, 4].any()
    assert not changes.pause_s[0, :, 4].any()


def test_no_pause_without_an_empty_set_or_with_long_intergreens() -> None:
    """Who drives over the stop line as it turns amber has crossed after six seconds, and nearly who sets out."""
    assert build_stage_changes(three_sets(all_red=False)).nobody.tolist() == [-1]
    assert not build_stage_changes(three_sets(all_red=False)).pause_s.any()
    assert not build_stage_changes(three_sets(all_red=True, intergreen_s=6.0)).pause_s.any()
