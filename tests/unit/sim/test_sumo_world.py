"""Does the street in SUMO tell its loops truly, show the lamps it is given, and write nothing where it must not?"""

import hashlib
from pathlib import Path

import pytest
import traci

from sim.measures import read_person_delays, read_trips
from sim.scenario import ScenarioError, read_scenario
from sim.sumo_binaries import sumo_program
from sim.sumo_files import LoopPlace, RunFiles
from sim.sumo_net import read_net
from sim.sumo_world import ButtonPlace, SumoWorld
from tests.sumo_streets import write_config

pytestmark = pytest.mark.sumo
BEGIN_S, END_S = 100.0, 400.0


def world(street: Path, folder: Path, **more: object) -> SumoWorld:
    scenario = read_scenario(street)
    folder.mkdir(exist_ok=True)
    settings = {"begin_s": BEGIN_S, "end_s": END_S, "seed": 3} | more
    return SumoWorld(scenario, read_net(scenario.net), RunFiles(folder), **settings)  # type: ignore[arg-type]


def fingerprint(folder: Path) -> dict[str, str]:
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def test_loops_tell_every_vehicle_once_and_edges_agree_with_occupancy(corridor: Path, tmp_path: Path) -> None:
    loops = [LoopPlace("A", "D1", "WA_1", 200.0, 2.0), LoopPlace("A", "D2", "WA_2", 200.0, 2.0)]
    counted = dict.fromkeys(("D1", "D2"), 0)
    occupied = dict.fromkeys(("D1", "D2"), 0)
    by_edges = dict.fromkeys(("D1", "D2"), 0)
    on_since: dict[str, float] = {}
    with world(corridor, tmp_path / "run", loops=loops) as street:
        while street.now_s < END_S:
            street.step()
            (reading,) = street.readings()
            assert (reading.t0_s, reading.t1_s) == (street.now_s - 1, street.now_s)
            for loop, count, ms in zip(reading.loops, reading.counts, reading.occupied_ms, strict=True):
                counted[loop] += count
                occupied[loop] += ms
            for ms, loop, on in reading.edges:
                now_ms = reading.t0_s * 1000 + ms
                assert on != (loop in on_since), "edges take turns"
                if on:
                    on_since[loop] = now_ms
                else:
                    by_edges[loop] += round(now_ms - on_since.pop(loop))
        look = street.last_look()
    for loop, since_ms in on_since.items():
        by_edges[loop] += round(END_S * 1000 - since_ms)
    assert by_edges == occupied
    came = [trip for trip in read_trips(tmp_path / "run" / "tripinfo.xml", look.vehicle_class, {}) if trip.departed]
    eastward = [trip for trip in came if trip.entry_edge == "WA"]
    # Every vehicle from the west passes one of the two loops 200 m on; the last few are still on the way.
    assert len(eastward) - 5 <= sum(counted.values()) <= len(eastward)


def test_the_same_seed_gives_the_same_second(corridor: Path, tmp_path: Path) -> None:
    def hour(folder: str) -> list[object]:
        with world(corridor, tmp_path / folder, loops=[LoopPlace("A", "D1", "WA_1", 200.0, 2.0)]) as street:
            return [(street.step(), street.readings()) for _ in range(120)]

    assert hour("one") == hour("two")


