"""Do loads, orders of stages, splits and cycles come out as a traffic engineer reckons them?"""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from controller.model import GroupKind, Junction, Lane, ProgrammeStep, SignalGroup, Stage, TimingPlan
from plans.tuning import cycles
from plans.tuning.critical import critical_chain
from plans.tuning.cycles import choose_cycles
from plans.tuning.demand import Demand, DemandError, GivingWay, Link, Turn
from plans.tuning.junction_tuning import junction_case, splits_of_order
from plans.tuning.lane_loads import lane_loads, spread
from plans.tuning.rules import OffsetAim, TuningRules
from plans.tuning.splits import Aim, LaneStream, best_splits
from plans.tuning.stage_order import order_of
from plans.tuning.turning_gaps import yielding_flow_veh_h


def vehicles(name: str, least_s: float = 5) -> SignalGroup:
    return SignalGroup(name, GroupKind.VEHICLE, least_s, 60, amber_s=3)


def junction(**changes: object) -> Junction:
    """Main road K1, side road K2, and people F1 who cross the side road with the main road's green."""
    groups = (vehicles("K1"), vehicles("K2"), SignalGroup("F1", GroupKind.PEDESTRIAN, 7, 30, clearance_s=8))
    gaps = {("K1", "K2"): 5.0, ("K2", "K1"): 6.0, ("K2", "F1"): 6.0, ("F1", "K2"): 11.0}
    told: dict[str, object] = {
        "id": "J",
        "name": "J",
        "groups": groups,
        "stages": (Stage("A", ("K1", "F1")), Stage("B", ("K2",)), Stage("red", (), selectable=False)),
        "intergreen_s": tuple(tuple(gaps.get((one.id, other.id)) for other in groups) for one in groups),
        "lanes": (Lane("n_0", "north", ("K1",), 200, 14), Lane("e_0", "east", ("K2",), 200, 14)),
        "loops": (),
        "timings": (TimingPlan("own", 90, 0, (ProgrammeStep(0, 1), ProgrammeStep(50, 2))),),
    }
    return Junction(**(told | changes))  # type: ignore[arg-type]  # a junction with single parts changed


def demand(north: float, east: float) -> Demand:
    return Demand({Turn("J", "north", "K1"): {"car": north}, Turn("J", "east", "K2"): {"car": east}}, "counts")


def test_drivers_spread_until_the_lanes_are_equally_loaded() -> None:
    # through 600 may use both lanes, turn 300 the second alone: 450 on each
    shares = spread(np.array([600.0, 300.0]), np.array([[True, True], [False, True]]), np.array([1800.0, 1800.0]))
    assert shares.sum(axis=0) == pytest.approx([450, 450])
    # a turn too heavy for its lane keeps it alone
    shares = spread(np.array([300.0, 900.0]), np.array([[True, True], [False, True]]), np.array([1800.0, 1800.0]))
    assert shares.tolist() == pytest.approx(np.array([[300.0, 0.0], [0.0, 900.0]]))


def test_a_turn_that_no_lane_serves_is_refused_with_those_that_are() -> None:
    with pytest.raises(DemandError, match=r"west K1.*east K2, north K1"):
        lane_loads(junction(), Demand({Turn("J", "west", "K1"): {"car": 1.0}}, "counts"))


def test_floors_hold_walk_and_clearance() -> None:
    order = order_of(junction(), ("A", "B"))
    # A: 6 s after K2 + walk 7 = 13; B: 11 s after F1 + 5 = 16
    assert order.floors_s == (13, 16)
    assert order.shortest_cycle_s == 29


def test_the_critical_chain_is_the_one_that_needs_the_longest_cycle() -> None:
    critical = critical_chain(order_of(junction(), ("A", "B")), {"K1": 0.3, "K2": 0.2})
    assert critical is not None
    # F1 asks for no flow, K1 does: 0.3 + 0.2, lost 6 + 11: (1.5 x 17 + 5) / 0.5
    assert [span.group for span in critical.chain] == ["K1", "K2"]
    assert (critical.flow_ratio, critical.lost_s) == (0.5, 17)
    assert critical.webster_s == pytest.approx(61)


def test_equal_saturation_shares_the_green_as_webster_does() -> None:
    order = order_of(junction(), ("A", "B"))
    streams = [LaneStream(540, 1800, ("K1",)), LaneStream(360, 1800, ("K2",))]
    splits = best_splits(order, streams, 67, Aim.EQUAL_SATURATION)
    assert splits is not None
    # effective green 67 - 17 = 50: 30 and 20; + 6 and + 11
    assert splits.splits_s == (36, 31)
    assert splits.saturation == pytest.approx(0.3 * 67 / 30)


