"""The processes that a nemesis kills, stops and starts again: the controller as `faikhiao run`, and the broker.

Each is ours by its process id; nothing is ever ended by name.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

from field_io.broker import EmbeddedBroker

ROOT = Path(__file__).parents[2]
END_S = 15.0
MOSQUITTO = ("mosquitto", "/usr/sbin/mosquitto")


def free_port() -> int:
    """A port of loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class ControllerRun:
    """`faikhiao run SITE --live` in a process of its own; what it says goes to `log`."""

    def __init__(
        self,
        site: Path,
        broker_port: int,
        journal: Path | None,
        log: Path,
        options: Sequence[str] = (),
        within: Sequence[str] = (),
    ) -> None:
        """`within`: a command that runs another one in its own process, such as nsenter."""
        kept = () if journal is None else ("--journal", str(journal))
        self.log = log
        self._command = (
            *within,
            *(sys.executable, "-m", "console", "run", str(site), "--live"),
            *("--broker", f"127.0.0.1:{broker_port}", *kept, *options),
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    @property
    def pid(self) -> int:
        """Process id; raises RuntimeError where it was not started."""
        if self._process is None:
            raise RuntimeError("the controller was not started")
        return self._process.pid

    @property
    def ended(self) -> int | None:
        """How it ended by itself; None while it runs."""
        return None if self._process is None else self._process.poll()

    def start(self) -> None:
        """Start it; it is on its own from here."""
        search = os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH"))))
        with self.log.open("ab") as told:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=told,
                stderr=told,
                env=os.environ | {"PYTHONPATH": search},
            )
        self.starts += 1

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM, as a supervisor does; answers how it ended."""
        return self._end(signal.SIGTERM)

    def pause(self) -> None:
        """SIGSTOP: it stands still and does not know it."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT."""
        os.kill(self.pid, signal.SIGCONT)

    def _end(self, by: signal.Signals) -> int:
        process = self._process
        if process is None:
            return 0
        if process.poll() is None:
            process.send_signal(by)
            try:
                process.wait(END_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        return process.returncode

    def __enter__(self) -> Self:
        """Start it."""
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        """End it, whatever it does."""
        self.kill()

    @property
    def cpu_s(self) -> float:
        """Processor time that it has used, all threads [s]: what a start takes whatever else the machine does."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    @property
    def queued_s(self) -> float:
        """How long its main thread stood ready and waited for a processor [s]; 0 where the kernel does not count it."""
        try:
            return int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[1]) / 1e9
        except FileNotFoundError:
            return 0.0

    def said(self) -> str:
        """What it wrote so far."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""


@contextlib.contextmanager
def a_broker(folder: Path, port: int) -> Iterator[str]:
    """A real broker on loopback until the end: Mosquitto where there is one, else the embedded; answers which."""
    binary = next((found for name in MOSQUITTO if (found := shutil.which(name))), None)
    if binary is None:
        with EmbeddedBroker(port):
            yield "embedded"
        return
    template = ROOT / "field_io" / "mosquitto" / "mosquitto-loopback.conf"
    configuration = folder / "mosquitto.conf"
    configuration.write_text(template.read_text().replace("listener 1883", f"listener {port}"))
    with (folder / "mosquitto.log").open("ab") as log:
        process = subprocess.Popen([binary, "-c", str(configuration)], stdout=log, stderr=log)
    try:
        _until_it_listens(port)
        yield "mosquitto"
    finally:
        process.kill()
        process.wait()


def _until_it_listens(port: int) -> None:
    deadline_s = time.monotonic() + END_S
    while time.monotonic() < deadline_s:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError(f"no broker listens at 127.0.0.1:{port}")
