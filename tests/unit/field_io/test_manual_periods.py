"""Does a journal tell who took a junction over, for how long and what showed, at the desk and at the cabinet?"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from controller import CabinetMode, Input, OperatorAction, OperatorRequest
from field_io.errors import JournalError
from field_io.journal_files import journal_in_file
from field_io.manual_periods import CUT, PANEL, ManualPeriod, read_manual_periods
from field_io.segment import Head
from plans import load_site
from tests.site_builder import make_site
from tests.towns import MONDAY_UTC_S, ObedientStreet

Act = Callable[[int, ObedientStreet], list[Input]]


def periods(tmp_path: Path, seconds: int, act: Act) -> tuple[ManualPeriod, ...]:
    """A journal of a street in which `act` says what happens in each second; its manual periods."""
    site = load_site(make_site())
    street = ObedientStreet(site.network)
    path = tmp_path / "day.journal"
    head = Head(site.network.site, site.bundle.to_json(), "fixed_time", 0.0, MONDAY_UTC_S)
    journal = journal_in_file(path, head, street.controller.snapshot())
    step = street.controller.step

    def journalled(now_s: float, inputs: list[Input]) -> object:
        journal.begin_step(now_s, inputs)
        result = step(now_s, inputs)
        journal.end_step(result, None)
        return result

    street.controller.step = journalled  # type: ignore[assignment,method-assign]  # every step goes through a journal
    for second in range(seconds):
        street.second(*act(second, street))
    journal.close()
    return read_manual_periods(path)


def desk(plan: dict[int, OperatorRequest]) -> Act:
    return lambda second, _: [plan[second]] if second in plan else []


def ask(action: OperatorAction, stage: int | None = None) -> OperatorRequest:
    return OperatorRequest(action, "J01", stage=stage, by="desk-1")


def test_a_period_at_the_desk_with_its_stages(tmp_path: Path) -> None:
    """Taken over at 100 in B, stepped at 140 and 165, released at 200: B 40 s, A 25 s, B 35 s."""
    requests = {
        100: ask(OperatorAction.HOLD, 2),
        140: ask(OperatorAction.STEP, 1),
        165: ask(OperatorAction.STEP, 2),
        200: ask(OperatorAction.RELEASE),
    }
    (period,) = periods(tmp_path, 260, desk(requests))
    assert (period.number, period.junction.id, period.by, period.ended) == (1, "J01", "desk-1", "release")
    assert (period.begin_s, period.end_s) == (100, 200)
    assert period.local == datetime(2026, 1, 5, 0, 1, 40)  # noqa: DTZ001 - a local clock
    assert period.plan == "night"
    shown = [spell for spell in period.spells if spell.length_s > 2]
    assert [spell.stage for spell in shown] == [2, 1, 2]
    assert [spell.length_s for spell in shown] == pytest.approx([40, 25, 35], abs=2)


def test_a_period_that_ran_out_and_one_that_goes_on(tmp_path: Path) -> None:
    first = OperatorRequest(OperatorAction.HOLD, "J01", stage=1, until_s=60.0, by="desk-1")
    found = periods(tmp_path, 100, desk({20: first, 80: ask(OperatorAction.HOLD, 1)}))
    assert [(period.begin_s, period.end_s, period.ended) for period in found] == [(20, 60, "expired"), (80, 99, CUT)]


def test_police_at_the_cabinet_are_seen_too(tmp_path: Path) -> None:
    """The cabinet reports manual from 50 to 90: nobody asked the centre."""

    def act(second: int, street: ObedientStreet) -> list[Input]:
        street.mode["J01"] = CabinetMode.MANUAL if 50 <= second < 90 else CabinetMode.REMOTE
        return []

    (period,) = periods(tmp_path, 120, act)
    assert (period.by, period.ended, period.begin_s, period.end_s) == (PANEL, PANEL, 50, 90)


def test_a_folder_without_a_journal_is_said(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="no segment"):
        read_manual_periods(tmp_path)
