"""Does a plan by traffic come when traffic asks for it, stay its time, and never come because loops are silent?"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from controller import Reason, TrafficMeasure, Trigger
from controller.layout import build_layout
from controller.plan_choice import PlanChoice, choose_plans
from controller.triggers import TriggerLayout, TriggerMemory, switch_triggers, triggered_plans, watch_traffic
from tests.towns import ObedientStreet, every_day, three_stage_junction, timing, town

PLANS = (timing("own", 60, 0, (0, 1), (25, 2), (42, 3)), timing("busy", 80, 0, (0, 1), (35, 2), (60, 3)))
TRIGGER = Trigger(
    "full", "busy", "J1", ("K0",), TrafficMeasure.FLOW, on_above=600, off_below=300, window_s=60, stay_s=600
)


class Seen:
    """Two junctions of which J1 is watched, second by second, without the rest of the core."""

    def __init__(self, trigger: Trigger = TRIGGER) -> None:
        junctions = [three_stage_junction(name, PLANS) for name in ("J1", "J2")]
        self.network = town(*junctions, schedule=replace(every_day((0, "own")), triggers=(trigger,)))
        self.layout = build_layout(self.network)
        self.triggers = TriggerLayout.of(self.network, self.layout)
        self.memory = TriggerMemory.start(self.triggers, 0.0)
        self.now_s = 0.0

    def run(self, seconds: int, veh_h: float, *, silent: bool = False) -> list[tuple[int, Reason]]:
        """Let so much traffic over D0, green 25 s of each 60; what was told, with its second."""
        told: list[tuple[int, Reason]] = []
        for _ in range(seconds):
            due = int(self.now_s * veh_h / 3600) > int((self.now_s - 1) * veh_h / 3600)
            count = np.zeros(8)
            count[0] = due and not silent
            green = np.zeros((2, 4), bool)
            green[0, :2] = self.now_s % 60 < 25
            heard = np.full(8, not silent)
            watch_traffic(self.memory, count, heard, green, self.triggers, self.layout, self.now_s)
            decisions = switch_triggers(self.memory, self.triggers, self.network, self.now_s)
            told += [(int(self.now_s), decision.reason) for decision in decisions]
            self.now_s += 1.0
        return told

    @property
    def plans(self) -> list[str]:
        """The plan of each junction while the calendar says `own`."""
        names = self.layout.programme.plans
        return [names[k] for k in triggered_plans(self.memory, self.triggers, names.index("own"), 2)]


def test_a_full_minute_brings_the_plan_to_every_junction() -> None:
    """1,200 veh/h is above 600: on as soon as half a window has been seen."""
    quiet = Seen()
    assert quiet.run(300, 200) == []
    (at_s, reason), *rest = quiet.run(120, 1200)
    assert (reason, rest) == (Reason.TRIGGER_ON, [])
    assert 300 < at_s <= 360
    assert quiet.plans == ["busy", "busy"]


def test_between_the_figures_nothing_changes_and_the_plan_has_its_stay() -> None:
    """On at 1,200; 450 is between 300 and 600; 100 is below, but the stay of 600 s is not over."""
    full = Seen()
    ((on_s, _),) = full.run(120, 1200)
    assert full.run(900, 450) == []
    assert full.run(120, 100)[0][1] is Reason.TRIGGER_OFF
    again = Seen()
    ((on_s, _),) = again.run(120, 1200)
    ((off_s, _),) = again.run(700, 100)
    assert off_s - on_s == 600
    assert again.plans == ["own", "own"]


def test_silent_loops_switch_nothing_on_and_end_what_had_its_stay() -> None:
    """Unknown is not zero: the plan stays for its time, then the calendar applies."""
    full = Seen()
    ((on_s, _),) = full.run(120, 1200)
    ((off_s, reason),) = full.run(700, 0, silent=True)
    assert (reason, off_s - on_s) == (Reason.TRIGGER_OFF, 600)
    assert Seen().run(200, 1200, silent=True) == []


def test_a_trigger_replaces_only_what_it_may() -> None:
    """`own` is not in `instead_of`."""
    other = Seen(replace(TRIGGER, instead_of=("busy",)))
    other.run(120, 1200)
    assert other.plans == ["own", "own"]


def test_a_trigger_changes_only_its_junctions() -> None:
    some = Seen(replace(TRIGGER, junctions=("J2",)))
    some.run(120, 1200)
    assert some.plans == ["own", "busy"]


@pytest.mark.parametrize(("on_above", "expected"), [(0.4, "busy"), (0.6, "own")])
def test_degree_of_saturation_is_counts_over_what_the_green_serves(on_above: float, expected: str) -> None:
    """360 veh/h in 25 s of green of 60 s at 1,800 veh/h: x = 360 * 60 / (1800 * 25) = 0.48."""
    trigger = replace(TRIGGER, measure=TrafficMeasure.SATURATION, on_above=on_above, off_below=0.2, window_s=600)
    seen = Seen(trigger)
    seen.run(900, 360)
    assert seen.plans[1] == expected


def test_no_more_changes_an_hour_than_the_engineer_allows() -> None:
    """Two an hour: the third waits until an hour after the first, is told once, and a person need not wait."""
    layout = Seen().layout
    choice, nobody = PlanChoice.start(2, max_changes_h=2), np.zeros(2, bool)
    own, busy = np.array([1, 1]), np.array([0, 0])
    told = []
    for now_s in range(0, 4000, 10):
        wanted = own if now_s < 100 or (now_s >= 200 and now_s < 300) else busy
        told += [(now_s, d.junction) for d in choose_plans(choice, wanted, nobody, layout, float(now_s))]
        if now_s in {290, 3690}:
            assert choice.plan.tolist() == [1, 1]
    assert told == [(300, "J1"), (300, "J2")]
    assert choice.plan.tolist() == [0, 0]
    by_hand = np.array([True, False])
    choose_plans(choice, own, by_hand, layout, 4000.0)
    choose_plans(choice, busy, by_hand, layout, 4001.0)
    choose_plans(choice, own, by_hand, layout, 4002.0)
    assert choice.plan.tolist() == [1, 1]


def test_in_the_core_traffic_brings_the_plan() -> None:
    """Every loop reading of the core's inputs counts."""
    schedule = replace(every_day((0, "own")), triggers=(replace(TRIGGER, window_s=60),))
    street = ObedientStreet(town(three_stage_junction("J1", PLANS), schedule=schedule))
    told = [d.reason for n in range(60) for d in street.second(busy=[("J1", "D0")] if n % 3 == 0 else []).decisions]
    assert Reason.TRIGGER_ON in told
    assert street.controller.state_view()[0].plan == "busy"
