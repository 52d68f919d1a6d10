"""A trial of a plan in SUMO alone: are its lamps those of the cabinets?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.application import build
from plans import write_site
from sim.prepared import prepare
from sim.simulate import SimulationSettings, simulate
from sim.tuning.trial import run_trial
from sim.tuning.webster import webster_plan

pytestmark = pytest.mark.sumo
CLI = CliRunner()


def test_a_trial_in_sumo_alone_is_the_whole_loop_to_the_last_second(
    corridor: Path, corridor_site: Path, tmp_path: Path
) -> None:
    prepared = webster_plan(prepare(corridor, site=corridor_site))
    timings = {
        junction.id: next(timing for timing in junction.timings if timing.plan == "webster")
        for junction in prepared.site.network.junctions
    }
    folder = write_site(prepared.site.bundle, corridor_site.parent / "webster")
    journal = tmp_path / "run.journal"
    run = SimulationSettings(str(corridor), "fixed_time", seed=3, site=folder, minutes=8.5, journal=journal)
    looped = simulate(run)
    alone = run_trial(prepared, timings, 3, minutes=8.5)
    assert alone.vehicles == looped["vehicles"]
    assert alone.delay_s == pytest.approx(looped["delay_s"], abs=0.001)
    assert looped["invariant_breaks"] == 0
    # The journal of that run is demand in its turn: of the five minutes that it has whole.
    words = ["tune", str(folder), "--demand", str(journal), "-o", str(tmp_path / "counted.yaml"), "--json"]
    answer = CLI.invoke(build(), words)
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    assert told["like"] == "webster"
    assert told["demand"].startswith("journal run.journal, 00:05-00:10")
    text = (tmp_path / "counted.yaml").read_text(encoding="utf-8")
    assert "a lower bound" in text
