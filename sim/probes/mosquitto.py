"""A Mosquitto of our own on loopback, as a process that a probe may kill, stop and start again."""

from __future__ import annotations

import getpass
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import field_io
from sim.probes.outcome import AbsentError

CONFIGURATION = Path(field_io.__file__).parent / "mosquitto" / "mosquitto-loopback.conf"
LISTENER = "listener 1883 "
PATIENCE_S = 10.0


def free_port() -> int:
    """A port on loopback that nobody listened on a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def wait_until(condition: Callable[[], bool], within_s: float = PATIENCE_S) -> float:
    """Seconds until it holds; infinite where it does not in time."""
    began = time.monotonic()
    while time.monotonic() - began < within_s:
        if condition():
            return time.monotonic() - began
        time.sleep(0.005)
    return float("inf")


def await_for(condition: Callable[[], bool], what: str) -> None:
    """Wait until it holds; raises TimeoutError where it does not in time, and what is asked next would mean nothing."""
    if wait_until(condition) > PATIENCE_S:
        raise TimeoutError(f"{what} did not come within {PATIENCE_S:g} s")


class Mosquitto:
    """The broker's configuration of this repository on a port of its own; `start` and `kill` as often as wanted."""

    def __init__(self, folder: Path, also: str = "") -> None:
        """`also`: more lines of configuration. Raises AbsentError where Mosquitto is not installed."""
        binary = shutil.which("mosquitto") or shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin")
        if binary is None:
            raise AbsentError("mosquitto is not installed (apt-get install -y mosquitto)")
        self.port = free_port()
        self.folder = folder
        text = CONFIGURATION.read_text().replace(LISTENER, f"listener {self.port} ")
        changed = {line.split()[0] for line in also.splitlines() if line}
        kept = [line for line in text.splitlines() if line.split()[:1] not in [[name] for name in changed]]
        self._file = folder / "mosquitto.conf"
        self._file.write_text("\n".join([f"user {getpass.getuser()}", *kept, also, ""]))
        self._binary = binary
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, wait: bool = True) -> None:
        """Start it; with `wait` return when it listens or has ended."""
        with (self.folder / "mosquitto.log").open("ab") as log:
            self._process = subprocess.Popen([self._binary, "-c", str(self._file)], stdout=log, stderr=log)
        if wait:
            wait_until(lambda: self._listens() or not self.alive)

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to it."""
        if self._process is not None and self.alive:
            self._process.send_signal(number)

    def kill(self) -> None:
        """End it without a word."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@contextmanager
def mosquitto(also: str = "") -> Iterator[Mosquitto]:
    """A broker that runs, and that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="faikhiao-faults-") as name:
        broker = Mosquitto(Path(name), also.replace("FOLDER", name))
        broker.start()
        try:
            yield broker
        finally:
            broker.kill()
