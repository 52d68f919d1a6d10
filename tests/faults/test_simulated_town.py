"""Does the simulated town run by itself as a town should, the same each time, and is a broken rule found out in it?"""

import random
from collections import Counter
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from controller.events import CabinetMode
from field_io.errors import JournalError
from sim.faults.campaign import CampaignSettings, run_campaign
from sim.faults.checker import Breach
from sim.faults.fault import Fault
from sim.faults.line_troubles import TROUBLES
from sim.faults.nemesis import Nemesis
from sim.faults.page import long_run_page
from sim.faults.town_journal import _Disk
from sim.faults.world import World, WorldSettings

JUNCTIONS = 4
"""A smaller town than that of `make faults-long`, so that the tests take seconds."""


def town_after(seconds: int, **settings: Any) -> World:
    world = World(WorldSettings(junctions=4, **settings))
    world.run(seconds)
    return world


@pytest.mark.parametrize("strategy", ["fixed_time", "actuated"])
def test_without_faults_nothing_is_broken_and_everybody_is_served(strategy: str) -> None:
    world = town_after(600, strategy=strategy)
    assert world.breaches == []
    assert world.in_mode(CabinetMode.REMOTE) == 4
    assert world.centre is not None
    assert set(world.centre.modes().values()) == {strategy}
    assert world.traffic.served_veh > 500
    assert max(one.worst_wait_s for one in world.liveness.values()) < 120


def test_one_seed_is_one_run_and_another_seed_is_another() -> None:
    def history(seed: int) -> list[float]:
        return [float(queue) for queue in town_after(150, seed=seed).traffic.queue_veh]

    assert history(1) == history(1)
    assert history(1) != history(2)


def test_an_hour_of_faults_breaks_nothing() -> None:
    result = run_campaign(CampaignSettings(2, 1.0, "actuated", junctions=JUNCTIONS, journal=True))
    assert result.breaches == ()
    assert result.believed_wrongly == 0
    assert result.faults.total() > 30
    assert min(result.blocks) > 20, "the hour must be one in which cabinets take and refuse"
    assert result.recoveries.total() == JUNCTIONS


def test_the_page_of_a_long_run_tells_what_was_reached_and_what_was_not_run() -> None:
    settings = CampaignSettings(1, 0.05, "fixed_time", junctions=1)
    asked = [settings, CampaignSettings(2, 24.0, "planner", junctions=1)]
    result = run_campaign(settings)
    hours = Counter({"asked": 3, "hold-off": 2})
    broken = replace(result, breaches=(Breach(25_300.0, "J01", "S1", "N, E"),), recoveries=hours)
    page = long_run_page([broken], asked, date(2026, 1, 5))
    assert "**1 of 2 seeds, 0.05 simulated hours: breaches 1 of S1.**" in page
    assert "Not run: seed 2 (planner, 24 h)." in page
    assert "of 3 junctions; 2 had fallen again and again" in page
    assert "- seed 1, 25300.0 s, J01: S1, N, E" in page
    assert "| remote |" in page


def test_a_request_that_a_bad_line_swallowed_is_made_again_and_not_only_renewed() -> None:
    """Every other round is torn: what is heard in the rounds between is the echo of the block before."""
    world = town_after(2)
    place = world.places["J02"]
    apart_s = longest_s = 0
    for second in range(600):
        if second % 25 == 0:
            place.troubles[1] = TROUBLES["torn"](random.Random(second))
        if second % 25 == 12:
            del place.troubles[1]
        world.second()
        assert world.centre is not None
        view = next(view for view in world.centre.controller.state_view() if view.junction == "J02")
        apart_s = apart_s + 1 if view.stage != place.cabinet.wanted_stage else 0
        longest_s = max(longest_s, apart_s)
    assert world.breaches == []
    assert longest_s <= 12, "as long as the line is torn, and no longer"


# ------------------------------------------------------------------------------------- what the controller wrote down


def killed_after(seconds: int, **settings: Any) -> World:
    """A town whose controller dies and comes again, with its journal."""
    world = town_after(seconds, journal=True, **settings)
    assert world.journal is not None
    world.centre = None
    world.journal.killed()
    world.run(3)
    world.centre = world.start_centre(journal=world.journal)
    world.run(10)
    world.end()
    return world


def test_everything_that_was_executed_lies_in_the_files_of_centres_that_died_and_of_the_last_one() -> None:
    world = killed_after(60)
    assert world.journal is not None
    told = world.journal.told
    assert world.breaches == []
    assert told["executed commands"] > 200
    assert told["steps read again"] == 70
    assert told["steps compared"] >= 4
    assert told["starts"] == 2


def test_a_disk_that_is_full_for_a_while_loses_nothing_that_was_executed() -> None:
    world = town_after(20, journal=True)
    assert world.journal is not None
    world.journal.disk_fails = True
    world.run(15)
    world.journal.disk_fails = False
    world.run(15)
    world.end()
    assert world.breaches == []
    assert world.journal.told["steps read again"] == 50


def test_commands_that_go_out_before_they_are_written_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sim.faults.town_journal.TownJournal.end_step", lambda *_: None)
    world = town_after(3, journal=True)
    world.end()
    assert {breach.invariant for breach in world.breaches} == {"S8"}


def test_results_that_never_reach_the_file_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    execute = _Disk.execute

    def forgets(disk: _Disk, statement: str, values: Any = ()) -> Any:
        return execute(disk, "SELECT 1") if "INTO result" in statement else execute(disk, statement, values)

    monkeypatch.setattr(_Disk, "execute", forgets)
    assert {breach.invariant for breach in killed_after(5).breaches} == {"S8"}


def test_a_start_that_its_journal_ends_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(_folder: object) -> None:
        raise JournalError("journal-000001.sqlite", "nobody caught this")

    monkeypatch.setattr("sim.faults.town_journal.read_last_state", unreadable)
    world = town_after(3, journal=True)
    world.end()
    assert "L4" in {breach.invariant for breach in world.breaches}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_is_damaged_the_next_start_opens_or_sets_aside(seed: int) -> None:
    world = town_after(5, journal=True)
    assert world.journal is not None
    world.journal.killed()
    world.journal.damage(random.Random(seed))
    world.centre = world.start_centre(journal=world.journal)
    world.run(5)
    world.end()
    assert world.breaches == []
    assert world.journal.told["files damaged"] == 1


def test_a_centre_that_has_gone_mad_has_still_written_what_it_sends() -> None:
    story = [Fault(1, "mad centre", "", 5, 45, seed=1)]
    world = town_after(2, journal=True)
    nemesis = Nemesis(world, story)
    for _ in range(60):
        nemesis.second()
        world.second()
    world.end()
    assert world.breaches == []
    assert world.journal is not None
    assert world.journal.told["steps compared"] >= 3
