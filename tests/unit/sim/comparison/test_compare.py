"""Do two sites meet the same traffic, and is what their difference does told with its interval?"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plans import Bundle, PlanError, load_site, write_site
from plans.schema import TimingFile
from plans.yaml_dump import dump_yaml
from plans.yaml_text import read_yaml
from sim.comparison import ComparedSite, ComparisonSettings, Verdict, compare_sites, effects_of
from sim.comparison.compare import with_plan
from sim.importer import import_sumo
from sim.scenario import read_scenario
from sim.simulate import SimulationSettings
from tests.site_builder import make_site
from tests.sumo_streets import make_corridor


def answer(delay_s: float, *, walked: bool = True) -> dict[str, Any]:
    return {
        "delay_s": delay_s, "person_delay_s": 5.0, "stops": 1.0, "trip_s": 60.0, "worst_approach_s": 2 * delay_s,
        "longest_red_s": 40.0, "pedestrian_wait_s": {"mean": 9.0, "max": 30.0}, "queue_veh": {"mean": 3.0},
        "unfinished": 4, "undeparted": 1, "by_class": {"pedestrian": {}} if walked else {}, "invariant_breaks": 0,
    }  # fmt: skip


def test_the_luck_of_a_seed_cancels_out() -> None:
    before = {seed: answer(delay) for seed, delay in ((1, 20.0), (2, 60.0), (3, 31.0))}
    after = {seed: answer(delay) for seed, delay in ((1, 22.0), (2, 62.5), (3, 32.5))}
    found = {each.measure: each for each in effects_of(before, after)}
    delay = found["delay_s"]
    assert [delay.before, delay.after] == pytest.approx([37, 39])
    assert delay.difference == pytest.approx(2.0)
    assert delay.half_width == pytest.approx(1.242, abs=1e-3)  # t(0.975, 2) 4.303 * s 0.5 / sqrt 3
    assert delay.verdict is Verdict.WORSE
    assert found["stops"].verdict is Verdict.SAME
    assert found["pedestrian_wait_s"].before == 9.0
    assert found["left_over_veh"].after == 5.0


def test_one_seed_proves_nothing_and_nobody_on_foot_is_no_measure() -> None:
    found = {each.measure: each for each in effects_of({1: answer(9, walked=False)}, {1: answer(7, walked=False)})}
    assert found["delay_s"].verdict is Verdict.UNSURE
    assert "pedestrian_wait_s" not in found


def test_seeds_that_only_one_side_has_are_left_out() -> None:
    found = effects_of({1: answer(9), 2: answer(8)}, {2: answer(7), 3: answer(1)})
    assert {each.seeds for each in found} == {1}


def test_a_plan_may_run_all_day_in_place_of_the_calendar() -> None:
    schedule = load_site(with_plan(make_site(), "night")).network.schedule
    assert [day.entries for day in schedule.day_plans] == [((0, "night"),)]
    with pytest.raises(PlanError, match=r"timings/rain.yaml.*one of day, night"):
        with_plan(make_site(), "rain")


# ---------------------------------------------------------------------------------------------------- in SUMO itself


@pytest.fixture(scope="module")
def corridor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_corridor(tmp_path_factory.mktemp("compared"))


@pytest.fixture(scope="module")
def site(corridor: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    scenario = read_scenario(corridor)
    bundle = import_sumo(scenario.net, scenario.additional, site="corridor").bundle
    return write_site(starved(bundle), tmp_path_factory.mktemp("sites") / "corridor")


def starved(bundle: Bundle) -> Bundle:
    """The site with a second plan, `starved`: at A the first street's green is cut from 42 to 12 s."""
    value = read_yaml(bundle.files["timings/own.yaml"]).value | {"plan": "starved"}
    greens = value["junctions"]["A"]["groups"]
    assert (greens["K1"], greens["F2"]) == ([[45, 87]], [[45, 82]])
    greens |= {"K1": [[45, 57]], "F2": [[45, 52]]}
    return Bundle({**bundle.files, "timings/starved.yaml": dump_yaml(TimingFile.model_validate(value))})


def test_a_green_cut_short_is_found_out(corridor: Path, site: Path) -> None:
    sides = ComparedSite(site, "own"), ComparedSite(site, "starved")
    settings = ComparisonSettings(*sides, str(corridor), seeds=2, like=SimulationSettings("", minutes=5))
    seen: list[tuple[int, int]] = []
    found = compare_sites(settings, lambda done, of, _answer: seen.append((done, of)))
    assert {each.kind for each in found.differences} >= {"green_s"}
    assert {each.junction for each in found.differences} == {"A"}
    assert seen[-1] == (4, 4)
    assert found.breaks("before") == found.breaks("after") == 0
    delay = next(each for each in found.effects if each.measure == "delay_s")
    assert delay.difference > 5
