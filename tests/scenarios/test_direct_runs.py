"""Does the whole loop drive a street as the programme says, safely, and the same way each time?"""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller import STRATEGIES
from field_io.replay import replay
from sim.answer import KEYS
from sim.prepared import Prepared, prepare
from sim.scenario import ScenarioError
from sim.simulate import SimulationSettings, simulate, strategies
from sim.sumo_world import SumoWorld
from sim.watch import Watch
from tests.sumo_streets import make_road, write_config

pytestmark = pytest.mark.sumo
MINUTES = 5.0
TIMES = ("wall_s", "realtime_factor", "decision_ms")
"""What differs between two equal runs."""

Lamps = dict[float, dict[str, str]]


@pytest.fixture
def lamps_of(monkeypatch: pytest.MonkeyPatch) -> Callable[[SimulationSettings], tuple[Lamps, dict[str, Any]]]:
    """Runs a simulation and tells what each signal showed in each second, named by its begin."""

    def run(settings: SimulationSettings) -> tuple[Lamps, dict[str, Any]]:
        shown: Lamps = {}

        def second(watch: Watch, world: SumoWorld) -> None:
            shown[world.now_s - 1.0] = dict(watch.lamps)

        with monkeypatch.context() as patch:
            patch.setattr(Watch, "second", second)
            answer = simulate(settings)
        return shown, answer

    return run


def differences(prepared: Prepared, own: Lamps, ours: Lamps) -> list[tuple[float, str, str, str]]:
    """Seconds in which a signal shows something else than its programme, and which no repair explains."""
    assert prepared.report is not None
    plan = {junction.id: junction.timings[0] for junction in prepared.site.network.junctions}
    found = []
    for now_s, lamps in own.items():
        for junction, at in prepared.maps.items():
            second = (int(now_s) - plan[junction].offset_s) % plan[junction].cycle_s
            repaired = second in prepared.report.repaired_seconds.get(junction, frozenset())
            if not repaired and lamps[at.tls] != ours[now_s][at.tls]:
                found.append((now_s, junction, lamps[at.tls], ours[now_s][at.tls]))
    return found


@pytest.mark.parametrize("street", ["corridor", "grid"])
def test_fixed_time_shows_the_programme_second_by_second(
    street: str,
    request: pytest.FixtureRequest,
    lamps_of: Callable[[SimulationSettings], tuple[Lamps, dict[str, Any]]],
) -> None:
    folder = str(request.getfixturevalue(street))
    own, by_sumo = lamps_of(SimulationSettings(folder, "own-plan", minutes=MINUTES))
    ours, by_us = lamps_of(SimulationSettings(folder, "fixed_time", minutes=MINUTES))
    assert len(own) == len(ours) == 60 * MINUTES
    assert differences(prepare(folder), own, ours) == []
    assert by_us["delay_s"] == by_sumo["delay_s"]
    assert by_us["vehicles"] == by_sumo["vehicles"]
    assert by_us["invariant_breaks"] == 0


@pytest.mark.parametrize("street", ["corridor", "grid"])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_no_strategy_breaks_a_safety_rule(street: str, strategy: str, request: pytest.FixtureRequest) -> None:
    folder = str(request.getfixturevalue(street))
    answer = simulate(SimulationSettings(folder, strategy, minutes=MINUTES))
    assert answer["breaks"] == []
    assert answer["decisions"] > answer["junctions"]
    assert answer["longest_red_s"] < 240
    assert answer["mqtt_messages"] == answer["junctions"] * 60 * MINUTES


@pytest.mark.parametrize("strategy", ["own-plan", "fixed_time"])
def test_an_answer_has_every_key_of_its_table_and_no_other(corridor: Path, strategy: str) -> None:
    answer = simulate(SimulationSettings(str(corridor), strategy, minutes=0.5))
    assert list(answer) == list(KEYS)
    json.dumps(answer, allow_nan=False)


