"""Is a scenario found, read as SUMO reads it, and left as it was?"""

from pathlib import Path

import pytest

from sim.scenario import SEARCH_VARIABLE, ScenarioError, find_scenario, read_scenario, seconds
from tests.sumo_streets import write_config

pytestmark = pytest.mark.sumo


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A scenario whose files are there but empty: enough to read its configuration."""
    street = tmp_path / "town" / "morning"
    street.mkdir(parents=True)
    for name in ("a.net.xml", "a.rou.xml", "b.rou.xml", "a.add.xml"):
        (street / name).write_text("<x/>")
    return write_config(street, "a.net.xml", ["a.rou.xml", "b.rou.xml"], begin=25200, end=28800)


def test_inputs_are_absolute_and_in_order(folder: Path) -> None:
    scenario = read_scenario(folder)
    assert scenario.name == "morning"
    assert scenario.net == folder / "a.net.xml"
    assert scenario.routes == (folder / "a.rou.xml", folder / "b.rou.xml")
    assert scenario.window() == (25200, 28800)


def test_outputs_clock_and_seed_are_left_out_and_behaviour_is_kept(folder: Path) -> None:
    more = (
        '<output><tripinfo-output value="t.xml"/></output><report><log value="log.txt"/></report>'
        '<random_number><seed value="9"/></random_number><ssm_device><device.ssm.file value="s.xml"/></ssm_device>'
        '<routing><device.rerouting.output value="r.xml"/><device.rerouting.probability value="0.3"/></routing>'
        '<processing><lateral-resolution value="0.8"/><ignore-route-errors value="true"/>'
        '<time-to-teleport value="300"/><max-depart-delay value="60"/></processing>'
    )
    write_config(folder, "a.net.xml", ["a.rou.xml"], begin=0, end=10, more=more)
    assert dict(read_scenario(folder).options) == {
        "device.rerouting.probability": "0.3",
        "lateral-resolution": "0.8",
        "ignore-route-errors": "true",
    }


def test_the_window_is_an_hour_unless_told(folder: Path) -> None:
    write_config(folder, "a.net.xml", [], begin=100, end=-1)
    scenario = read_scenario(folder)
    assert scenario.window() == (100, 3700)
    assert scenario.window(minutes=10) == (100, 700)
    assert scenario.window(begin_s=400) == (400, 4000)
    assert scenario.window(begin_s=400, minutes=1) == (400, 460)
    with pytest.raises(ScenarioError, match="more than 0"):
        scenario.window(minutes=0)


def test_a_configuration_that_ends_early_ends_the_window(folder: Path) -> None:
    write_config(folder, "a.net.xml", [], begin=100, end=700)
    assert read_scenario(folder).window() == (100, 700)


def test_a_scenario_is_found_by_name_under_the_search_path(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SEARCH_VARIABLE, str(folder.parents[1]))
    assert find_scenario("town/morning") == folder / "run.sumocfg"
    with pytest.raises(ScenarioError, match=r"known here: .*town/morning"):
        find_scenario("town/evening")


def test_a_folder_of_stories_names_them(folder: Path) -> None:
    with pytest.raises(ScenarioError, match=r"holds no .sumocfg: name one of the folders in it \(morning\)"):
        find_scenario(folder.parent)


def test_two_configurations_in_a_folder_are_named(folder: Path) -> None:
    write_config(folder, "a.net.xml", [], begin=0, end=1, name="other.sumocfg")
    with pytest.raises(ScenarioError, match=r"other\.sumocfg, run\.sumocfg.*name one of the files"):
        find_scenario(folder)
    assert find_scenario(folder / "other.sumocfg").name == "other.sumocfg"


def test_a_missing_input_is_named(folder: Path) -> None:
    (folder / "b.rou.xml").unlink()
    with pytest.raises(ScenarioError, match=r"b\.rou\.xml is named in it but is not there"):
        read_scenario(folder)


def test_a_configuration_that_sumo_refuses_says_why(folder: Path) -> None:
    (folder / "run.sumocfg").write_text("<configuration><input><net-file value=")
    with pytest.raises(ScenarioError, match="SUMO cannot read this configuration; it says: "):
        read_scenario(folder)


def test_a_configuration_without_a_network_says_so(folder: Path) -> None:
    (folder / "run.sumocfg").write_text("<configuration/>")
    with pytest.raises(ScenarioError, match="no net-file"):
        read_scenario(folder)


@pytest.mark.parametrize(
    ("text", "expected"), [("25200", 25200), ("7:00", 25200), ("7:00:30", 25230), ("1:0:0:1", 86401), ("-1", -1)]
)
def test_times_of_day(text: str, expected: float) -> None:
    assert seconds(text) == expected
