"""Is the unit of the street one that systemd understands, and does it give the service no more than it needs?"""

import json
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from console.application import build

UNIT = Path(__file__).parents[2] / "field_io" / "systemd" / "faikhiao@.service"
MOST_EXPOSURE = 1.5
"""Of 10, as `systemd-analyze security` counts it; below 2 it calls a unit OK."""
EXPECTED_OPEN = {
    "PrivateNetwork=",
    "RootDirectory=/RootImage=",
    "MemoryDenyWriteExecute=",
    "IPAddressDeny=",
    "DeviceAllow=",
}
"""What it may not close: it speaks IP, is installed in the system, and compiles its planner. ProtectClock= opens the
clock's device to reading.
"""

systemd_analyze = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed (apt-get install -y systemd)"
)


def lines(key: str) -> list[str]:
    found = [line.partition("=")[2] for line in UNIT.read_text().splitlines() if line.startswith(f"{key}=")]
    assert found
    return found


def analyze(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["systemd-analyze", *words], capture_output=True, text=True, check=False, timeout=60)


@systemd_analyze
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    program = tmp_path / "faikhiao"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    copy = tmp_path / "faikhiao@town.service"
    copy.write_text(UNIT.read_text().replace("/opt/faikhiao/bin/faikhiao", str(program)))
    seen = analyze("verify", str(copy))
    told = [line for line in (seen.stdout + seen.stderr).splitlines() if "faikhiao" in line]
    assert (seen.returncode, told) == (0, [])


@systemd_analyze
def test_its_exposure_stays_below_the_limit() -> None:
    seen = analyze("security", "--offline=true", f"--threshold={round(10 * MOST_EXPOSURE)}", "--json=short", str(UNIT))
    assert seen.returncode == 0, seen.stdout + seen.stderr
    checks = json.loads(seen.stdout)
    named = {check["name"] for check in checks if float(check["exposure"] or 0) > 0}
    assert {name for name in named if not name.startswith("RestrictAddressFamilies")} <= EXPECTED_OPEN


def test_what_it_starts_is_a_command_that_we_have() -> None:
    (start,) = lines("ExecStart")
    program, *words = shlex.split(start.replace("%i", "my-town"))
    assert program.endswith("/faikhiao")
    found: Any = get_command(build()).commands[words.pop(0)]  # type: ignore[attr-defined]  # a group has commands
    parameters = found.make_context("faikhiao", words).params
    assert parameters["live"]
    assert str(parameters["journal"]).startswith("/var/lib/")


def test_a_crash_loop_ends_and_no_secret_stands_in_the_unit() -> None:
    """F55: three starts in ten minutes, then the cabinets go on alone."""
    assert (lines("StartLimitBurst"), lines("StartLimitIntervalSec")) == (["3"], ["600"])
    assert [line.partition("=")[0] for line in lines("Environment")] == ["NUMBA_CACHE_DIR"]
    assert lines("LimitCORE") == ["0"]
