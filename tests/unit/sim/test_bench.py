"""Are runs paired by seed, and is what is said of them right by hand?"""

from pathlib import Path
from typing import Any

import pytest

from sim import bench as bench_module
from sim.bench import BenchSettings, Estimate, bench, estimate, markdown, summaries
from sim.scenario import ScenarioError
from sim.simulate import SimulationSettings


def answer(strategy: str, seed: int, delay_s: float, breaks: int = 0) -> dict[str, Any]:
    measures = dict.fromkeys(bench_module.MEASURES, 0.0)
    return {
        "scenario": "street", "strategy": strategy, "seed": seed, "vehicles": 10, **measures,
        "delay_s": delay_s, "invariant_breaks": breaks,
    }  # fmt: skip


RUNS = [
    answer("plan", 1, 40.0), answer("plan", 2, 50.0), answer("plan", 3, 60.0, breaks=2),
    answer("ours", 1, 30.0), answer("ours", 2, 39.0), answer("ours", 3, 51.0),
]  # fmt: skip


def test_an_interval_after_student() -> None:
    # s = 2, n = 3, t(0.975, 2) = 4.303: 4.303 * 2 / sqrt(3) = 4.968
    found = estimate([10.0, 12.0, 14.0])
    assert found.mean == 12.0
    assert found.half_width == pytest.approx(4.968, abs=1e-3)
    assert estimate([7.0]) == Estimate(7.0, None)


def test_the_difference_is_paired_by_seed() -> None:
    found = summaries(RUNS)["street"]
    assert found["ours"]["delay_s"]["mean"] == 40.0
    assert found["ours"]["delay_s"]["by_seed"] == {1: 30.0, 2: 39.0, 3: 51.0}
    against = found["ours"]["against_best_other"]
    assert (against["strategy"], against["ratio"]) == ("plan", 0.8)
    # -10, -11, -9: mean -10, s = 1, half width 4.303 / sqrt(3); unpaired it would be 26
    assert against["difference_s"] == pytest.approx(-10)
    assert against["half_width_s"] == pytest.approx(2.484, abs=1e-3)


def test_the_table_can_be_pasted() -> None:
    result = {
        "scenarios": summaries(RUNS),
        "seeds": 3,
        "confidence": 0.95,
        "strategies": ["plan", "ours"],
        "runs": RUNS,
    }
    head, rule, plan, ours, _, note = markdown(result).splitlines()
    assert head.count("|") == rule.count("|") == plan.count("|") == ours.count("|")
    assert plan.startswith("| street | plan | 50.0 ± 24.8 | 60.0 | 1.25 |")
    assert plan.endswith("| 2 |"), "breaks of all seeds together"
    assert ours.startswith("| street | ours | **40.0 ± 26.2** | 51.0 | 0.80 | -10.0 ± 2.5 |")
    assert "seeds 1 to 3" in note


def test_strategies_meet_the_same_seeds() -> None:
    like = SimulationSettings("", minutes=7)
    runs = BenchSettings(("a", "b"), ("plan", "ours"), seeds=2, like=like).runs()
    assert [(run.scenario, run.seed, run.strategy) for run in runs] == [
        ("a", 1, "plan"), ("a", 1, "ours"), ("a", 2, "plan"), ("a", 2, "ours"),
        ("b", 1, "plan"), ("b", 1, "ours"), ("b", 2, "plan"), ("b", 2, "ours"),
    ]  # fmt: skip
    assert {run.minutes for run in runs} == {7}


@pytest.mark.sumo
def test_processes_give_the_same_as_one_after_the_other(corridor: Path) -> None:
    like = SimulationSettings("", minutes=1)
    told: list[int] = []
    results = [
        bench(
            BenchSettings((str(corridor),), ("own-plan", "fixed_time"), seeds=2, jobs=jobs, like=like),
            lambda done, _of, _answer: told.append(done),
        )
        for jobs in (1, 2)
    ]
    one, other = (
        [(run["strategy"], run["seed"], run["delay_s"], run["decisions"]) for run in result["runs"]]
        for result in results
    )
    assert one == other
    assert told == [1, 2, 3, 4] * 2


@pytest.mark.sumo
def test_two_scenarios_of_one_name_are_told_apart_by_their_paths(corridor: Path, tmp_path: Path) -> None:
    twin = tmp_path / corridor.name
    twin.mkdir()
    for name in ("corridor.net.xml", "corridor.rou.xml", "run.sumocfg"):
        (twin / name).write_bytes((corridor / name).read_bytes())
    like = SimulationSettings("", minutes=0.5)
    result = bench(BenchSettings((str(corridor), str(twin)), ("own-plan",), seeds=1, like=like))
    assert set(result["scenarios"]) == {str(corridor), str(twin)}


@pytest.mark.sumo
def test_every_scenario_is_read_before_the_first_run(corridor: Path, tmp_path: Path) -> None:
    told: list[int] = []
    with pytest.raises(ScenarioError, match=r"holds no \.sumocfg"):
        bench(
            BenchSettings((str(corridor), str(tmp_path)), ("own-plan",)),
            lambda done, _of, _answer: told.append(done),
        )
    assert told == []