def test_a_window_shows_the_same_street(corridor: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loops = [LoopPlace("A", "D1", "WA_1", 200.0, 2.0), LoopPlace("A", "D2", "WA_2", 200.0, 2.0)]
    button = ButtonPlace("A", "P1", tuple(read_net(corridor / "corridor.net.xml").crossings))

    def seconds(folder: str, *, gui: bool) -> list[object]:
        with world(corridor, tmp_path / folder, loops=loops, buttons=[button], gui=gui) as street:
            street.show("A", "r" * len(street.lamps("A")))
            told = [(street.step(), street.readings(), street.first_in_line("WA_1")) for _ in range(60)]
            return [*told, street.last_look(), street.version]

    # SUMO without a window, but spoken to as if it had one: over TraCI.
    monkeypatch.setattr("sim.sumo_world.sumo_program", lambda name: sumo_program(name.removesuffix("-gui")))
    monkeypatch.setattr("sim.sumo_world._window", lambda _scenario: [])
    assert seconds("traci", gui=True) == seconds("libsumo", gui=False)


def test_a_window_that_is_closed_ends_the_run_in_a_sentence(
    corridor: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sim.sumo_world.sumo_program", lambda name: sumo_program(name.removesuffix("-gui")))
    monkeypatch.setattr("sim.sumo_world._window", lambda _scenario: [])
    with world(corridor, tmp_path / "run", gui=True) as street:
        street.step()
        traci.getConnection("default")._process.kill()
        with pytest.raises(ScenarioError, match=r"SUMO ended at 101 s, before the run did .* was its window closed"):
            street.step()


def test_lamps_are_shown_from_the_next_second(corridor: Path, tmp_path: Path) -> None:
    with world(corridor, tmp_path / "run") as street:
        red = "r" * len(street.lamps("A"))
        street.show("A", red)
        for _ in range(200):
            street.step()
            assert street.lamps("A") == red
        assert street.halted_on("WA_1")
        assert street.first_in_line("WA_1") is not None
        assert street.first_in_line("WA_1")[0] == "A"  # type: ignore[index]  # asserted above


def test_who_stands_before_a_crossing_presses_its_button(corridor: Path, tmp_path: Path) -> None:
    crossings = tuple(read_net(corridor / "corridor.net.xml").crossings)
    button = ButtonPlace("A", "P1", tuple(crossing for crossing in crossings if crossing.startswith(":A")))
    pressed, held = 0, 0
    with world(corridor, tmp_path / "run", buttons=[button]) as street:
        street.show("A", "r" * len(street.lamps("A")))
        while street.now_s < END_S:
            street.step()
            (reading,) = street.readings()
            pressed += sum(reading.counts)
            held += sum(reading.occupied_ms)
        look = street.last_look()
    standing = [seconds for seconds in look.person_waiting_s.values() if seconds > 0]
    assert pressed >= len(standing) > 0
    assert held >= 1000 * max(standing)
    delays = read_person_delays(tmp_path / "run" / "tripinfo.xml", look.person_waiting_s)
    assert max(delays) >= max(standing)


def test_who_cannot_enter_is_known_by_road(corridor: Path, tmp_path: Path) -> None:
    with world(corridor, tmp_path / "run", end_s=700.0) as street:
        street.show("A", "r" * len(street.lamps("A")))
        while street.now_s < 700:
            street.step()
        look = street.last_look()
    trips = list(read_trips(tmp_path / "run" / "tripinfo.xml", look.vehicle_class, look.entry_of_outside))
    outside = [trip for trip in trips if not trip.departed]
    assert outside
    assert {trip.entry_edge for trip in outside} <= {"WA", "ANA", "EB", "BNB"}
    assert {trip.vehicle_class for trip in trips} == {"car", "motorcycle"}


def test_nothing_is_written_into_the_scenario(corridor: Path, tmp_path: Path) -> None:
    street = tmp_path / "street"
    street.mkdir()
    for name in ("corridor.net.xml", "corridor.rou.xml"):
        (street / name).write_bytes((corridor / name).read_bytes())
    (street / "out.add.xml").write_text(
        '<additional><e1Detector id="d" lane="WA_1" pos="9" freq="10" file="e1.xml"/>'
        '<edgeData id="m" freq="10" file="edges.xml"/>'
        '<timedEvent type="SaveTLSStates" source="A" dest="states.xml"/></additional>'
    )
    more = '<output><tripinfo-output value="t.xml"/></output><report><log value="log.txt"/></report>'
    write_config(
        street, "corridor.net.xml", ["corridor.rou.xml"], additional=["out.add.xml"], begin=100, end=400, more=more
    )
    before = fingerprint(street)
    with world(street, tmp_path / "run") as running:
        for _ in range(60):
            running.step()
    assert fingerprint(street) == before
    assert (tmp_path / "run" / "tripinfo.xml").is_file()


def test_what_sumo_cannot_load_is_told_in_its_words(corridor: Path, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"cannot load.*position of e1Detector 'A/D1' lies beyond"):
        world(corridor, tmp_path / "run", loops=[LoopPlace("A", "D1", "WA_1", 5000.0, 2.0)])
