"""Does SUMO's actuated type keep what the site asks for where it is told to, and run as everybody runs it else?"""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from sim.baselines import write_actuated_programs
from sim.baselines.sumo_programs import Least
from sim.scenario import Scenario
from sim.sumo_files import RunFiles

PHASES = (("GrG", 20), ("Grr", 11), ("yrr", 3), ("rrr", 2), ("rGr", 15), ("ryr", 3), ("rrr", 2))
"""Link 0 with the crossing beside it, which clears while the vehicles go on; then link 1."""
LEAST = Least({0: 10.0, 1: 8.0, 2: 7.0}, frozenset({2}))


@pytest.fixture
def scenario(tmp_path: Path) -> Scenario:
    phases = "".join(f'<phase duration="{length_s}" state="{state}"/>' for state, length_s in PHASES)
    net = tmp_path / "a.net.xml"
    net.write_text(f'<net><tlLogic id="J">{phases}</tlLogic></net>')
    return Scenario("a", tmp_path / "a.sumocfg", net, (), (), 0.0, 60.0, ())


def bounds(scenario: Scenario, folder: Path, least: dict[str, Least] | None) -> list[tuple[str | None, str | None]]:
    path = write_actuated_programs(scenario, RunFiles(folder), least)
    return [(phase.get("minDur"), phase.get("maxDur")) for phase in ET.parse(path).iter("phase")]


def test_it_runs_with_the_usual_bounds_where_nothing_else_is_said(scenario: Scenario, tmp_path: Path) -> None:
    """The crossing's 11 s of clearance too: 5 to 60 s."""
    usual, none = ("5", "60"), (None, None)
    assert bounds(scenario, tmp_path, None) == [usual, usual, none, none, usual, none, none]


def test_walks_minimum_greens_and_clearances_are_kept_where_the_site_is_asked(
    scenario: Scenario, tmp_path: Path
) -> None:
    """7 s of walk (the clearance gives the vehicles more than their 10 s), 11 s of clearance, 8 s for link 1."""
    none = (None, None)
    assert bounds(scenario, tmp_path, {"J": LEAST}) == [("7", "60"), ("11", "11"), none, none, ("8", "60"), none, none]
