"""Do the pages of a comparison hold what its JSON says, and nothing that has to be fetched?"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from console.application import build
from console.charts.level_chart import by_level
from console.charts.palette import looks
from console.report.benchmark_html import benchmark_html
from console.report.benchmark_page import benchmark_page
from sim.bench import Case, Fairness
from sim.bench.methods import Method
from sim.bench.summary import MEASURES, summaries
from sim.simulate import SimulationSettings

METHODS = ("own-plan", "planner", "planner:lease_s=5")


def run(scenario: str, method: str, seed: int, delay_s: float) -> dict[str, Any]:
    return {
        **dict.fromkeys(MEASURES, 1.0),
        "scenario": scenario, "method": method, "strategy": method, "seed": seed, "vehicles": 100, "delay_s": delay_s,
        "simulated_s": 3600.0, "by_class": {}, "decision_ms": {"p50": 1.0, "p99": 2.0, "max": 3.0},
        "worst_approach": "A/in", "longest_red": "A/K1", "pedestrian_wait_s": {"mean": 0.0, "max": 0.0},
        "link": "direct", "invariant_breaks": 0, "breaks": [],
        "by_minute": {"queue_veh": [1.0, 2.0], "outside_veh": [0.0, 3.0]},
    }  # fmt: skip


@pytest.fixture(scope="module")
def result() -> dict[str, Any]:
    names = ("dense-080", "dense-115")
    runs = [
        run(name, method, seed, base * level + seed)
        for name, level in zip(names, (1, 9), strict=True)
        for method, base in zip(METHODS, (40.0, 30.0, 35.0), strict=True)
        for seed in (1, 2)
    ]
    methods = tuple(Method(method, method) for method in METHODS)
    cases = [
        Case(name, name, methods, 2, SimulationSettings(""), must=0.85, goal=0.5, remark="Links are short.")
        for name in names
    ]
    trace = {
        "scenario": "dense-080", "method": "planner", "seed": 1, "begin_s": 0, "end_s": 60, "length_m": 300,
        "lines": [[[0, 0], [10, 90], [20, 90]]], "signals": [{"tls": "A", "at_m": 100, "red_s": [[5, 30]]}],
    }  # fmt: skip
    return {
        "title": "Town & country", "methods": list(METHODS), "variants": {}, "judged": "planner",
        "rivals": ["own-plan"], "confidence": 0.95, "sumo_version": "1.28.0", "traces": [trace],
        "scenarios": summaries(runs, cases, "planner", Fairness()), "runs": runs,
    }  # fmt: skip


def test_the_page_of_the_docs_says_what_was_reached_and_what_was_not(result: dict[str, Any]) -> None:
    page = benchmark_page(result)
    assert page.startswith("# Town & country\n")
    assert "faikhiao bench-page" in page
    delay = re.findall(r"^\| dense-080 +\|.*0\.76 × own-plan.*$", page, re.MULTILINE)[0]
    assert "**31.5 ± 6.4**" in delay
    assert re.search(r"dense-080 +\| +goal: delay to own-plan \| +0.50 \| +0.76 \| missed by 0.26", page)
    assert "- **dense-080**: goal: delay to own-plan 0.76, not 0.50. Links are short." in page
    assert re.search(r"\| dense-080 +\| planner:lease_s=5 +\| +1.16 \| +5.0 ± 0.0 \|", page)
    assert "dense: delay and vehicles left outside as demand grows" in page
    assert re.search(
        r"\| dense-080 +\| +planner \| +0.76 × own-plan \| +-10.0 ± 0.0 \| +\| +\| +0 of 2 \| +0.0 \|", page
    )
    assert "A seed is gridlocked where its delay is over 2 times the median" in page


def test_the_html_needs_nothing_else(result: dict[str, Any]) -> None:
    page = benchmark_html(result)
    assert "Town &amp; country" in page
    assert not re.search(r'(?:src|href)="(?!data:|#)', page)
    assert page.count('src="data:image/png;base64,') == 4
    assert 'class="missed">missed by 0.26' in page
    assert "<b>31.5 ± 6.4</b>" in page


def test_levels_are_those_of_one_network(result: dict[str, Any]) -> None:
    found = by_level(result["scenarios"])
    assert {network: list(levels) for network, levels in found.items()} == {"dense": [0.8, 1.15]}
    assert by_level({"acosta": {}, "dense-080": {}, "b-incident": {}}) == {}


def test_ours_looks_the_same_in_every_comparison() -> None:
    assert looks(("a", "planner"), "planner")["planner"] == looks(("planner", "b", "c"), "planner")["planner"]
    assert len(set(looks([str(number) for number in range(10)], "x").values())) == 10


def test_pages_are_made_from_the_json_by_a_command(result: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "bench.json").write_text(json.dumps(result), encoding="utf-8")
    page = tmp_path / "page.md"
    done = CliRunner().invoke(build(), ["bench-page", str(tmp_path / "bench.json"), "--page", str(page)])
    assert done.exit_code == 0, done.output
    assert page.read_text(encoding="utf-8") == benchmark_page(json.loads(json.dumps(result)))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["bench-page", "none.json"], 2, "say what to write"),
        (["bench-page", "none.json", "--page", "x.md"], 3, "cannot be read"),
        (["bench"], 2, "at least one scenario"),
        (["bench", "x", "--study", "y.yaml"], 2, "a study names"),
        (["bench", "--study", "y.yaml"], 3, "name a study"),
        (["bench", "udon_thani/night", "--trace", "night"], 2, "SCENARIO=METHOD"),
    ],
)
def test_mistakes_are_told_before_anything_runs(
    arguments: list[str], code: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(build(), arguments)
    assert done.exit_code == code, done.output
    assert said in done.output
