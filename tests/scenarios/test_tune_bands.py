"""`tune --offsets bandwidth`: does a green band open along the row that was named?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.application import build

pytestmark = pytest.mark.sumo
CLI = CliRunner()


def test_bands_open_along_the_two_signals(corridor: Path, corridor_site: Path, tmp_path: Path) -> None:
    out = tmp_path / "bands.yaml"
    words = [
        "tune",
        str(corridor_site),
        "--demand",
        str(corridor),
        "-o",
        str(out),
        "--offsets",
        "bandwidth",
        "--corridor",
        "A,B",
    ]
    answer = CLI.invoke(build(), [*words, "--cycle", "60", "--json"])
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    assert all("green band along A B" in one["offset_because"] for one in told["junctions"])
    assert {one["cycle_s"] for one in told["junctions"]} == {60}
