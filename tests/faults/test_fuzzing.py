"""F69: do parser, decoder, server and loader stand ten thousand inputs that nobody meant? A million by `make fuzz`."""

import pytest

from tests.fuzzing import TARGETS, fuzz

INPUTS = 10_000


@pytest.mark.parametrize("target", TARGETS)
def test_nothing_crashes_hangs_or_changes(target: str) -> None:
    report = fuzz(target, INPUTS, seed=20)
    assert report.failures == []
    assert report.inputs == INPUTS
