"""Can a part of a strategy be changed by name, and is a slip told?"""

from pathlib import Path

import pytest

from controller.model import PlanChange, StrategyParameters
from sim.parameters import changed_parameters, names
from sim.scenario import ScenarioError
from sim.simulate import SimulationSettings, simulate


def test_values_are_read_like_the_ones_they_replace() -> None:
    transition = next(change for change in PlanChange if change is not StrategyParameters().transition)
    found = changed_parameters(StrategyParameters(), [("gap_s", "2"), ("transition", str(transition.value))])
    assert (found.gap_s, found.transition) == (2.0, transition)
    assert isinstance(found.gap_s, float)


@pytest.mark.parametrize(("name", "text", "said"), [("gap", "2", "gap_s"), ("gap_s", "long", "a value like 3")])
def test_a_slip_says_what_there_is(name: str, text: str, said: str) -> None:
    with pytest.raises(ScenarioError, match=said):
        changed_parameters(StrategyParameters(), [(name, text)])


def test_every_parameter_has_a_name_of_its_own() -> None:
    found = names(StrategyParameters())
    assert len(found) == len(set(found)) > 5


@pytest.mark.sumo
def test_a_changed_parameter_reaches_the_strategy(corridor: Path) -> None:
    runs = [
        simulate(SimulationSettings(str(corridor), "actuated", minutes=3, changes=changes))
        for changes in ((), (("gap_s", "1.0"),), ())
    ]
    decisions = [run["decisions"] for run in runs]
    assert decisions[0] == decisions[2] != decisions[1]


def test_what_sumo_drives_has_no_parameters(corridor: Path) -> None:
    with pytest.raises(ScenarioError, match="our own strategies"):
        simulate(SimulationSettings(str(corridor), "own-plan", changes=(("gap_s", "1.0"),)))
