"""Sets between two stages: do vehicles go on while a crossing beside them clears, in plans as under the planner?"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import sim.scenarios.udon_thani as udon
from controller.model import Network, ProgrammeStep, Schedule, Stage, TimingPlan
from plans import Bundle, load_site
from plans.tuning.demand import Demand, Turn
from plans.tuning.junction_tuning import junction_case, splits_of_order
from plans.tuning.plan import tune
from plans.tuning.plan_file import junction_reasons
from plans.tuning.rules import OffsetAim, TuningRules
from plans.tuning.splits import Aim
from plans.tuning.stage_order import order_of
from plans.tuning.ways import Way, ways_of, with_ways
from tests.unit.plans.tuning.test_splits_and_orders import demand, junction

WAYS = {("A", "B"): Way("A-end", 5)}
STAGES = (Stage("A", ("K1", "F1")), Stage("B", ("K2",)), Stage("A-end", ("K1",), selectable=False))


def test_vehicles_that_go_on_while_people_clear_gain_green_and_cost_nobody_any() -> None:
    whole = junction(stages=STAGES)
    direct, by_way = order_of(whole, ("A", "B")), order_of(whole, *with_ways(("A", "B"), WAYS))
    # F1 -> K2 takes 11 s, K1 -> K2 6: K1 may stay 5 s longer, and K2 waits 6 s where it waited 11.
    assert by_way.stages == ("A", "A-end", "B")
    assert by_way.floors_s == (13, 5, 11)
    assert by_way.shortest_cycle_s == direct.shortest_cycle_s
    case = junction_case(whole, whole.timings[0], demand(600, 300), TuningRules(choose_stages=False))
    green = {}
    for order in (direct, by_way):
        splits = splits_of_order(case, order, 60, Aim.LEAST_DELAY)
        assert splits is not None
        assert splits.cycle_s == 60
        green[order.stages] = splits.green_s()
    gained = {group: green[by_way.stages][group] - green[direct.stages][group] for group in ("K1", "K2")}
    assert sum(gained.values()) == 5
    assert min(gained.values()) >= 0


def test_every_order_of_stages_goes_by_the_sets_that_the_junction_has() -> None:
    whole = junction(stages=(*STAGES, Stage("C", ("K1",))))
    base = whole.timings[0]
    case = junction_case(whole, base, demand(600, 300), TuningRules(), WAYS)
    assert case.orders[0].stages == ("A", "A-end", "B")
    for order in case.orders:
        chosen = [stage for stage in order.stages if stage != "A-end"]
        to_b = any((one, other) == ("A", "B") for one, other in zip(chosen, chosen[1:] + chosen[:1], strict=True))
        assert ("A-end" in order.stages) == to_b


def test_a_real_site_has_them_at_every_junction_where_people_cross_beside_vehicles() -> None:
    site = load_site(Bundle.read(Path(next(iter(udon.__path__))) / "site"))
    ways = ways_of(site.network)
    first = next(junction for junction in site.network.junctions if junction.id == "J01")
    # A: F1 -> K1 takes 9 s, K2 -> K1 6. B: F2 -> K2 16 s, K1 -> K2 6; that F1 starts 8 s after K1 holds no vehicle up.
    assert ways["J01"]["A", "B"] == Way("A-end", 3)
    assert ways["J01"]["B", "A"] == Way("B-end", 10)
    flows = {Turn("J01", lane.approach, group): {"car": 200.0} for lane in first.lanes for group in lane.groups}
    base = next(timing for timing in first.timings if timing.plan == "am_peak")
    case = junction_case(first, base, Demand(flows, "counts"), TuningRules(choose_stages=False), ways["J01"])
    assert case.orders[0].stages == ("A", "A-end", "B", "B-end")
    # A: F1 walks 7 s, 8 after K1; B: F2 walks 7 s, 6 after K2.
    assert case.orders[0].floors_s == (15, 3, 13, 10)


def test_an_offset_that_is_kept_is_that_of_the_same_stage() -> None:
    # The plan begins with a step on the way; its first stage comes 10 s later.
    base = TimingPlan("own", 90, 20, (ProgrammeStep(0, 3), ProgrammeStep(10, 2), ProgrammeStep(50, 1)))
    whole = junction(stages=STAGES, timings=(base,))
    rules = TuningRules(choose_stages=False, cycle_s=90, offsets=OffsetAim.KEEP)
    network = Network("town", (whole,), Schedule(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), ()))
    tuned = tune(network, "own", demand(600, 300), rules)["J"]
    assert tuned.shape.stages == ("B", "A", "A-end")
    assert tuned.shape.offset_s == 30


def test_a_cycle_that_was_changed_afterwards_is_nobodys_but_its_own() -> None:
    whole = junction(stages=STAGES)
    network = Network("town", (whole,), Schedule(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), ()))
    tuned = tune(network, "own", demand(600, 300), TuningRules(cycle_s=90))["J"]
    longer = tuned.changed(
        replace(tuned.shape, splits_s=(tuned.shape.splits_s[0] + 30, *tuned.shape.splits_s[1:])), "x"
    )
    assert longer.choice.splits.cycle_s == tuned.choice.splits.cycle_s + 30
    assert not longer.choice.halved
    assert any("became" in note for note in longer.notes)
    reasons = junction_reasons(longer)
    assert any(f"cycle {longer.choice.splits.cycle_s} s; highest" in reason for reason in reasons)
