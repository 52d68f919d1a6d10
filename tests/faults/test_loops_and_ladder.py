"""Faults of loops, gateways and strategies in the closed loop of a small street: what do they cost?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from controller import Controller, DetectorReading, Input, Rung, StepResult
from controller.strategy import Actuated
from sim.direct_centre import DirectCentre
from sim.simulate import SimulationSettings, simulate
from tests.sumo_streets import make_grid

pytestmark = pytest.mark.sumo
Garble = Callable[[DetectorReading, float], DetectorReading | None]
"""What a gateway makes of a reading at a time; `None`: it says nothing."""
Q1 = 1.10
"""Mean delay under a data fault, as a share of the fixed plan's on the same demand."""
MINUTES = 10.0


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(make_grid(tmp_path_factory.mktemp("grid"), size=2))


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[dict[str, Any], dict[str, list[Rung]]]]:
    """Runs a simulation with garbled loops; its answer, and the rung of each junction second by second."""

    def run(settings: SimulationSettings, garble: Garble) -> tuple[dict[str, Any], dict[str, list[Rung]]]:
        stood: dict[str, list[Rung]] = {}
        second, step = DirectCentre.second, Controller.step

        def garbled(centre: DirectCentre, readings: Sequence[DetectorReading], now_s: float) -> None:
            second(centre, [said for reading in readings if (said := garble(reading, now_s))], now_s)

        def watched(controller: Controller, now_s: float, inputs: Sequence[Input]) -> StepResult:
            result = step(controller, now_s, inputs)
            for view in controller.state_view():
                stood.setdefault(view.junction, []).append(view.rung)
            return result

        with monkeypatch.context() as patch:
            patch.setattr(DirectCentre, "second", garbled)
            patch.setattr(Controller, "step", watched)
            answer = simulate(settings)
        assert answer["breaks"] == []
        return answer, stood

    return run


def saying(reading: DetectorReading, wrong: dict[str, tuple[int, int]]) -> DetectorReading:
    """The reading with (count, occupied ms) of some loops put in by hand."""
    said = [
        wrong.get(loop, (count, ms))
        for loop, count, ms in zip(reading.loops, reading.counts, reading.occupied_ms, strict=True)
    ]
    edges = tuple(edge for edge in reading.edges if edge[1] not in wrong)
    return replace(
        reading, counts=tuple(count for count, _ in said), occupied_ms=tuple(ms for _, ms in said), edges=edges
    )


def hangs(reading: DetectorReading, now_s: float) -> DetectorReading:
    """The first loop of each junction is on for ever."""
    return saying(reading, {reading.loops[0]: (0, 1000)})


def third_dead(reading: DetectorReading, now_s: float) -> DetectorReading:
    """Three loops of ten see nobody."""
    return saying(reading, {loop: (0, 0) for place, loop in enumerate(reading.loops) if place % 10 in {1, 4, 7}})


@pytest.mark.parametrize("garble", [hangs, third_dead])
def test_broken_loops_cost_no_more_than_the_fixed_plan(garble: Garble, grid: str, run: Any) -> None:
    """Q1: actuation that is lied to is at most a tenth worse than no loops at all."""
    plan = simulate(SimulationSettings(grid, "fixed_time", minutes=MINUTES))
    lied_to, _ = run(SimulationSettings(grid, "actuated", minutes=MINUTES), garble)
    assert lied_to["delay_s"] <= Q1 * plan["delay_s"]


def test_a_silent_gateway_takes_its_junction_down_the_ladder_and_back(grid: str, run: Any) -> None:
    """F24: within 6 s, that junction alone; when it speaks again, a minute later adaptive, then the top (F13)."""

    def silent(reading: DetectorReading, now_s: float) -> DetectorReading | None:
        return None if reading.junction == "A0" and 100 <= now_s < 200 else reading

    _, stood = run(SimulationSettings(grid, "actuated", minutes=5), silent)
    rungs = stood.pop("A0")
    assert rungs.index(Rung.PLAN) in range(104, 107)
    assert rungs[199] is Rung.PLAN
    assert rungs.index(Rung.SUBSTITUTES, 200) in range(259, 262)
    assert rungs[-1] is Rung.ADAPTIVE
    assert all(set(others) == {Rung.ADAPTIVE} for others in stood.values())


def test_a_strategy_that_raises_costs_a_rung_and_no_light(grid: str, run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan runs from the next second on; the strategy is tried again after a minute."""
    propose, asked = Actuated.propose, 0

    def sometimes(*arguments: Any) -> Any:
        nonlocal asked
        asked += 1
        if asked == 60:
            raise ZeroDivisionError
        return propose(*arguments)

    monkeypatch.setattr(Actuated, "propose", sometimes)
    _, stood = run(SimulationSettings(grid, "actuated", minutes=3), lambda reading, now_s: reading)
    for rungs in stood.values():
        assert rungs.index(Rung.PLAN) in range(58, 62)
        assert rungs.index(Rung.SUBSTITUTES) - rungs.index(Rung.PLAN) in range(59, 62)
