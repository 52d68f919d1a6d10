"""Are runs paired by seed, kept, judged, and is what is said of them right by hand?"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sim.bench import BenchSettings, Case, Fairness, KeptRuns, TracePlace, bench, markdown, plain_cases, study_cases
from sim.bench.estimates import Estimate, estimate, paired
from sim.bench.kept import code_key, run_key
from sim.bench.methods import Method, read_method
from sim.bench.runs import runs_of
from sim.bench.study import read_study
from sim.bench.summary import MEASURES, summaries
from sim.scenario import ScenarioError
from sim.simulate import SimulationSettings

LIKE = SimulationSettings("")


def answer(method: str, seed: int, delay_s: float, **more: Any) -> dict[str, Any]:
    measures = dict.fromkeys(MEASURES, 0.0)
    return {
        "scenario": "street", "method": method, "strategy": method, "seed": seed, "vehicles": 100, **measures,
        "delay_s": delay_s, "simulated_s": 1800.0, "by_class": {}, "decision_ms": {}, "worst_approach": "",
        "longest_red": "", "pedestrian_wait_s": {"mean": 0.0, "max": 0.0}, **more,
    }  # fmt: skip


def case(*methods: str, **more: Any) -> Case:
    return Case("street", "street", tuple(Method(name, name) for name in methods), 3, LIKE, **more)


RUNS = [
    answer("own-plan", 1, 40.0), answer("own-plan", 2, 50.0), answer("own-plan", 3, 60.0, invariant_breaks=3),
    answer("ours", 1, 30.0), answer("ours", 2, 39.0), answer("ours", 3, 51.0),
]  # fmt: skip


def summary(runs: list[dict[str, Any]], fair: Fairness | None = None, **more: Any) -> dict[str, Any]:
    methods = dict.fromkeys(run["method"] for run in runs)
    return summaries(runs, [case(*methods, **more)], "ours", fair or Fairness())["street"]


def test_an_interval_after_student() -> None:
    # s = 2, n = 3, t(0.975, 2) = 4.303: 4.303 * 2 / sqrt(3) = 4.968
    found = estimate([10.0, 12.0, 14.0])
    assert found.mean == 12.0
    assert found.half_width == pytest.approx(4.968, abs=1e-3)
    assert estimate([7.0]) == Estimate(7.0, None)


def test_the_difference_is_paired_by_seed() -> None:
    found = summary(RUNS)
    assert found["best_rival"] == "own-plan"
    assert found["best"] == "ours"
    ours = found["methods"]["ours"]
    assert ours["delay_s"]["mean"] == 40.0
    assert ours["delay_s"]["by_seed"] == {1: 30.0, 2: 39.0, 3: 51.0}
    against = ours["against_best_rival"]
    assert (against["method"], against["ratio"], against["not_worse"]) == ("own-plan", 0.8, True)
    # -10, -11, -9: mean -10, s = 1, half width 4.303 / sqrt(3); unpaired it would be 26
    assert against["difference_s"] == pytest.approx(-10)
    assert against["half_width_s"] == pytest.approx(2.484, abs=1e-3)
    # three breaks in three half hours
    assert found["methods"]["own-plan"]["breaks_h"] == 2


def test_not_worse_means_that_the_interval_reaches_zero() -> None:
    assert paired({1: 10.0, 2: 13.0}, {1: 9.0, 2: 11.0}, "x")["not_worse"]  # type: ignore[index] # it has seeds
    worse = paired({1: 10.0, 2: 11.1, 3: 12.0}, {1: 9.0, 2: 10.0, 3: 11.0}, "x")
    assert worse is not None
    assert not worse["not_worse"]
    assert paired({1: 1.0}, {2: 1.0}, "x") is None


def test_only_rivals_count_as_rivals_and_hindsight_is_never_the_best() -> None:
    runs = [*RUNS, *(answer("webster", seed, 20.0) for seed in (1, 2, 3)), *(answer("floor", s, 1.0) for s in (1, 2))]
    found = summary(runs)
    assert (found["best_rival"], found["best"]) == ("own-plan", "webster")
    assert found["methods"]["ours"]["against_floor"]["ratio"] == pytest.approx(69 / 2)
    asked = summary(runs, rivals=("own-plan", "webster"))
    assert asked["methods"]["ours"]["against_best_rival"]["method"] == "webster"


def test_a_gridlocked_seed_is_slow_or_leaves_many_outside() -> None:
    runs = [
        answer("own-plan", 1, 50.0, undeparted=10), answer("own-plan", 2, 54.0, undeparted=20),
        answer("ours", 1, 40.0, undeparted=21), answer("ours", 2, 40.0, undeparted=20), answer("ours", 3, 81.0),
        answer("oracle", 1, 5.0),
    ]  # fmt: skip
    found = summary(runs)
    # twice the median 40 of ours (the oracle does not count); 15 outside on average, and 5 of 100 vehicles
    assert (found["gridlock_limit_s"], found["gridlock_limit_outside_veh"]) == (80, 20)
    assert found["methods"]["ours"]["gridlocked_seeds"] == [1, 3]
    assert found["methods"]["own-plan"]["gridlocked_seeds"] == []


def test_every_target_is_judged() -> None:
    walk: dict[str, Any] = {"by_class": {"pedestrian": {}}}
    runs = [
        answer("own-plan", 1, 40.0, worst_approach_s=50.0),
        answer("fixed_time", 1, 45.0, pedestrian_wait_s={"mean": 20.0, "max": 60.0}, **walk),
        answer("oracle", 1, 20.0),
        answer("ours", 1, 30.0, worst_approach_s=60.0, longest_red_s=250.0, invariant_breaks=1,
               pedestrian_wait_s={"mean": 21.0, "max": 99.0}, **walk),
    ]  # fmt: skip
    fair = Fairness(worst_approach=1.1, longest_red_s=240, oracle=1.6)
    lines = {line["what"]: line for line in summary(runs, fair, must=0.85, goal=0.6)["verdict"]}
    assert {what: line["met"] for what, line in lines.items()} == {
        "must: delay to own-plan": True,
        "goal: delay to own-plan": False,
        "gridlocked seeds": True,
        "safety breaks an hour": False,
        "worst approach to own-plan's": False,
        "longest red [s]": False,
        "pedestrian wait [s], fixed_time's": False,
        "delay to the oracle": True,
        "oracle not worse [s]": True,
    }
    assert lines["goal: delay to own-plan"]["found"] == 0.75
    assert lines["worst approach to own-plan's"]["found"] == 1.2


def test_a_variant_is_held_against_the_whole() -> None:
    runs = [*RUNS, *(answer("ours:gap_s=1", seed, 50.0) for seed in (1, 2, 3))]
    whole = summary(runs)["methods"]["ours:gap_s=1"]["against_whole"]
    assert (whole["method"], whole["difference_s"]) == ("ours", 10)


def test_the_table_can_be_pasted() -> None:
    result = {"scenarios": {"street": summary(RUNS)}, "confidence": 0.95, "rivals": ["own-plan"]}
    head, rule, plan, ours, _, note = markdown(result).splitlines()
    assert head.count("|") == rule.count("|") == plan.count("|") == ours.count("|")
    assert plan.startswith("| street | own-plan | 50.0 ± 24.8 | 60.0 |  |")
    assert ours.startswith("| street | ours | **40.0 ± 26.2** | 51.0 | 0.80 | -10.0 ± 2.5 |")
    assert "seeds 1 to 3" in note


def test_methods_are_read_as_written() -> None:
    assert read_method("actuated:gap_s=2+lease_s=5").changes == (("gap_s", "2"), ("lease_s", "5"))
    assert read_method("quick", {"quick": "actuated:gap_s=1"}) == Method("quick", "actuated", (("gap_s", "1"),))
    for wrong, said in (("actuatd", "one of"), ("actuated:gap_s", "PARAMETER=VALUE"), ("actuated:gap=1", "gap_s")):
        with pytest.raises(ScenarioError, match=said):
            read_method(wrong)


def test_methods_meet_the_same_seeds(tmp_path: Path) -> None:
    scenarios = [tmp_path / name for name in ("a", "b")]
    for scenario in scenarios:
        scenario.mkdir()
        (scenario / "run.sumocfg").touch()
    cases = plain_cases([str(tmp_path)], ("own-plan", "actuated"), 2, replace(LIKE, minutes=7))
    told = [(Path(run.settings.scenario).name, run.settings.seed, run.method.label) for run in runs_of(cases)]
    assert told == [
        ("a", 1, "own-plan"), ("a", 1, "actuated"), ("a", 2, "own-plan"), ("a", 2, "actuated"),
        ("b", 1, "own-plan"), ("b", 1, "actuated"), ("b", 2, "own-plan"), ("b", 2, "actuated"),
    ]  # fmt: skip
    assert {run.settings.minutes for run in runs_of(cases)} == {7}


STUDY = """\
methods: [own-plan, actuated, hasty]
judged: actuated
variants: {hasty: "actuated:gap_s=1"}
seeds: 4
fair: {worst_approach: 1.1}
scenarios:
  - {scenario: here, amber_s: 3, all_red_s: 0, seeds: 25, must: 0.85, goal: 0.6}
  - {scenario: here, name: again, also: [fixed_time], rivals_also: [fixed_time]}
