"""Can a snapshot be taken up in another process? Python shuffles its sets anew in each."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from controller.layout import build_layout
from tests.towns import three_stage_junction, town

ROOT = Path(__file__).parents[2]
PAIRS = frozenset({("K0", "K1"), ("K1", "K0"), ("K2", "K3"), ("K3", "K2"), ("K0", "K3")})
TELL = "from tests.replay.test_signature import signature; print(signature())"


def signature(pairs: frozenset[tuple[str, str]] = PAIRS) -> str:
    return build_layout(town(replace(three_stage_junction(), permissive=pairs))).signature


def test_every_process_finds_the_same_signature() -> None:
    told = {
        subprocess.run(
            [sys.executable, "-c", TELL],
            env={**os.environ, "PYTHONHASHSEED": seed},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2", "3")
    }
    assert told == {signature()}


def test_another_pair_is_another_layout() -> None:
    assert signature(frozenset()) != signature()
    assert signature(PAIRS - {("K0", "K3")}) != signature()
