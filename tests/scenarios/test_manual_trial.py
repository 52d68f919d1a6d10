"""A hand in a simulated town: is it journalled, can it be tried again against the plan, and kept as a candidate?"""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from console.application import build
from controller import OperatorAction, OperatorRequest
from field_io.manual_periods import read_manual_periods
from plans import Bundle, Severity, check_site
from sim import manual_trial
from sim.manual_trial import MEASURES, TrialSettings, requests_of, run_trial
from sim.scenario import ScenarioError
from sim.scenarios.udon_thani.site_signals import HERE as TOWN
from sim.simulate import SimulationSettings, simulate

TEN_S = 22 * 3600.0
STORY = str(TOWN / "night")


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten minutes after ten: a hand at J06 from 22:01:00 to 22:03:30, step by step."""
    path = tmp_path_factory.mktemp("manual") / "night.journal"
    begin_s = TEN_S + 60
    asked = [OperatorRequest(OperatorAction.HOLD, "J06", stage=1, by="desk-1")]
    asked += [OperatorRequest(OperatorAction.STEP, "J06", by="desk-1")] * 4
    requests = [(begin_s + 30 * n, request) for n, request in enumerate(asked)]
    requests.append((begin_s + 150, OperatorRequest(OperatorAction.RELEASE, "J06", by="desk-1")))
    run = SimulationSettings(STORY, begin_s=TEN_S, minutes=5, requests=tuple(requests), journal=path)
    assert simulate(run)["invariant_breaks"] == 0
    return path


@pytest.mark.sumo
def test_the_period_is_in_the_journal_and_can_be_played_again(journal: Path) -> None:
    (period,) = read_manual_periods(journal)
    assert (period.begin_s, period.end_s, period.by) == (TEN_S + 60, TEN_S + 210, "desk-1")
    stages = [period.junction.stages[spell.stage - 1].id for spell in period.spells]
    assert stages[-5:] == ["A", "D", "C", "B", "A"]  # before them at most the end of the stage that showed
    again = requests_of(period, 1000.0)
    assert again[0][0] == 1000.0
    assert again[-1] == (1150.0, OperatorRequest(OperatorAction.RELEASE, "J06", by="desk-1"))


@pytest.mark.sumo
def test_hand_and_plan_meet_the_same_traffic(journal: Path) -> None:
    (period,) = read_manual_periods(journal)
    settings = TrialSettings(SimulationSettings(STORY), seeds=2, before_s=30, after_s=30)
    result = run_trial(period, settings)
    delay = result["differences"]["delay_s"]
    assert delay["low"] < delay["difference"] < delay["high"]
    assert delay["difference"] == pytest.approx(delay["hand"] - delay["plan"])
    assert result["invariant_breaks"] == 0
    with pytest.raises(ScenarioError, match="--at"):
        run_trial(period, TrialSettings(SimulationSettings(str(TOWN / "midday"))))


def test_who_walks_counts_where_anybody_does(journal: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two pairs; people on foot wait 4 s longer with the hand. Where one run has none, they are not compared."""

    def told(run: SimulationSettings, *, walked: bool = True) -> dict[str, Any]:
        waits = 30.0 + run.seed + 4.0 * bool(run.requests)
        measures = dict.fromkeys((*MEASURES, "invariant_breaks", "unfinished", "undeparted"), 1.0)
        return {
            **measures,
            "pedestrian_wait_s": {"mean": waits, "max": 99.0},
            "by_class": {"pedestrian": 3} if walked else {},
        }

    (period,) = read_manual_periods(journal)
    settings = TrialSettings(SimulationSettings(STORY), seeds=2, before_s=30, after_s=30)
    monkeypatch.setattr(manual_trial, "simulate", told)
    assert run_trial(period, settings)["differences"]["pedestrian_wait_s"]["difference"] == 4.0
    monkeypatch.setattr(manual_trial, "simulate", lambda run: told(run, walked=run.seed == 1))
    assert list(run_trial(period, settings)["differences"]) == list(MEASURES)


@pytest.mark.sumo
def test_the_command_lists_and_saves_and_never_overwrites(journal: Path, tmp_path: Path) -> None:
    call = CliRunner()
    listed = call.invoke(build(), ["manual", "list", str(journal), "--json"])
    assert json.loads(listed.stdout)[0]["junction"] == "J06"
    site = tmp_path / "site"
    shutil.copytree(TOWN / "site", site)
    words = ["manual", "save", str(journal), str(site), "--period", "1", "--plan", "by-hand"]
    assert call.invoke(build(), words).exit_code == 0
    assert all(finding.severity is Severity.WARNING for finding in check_site(Bundle.read(site)))
    written = (site / "timings" / "by-hand.yaml").read_text(encoding="utf-8")
    assert re.search(r"  # D \d+ s: by hand 1 time, ", written)
    assert call.invoke(build(), words).exit_code == 3
    assert (site / "timings" / "by-hand.yaml").read_text(encoding="utf-8") == written
    assert call.invoke(build(), ["manual", "replay", str(journal), STORY, "--period", "2"]).exit_code == 2
