"""Is the site of Udon Thani sound engineering, made by its script, and does each story run its plan without a break?"""

import datetime as dt
import math
from collections.abc import Mapping

import pytest

from controller.civil import plan_of_the_hour
from plans import Bundle, JunctionFile, Severity, check_site, load_cabinet, load_junction, load_site
from sim.importer import import_sumo
from sim.prepared import prepare, site_beside
from sim.scenario import read_scenario
from sim.scenarios.udon_thani.make_site import make_site
from sim.scenarios.udon_thani.site_signals import HERE as TOWN
from sim.scenarios.udon_thani.site_signals import NET_FILE, read_signals
from sim.simulate import DEFAULT_DATE, SimulationSettings, simulate
from sim.sumo_net import read_net

STORIES = ("am_peak", "midday", "pm_peak", "night", "fair")


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return Bundle.read(TOWN / "site")


@pytest.fixture(scope="module")
def junctions(bundle: Bundle) -> Mapping[str, JunctionFile]:
    names = [junction.id for junction in load_site(bundle).network.junctions]
    return {name: load_junction(bundle, name) for name in names}


def plan_at(bundle: Bundle, date: dt.date, second: float) -> str:
    return plan_of_the_hour(load_site(bundle).network.schedule, date.toordinal(), int(second))


def test_check_finds_no_error_and_warns_only_of_the_long_cycle_of_the_five_legs(bundle: Bundle) -> None:
    findings = check_site(bundle)
    assert {finding.severity for finding in findings} <= {Severity.WARNING}
    assert {finding.path for finding in findings} <= {"junctions.J05.cycle_s"}


def test_the_script_writes_the_committed_bytes(bundle: Bundle) -> None:
    assert make_site().files == bundle.files


def test_every_signal_of_the_network_is_in_the_site(junctions: Mapping[str, JunctionFile]) -> None:
    assert sorted(junctions) == sorted({link.tls for link in read_net(NET_FILE).links})
    assert len(junctions) >= 12


@pytest.mark.parametrize(
    ("junction", "group", "speed_km_h"), [("J05", "K5", 50), ("J01", "K1", 40), ("J07", "K1", 60), ("J08", "K2", 60)]
)
def test_amber_is_as_long_as_the_kinematic_formula_asks(
    junctions: Mapping[str, JunctionFile], junction: str, group: str, speed_km_h: float
) -> None:
    amber_s = next(entry for entry in junctions[junction].groups if entry.id == group).model_dump()["amber_s"]
    asked_s = 1.0 + speed_km_h / 3.6 / (2 * 3.05)
    assert max(3, asked_s) <= amber_s <= 6
    assert amber_s < max(3, asked_s) + 1


def test_no_group_has_less_than_the_least_times(junctions: Mapping[str, JunctionFile]) -> None:
    for junction in junctions.values():
        for group in junction.groups:
            if group.kind == "pedestrian":
                assert group.walk_s >= 7
            else:
                assert group.min_green_s >= 5
                assert 3 <= group.amber_s <= 6


def test_intergreens_leave_red_after_amber_and_people_reach_the_curb(
    bundle: Bundle, junctions: Mapping[str, JunctionFile]
) -> None:
    lengths_m = _crossing_lengths_m()
    maps = prepare(str(TOWN / "midday")).maps
    for name, junction in junctions.items():
        groups = {group.id: group for group in junction.groups}
        for ending, row in junction.conflicts_and_intergreens.items():
            for time_s in row.values():
                group = groups[ending]
                if group.kind == "vehicle":
                    assert time_s >= group.amber_s + 1
                else:
                    longest_m = max(lengths_m[crossing] for crossing in maps[name].crossings[ending])
                    assert time_s >= longest_m / 1.2
                    assert time_s >= group.clearance_s + 3


def _crossing_lengths_m() -> dict[str, float]:
    lengths: dict[str, float] = {}
    for ways in read_signals(import_sumo(NET_FILE, [], site="t").bundle):
        for found in ways.groups.values():
            lengths |= {way.to_edge: way.length_m for way in found if way.on_foot}
    return lengths


def test_an_intergreen_worked_by_hand(junctions: Mapping[str, JunctionFile]) -> None:
    """Pho Si from the west clears the five-legged junction before Udon Dutsadi enters: 33 m to leave, 12 m to come."""
    through_s = 3 + (33 + 6) / 10 - 12 / (40 / 3.6)
    assert junctions["J05"].conflicts_and_intergreens["K5"]["K1"] == math.ceil(through_s)


def test_cabinets_carry_the_same_safety_data_and_a_coordinated_plan(bundle: Bundle) -> None:
    site = load_site(bundle)
    ports = []
    for junction in site.network.junctions:
        cabinet = load_cabinet(bundle, junction.id)
        plan = next(timing for timing in junction.timings if timing.plan == "midday")
        assert (cabinet.local_plan.cycle_s, cabinet.local_plan.offset_s) == (plan.cycle_s, plan.offset_s)
        ports.append(site.addresses[junction.id].port)
    assert ports == list(range(15001, 15001 + len(ports)))


@pytest.mark.parametrize("story", STORIES)
def test_each_story_begins_and_ends_in_its_own_plan(story: str, bundle: Bundle) -> None:
    scenario = read_scenario(str(TOWN / story))
    for second in (scenario.begin_s, scenario.end_s - 1):
        assert plan_at(bundle, DEFAULT_DATE, second) == story


@pytest.mark.parametrize(("date", "plan"), [("2026-01-06", "midday"), ("2026-12-04", "fair"), ("2026-12-05", "fair")])
def test_the_fair_has_its_plan_only_on_its_evenings(date: str, plan: str, bundle: Bundle) -> None:
    assert plan_at(bundle, dt.date.fromisoformat(date), 19.5 * 3600) == plan


def test_songkran_is_no_working_day(bundle: Bundle) -> None:
    for day in (13, 14, 15):
        assert plan_at(bundle, dt.date(2026, 4, day), 7.5 * 3600) == "midday"


def test_a_story_finds_the_site_beside_it() -> None:
    assert site_beside(read_scenario(str(TOWN / "night"))) == TOWN / "site"
    assert prepare(str(TOWN / "night")).report is None
    assert prepare(str(TOWN / "night"), own_programs=True).report is not None
    assert prepare(str(TOWN / "night"), amber_s=4).report is not None


@pytest.mark.sumo
@pytest.mark.parametrize(("story", "strategy"), [("pm_peak", "fixed_time"), ("fair", "actuated")])
def test_three_minutes_break_no_safety_rule(story: str, strategy: str) -> None:
    answer = simulate(SimulationSettings(str(TOWN / story), strategy, minutes=3))
    assert answer["invariant_breaks"] == 0
    assert answer["vehicles"] > 100
    assert answer["site"] == "udon-thani"
