"""Does the speed benchmark drive a town of its own, so that what it times is work?"""

import pytest

from controller import STRATEGIES, Controller, Reason
from sim.bench_speed import STEP_LIMIT_MS, Timing, outside_scenarios, run, step_times, steps_of
from sim.generated_town import PretendedTown, generated_network
from sim.simulate import SimulationSettings


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_pretended_town_is_commanded_and_changes_stages(strategy: str) -> None:
    network = generated_network(5)
    town = PretendedTown(network, begin_s=0.0)
    controller = Controller(network, strategy, 0.0)
    asked: set[tuple[str, int]] = set()
    refused, reasons = [], set()
    for second in range(240):
        result = controller.step(float(second), town.inputs(float(second)))
        town.obey(result.commands, float(second))
        asked |= {(command.junction, command.stage) for command in result.commands}
        reasons |= {decision.reason for decision in result.decisions}
        refused += [alarm for alarm in result.alarms if alarm.code.name.startswith("INTERLOCK")]
    assert {junction for junction, _ in asked} == {junction.id for junction in network.junctions}
    if strategy != "planner":  # it serves who waits, and may skip who does not
        assert len(asked) > 5 * 2, "stages change"
    assert len(asked) >= 5 * 2
    assert refused == []
    assert reasons - {Reason.CABINET_REMOTE, Reason.PLAN_CHANGE}, "stages change for a reason"


def test_each_step_is_timed() -> None:
    assert len(step_times("fixed_time", junctions=3, steps=10)) == 10
    (timing,) = steps_of(["fixed_time"], junctions=3, steps=10)
    assert (timing.what, timing.target) == ("one step, 3 junctions, fixed_time", "")
    limits = {key: limit for key, limit in STEP_LIMIT_MS.items() if key[0] == "planner"}
    assert limits == {("planner", 8): 5.0, ("planner", 1000): 250.0}


def test_a_scenario_that_is_not_there_says_why_and_the_others_run_on() -> None:
    timing = run(SimulationSettings("nowhere"))
    assert isinstance(timing, Timing)
    assert "was not found" in timing.measured


def test_outside_scenarios_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAIKHIAO_SCENARIOS", raising=False)
    assert outside_scenarios() == []
