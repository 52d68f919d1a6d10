"""Do the yardsticks run behind our interlock and cabinets, break nothing there, and serve everybody?"""

from pathlib import Path

import pytest

from sim.scenario import ScenarioError
from sim.simulate import SimulationSettings, simulate

pytestmark = pytest.mark.sumo


@pytest.mark.parametrize(
    "strategy", ["webster", "maxwave", "maxpressure", "maxwave-wide", "maxpressure-wide", "oracle"]
)
def test_a_yardstick_serves_everybody_and_breaks_nothing(corridor: Path, strategy: str) -> None:
    answer = simulate(SimulationSettings(str(corridor), strategy, minutes=4))
    assert answer["invariant_breaks"] == 0
    assert answer["modbus_round_trips"] > 200
    assert answer["finished"] > 30
    assert answer["longest_red_s"] < 120


def test_a_plan_in_hindsight_is_tuned_on_the_demand_of_the_run(corridor: Path) -> None:
    """West to east carries most: a plan for that gives it more than the plan that was there, which shares evenly."""
    ours, there = (
        simulate(SimulationSettings(str(corridor), strategy, minutes=6))["delay_s"]
        for strategy in ("webster", "fixed_time")
    )
    assert ours < there


def test_nothing_can_be_tuned_where_nobody_drives(corridor: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    (empty / "corridor.net.xml").write_bytes((corridor / "corridor.net.xml").read_bytes())
    (empty / "none.rou.xml").write_text("<routes/>")
    (empty / "run.sumocfg").write_text(
        '<configuration><input><net-file value="corridor.net.xml"/><route-files value="none.rou.xml"/></input>'
        '<time><begin value="0"/><end value="60"/></time></configuration>'
    )
    with pytest.raises(ScenarioError, match="no fixed plan can be tuned"):
        simulate(SimulationSettings(str(empty), "webster"))
