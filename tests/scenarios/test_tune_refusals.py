"""`tune` with counts that have a gap, and with a cluster that is not there: is nothing written?"""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.application import build
from plans import Bundle, load_site

pytestmark = pytest.mark.sumo
CLI = CliRunner()


def test_counts_with_a_gap_and_a_cluster_that_is_not_there_change_nothing(
    corridor: Path, corridor_site: Path, tmp_path: Path
) -> None:
    network = load_site(Bundle.read(corridor_site)).network
    junction = network.junctions[0]
    lane = junction.lanes[0]
    row = f"{junction.id},{lane.approach},{lane.groups[0]}"
    counts = tmp_path / "counts.csv"
    counts.write_text(f"begin,end,junction,approach,group,car\n07:00,07:15,{row},40\n07:15,07:30,{row},\n")
    out = tmp_path / "plan.yaml"
    gap = CLI.invoke(build(), ["tune", str(corridor_site), "--demand", str(counts), "-o", str(out)])
    assert gap.exit_code == 3
    assert "counts are missing" in gap.stderr
    search = ["--demand", str(corridor), "--rounds", "1", "--cluster", "tcp://127.0.0.1:1"]
    lost = CLI.invoke(build(), ["tune", str(corridor_site), *search, "-o", str(out)])
    assert lost.exit_code == 4
    assert "no Dask scheduler answers at tcp://127.0.0.1:1" in lost.stderr
    assert not out.exists()
