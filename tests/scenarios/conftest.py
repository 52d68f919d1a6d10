"""Streets for whole runs, made once a session."""

from pathlib import Path

import pytest

from tests.sumo_streets import make_corridor, make_grid


@pytest.fixture(scope="session")
def corridor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two signals, crossings, left-hand traffic, motorcycles and pedestrians."""
    return make_corridor(tmp_path_factory.mktemp("corridor"))


@pytest.fixture(scope="session")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine signals."""
    return make_grid(tmp_path_factory.mktemp("grid"))
