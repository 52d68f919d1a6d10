"""A whole town's plans out as UTDF and back: does every junction show the same lamps in the same second of the day?"""

from __future__ import annotations

from pathlib import Path

import pytest

from controller import Junction, TimingPlan
from plans import Bundle, load_site
from plans.exchange import parse_utdf
from plans.exchange.plan_file import plan_file
from plans.exchange.utdf_export import export_utdf
from plans.exchange.utdf_plan import import_plan
from plans.planned_greens import planned_greens, timing_of

UDON = Path(__file__).parents[4] / "sim" / "scenarios" / "udon_thani" / "site"
BACK = "back"


def by_the_clock(junction: Junction, timing: TimingPlan | None) -> set[tuple[str, float, float]]:
    """(group, begin of green, length) of every green, in s of the clock's cycle."""
    assert timing is not None
    return {
        (each.group.id, round((each.start_s + timing.offset_s) % timing.cycle_s, 1), round(each.length_s, 1))
        for each in planned_greens(junction, timing)
    }


@pytest.mark.parametrize("plan", ["am_peak", "midday", "pm_peak", "night", "fair"])
def test_every_plan_of_a_town_comes_back_the_same(plan: str) -> None:
    bundle = Bundle.read(UDON)
    site = load_site(bundle)
    assert {timing.plan for timing in site.network.junctions[0].timings} >= {plan}
    found = import_plan(parse_utdf(export_utdf(site.network, plan).text), site.network, plan=BACK)
    assert found.notes == ()
    written = plan_file(bundle, found, "a round trip")
    after = load_site(Bundle({**bundle.files, written.file: written.text}))
    compared = 0
    for one, other in zip(site.network.junctions, after.network.junctions, strict=True):
        if timing_of(one, plan) is not None:
            assert by_the_clock(one, timing_of(one, plan)) == by_the_clock(other, timing_of(other, BACK)), one.id
            compared += 1
    assert compared == 14
