"""What does a run over the wire say when a part of it is not there, or goes away?"""

import multiprocessing
from pathlib import Path

import pytest

from field_io.errors import BrokerUnreachable, SettingsError
from sim.controller_process import ControllerEndedError
from sim.simulate import WIRE, SimulationSettings, simulate
from tests.sumo_streets import make_corridor

pytestmark = pytest.mark.sumo


@pytest.fixture(scope="module")
def corridor(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two signals."""
    return make_corridor(tmp_path_factory.mktemp("corridor"))


def children() -> set[str]:
    return {child.name for child in multiprocessing.active_children() if child.name.startswith("faikhiao")}


def test_a_broker_that_is_not_there_is_named(corridor: Path, free_tcp_port: int) -> None:
    settings = SimulationSettings(str(corridor), link=WIRE, minutes=1, broker=("127.0.0.1", free_tcp_port))
    with pytest.raises(BrokerUnreachable, match=f"no MQTT broker at 127.0.0.1:{free_tcp_port}"):
        simulate(settings)
    assert children() == set()


def test_a_controller_that_dies_ends_the_run_with_a_word(corridor: Path) -> None:
    def kill(now_s: float) -> None:
        if now_s == 105:
            (controller,) = (one for one in multiprocessing.active_children() if one.name == "faikhiao-controller")
            controller.kill()

    with pytest.raises(ControllerEndedError, match="has ended without a word"):
        simulate(SimulationSettings(str(corridor), link=WIRE, minutes=1), kill)
    assert children() == set()


def test_a_journal_that_cannot_be_written_is_named(corridor: Path, tmp_path: Path) -> None:
    journal = tmp_path / "not-a-journal"
    journal.write_text("a shopping list")
    with pytest.raises(SettingsError, match=r"not-a-journal .* name another file"):
        simulate(SimulationSettings(str(corridor), link=WIRE, minutes=1, journal=journal))
    assert journal.read_text() == "a shopping list"
    assert children() == set()
