"""A small street in SUMO, made once a session."""

from pathlib import Path

import pytest

from tests.sumo_streets import make_corridor


@pytest.fixture(scope="session")
def corridor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a scenario: two signals, crossings, left-hand traffic; nobody writes into it."""
    return make_corridor(tmp_path_factory.mktemp("corridor"))
