"""`tune --offsets bandwidth` and `multiband`: does a green band open along the row that was named?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.application import build

pytestmark = pytest.mark.sumo
CLI = CliRunner()


@pytest.mark.parametrize(
    ("offsets", "told"),
    [("bandwidth", "green band along A B: "), ("multiband", "green bands between each two of A B; ")],
)
def test_bands_open_along_the_two_signals(
    corridor: Path, corridor_site: Path, tmp_path: Path, offsets: str, told: str
) -> None:
    out = tmp_path / "bands.yaml"
    words = [
        "tune",
        str(corridor_site),
        "--demand",
        str(corridor),
        "-o",
        str(out),
        "--offsets",
        offsets,
        "--corridor",
        "A,B",
    ]
    answer = CLI.invoke(build(), [*words, "--cycle", "60", "--json"])
    assert answer.exit_code == 0, answer.output
    junctions = json.loads(answer.stdout)["junctions"]
    assert all(one["offset_because"].startswith(told) for one in junctions)
    assert {one["cycle_s"] for one in junctions} == {60}
