"""Does a trial end with what it found: the figures in a file, each trouble told, 5 for a broken promise?"""

import json
from dataclasses import dataclass
from pathlib import Path

import pytest

from sim.chaos.asking import BROKEN, at_the_end


@dataclass(frozen=True)
class Trial:
    lost: int

    @property
    def held(self) -> bool:
        return self.lost == 0

    def verdict(self) -> str:
        return f"{self.lost} lost"


def test_a_trial_that_held_ends_with_0_and_its_figures(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert at_the_end(Trial(0), tmp_path / "figures.json", ()) == 0
    assert json.loads((tmp_path / "figures.json").read_text()) == {"lost": 0, "held": True}
    assert capsys.readouterr().out == "0 lost\n"


def test_a_broken_promise_ends_with_5_after_every_trouble(capsys: pytest.CaptureFixture[str]) -> None:
    assert at_the_end(Trial(2), None, ("one", "two"), "of ten: ") == BROKEN == 5
    assert capsys.readouterr().out == "one\ntwo\nof ten: 2 lost\n"
