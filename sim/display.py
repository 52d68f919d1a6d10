"""Whether a window can be shown on this machine: without a display sumo-gui tries for a minute and says little."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

SOCKETS = Path("/tmp/.X11-unix")  # noqa: S108 - where X servers listen
FIRST_PORT = 6000
ANSWER_S = 2.0
_DISPLAY = re.compile(r"(?P<host>[^/]*):(?P<number>\d+)(\.\d+)?")


def display_trouble(environment: Mapping[str, str], platform: str = sys.platform, sockets: Path = SOCKETS) -> str:
    """Why no window can be shown, in a sentence; empty where one can, or where nobody can tell (not on Linux)."""
    if not platform.startswith("linux"):
        return ""
    named = environment.get("DISPLAY", "")
    if not named:
        return "this machine shows no window (DISPLAY is not set)"
    told = _DISPLAY.fullmatch(named)
    if told is None:
        return f"DISPLAY is {named!r}, which names no screen such as :0"
    number = int(told["number"])
    if told["host"] in {"", "unix"}:
        return "" if _answers(str(sockets / f"X{number}")) else f"no screen answers at DISPLAY {named}"
    return "" if _answers((told["host"], FIRST_PORT + number)) else f"no screen answers at DISPLAY {named}"


def _answers(place: str | tuple[str, int]) -> bool:
    family = socket.AF_UNIX if isinstance(place, str) else socket.AF_INET
    with socket.socket(family) as asked:
        asked.settimeout(ANSWER_S)
        try:
            asked.connect(place)
        except OSError:
            return False
    return True
