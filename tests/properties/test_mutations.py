"""Would the property tests notice? Each safety rule is taken out of the cabinet, and the same histories must find it.

The cabinet's own monitor is blind here, or it would take the cabinet to flash first (`test_cabinet_monitor.py`). The
interlock's own rules are taken out one by one in `test_interlock.py`.
"""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from sim.cabinet import groups
from sim.cabinet.groups import LONG_AGO, SignalGroups
from sim.cabinet.monitor import ConflictMonitor
from tests.properties.cabinet_machine import CabinetMachine

SEARCH = settings(
    max_examples=400,
    stateful_step_count=30,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture(autouse=True)
def _blind_monitor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ConflictMonitor, "look", lambda self, *_: None)


def minimum_has_always_run(self: SignalGroups, i: int) -> int:
    return LONG_AGO


def nobody_conflicts(self: SignalGroups, i: int) -> bool:
    return True


def no_intergreen(self: SignalGroups, i: int) -> int:
    return LONG_AGO


@pytest.mark.parametrize(
    ("rule", "mutant", "found"),
    [
        ("minimum_end_ds", minimum_has_always_run, "S[34]"),  # a green of no length: skipped altogether
        ("conflict_free", nobody_conflicts, "S1"),
        ("intergreen_end_ds", no_intergreen, "S2"),
    ],
)
def test_a_cabinet_without_this_rule_is_found_out(
    rule: str, mutant: Callable[..., Any], found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SignalGroups, rule, mutant)
    with pytest.raises(AssertionError, match=f"rule=<Rule.{found}"):
        run_state_machine_as_test(CabinetMachine, settings=SEARCH)


def test_a_cabinet_that_skips_the_red_after_amber_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "MIN_RED_DS", 0)
    with pytest.raises(AssertionError, match=r"rule=<Rule\.S4"):
        run_state_machine_as_test(CabinetMachine, settings=SEARCH)
