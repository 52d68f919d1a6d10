"""What all tests share: which of them need a program that may be absent, and a free port on loopback."""

import importlib.util
import os
import shutil
import socket

import pytest
from hypothesis import settings

settings.register_profile("untimed", parent=settings(), deadline=None)
settings.load_profile("untimed")
"""A machine that is busy with something else fails no test: no example is timed."""

REQUIRE_MOSQUITTO = "FAIKHIAO_REQUIRE_MOSQUITTO"
"""Set by .ci/run: a test that cannot run for want of Mosquitto fails instead of being skipped."""

REQUIRE_PEERS = "FAIKHIAO_REQUIRE_PEERS"
"""Set by .ci/run: the same for the Modbus programs of others."""

NO_MOSQUITTO = "mosquitto is not installed (apt-get install -y mosquitto)"
NO_SUMO = "SUMO is not installed (the extra `sim`)"
NO_PEER = {name: f"{name} is not installed (apt-get install -y {name})" for name in ("mbpoll", "tshark")}
"""Modbus programs of others, by their marker."""


def find_mosquitto() -> str | None:
    """The broker's path; Debian keeps it in /usr/sbin, which is not on everybody's path."""
    return shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what cannot run here, by name; in CI a missing Mosquitto is a failure."""
    if item.get_closest_marker("mosquitto") and find_mosquitto() is None:
        if os.environ.get(REQUIRE_MOSQUITTO):
            pytest.fail(f"{NO_MOSQUITTO}, and {REQUIRE_MOSQUITTO} asks for it", pytrace=False)
        pytest.skip(NO_MOSQUITTO)
    for name, reason in NO_PEER.items():
        if item.get_closest_marker(name) and shutil.which(name) is None:
            if os.environ.get(REQUIRE_PEERS):
                pytest.fail(f"{reason}, and {REQUIRE_PEERS} asks for it", pytrace=False)
            pytest.skip(reason)
    if item.get_closest_marker("sumo") and importlib.util.find_spec("libsumo") is None:
        pytest.skip(NO_SUMO)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name every test that was not run for want of a program."""
    for reason in (NO_MOSQUITTO, NO_SUMO, *NO_PEER.values()):
        names = sorted(
            report.nodeid for report in terminalreporter.stats.get("skipped", []) if reason in str(report.longrepr)
        )
        if names:
            terminalreporter.section(f"not run: {reason}", sep="-")
            for name in names:
                terminalreporter.line(f"  {name}")


@pytest.fixture
def mosquitto_binary() -> str:
    """Path of the Mosquitto broker; for tests marked `mosquitto`."""
    path = find_mosquitto()
    if path is None:
        pytest.fail("a test that uses mosquitto_binary needs the marker `mosquitto`", pytrace=False)
    return path


@pytest.fixture
def free_tcp_port() -> int:
    """A port on loopback that nobody listened on a moment ago."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port
