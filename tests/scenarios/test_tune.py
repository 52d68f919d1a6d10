"""A plan tuned for a small street: are its lamps those of the cabinets, and does the command keep its word?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.application import build
from plans import Bundle, check_site, load_site, write_site
from plans.findings import errors_of
from plans.tuning.plan_file import with_plan
from sim.importer import import_sumo
from sim.prepared import prepare
from sim.scenario import read_scenario
from sim.simulate import SimulationSettings, simulate
from sim.tuning.trial import run_trial
from sim.tuning.webster import webster_plan

pytestmark = pytest.mark.sumo
CLI = CliRunner()


@pytest.fixture(scope="module")
def site(corridor: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    scenario = read_scenario(corridor)
    imported = import_sumo(scenario.net, scenario.additional, site="corridor")
    return write_site(imported.bundle, tmp_path_factory.mktemp("tune") / "site")


def test_a_trial_in_sumo_alone_is_the_whole_loop_to_the_last_second(corridor: Path, site: Path, tmp_path: Path) -> None:
    prepared = webster_plan(prepare(corridor, site=site))
    timings = {
        junction.id: next(timing for timing in junction.timings if timing.plan == "webster")
        for junction in prepared.site.network.junctions
    }
    folder = write_site(prepared.site.bundle, site.parent / "webster")
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


def test_a_plan_is_searched_for_and_written_with_its_reasons(corridor: Path, site: Path, tmp_path: Path) -> None:
    plan = tmp_path / "tuned.yaml"
    words = ["tune", str(site), "--demand", str(corridor), "-o", str(plan), "--rounds", "1", "--candidates", "2"]
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
    assert not errors_of(check_site(with_plan(Bundle.read(site), "tuned", text)))
    # The same again in another file takes no trial, and comes to the same numbers.
    again = CLI.invoke(build(), [*words[:5], str(tmp_path / "again.yaml"), *words[6:]])
    assert again.exit_code == 0, again.output
    assert json.loads(again.stdout)["junctions"] == told["junctions"]
    # Nothing is overwritten.
    refused = CLI.invoke(build(), words)
    assert refused.exit_code == 2
    assert "is not overwritten" in refused.stderr
    assert plan.read_text(encoding="utf-8") == text


def test_counts_with_a_gap_and_a_cluster_that_is_not_there_change_nothing(
    corridor: Path, site: Path, tmp_path: Path
) -> None:
    network = load_site(Bundle.read(site)).network
    junction = network.junctions[0]
    lane = junction.lanes[0]
    row = f"{junction.id},{lane.approach},{lane.groups[0]}"
    counts = tmp_path / "counts.csv"
    counts.write_text(f"begin,end,junction,approach,group,car\n07:00,07:15,{row},40\n07:15,07:30,{row},\n")
    out = tmp_path / "plan.yaml"
    gap = CLI.invoke(build(), ["tune", str(site), "--demand", str(counts), "-o", str(out)])
    assert gap.exit_code == 3
    assert "counts are missing" in gap.stderr
    search = ["--demand", str(corridor), "--rounds", "1", "--cluster", "tcp://127.0.0.1:1"]
    lost = CLI.invoke(build(), ["tune", str(site), *search, "-o", str(out)])
    assert lost.exit_code == 4
    assert "no Dask scheduler answers at tcp://127.0.0.1:1" in lost.stderr
    assert not out.exists()


def test_bands_open_along_the_two_signals(corridor: Path, site: Path, tmp_path: Path) -> None:
    out = tmp_path / "bands.yaml"
    words = [
        "tune",
        str(site),
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