"""


def test_a_study_says_what_runs_and_what_must_be_reached(tmp_path: Path) -> None:
    (tmp_path / "here.sumocfg").touch()
    (tmp_path / "study.yaml").write_text(STUDY.replace("here", str(tmp_path / "here.sumocfg")), encoding="utf-8")
    study = read_study(tmp_path / "study.yaml")
    one, other = study_cases(study, LIKE)
    assert (one.seeds, one.like.amber_s, one.like.all_red_s, one.must, one.goal) == (25, 3, 0, 0.85, 0.6)
    assert (other.seeds, other.like.amber_s, other.name) == (4, None, "again")
    assert [method.label for method in other.methods] == ["own-plan", "actuated", "hasty", "fixed_time"]
    assert one.methods[2].changes == (("gap_s", "1"),)
    assert "fixed_time" in other.rivals
    assert "fixed_time" not in one.rivals


@pytest.mark.parametrize(
    ("text", "said"), [("methods: [a", "no YAML"), ("methods: []\nscenarios: []", "methods"), ("x: 1", "x: Extra")]
)
def test_a_study_that_cannot_be_used_says_where(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "study.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=said):
        read_study(tmp_path / "study.yaml")


@pytest.mark.parametrize(
    ("changed", "anew"),
    [
        ("sim/sumo_world.py", {"own-plan", "maxwave", "actuated", "oracle-300", "planner"}),
        ("controller/interlock.py", {"maxwave", "actuated", "oracle-300", "planner"}),
        ("controller/measure/queues.py", {"oracle-300", "planner"}),
        ("sim/baselines/greedy.py", {"maxwave", "actuated", "oracle-300", "planner"}),
        ("sim/bench/table.py", set()),
    ],
)
def test_a_change_of_the_code_asks_for_the_runs_anew_that_it_can_change(
    changed: str, anew: set[str], tmp_path: Path
) -> None:
    roots = [tmp_path / name for name in ("before", "after")]
    for root in roots:
        path = root / changed
        path.parent.mkdir(parents=True)
        path.write_text(f"VALUE = {root.name!r}\n", encoding="utf-8")
    methods = ("own-plan", "maxwave", "actuated", "oracle-300", "planner")
    assert {method for method in methods if code_key(method, roots[0]) != code_key(method, roots[1])} == anew


# ---------------------------------------------------------------------------------------------------------- with SUMO


def told(result: dict[str, Any]) -> list[tuple[Any, ...]]:
    return [(run["method"], run["seed"], run["delay_s"], run["decisions"]) for run in result["runs"]]


def settings(
    *scenarios: Path, jobs: int = 1, seeds: int = 2, methods: tuple[str, ...] = ("own-plan", "sumo-actuated")
) -> BenchSettings:
    cases = plain_cases(list(map(str, scenarios)), methods, seeds, replace(LIKE, minutes=0.5))
    return BenchSettings(cases, jobs=jobs, fresh=False)  # one network: SUMO has nothing else to remember


@pytest.mark.sumo
def test_processes_give_the_same_as_one_after_the_other(corridor: Path) -> None:
    done: list[int] = []
    results = [bench(settings(corridor, jobs=jobs), lambda count, _of, _answer: done.append(count)) for jobs in (1, 2)]
    assert told(results[0]) == told(results[1])
    assert done == [1, 2, 3, 4] * 2


@pytest.mark.sumo
def test_what_is_kept_is_not_run_again(corridor: Path, tmp_path: Path) -> None:
    kept = KeptRuns(tmp_path / "runs")
    first = bench(settings(corridor), kept=kept)
    again = bench(settings(corridor), kept=kept)
    assert [run["kept"] for run in first["runs"]] == [False] * 4
    assert [run["kept"] for run in again["runs"]] == [True] * 4
    assert told(first) == told(again)
    cut_short = next((tmp_path / "runs").glob("*sumo-actuated--2*.json"))
    cut_short.write_text('{"delay', encoding="utf-8")
    assert [run["kept"] for run in bench(settings(corridor), kept=kept)["runs"]] == [True, True, True, False]


@pytest.mark.sumo
def test_a_kept_run_is_for_its_settings_alone(corridor: Path) -> None:
    base = SimulationSettings(str(corridor), "actuated", minutes=1)
    others = (
        replace(base, seed=2), replace(base, minutes=2), replace(base, amber_s=3.0, all_red_s=0.0),
        replace(base, strategy="fixed_time"), replace(base, changes=(("gap_s", "1"),)),
    )  # fmt: skip
    assert len({run_key(run) for run in (base, *others)}) == 6
    assert run_key(base) == run_key(replace(base))


@pytest.mark.sumo
def test_two_scenarios_of_one_name_are_told_apart_by_their_paths(corridor: Path, tmp_path: Path) -> None:
    twin = tmp_path / corridor.name
    twin.mkdir()
    for name in ("corridor.net.xml", "corridor.rou.xml", "run.sumocfg"):
        (twin / name).write_bytes((corridor / name).read_bytes())
    result = bench(settings(corridor, twin, seeds=1, methods=("own-plan",)))
    assert set(result["scenarios"]) == {str(corridor), str(twin)}


@pytest.mark.sumo
def test_a_trace_is_of_a_method_that_is_compared(corridor: Path) -> None:
    asked = settings(corridor, seeds=1, methods=("fixed_time",))
    result = bench(asked, traces=[TracePlace(corridor.name, ("fixed_time",), 0.1, 0.3)])
    (trace,) = result["traces"]
    assert (trace["scenario"], trace["method"], trace["begin_s"], trace["end_s"]) == (
        corridor.name, "fixed_time", 106, 124,
    )  # fmt: skip
    assert trace["lines"]
    with pytest.raises(ScenarioError, match="is not compared there"):
        bench(asked, traces=[TracePlace(corridor.name, ("actuated",))])


@pytest.mark.sumo
def test_every_scenario_is_read_before_the_first_run(corridor: Path, tmp_path: Path) -> None:
    done: list[int] = []
    with pytest.raises(ScenarioError, match=r"holds no \.sumocfg"):
        bench(settings(corridor, tmp_path), lambda count, _of, _answer: done.append(count))
    assert done == []


STUDIES = sorted((Path(__file__).parents[3] / "docs" / "studies").glob("*.yaml"))


@pytest.mark.parametrize("path", STUDIES, ids=lambda path: path.stem)
def test_the_studies_of_the_docs_can_be_used(path: Path) -> None:
    """Their networks need not be there; every method must be, and what is to be reached unless it is its own rival."""
    study = read_study(path)
    for told in study.scenarios:
        methods = [read_method(method, study.variants) for method in (*study.methods, *told.also, *told.rivals_also)]
        assert study.judged in {method.label for method in methods}
        assert told.must is not None or study.rivals == (study.judged,)
