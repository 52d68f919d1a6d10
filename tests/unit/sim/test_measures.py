"""Are the measures those of the formula, on numbers worked by hand?"""

from pathlib import Path

import pytest

from sim.measures import (
    PERSONS_ABOARD,
    ClassDelay,
    QueueRecord,
    approach_delays,
    measure,
    read_person_delays,
    read_person_waits,
    read_queues,
    read_trips,
)
from sim.sumo_net import Approach

TRIPS = """<tripinfos>
    <tripinfo id="a" depart="10.00" departLane="in_0" departDelay="2.00" arrival="70.00" duration="60.00"
        waitingTime="20.00" waitingCount="2" timeLoss="30.00" vType="saloon"/>
    <tripinfo id="b" depart="20.00" departLane="in_1" departDelay="0.00" arrival="-1.00" duration="80.00"
        waitingTime="50.00" waitingCount="1" timeLoss="60.00" vType="scooter"/>
    <tripinfo id="c" depart="-1" departLane="" departDelay="90.00" arrival="-1.00" duration="0.00"
        waitingTime="0.00" waitingCount="0" timeLoss="0.00" vType="saloon"/>
    <tripinfo id="later" depart="-1" departLane="" departDelay="-5.00" arrival="-1.00" duration="0.00"
        waitingTime="0.00" waitingCount="0" timeLoss="0.00" vType="saloon"/>
    <personinfo id="p" depart="5.00" type="ped"><walk timeLoss="12.00"/><walk timeLoss="8.00"/></personinfo>
    <personinfo id="q" depart="50.00" type="ped"><walk timeLoss="0.00" arrival="-1"/></personinfo>
    <personinfo id="tomorrow" depart="-1" type="ped"/>
</tripinfos>"""
CLASSES = {"saloon": "passenger", "scooter": "motorcycle"}
EDGES = """<meandata><interval begin="0" end="100" id="faikhiao">
    <edge id="in" sampledSeconds="140" timeLoss="80.00" departed="12" entered="0" left="11"/>
    <edge id="far" sampledSeconds="40" timeLoss="10.00" departed="0" entered="9" left="9"/>
    <edge id="side" sampledSeconds="40" timeLoss="500.00" departed="0" entered="3" left="3"/>
</interval></meandata>"""
SECONDS = """<summary>
    <step time="0" waiting="0" halting="2"/><step time="1" waiting="4" halting="6"/>
    <step time="2" waiting="1" halting="1"/>
</summary>"""


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "trips.xml").write_text(TRIPS)
    (tmp_path / "edges.xml").write_text(EDGES)
    (tmp_path / "seconds.xml").write_text(SECONDS)
    return tmp_path


def test_delay_takes_finished_unfinished_and_never_departed(files: Path) -> None:
    trips = list(read_trips(files / "trips.xml", CLASSES, {"c": "in"}))
    found = measure(trips, [], QueueRecord(0, 0, 0), {})
    assert (found.vehicles, found.finished, found.unfinished, found.undeparted) == (3, 1, 1, 1)
    assert found.delay_s == pytest.approx((32 + 60 + 90) / 3)
    assert found.trip_s == pytest.approx(62)
    assert found.wait_s == pytest.approx(35)
    assert found.stops == pytest.approx(1.5)


def test_classes_and_persons(files: Path) -> None:
    trips = list(read_trips(files / "trips.xml", CLASSES, {}))
    people = read_person_delays(files / "trips.xml", {"q": 40.0})
    assert people == [20.0, 40.0]
    found = measure(trips, people, QueueRecord(0, 0, 0), {})
    assert found.by_class == {
        "car": ClassDelay(2, 61.0),
        "motorcycle": ClassDelay(1, 60.0),
        "pedestrian": ClassDelay(2, 30.0),
    }
    car, motorcycle = PERSONS_ABOARD["car"], PERSONS_ABOARD["motorcycle"]
    lost_s = car * (32 + 90) + motorcycle * 60 + 20 + 40
    assert found.person_delay_s == pytest.approx(lost_s / (2 * car + motorcycle + 2))


def test_the_worst_approach_counts_who_waits_outside_and_leaves_rare_ones_out(files: Path) -> None:
    trips = list(read_trips(files / "trips.xml", CLASSES, {"c": "in"}))
    approaches = [Approach("t", ("in", "far")), Approach("t", ("side",))]
    delays = approach_delays(files / "edges.xml", approaches, trips)
    # `in`: 12 departed on it and 1 waits outside; lost 80 + 10 on the way, 2 + 0 + 90 outside.
    assert delays == {"t/in": (13, 182.0), "t/side": (3, 500.0)}
    found = measure(trips, [], QueueRecord(0, 0, 0), delays)
    assert found.worst_approach == "t/in"
    assert found.worst_approach_s == pytest.approx(14)


def test_queues_over_the_seconds(files: Path) -> None:
    found = read_queues(files / "seconds.xml")
    assert (found.mean_veh, found.max_veh, found.outside_max_veh) == (3.0, 6, 4)
    assert found.by_minute_veh == (3.0,), "less than a minute is one"


def test_how_long_people_stood(files: Path) -> None:
    waits_s = read_person_waits(files / "trips.xml", {"q": 40.0})
    found = measure([], [], QueueRecord(0, 0, 0), {}, waits_s)
    assert (found.pedestrian_wait_s, found.pedestrian_wait_max_s) == (sum(waits_s) / 2, max(waits_s))
    assert max(waits_s) == 40, "of one still under way what SUMO knows now"


def test_an_empty_run_has_measures(tmp_path: Path) -> None:
    found = measure([], read_person_delays(tmp_path / "none.xml", {}), read_queues(tmp_path / "none.xml"), {})
    assert (found.vehicles, found.delay_s, found.person_delay_s, found.by_class) == (0, 0.0, 0.0, {})
