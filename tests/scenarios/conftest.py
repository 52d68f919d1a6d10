"""Streets for whole runs, made once a session."""

from pathlib import Path

import pytest

from plans import write_site
from sim.importer import import_sumo
from sim.scenario import read_scenario
from tests.sumo_streets import make_corridor, make_grid


@pytest.fixture(scope="session")
def corridor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two signals, crossings, left-hand traffic, motorcycles and pedestrians."""
    return make_corridor(tmp_path_factory.mktemp("corridor"))


@pytest.fixture(scope="session")
def corridor_site(corridor: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The two signals as a site."""
    scenario = read_scenario(corridor)
    imported = import_sumo(scenario.net, scenario.additional, site="corridor")
    return write_site(imported.bundle, tmp_path_factory.mktemp("corridor-site") / "site")


@pytest.fixture(scope="session")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine signals."""
    return make_grid(tmp_path_factory.mktemp("grid"))
