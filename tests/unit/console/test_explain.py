"""Is what `explain` tells what the journal says, and does it price the alternatives?"""

import json
import shutil
from pathlib import Path

import pytest

from console.explaining.provisos import ProvisosTold, WayTold, sentences
from console.sentences import Language
from controller import Controller
from controller.events import CommandKind, PermittedCommand
from controller.strategy.planner.alternatives import Weighing, Witness, weigh, witnessed
from controller.strategy.planner.provisos import Provisos, provisos
from field_io.journal_files import journal_in_file
from field_io.segment import Head, Segment
from plans import Bundle, load_site
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
    planned = 0
    for second in (*changes[:8], 60, 150, 290):
        found = told(call, journal, second)
        command = found["command"]
        assert isinstance(command, dict)
        assert (command["stage"], command["issued_s"]) == (sent[second].stage, second)
        assert found["identical"]
        assert found["asked"] == found["sent"]
        provisos, plan = found["provisos"], found["plan"]
        assert isinstance(provisos, dict)
        way = provisos["way"]
        if way and not way["begins"]:
            continue  # nothing is planned on the way
        assert isinstance(plan, dict)
        turns = plan["turns"]
        chosen = turns[0][0] if turns and turns[0][1] == 0 else found["stage"]
        assert found["asked"] == (way["by"] if way else chosen)
        planned += 1
        assert found["alternatives"]
    assert planned >= 5


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


@pytest.fixture(scope="module")
def turning(crossing: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five minutes of the crossing under the planner, where many wait for a gap to turn left."""
    folder = tmp_path_factory.mktemp("turning")
    shutil.copytree(crossing, folder / "town")
    against = ("right0A0", "A0left0")
    ways = [against, ("left0A0", "A0top0"), against, ("bottom0A0", "A0top0"), against, ("top0A0", "A0bottom0")]
    trips = "".join(
        f'<trip id="v{n}" depart="{0.7 * n:.1f}" from="{ways[n % 6][0]}" to="{ways[n % 6][1]}"/>' for n in range(340)
    )
    (folder / "town" / "town.rou.xml").write_text(f"<routes>{trips}</routes>")
    simulate(SimulationSettings(str(folder / "town"), "planner", journal=folder / "run.journal"))
    return folder / "run.journal"


@pytest.fixture(scope="module")
def seconds(turning: Path) -> dict[int, tuple[Weighing | None, Provisos, int]]:
    """The plans, the provisos and the number asked for, in every second in which the centre commands."""
    witness, found = Witness(), {}
    with Segment.reading(turning) as segment:
        network = load_site(Bundle.from_json(segment.head.bundle)).network
        core = Controller(network, "planner", segment.head.now_s, also={"planner": witnessed(witness)})
        for step in segment.steps():
            core.step(step.now_s, step.inputs)
            if witness.moment is not None and witness.moment.commanded[0] and witness.town and witness.proposal:
                weighing = weigh(witness.town, 0)
                asked = int(witness.proposal.stage[0])
                found[int(step.now_s)] = weighing, provisos(witness, 0, weighing), asked
    return found


def test_it_never_asks_for_something_else_than_its_plan_without_saying_why(
    seconds: dict[int, tuple[Weighing | None, Provisos, int]],
) -> None:
    """Every second of five minutes; greens are held in them and changes pause."""
    for second, (weighing, told, asked) in seconds.items():
        if weighing is None:
            assert told.way is not None, second
            continue
        stage, now = weighing.chosen.begins
        follows = asked == (stage if now else weighing.stage)
        assert follows != bool(told.held_for or told.pressed_for or told.rested_s or told.way), (
            second,
            weighing,
            told,
            asked,
        )
    assert any(told.held_for for _, told, _ in seconds.values())
    assert any(told.way and told.way.pause for _, told, _ in seconds.values())


def test_the_command_tells_a_held_green_and_a_pause(
    call: Call, turning: Path, seconds: dict[int, tuple[Weighing | None, Provisos, int]]
) -> None:
    """The first second of either."""
    held = next(second for second, (_, told, _) in seconds.items() if told.held_for)
    said = call("explain", turning, "A0", held)
    assert said.exit_code == 0, said.output
    assert " now" in said.output.partition("The plan it found cheapest: ")[2].partition(".")[0]
    assert "is held although the plan would change now: in " in said.output
    assert "Sent to the cabinet: renew stage" in said.output
    paused = next(
        second for second, (_, told, _) in seconds.items() if told.way and told.way.pause and told.way.for_lanes
    )
    said = call("explain", turning, "A0", paused, "--language", "th")
    assert "หยุดพักในจังหวะ all-red ซึ่งไม่มีทิศทางใดได้ไฟเขียว 7 วินาที" in said.output


def test_each_proviso_is_a_sentence_in_english_and_in_thai() -> None:
    way = WayTold("all-red", "B", 7.0, True, ("K1",), True, ("n_0",))
    told = ProvisosTold(waits_turn=("C",), held_for=("n_0", "s_1"), pressed_for=("F2",), rested_s=150.0, way=way)
    english, thai = (list(sentences(told, "A", language)) for language in Language)
    starts = (
        "The junction is full",
        "The green of A is held",
        "F2 may not be let wait any longer",
        "Stage A has shown",
        "The change to B pauses in all-red",
    )
    assert all(text.startswith(start) for text, start in zip(english, starts, strict=True))
    assert "C may not be chosen yet" in english[0]
    assert "in n_0, s_1 somebody waits for a gap and would be left in the middle" in english[1]
    assert "for 150 s" in english[3]
    assert "for 7 s: in n_0 somebody stands on the stop line" in english[4]
    assert [text.partition(" ")[0] for text in thai] == [
        "ทางแยกเต็มความจุ:",
        "คงไฟเขียวของจังหวะ",
        "ไม่อาจให้",
        "จังหวะ",
        "การเปลี่ยนไปจังหวะ",
    ]
    assert "n_0" in thai[4]


@pytest.mark.parametrize(
    ("way", "said"),
    [
        (
            WayTold("A-end", "B", 11.0, True, ("F1",), False, ()),
            "goes by way of A-end for 11 s: the green of F1 ends first",
        ),
        (WayTold("A-end", "B", 4.0, False, ("F1",), False, ()), "under way by way of A-end: B is asked for in 4 s"),
        (WayTold("all-red", "B", 2.0, True, ("K1",), True, ()), "begins with all-red, in which nobody has green: B is"),
        (WayTold("all-red", "B", 5.0, False, ("K1",), True, ("n_0",)), "for 5 s more: in n_0 somebody has been on"),
        (WayTold("all-red", "B", 4.0, False, ("K1",), True, ()), "pauses in all-red, in which nobody has green: B is"),
        (WayTold("A-end", "B", 0.0, False, ("F1",), False, ()), "has shown for long enough: B is asked for now"),
    ],
)
def test_a_change_on_its_way_is_told(way: WayTold, said: str) -> None:
    assert said in "".join(sentences(ProvisosTold(way=way), "A", Language.ENGLISH))
