"""Do both links give the same: every input of the core, every output, every lamp, for ten minutes?

Direct is one process without sockets; wire is a real broker, real Modbus TCP, and the controller in its own process.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from controller import Input, StepResult
from field_io.segment import Segment
from sim.scenario import OWN_SCENARIOS
from sim.simulate import LINKS, SimulationSettings, simulate
from sim.sumo_world import SumoWorld
from tests.sumo_streets import make_grid

pytestmark = pytest.mark.sumo
UDON_THANI = OWN_SCENARIOS / "udon_thani" / "site"
SAME_OVER_ANY_LINK = ("vehicles", "delay_s", "stops", "longest_red_s", "decisions", "modbus_round_trips", "breaks")


@dataclass(frozen=True)
class Run:
    """What one run did."""

    inputs: list[tuple[float, tuple[Input, ...]]]
    outputs: list[StepResult | None]
    lamps: list[tuple[float, str, str]]
    answer: dict[str, Any]


@contextmanager
def noting_lamps(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[float, str, str]]]:
    """Every change of a lamp: when, which signal, which state."""
    shown: list[tuple[float, str, str]] = []
    really_show = SumoWorld.show

    def show(world: SumoWorld, tls: str, state: str) -> None:
        shown.append((world.now_s, tls, state))
        really_show(world, tls, state)

    with monkeypatch.context() as patch:
        patch.setattr(SumoWorld, "show", show)
        yield shown


def run(settings: SimulationSettings, monkeypatch: pytest.MonkeyPatch) -> Run:
    assert settings.journal is not None
    with noting_lamps(monkeypatch) as lamps:
        answer = simulate(settings)
    with Segment.reading(settings.journal) as segment:
        steps = list(segment.steps())
    return Run(
        inputs=[(step.now_s, step.inputs) for step in steps],
        outputs=[step.result() for step in steps],
        lamps=lamps,
        answer=answer,
    )


def agree(one: Run, other: Run, seconds: int) -> None:
    assert len(one.inputs) == len(other.inputs) == seconds + 1
    for (now_s, mine), (_, others) in zip(one.inputs, other.inputs, strict=True):
        assert mine == others, f"inputs at {now_s}"
    assert None not in one.outputs
    for mine_result, others_result in zip(one.outputs, other.outputs, strict=True):
        assert mine_result == others_result
    assert one.lamps == other.lamps
    assert {name: one.answer[name] for name in SAME_OVER_ANY_LINK} == {
        name: other.answer[name] for name in SAME_OVER_ANY_LINK
    }


def both_links(settings: SimulationSettings, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Run, Run]:
    direct, wire = (
        run(replace(settings, link=link, journal=folder / f"{link}.journal"), monkeypatch) for link in LINKS
    )
    return direct, wire


@pytest.fixture(scope="module")
def small_grid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four signals."""
    return make_grid(tmp_path_factory.mktemp("grid"), size=2, end=600)


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("strategy", ["fixed_time", "actuated"])
def test_on_a_generated_grid(strategy: str, small_grid: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    direct, wire = both_links(SimulationSettings(str(small_grid), strategy), tmp_path, monkeypatch)
    agree(direct, wire, 600)
    assert wire.answer["breaks"] == []
    # Detectors, ticks and `done` of each second, and what the service publishes of its own.
    assert wire.answer["mqtt_messages"] > 600 * (4 + 2)


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize(("strategy", "story"), [("fixed_time", "night"), ("actuated", "midday")])
def test_in_udon_thani(strategy: str, story: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = SimulationSettings(f"udon_thani/{story}", strategy, minutes=10, site=UDON_THANI)
    direct, wire = both_links(settings, tmp_path, monkeypatch)
    agree(direct, wire, 600)
    assert wire.answer["breaks"] == []


def test_with_pedestrians_from_a_cold_start(corridor: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = SimulationSettings(str(corridor), "actuated", minutes=1.5, cold_start=True)
    direct, wire = both_links(settings, tmp_path, monkeypatch)
    agree(direct, wire, 90)


@pytest.mark.mosquitto
def test_over_mosquitto_too(
    corridor: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    mosquitto_binary: str,
    free_tcp_port: int,
) -> None:
    configuration = tmp_path / "mosquitto.conf"
    configuration.write_text(
        f"listener {free_tcp_port} 127.0.0.1\nallow_anonymous true\npersistence false\nset_tcp_nodelay true\n"
        "max_queued_messages 100000\nmax_inflight_messages 0\n"
    )
    broker = subprocess.Popen([mosquitto_binary, "-c", configuration], stderr=subprocess.DEVNULL)
    try:
        wait_until_it_listens(free_tcp_port)
        settings = SimulationSettings(str(corridor), "actuated", minutes=1.5, broker=("127.0.0.1", free_tcp_port))
        direct, wire = both_links(settings, tmp_path, monkeypatch)
    finally:
        broker.terminate()
        broker.wait(10)
    agree(direct, wire, 90)


def wait_until_it_listens(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    pytest.fail("mosquitto does not listen")
