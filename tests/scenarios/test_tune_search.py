"""`tune` with rounds: is the plan searched for, written with its reasons, and never over another?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.application import build
from plans import Bundle, check_site
from plans.findings import errors_of
from plans.tuning.plan_file import with_plan

pytestmark = pytest.mark.sumo
CLI = CliRunner()


def test_a_plan_is_searched_for_and_written_with_its_reasons(
    corridor: Path, corridor_site: Path, tmp_path: Path
) -> None:
    plan = tmp_path / "tuned.yaml"
    words = [
        "tune",
        str(corridor_site),
        "--demand",
        str(corridor),
        "-o",
        str(plan),
        "--rounds",
        "1",
        "--candidates",
        "2",
    ]
    words += ["--seeds", "11", "--minutes", "2", "--keep", str(tmp_path / "search"), "--json"]
    first = CLI.invoke(build(), words)
    assert first.exit_code == 0, first.output
    told = json.loads(first.stdout)
    assert told["search"]["delay_s"] <= told["search"]["starts"]["as own"]["delay_s"]
    text = plan.read_text(encoding="utf-8")
    for reason in (
        "# critical: ",
        "lost L",
        "Webster C0",
        "degree of saturation",
        "# offset",
        "pcu/h a lane",
        "seeds 11",
    ):
        assert reason in text
    assert not errors_of(check_site(with_plan(Bundle.read(corridor_site), "tuned", text)))
    # The same again in another file takes no trial, and comes to the same numbers.
    again = CLI.invoke(build(), [*words[:5], str(tmp_path / "again.yaml"), *words[6:]])
    assert again.exit_code == 0, again.output
    assert json.loads(again.stdout)["junctions"] == told["junctions"]
    # Nothing is overwritten.
    refused = CLI.invoke(build(), words)
    assert refused.exit_code == 2
    assert "is not overwritten" in refused.stderr
    assert plan.read_text(encoding="utf-8") == text
