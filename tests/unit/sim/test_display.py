"""Is it known before a window is opened that there is nowhere to open it?"""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from sim.display import display_trouble


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({}, "DISPLAY is not set"),
        ({"DISPLAY": ""}, "DISPLAY is not set"),
        ({"DISPLAY": ":7"}, "no screen answers at DISPLAY :7"),
        ({"DISPLAY": "127.0.0.1:9"}, "no screen answers at DISPLAY 127.0.0.1:9"),
        ({"DISPLAY": "screen"}, "'screen', which names no screen such as :0"),
    ],
)
def test_where_no_window_can_be_shown_it_is_said(tmp_path: Path, environment: dict[str, str], said: str) -> None:
    assert said in display_trouble(environment, "linux", tmp_path)


@pytest.mark.parametrize("name", [":7", ":7.0", "unix:7"])
def test_a_screen_that_answers_is_used(tmp_path: Path, name: str) -> None:
    with socket.socket(socket.AF_UNIX) as screen:
        screen.bind(str(tmp_path / "X7"))
        screen.listen()
        assert display_trouble({"DISPLAY": name}, "linux", tmp_path) == ""


def test_elsewhere_than_on_linux_nobody_can_tell(tmp_path: Path) -> None:
    assert display_trouble({}, "darwin", tmp_path) == ""
