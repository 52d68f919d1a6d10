"""Are queues, arrivals and discharge near the truth, on an easy network and on a crowded one?"""

from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from sim.estimates import ESTIMATES, compare_estimates
from sim.scenario import ScenarioError
from sim.simulate import SimulationSettings

pytestmark = pytest.mark.sumo

BOUNDS = {"queue": (0.5, 0.65), "coming": (0.4, 0.7), "arrivals": (60.0, 0.8)}
"""Mean absolute error at most, correlation at least."""


def check(found: dict[str, dict[str, Any]], bounds: dict[str, tuple[float, float]]) -> None:
    for name, (error, correlation) in bounds.items():
        assert found[name]["error"] <= error, (name, found[name])
        assert found[name]["correlation"] >= correlation, (name, found[name])


def test_estimates_are_near_the_truth_where_traffic_flows(grid: Path) -> None:
    found = compare_estimates(SimulationSettings(str(grid), "actuated", minutes=10))
    assert (found["strategy"], found["minutes"]) == ("actuated", 10)
    check(found["estimates"], BOUNDS)


def test_queues_and_discharge_are_known_where_there_are_more_than_can_go(corridor: Path, tmp_path: Path) -> None:
    crowded = copytree(corridor, tmp_path / "crowded")
    routes = crowded / "corridor.rou.xml"
    text = routes.read_text()
    for period, shorter in (
        ('period="6"', 'period="1.6"'),
        ('period="12"', 'period="4"'),
        ('period="9"', 'period="3"'),
    ):
        text = text.replace(period, shorter)
    routes.write_text(text)
    found = compare_estimates(SimulationSettings(str(crowded), "actuated", minutes=10))["estimates"]
    assert set(found) == set(ESTIMATES)
    assert found["queue"]["truth"] > 2
    check(found, {"queue": (4.0, 0.8), "discharge": (200.0, -1.0), "arrivals": (80.0, 0.9)})


def test_a_run_must_be_long_enough_to_judge(grid: Path) -> None:
    with pytest.raises(ScenarioError, match="run longer"):
        compare_estimates(SimulationSettings(str(grid), "actuated", minutes=5))
    with pytest.raises(ScenarioError, match="has no estimates"):
        compare_estimates(SimulationSettings(str(grid), "own-plan"))
