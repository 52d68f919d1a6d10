"""Is what `explain` tells what the journal says, and does it price the alternatives?"""

import json
from pathlib import Path

import pytest

from controller.events import CommandKind, PermittedCommand
from field_io.journal_files import journal_in_file
from field_io.segment import Head, Segment
from sim.simulate import SimulationSettings, simulate
from tests.unit.console.conftest import Call

pytestmark = pytest.mark.sumo


@pytest.fixture(scope="module")
def journal(crossing: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five minutes of a crossing under the planner."""
    path = tmp_path_factory.mktemp("explain") / "run.journal"
    simulate(SimulationSettings(str(crossing), "planner", journal=path))
    return path


def commands(path: Path) -> dict[int, PermittedCommand]:
    with Segment.reading(path) as segment:
        results = [step.result() for step in segment.steps()]
    return {int(result.now_s): result.commands[0] for result in results if result and result.commands}


def told(call: Call, path: Path, second: int) -> dict[str, object]:
    result = call("explain", path, "A0", second, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, object] = json.loads(result.stdout)
    return found


def test_the_told_choice_is_the_command_in_the_journal(call: Call, journal: Path) -> None:
    sent = commands(journal)
    changes = [second for second, command in sent.items() if command.kind is CommandKind.REQUEST_STAGE and second > 20]
    assert len(changes) >= 4
    for second in (*changes[:4], 60, 150, 290):
        found = told(call, journal, second)
        command = found["command"]
        assert isinstance(command, dict)
        assert (command["stage"], command["issued_s"]) == (sent[second].stage, second)
        assert found["identical"]
        assert found["asked"] == found["sent"]
        plan = found["plan"]
        assert isinstance(plan, dict)
        turns = plan["turns"]
        assert found["asked"] == (turns[0][0] if turns and turns[0][1] == 0 else found["stage"])
        assert found["alternatives"]


def test_alternatives_are_told_cheapest_first_with_what_they_cost_more(call: Call, journal: Path) -> None:
    said = call("explain", journal, "A0", "00:02:30")
    assert said.exit_code == 0, said.output
    found = told(call, journal, 150)
    plan, others = found["plan"], found["alternatives"]
    assert isinstance(plan, dict)
    assert isinstance(others, list)
    costs = [other["cost_veh_s"] for other in others]
    assert costs == sorted(costs)
    assert costs[0] >= plan["cost_veh_s"]
    assert f"{costs[0] - plan['cost_veh_s']:+.1f}" in said.output
    assert "answers to the last bit as it did then" in said.output
    assert "the planner expects the least delay this way" in said.output
    assert "All loops of these lanes are believed." in said.output


def test_each_estimate_of_a_lane_is_told_with_how_far_it_may_be_trusted(call: Call, journal: Path) -> None:
    lanes = told(call, journal, 290)["lanes"]
    assert isinstance(lanes, list)
    trusts = ("queue_trust", "flow_trust", "discharge_trust", "saturation_trust")
    assert all(0 < lane[name] <= 1 for lane in lanes for name in trusts)
    used = [lane["saturation"] for lane in lanes]
    assert all(0 <= part < 1.5 for part in used), used
    assert max(used) > 0.2, used
    assert "trust in queue, flow, discharge, green used" in call("explain", journal, "A0", 290).output


def test_reasons_are_told_in_thai(call: Call, journal: Path) -> None:
    assert "ตัววางแผนคาดว่าทางนี้เกิดความล่าช้าน้อยที่สุด" in call("explain", journal, "A0", 150, "--language", "th").output


@pytest.mark.parametrize(
    ("words", "said"),
    [(("B7", 150), "no junction B7: one of A0"), (("A0", "03:00"), "which has 2026-01-05 00:00:01 to 00:05:00"),
     (("A0", "noon"), "is no time"), (("A0", "2026-01-32"), "write HH:MM:SS")],
)  # fmt: skip
def test_mistakes_are_told(call: Call, journal: Path, words: tuple[object, ...], said: str) -> None:
    result = call("explain", journal, *words)
    assert result.exit_code == 2
    assert said in result.output


def test_a_strategy_that_does_not_plan_tells_its_reason_alone(call: Call, crossing: Path, tmp_path: Path) -> None:
    simulate(SimulationSettings(str(crossing), "actuated", minutes=1, journal=tmp_path / "run.journal"))
    result = call("explain", tmp_path, "A0", 30)
    assert result.exit_code == 0, result.output
    assert "The planner weighed nothing here" in result.output
    assert "Sent to the cabinet: renew stage" in result.output


def test_a_record_that_the_core_does_not_repeat_is_said(call: Call, journal: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.journal"
    with Segment.reading(journal) as segment:
        site, snapshot = segment.head.bundle, segment.first_snapshot()
        first = next(segment.steps())
    kept = journal_in_file(other, Head("town", site, "planner", now_s=-1.0, utc_s=0.0), snapshot)
    kept.begin_step(first.now_s, [])
    result = first.result()
    assert result is not None
    kept.end_step(result)
    kept.close()
    found = call("explain", other, "A0", int(first.now_s))
    assert found.exit_code == 1
    assert "NOT THE SAME" in found.output
