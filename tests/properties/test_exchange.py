"""Does a plan that goes out as UTDF and comes back show the same lamps in the same second of the day?"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from controller import Junction, TimingPlan
from plans import Bundle, Site, load_site
from plans.exchange import UtdfRefused, group_flows, parse_utdf, volumes_of
from plans.exchange.utdf_export import export_utdf
from plans.exchange.utdf_lanes import Counted
from plans.exchange.utdf_phases import phases_of
from plans.exchange.utdf_plan import import_plan
from plans.planned_greens import planned_greens, timing_of
from plans.yaml_dump import dump_yaml
from tests.site_builder import make_site

BASE = make_site()


@st.composite
def timings(draw: st.DrawFn) -> dict[str, Any]:
    """A lawful plan by stages at both junctions, of any cycle, offset and splits."""
    made = {}
    for junction, (least_a, least_b) in {"J01": (15, 17), "J02": (17, 17)}.items():
        splits = [draw(st.integers(least_a, 90)), draw(st.integers(least_b, 90))]
        stages = draw(st.sampled_from((("A", "B"), ("B", "A"))))
        length = dict(zip("AB", splits, strict=True))
        cycle_s = sum(splits)
        made[junction] = {
            "cycle_s": cycle_s,
            "offset_s": draw(st.integers(0, cycle_s - 1)),
            "splits": [{"stage": stage, "split_s": length[stage]} for stage in stages],
            "coordinated": draw(st.sampled_from(([], ["K1"], ["K2"]))),
        }
    return made


def site_with(junctions: dict[str, Any]) -> Site:
    text = dump_yaml({"plan": "day", "junctions": junctions})
    return load_site(Bundle({**BASE.files, "timings/day.yaml": text}))


def by_the_clock(junction: Junction, timing: TimingPlan | None) -> set[tuple[str, float, float]]:
    """(group, begin of green, length) of every green, in s of the clock's cycle."""
    assert timing is not None
    return {
        (each.group.id, round((each.start_s + timing.offset_s) % timing.cycle_s, 1), round(each.length_s, 1))
        for each in planned_greens(junction, timing)
    }


@given(timings())
@settings(max_examples=20, deadline=None)
def test_the_lamps_come_back(junctions: dict[str, Any]) -> None:
    before = site_with(junctions)
    found = import_plan(parse_utdf(export_utdf(before.network, "day").text), before.network, plan="day")
    after = site_with(found.timing.model_dump(mode="json")["junctions"])
    assert found.notes == ()
    for one, other in zip(before.network.junctions, after.network.junctions, strict=True):
        assert by_the_clock(one, timing_of(one, "day")) == by_the_clock(other, timing_of(other, "day"))
    for junction, timing in junctions.items():
        back = found.timing.junctions[junction]
        assert back.cycle_s == timing["cycle_s"]
        assert list(back.coordinated) == timing["coordinated"]


@given(timings())
@settings(max_examples=20, deadline=None)
def test_phases_of_one_ring_never_run_together_and_barriers_hold(junctions: dict[str, Any]) -> None:
    for junction in site_with(junctions).network.junctions:
        timing = timing_of(junction, "day")
        assert timing is not None
        phases = phases_of(junction, timing)
        for one in phases:
            for other in phases:
                apart_s = (other.green_s - one.green_s) % timing.cycle_s
                overlap = one is not other and apart_s < one.end_s - one.green_s - 1e-6
                assert not (overlap and one.ring == other.ring), (one, other)
                assert not (overlap and one.barrier != other.barrier and one.end_s <= timing.cycle_s), (one, other)


flows = st.dictionaries(
    st.sampled_from((("J01", "north", "K1"), ("J01", "east", "K2"), ("J02", "west", "K2"), ("J02", "north", "K3"))),
    st.integers(0, 4000).map(float),
    min_size=1,
)


@given(flows)
@settings(max_examples=20, deadline=None)
def test_volumes_come_back(told: dict[tuple[str, str, str], float]) -> None:
    network = load_site(BASE).network
    volumes: dict[str, dict[tuple[str, str], float]] = {}
    for (junction, approach, group), flow in told.items():
        volumes.setdefault(junction, {})[approach, group] = flow
    text = export_utdf(network, "day", volumes={name: Counted(flow) for name, flow in volumes.items()}).text
    back = group_flows(network, volumes_of(parse_utdf(text)))
    assert back.left_out == ()
    for (junction, approach, group), flow in told.items():
        assert back.flow_veh_h[junction][group] == flow
        assert back.of_approach_veh_h[junction][approach, group] == flow


TEXT = export_utdf(load_site(BASE).network, "day").text


@given(st.integers(0, len(TEXT)), st.text(max_size=12), st.integers(0, 40))
@settings(max_examples=80, deadline=None)
def test_a_damaged_file_is_refused_or_read_and_nothing_else(at: int, put: str, cut: int) -> None:
    damaged = TEXT[:at] + put + TEXT[at + cut :]
    network = load_site(BASE).network
    with suppress(UtdfRefused):
        import_plan(parse_utdf(damaged), network, plan="day")
    with suppress(UtdfRefused):
        volumes_of(parse_utdf(damaged))
