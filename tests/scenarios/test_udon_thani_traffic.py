"""Is the traffic of Udon Thani's stories that of a Thai town, and does SUMO move it as the README says?"""

import subprocess
import xml.etree.ElementTree as ET
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from sim.scenarios.udon_thani.build_network import HERE as TOWN
from sim.sumo_binaries import set_sumo_environment, sumo_program

pytestmark = pytest.mark.sumo

STORIES = {"am_peak": 25200, "midday": 43200, "pm_peak": 61200, "night": 79200, "fair": 68400}


@pytest.fixture(scope="module")
def net() -> ET.Element:
    return ET.parse(TOWN / "net" / "udon_thani.net.xml").getroot()


@pytest.mark.parametrize("story", STORIES)
def test_motorcycles_are_45_percent(story: str) -> None:
    wanted = expected_vehicles(story)
    total = sum(wanted.values())
    assert wanted["motorcycle"] / total == pytest.approx(0.45, abs=0.02)
    assert set(wanted) == {"motorcycle", "car", "pickup", "lorry", "songthaew"} | (
        {"bus"} if story != "night" else set()
    )


def test_peaks_are_busier_than_midday_and_night_is_quiet() -> None:
    total = {story: sum(expected_vehicles(story).values()) for story in STORIES}
    assert 6000 <= total["am_peak"] <= 9000
    assert 6000 <= total["pm_peak"] <= 9000
    assert total["midday"] == pytest.approx(0.6 * total["pm_peak"], rel=0.1)
    assert total["night"] == pytest.approx(0.2 * total["pm_peak"], rel=0.1)


def test_the_fair_draws_people_first_and_sends_them_home_later() -> None:
    gates, middle_s = {"F1", "F2"}, STORIES["fair"] + 1800
    towards, away = Counter[bool](), Counter[bool]()  # by whether it is the second half of the hour
    for flow in ET.parse(TOWN / "fair" / "private.rou.xml").getroot().iter("flow"):
        origin, goal = flow.attrib["id"].split(".")[0].split("_")
        late = float(flow.attrib["begin"]) >= middle_s
        towards[late] += round(vehicles(flow)) if goal in gates else 0
        away[late] += round(vehicles(flow)) if origin in gates else 0
    assert towards[False] > 2 * towards[True] > 0
    assert away[True] > 2 * away[False] > 0


def vehicles(flow: ET.Element) -> float:
    """Expected number of a flow: a Poisson one gives its rate [1/s], any other its headway [s]."""
    span_s = float(flow.attrib["end"]) - float(flow.attrib["begin"])
    period = flow.attrib["period"]
    return span_s * float(period[4:-1]) if period.startswith("exp(") else span_s / float(period)


def expected_vehicles(story: str) -> dict[str, float]:
    mixes = {
        mix.attrib["id"]: dict(
            zip(mix.attrib["vTypes"].split(), map(float, mix.attrib["probabilities"].split()), strict=True)
        )
        for mix in ET.parse(TOWN / "net" / "vtypes.add.xml").getroot().iter("vTypeDistribution")
    }
    wanted: dict[str, float] = defaultdict(float)
    for file in ("private", "public"):
        for flow in ET.parse(TOWN / story / f"{file}.rou.xml").getroot().iter("flow"):
            for vtype, share in mixes.get(flow.attrib["type"], {flow.attrib["type"]: 1.0}).items():
                wanted[vtype] += share * vehicles(flow)
    return dict(wanted)


def run_sumo(story: str, *arguments: str) -> str:
    """Run a story's begin in SUMO; its complaints."""
    set_sumo_environment()
    config = TOWN / story / f"{story}.sumocfg"
    command = [str(sumo_program("sumo")), "-c", str(config), "--seed", "1", "--no-step-log", *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return run.stderr


@pytest.mark.parametrize(("story", "begin_s"), STORIES.items())
def test_a_story_begins_at_its_hour_and_runs_without_a_complaint(story: str, begin_s: int, tmp_path: Path) -> None:
    summary = tmp_path / "summary.xml"
    assert run_sumo(story, "--end", str(begin_s + 60), "--summary-output", str(summary)) == ""
    steps = ET.parse(summary).getroot().findall("step")
    assert float(steps[0].attrib["time"]) == begin_s
    assert int(steps[-1].attrib["running"]) > 10


@pytest.fixture(scope="module")
def seven_minutes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first seven minutes of the evening peak: where everybody stands every ten seconds, who stops, who arrives."""
    folder = tmp_path_factory.mktemp("pm_peak")
    run_sumo(
        "pm_peak",
        *("--end", str(STORIES["pm_peak"] + 420), "--no-warnings"),
        *("--fcd-output", str(folder / "fcd.xml"), "--device.fcd.period", "10"),
        *("--fcd-output.attributes", "type,lane,pos,speed"),
        *("--stop-output", str(folder / "stops.xml"), "--tripinfo-output", str(folder / "trips.xml")),
    )
    return folder


def test_motorcycles_filter_to_the_front_of_queues(seven_minutes: Path, net: ET.Element) -> None:
    length_m = {lane.attrib["id"]: float(lane.attrib["length"]) for lane in net.iter("lane")}
    near, far = Counter[bool](), Counter[bool]()
    for vehicle in ET.parse(seven_minutes / "fcd.xml").getroot().iter("vehicle"):
        lane = vehicle.attrib["lane"]
        if "_a_" not in lane or float(vehicle.attrib["speed"]) > 0.5:
            continue
        to_stop_line_m = length_m[lane] - float(vehicle.attrib["pos"])
        motorcycle = vehicle.attrib["type"].startswith("motorcycle")
        if to_stop_line_m < 12.0:
            near[motorcycle] += 1
        elif to_stop_line_m > 20.0:
            far[motorcycle] += 1
    assert min(near.total(), far.total()) > 200
    assert near[True] / near.total() > far[True] / far.total() + 0.15


def test_songthaews_stop_where_people_wait(seven_minutes: Path) -> None:
    stops = [
        stop for stop in ET.parse(seven_minutes / "stops.xml").getroot() if stop.attrib["type"].startswith("songthaew")
    ]
    assert len({stop.attrib["busStop"] for stop in stops}) > 15
    assert all(float(stop.attrib["ended"]) - float(stop.attrib["started"]) >= 14.0 for stop in stops)


def test_people_cross_under_the_lights(seven_minutes: Path) -> None:
    walks = list(ET.parse(seven_minutes / "trips.xml").getroot().iter("walk"))
    assert len(walks) > 200
    assert all(float(walk.attrib["duration"]) < 300.0 for walk in walks)
    waited = sum(float(walk.attrib["timeLoss"]) > 20.0 for walk in walks)
    assert waited > len(walks) / 3
