"""Is every estimate near the truth, on an easy network and on a crowded one, and nearer where it is trusted more?"""

from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from sim.estimates import ESTIMATES, compare_estimates
from sim.scenario import ScenarioError
from sim.simulate import SimulationSettings

pytestmark = pytest.mark.sumo

FLOWING = {
    "queue": (0.25, 0.7),
    "coming": (0.25, 0.8),
    "arrivals": (30.0, 0.9),
    "wait": (6.0, 0.6),
    "saturation": (0.06, 0.9),
    "turning": (0.05, 0.9),
}
CROWDED = {
    "queue": (3.0, 0.9),
    "coming": (0.9, 0.7),
    "arrivals": (40.0, 0.98),
    "discharge": (100.0, -1.0),
    "wait": (6.0, 0.9),
    "saturation": (0.1, 0.95),
    "start-up": (1.5, -1.0),
    "turning": (0.03, 0.6),
}
"""Mean absolute error at most (half as large again as found), correlation at least (-1: too few lanes to tell one)."""


def check(found: dict[str, dict[str, Any]], bounds: dict[str, tuple[float, float]]) -> None:
    for name, (error, correlation) in bounds.items():
        assert found[name]["error"] <= error, (name, found[name])
        assert correlation < 0 or found[name]["correlation"] >= correlation, (name, found[name])


def test_estimates_are_near_the_truth_where_traffic_flows(grid: Path) -> None:
    found = compare_estimates(SimulationSettings(str(grid), "actuated", minutes=10))
    assert (found["strategy"], found["minutes"]) == ("actuated", 10)
    check(found["estimates"], FLOWING)


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
    result = compare_estimates(SimulationSettings(str(crowded), "actuated", minutes=10))
    found = result["estimates"]
    assert set(found) == set(ESTIMATES)
    assert found["queue"]["truth"] > 2
    check(found, CROWDED)
    much, less = result["by_trust"]["queue"].values()
    assert much["error"] / much["truth"] < 0.75 * less["error"] / less["truth"]


def test_a_run_must_be_long_enough_to_judge(grid: Path) -> None:
    with pytest.raises(ScenarioError, match="run longer"):
        compare_estimates(SimulationSettings(str(grid), "actuated", minutes=5))
    with pytest.raises(ScenarioError, match="has no estimates"):
        compare_estimates(SimulationSettings(str(grid), "own-plan"))
