"""Does the simulated town run by itself as a town should, the same each time, and is a broken rule found out in it?"""

from typing import Any

import pytest

from controller.events import CabinetMode
from sim.faults.campaign import CampaignSettings, run_campaign
from sim.faults.world import World, WorldSettings

JUNCTIONS = 4
"""A smaller town than that of `make faults-long`, so that the tests take seconds."""


def ten_minutes(**settings: Any) -> World:
    world = World(WorldSettings(junctions=4, **settings))
    world.run(600)
    return world


@pytest.mark.parametrize("strategy", ["fixed_time", "actuated"])
def test_without_faults_nothing_is_broken_and_everybody_is_served(strategy: str) -> None:
    world = ten_minutes(strategy=strategy)
    assert world.breaches == []
    assert world.in_mode(CabinetMode.REMOTE) == 4
    assert world.centre is not None
    assert set(world.centre.modes().values()) == {strategy}
    assert world.traffic.served_veh > 500
    assert max(one.worst_wait_s for one in world.liveness.values()) < 120


def test_one_seed_is_one_run_and_another_seed_is_another() -> None:
    def history(seed: int) -> list[float]:
        return [float(queue) for queue in ten_minutes(seed=seed).traffic.queue_veh]

    assert history(1) == history(1)
    assert history(1) != history(2)


@pytest.mark.parametrize(("seed", "strategy"), [(1, "fixed_time"), (2, "actuated")])
def test_an_hour_of_faults_breaks_nothing(seed: int, strategy: str) -> None:
    result = run_campaign(CampaignSettings(seed, 1.0, strategy, junctions=JUNCTIONS))
    assert result.breaches == ()
    assert result.believed_wrongly == 0
    assert result.faults.total() > 30
    assert min(result.blocks) > 20, "the hour must be one in which cabinets take and refuse"
