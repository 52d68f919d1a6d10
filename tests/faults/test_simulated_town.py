"""Does the simulated town run by itself as a town should, the same each time, and is a broken rule found out in it?"""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from controller.events import CabinetMode
from sim.faults.campaign import CampaignSettings, run_campaign
from sim.faults.checker import Breach
from sim.faults.page import long_run_page
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
    result = run_campaign(CampaignSettings(2, 1.0, "actuated", junctions=JUNCTIONS))
    assert result.breaches == ()
    assert result.believed_wrongly == 0
    assert result.faults.total() > 30
    assert min(result.blocks) > 20, "the hour must be one in which cabinets take and refuse"


def test_the_page_of_a_long_run_tells_what_was_reached_and_what_was_not_run() -> None:
    settings = CampaignSettings(1, 0.05, "fixed_time", junctions=1)
    asked = [settings, CampaignSettings(2, 24.0, "planner", junctions=1)]
    result = run_campaign(settings)
    broken = replace(result, breaches=(Breach(25_300.0, "J01", "S1", "N, E"),))
    page = long_run_page([broken], asked, date(2026, 1, 5))
    assert "**1 of 2 seeds, 0.05 simulated hours: breaches 1 of S1.**" in page
    assert "Not run: seed 2 (planner, 24 h)." in page
    assert "- seed 1, 25300.0 s, J01: S1, N, E" in page
    assert "| remote |" in page
