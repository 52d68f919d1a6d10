"""Does a core that was put down and taken up go on to the last bit as one that never stopped?"""

from __future__ import annotations

import random

import pytest

from controller import Controller, SnapshotMismatchError, StepResult
from tests.towns import ObedientStreet, three_stage_junction, timing, town

TOWN = town(three_stage_junction("J1"), three_stage_junction("J2", [timing("own", 70, 9, (0, 1), (30, 2), (50, 3))]))


def traffic(seed: int, seconds: int) -> list[list[tuple[str, str]]]:
    """Random occupied loops for each second."""
    source = random.Random(seed)
    every = [(j, f"D{k}") for j in ("J1", "J2") for k in range(4)]
    return [[loop for loop in every if source.random() < 0.3] for _ in range(seconds)]


@pytest.mark.parametrize("strategy", ["fixed_time", "actuated", "planner"])
@pytest.mark.parametrize("taken_at_s", [0, 1, 37, 150])
def test_restored_core_answers_the_same(strategy: str, taken_at_s: int) -> None:
    """Same inputs after the snapshot, same outputs, at any second."""
    street = ObedientStreet(TOWN, strategy)
    twin: ObedientStreet | None = None
    ours: list[StepResult] = []
    theirs: list[StepResult] = []
    for second, busy in enumerate(traffic(7, 240)):
        if second == taken_at_s:
            twin = ObedientStreet(TOWN, strategy)
            twin.__dict__.update({k: v for k, v in vars(street).items() if k not in {"controller", "history"}})
            twin.stage = dict(street.stage)
            twin.controller = Controller.restore(TOWN, street.controller.snapshot(), strategy)
        result = street.second(busy=busy)
        if twin is not None:
            ours.append(result)
            theirs.append(twin.second(busy=busy))
    assert theirs == ours
    assert twin is not None
    assert twin.controller.snapshot() == street.controller.snapshot()


def test_a_snapshot_of_another_town_is_refused() -> None:
    """Columns would mean something else."""
    other = town(three_stage_junction("J1"))
    snapshot = Controller(other).snapshot()
    with pytest.raises(SnapshotMismatchError, match="start without it"):
        Controller.restore(TOWN, snapshot)
