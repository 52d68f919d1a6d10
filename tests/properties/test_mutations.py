"""Would the property tests notice? Each safety rule is taken out of the cabinet, and the same histories must find it.

The interlock's own rules are taken out one by one in `test_interlock.py`.
"""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from sim.cabinet import groups
from sim.cabinet.groups import LONG_AGO, SignalGroups
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


def minimum_has_always_run(self: SignalGroups, i: int) -> int:
    return LONG_AGO


def nobody_conflicts(self: SignalGroups, i: int) -> bool:
    return True


def no_intergreen(self: SignalGroups, i: int) -> int:
    return LONG_AGO


@pytest.mark.parametrize(
    ("rule", "mutant", "found"),
    [
        ("minimum_end_ds", minimum_has_always_run, "S3"),
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
