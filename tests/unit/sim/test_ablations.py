"""Does each ablation take out the part that it names, and nothing else?"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from controller import Controller, Network
from controller.layout import FloatArray
from controller.state import LaneState
from controller.strategy import Planner
from controller.strategy.planner import IMPATIENCE_PLACE, SPILL_PLACE, TownOutlook
from sim.baselines.ablations import ABLATIONS, Unanchored, as_engineered, nobody_stands_in_green
from sim.prepared import prepare
from sim.simulate import SimulationSettings, simulate

pytestmark = pytest.mark.sumo


@pytest.fixture(scope="module")
def network(corridor: Path) -> Network:
    return prepare(str(corridor)).site.network


def measured_in(network: Network) -> LaneState:
    """What a controller measures in an empty town."""
    seen: list[LaneState] = []

    def look(state: LaneState) -> LaneState:
        seen.append(state)
        return state

    Controller(network, "planner", 0.0, sight=look).step(1.0, ())
    return seen[0]


def changed(before: LaneState, after: LaneState) -> set[str]:
    names = {field.name for field in fields(LaneState)} - {"insight"}
    return {name for name in names if not np.array_equal(getattr(before, name), getattr(after, name))}


def noting(kind: type[Planner], told: dict[type[Planner], FloatArray]) -> Callable[..., TownOutlook]:
    """Its own `_outlook`, with the prices noted that it gave."""
    outlook: Callable[..., TownOutlook] = kind._outlook

    def noted(self: Planner, *given: Any) -> TownOutlook:
        town = outlook(self, *given)
        told[kind] = town.prices
        return town

    return noted


@pytest.mark.parametrize(
    ("name", "place"), [("planner-no-patience", IMPATIENCE_PLACE), ("planner-no-spillback", SPILL_PLACE)]
)
def test_a_price_is_taken_out_and_no_other(
    network: Network, monkeypatch: pytest.MonkeyPatch, name: str, place: int
) -> None:
    """The prices that the search is given differ from the planner's at one place, and there are 0."""
    kind = ABLATIONS[name].kind
    told: dict[type[Planner], FloatArray] = {}
    for each in (Planner, kind):
        monkeypatch.setattr(each, "_outlook", noting(each, told))
    Controller(network, name, 0.0, also={name: kind}).step(1.0, ())
    assert np.flatnonzero(told[kind] != told[Planner]).tolist() == [place]
    assert told[kind][place] == 0.0


def test_nothing_learned_nothing_blocked(network: Network) -> None:
    measured = measured_in(network)
    slow = replace(measured, rate_veh_s=0.1 * measured.rate_veh_s)
    assert changed(measured, as_engineered(network)(slow)) == set()


def test_nobody_is_seen_to_wait_for_a_gap(network: Network) -> None:
    five = np.full(measured_in(network).stalled_s.shape, 5.0)
    measured = replace(measured_in(network), stalled_s=five, on_line_s=five)
    assert changed(measured, nobody_stands_in_green(network)(measured)) == {"stalled_s", "on_line_s"}


def test_counting_alone_never_finds_out_that_it_is_wrong(network: Network) -> None:
    """Two arrive, one leaves, and an anchor says that nobody is there: counted, there is one."""
    measured, sight = measured_in(network), Unanchored(network)
    arriving = np.zeros_like(measured.near_due)
    arriving[0, 0, 0] = 2.0
    nobody_goes = np.full_like(measured.still_s, 9.0)
    goes = nobody_goes.copy()
    goes[0, 0] = 0.0
    empty = np.zeros_like(measured.queue_veh)
    sight(replace(measured, near_due=arriving, still_s=nobody_goes, queue_veh=empty))
    told = sight(replace(measured, near_due=np.zeros_like(arriving), still_s=goes, queue_veh=empty))
    assert told.queue_veh[0, 0] == 1.0
    assert told.queue_veh.sum() == 1.0


@pytest.mark.parametrize("name", sorted(ABLATIONS))
def test_an_ablation_drives_a_town_and_breaks_nothing(corridor: Path, name: str) -> None:
    answer = simulate(SimulationSettings(str(corridor), name, minutes=3))
    assert (answer["invariant_breaks"], answer["finished"] > 20) == (0, True)