def test_actuated_beats_a_plan_that_knows_nothing(corridor: Path) -> None:
    plan = simulate(SimulationSettings(str(corridor), "fixed_time", minutes=8))
    actuated = simulate(SimulationSettings(str(corridor), "actuated", minutes=8))
    assert actuated["delay_s"] < plan["delay_s"]


def test_a_run_can_be_had_again(corridor: Path) -> None:
    settings = SimulationSettings(str(corridor), "actuated", seed=4, minutes=MINUTES)
    one, other = simulate(settings), simulate(settings)
    for name in TIMES:
        del one[name], other[name]
    assert one == other


def test_a_cold_start_goes_through_the_start_up_and_comes_to_the_programme(
    corridor: Path, lamps_of: Callable[[SimulationSettings], tuple[Lamps, dict[str, Any]]]
) -> None:
    warm, _ = lamps_of(SimulationSettings(str(corridor), "fixed_time", minutes=4))
    cold, answer = lamps_of(SimulationSettings(str(corridor), "fixed_time", minutes=4, cold_start=True))
    begin_s, *_, last_s = cold
    assert set(cold[begin_s]["A"]) <= set("oO"), "dark at power-on"
    assert cold[last_s] == warm[last_s]
    assert answer["breaks"] == []


def test_a_run_that_is_journalled_replays_to_the_last_bit(corridor: Path, tmp_path: Path) -> None:
    journal = tmp_path / "run.journal"
    answer = simulate(SimulationSettings(str(corridor), "actuated", minutes=2, journal=journal))
    report = replay(journal)
    assert report.difference is None
    assert report.steps == 121
    assert answer["decisions"] > 0


def test_nothing_is_written_into_the_scenario(corridor: Path) -> None:
    def fingerprint() -> dict[Path, str]:
        files = [path for path in corridor.rglob("*") if path.is_file()]
        return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    before = fingerprint()
    for strategy in strategies():
        simulate(SimulationSettings(str(corridor), strategy, minutes=0.5))
    assert fingerprint() == before


def test_a_scenario_without_signals_says_so(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"road\.net\.xml has no traffic lights"):
        simulate(SimulationSettings(str(make_road(tmp_path / "road"))))


def test_a_site_of_another_network_says_so(corridor: Path, grid: Path, tmp_path: Path) -> None:
    for name, text in prepare(str(grid)).site.bundle.files.items():
        path = tmp_path / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    with pytest.raises(ScenarioError, match=r"of another network: no traffic light .*A0"):
        simulate(SimulationSettings(str(corridor), site=tmp_path / "site"))


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"strategy": "clever"}, "unknown strategy 'clever': one of own-plan, sumo-actuated, .*fixed_time, actuated"),
        ({"link": "pigeon"}, "unknown link 'pigeon': one of direct, wire"),
        ({"strategy": "own-plan", "journal": Path("x")}, "nothing to journal"),
        ({"minutes": -1.0}, "more than 0"),
    ],
)
def test_settings_that_make_no_sense_are_refused(corridor: Path, wrong: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ScenarioError, match=sentence):
        simulate(SimulationSettings(str(corridor), **wrong))


def test_vehicles_of_before_the_begin_do_not_count(corridor: Path) -> None:
    early = simulate(SimulationSettings(str(corridor), "own-plan", minutes=5))
    late = simulate(SimulationSettings(str(corridor), "own-plan", begin_s=400, minutes=5))
    assert late["begin_s"] == 400
    assert late["vehicles"] <= early["vehicles"]


def test_a_configuration_is_a_scenario_too(corridor: Path, tmp_path: Path) -> None:
    for name in ("corridor.net.xml", "corridor.rou.xml"):
        (tmp_path / name).write_bytes((corridor / name).read_bytes())
    write_config(tmp_path, "corridor.net.xml", ["corridor.rou.xml"], begin=100, end=160, name="short.sumocfg")
    answer = simulate(SimulationSettings(str(tmp_path / "short.sumocfg"), "own-plan"))
    assert answer["simulated_s"] == 60