def test_no_exchange_of_a_second_would_delay_less() -> None:
    order = order_of(junction(), ("A", "B"))
    streams = [LaneStream(700, 1800, ("K1",)), LaneStream(150, 1800, ("K2",))]
    best = best_splits(order, streams, 70, Aim.LEAST_DELAY)
    assert best is not None
    assert sum(best.splits_s) == 70
    from plans.tuning.splits import splits_as

    for shift in (-3, -1, 1, 3):
        other = (best.splits_s[0] + shift, best.splits_s[1] - shift)
        if other[1] >= order.floors_s[1]:
            assert splits_as(order, streams, other).delay_veh_s_h >= best.delay_veh_s_h


def test_a_cycle_too_short_for_the_floors_has_no_splits() -> None:
    assert best_splits(order_of(junction(), ("A", "B")), [], 28, Aim.LEAST_DELAY) is None


def test_a_stage_that_helps_nobody_is_left_out_where_stages_are_chosen() -> None:
    extra = (Stage("A", ("K1", "F1")), Stage("A2", ("K1",)), Stage("B", ("K2",)))
    base = TimingPlan("own", 90, 0, (ProgrammeStep(0, 1), ProgrammeStep(40, 2), ProgrammeStep(50, 3)))
    whole = junction(stages=extra, timings=(base,))
    kept = junction_case(whole, base, demand(500, 300), TuningRules(choose_stages=False))
    chosen = junction_case(whole, base, demand(500, 300), TuningRules())
    assert [order.stages for order in kept.orders] == [("A", "A2", "B")]
    assert ("A", "B") in [order.stages for order in chosen.orders]


def test_who_gives_way_needs_more_green() -> None:
    # at 40 of 80 s: opposing queue 400 x 40 / 3200 = 5 s, then 35 s at 1000 veh/h, and 2 at the end: 875 + 180
    assert yielding_flow_veh_h(400, 3600, 40, 40, 80) == pytest.approx(1055, abs=1)
    both = junction(
        stages=(Stage("A", ("K1", "K2", "F1")),),
        intergreen_s=((None,) * 3,) * 3,
        permissive=frozenset({("K2", "K1")}),
        timings=(TimingPlan("own", 60, 0, (ProgrammeStep(0, 1),)),),
    )
    told = demand(900, 300)
    case = junction_case(both, both.timings[0], told, TuningRules())
    splits = splits_of_order(case, case.orders[0], 60, Aim.LEAST_DELAY)
    assert splits is not None
    nobody = Demand(told.flows_veh_h, "", giving_way={Turn("J", "east", "K2"): ()})
    free = junction_case(both, both.timings[0], nobody, TuningRules())
    freely = splits_of_order(free, free.orders[0], 60, Aim.LEAST_DELAY)
    assert freely is not None
    assert freely.delay_veh_s_h < splits.delay_veh_s_h
    half = Demand(told.flows_veh_h, "", giving_way={Turn("J", "east", "K2"): (GivingWay(150, {"K1": 900}),)})
    some = junction_case(both, both.timings[0], half, TuningRules())
    partly = splits_of_order(some, some.orders[0], 60, Aim.LEAST_DELAY)
    assert partly is not None
    assert freely.delay_veh_s_h < partly.delay_veh_s_h < splits.delay_veh_s_h


def test_the_plan_it_begins_with_must_serve_everybody() -> None:
    lonely = TimingPlan("own", 60, 0, (ProgrammeStep(0, 1),))
    with pytest.raises(DemandError, match="K2 is never green"):
        junction_case(junction(), lonely, demand(1, 1), TuningRules())


def test_a_junction_too_full_for_the_common_cycle_runs_in_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cycles, "RELIEVED", 0.995)  # near Webster's cycle a longer one gains little
    full, quiet = "F", [f"Q{number}" for number in range(12)]
    flows = {
        Turn(name, approach, group): {"car": cars}
        for name in (full, *quiet)
        for approach, group, cars in (
            ("north", "K1", 940.0 if name == full else 500.0),
            ("east", "K2", 480.0 if name == full else 150.0),
        )
    }
    links = tuple(
        Link(Turn(one, "north", "K1"), Turn(other, "north", "K1"), 100.0, 30.0)
        for one, other in pairwise((full, *quiet))
    )
    town = Demand(flows, "counts", links=links)
    rules = TuningRules(half_cycles=False)
    junctions = [junction(id=name) for name in (full, *quiet)]
    cases = {one.id: junction_case(one, one.timings[0], town, rules) for one in junctions}
    apart = choose_cycles(cases, town, rules)
    assert len({apart[name].common_s for name in quiet}) == 1
    assert apart[full].splits.cycle_s > apart["Q0"].splits.cycle_s
    assert apart[full].common_s == apart[full].splits.cycle_s
    # A band needs one cycle from end to end, and a cycle that the engineer gives holds for all.
    for one_cycle in (replace(rules, offsets=OffsetAim.BANDWIDTH), replace(rules, cycle_s=80)):
        assert len({choice.common_s for choice in choose_cycles(cases, town, one_cycle).values()}) == 1
