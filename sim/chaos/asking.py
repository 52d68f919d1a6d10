"""How every trial of this folder is asked for on the command line, and how it ends: 0, or 5 for a broken promise."""

from __future__ import annotations

import argparse
import json
import signal
from collections.abc import Iterable
from dataclasses import Field, asdict
from pathlib import Path
from typing import Any, ClassVar, Protocol

BROKEN = 5


class Result(Protocol):
    """What a trial answers: a dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def held(self) -> bool:
        """Whether every promise was kept."""
        ...

    def verdict(self) -> str:
        """One line."""
        ...


def asks(module: str, what: str | None) -> argparse.ArgumentParser:
    """A parser for `python -m sim.chaos.<module>` with `--json`; from now on a SIGTERM ends what was started."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    parser = argparse.ArgumentParser(prog=f"python -m sim.chaos.{module}", description=what)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there")
    return parser


def at_the_end(result: Result, file: Path | None, troubles: Iterable[str], before: str = "") -> int:
    """Write the figures where they were asked for, tell every trouble and the verdict; what the process ends with."""
    if file is not None:
        file.write_text(json.dumps(asdict(result) | {"held": result.held}, indent=1))
    for trouble in troubles:
        print(trouble)
    print(f"{before}{result.verdict()}")
    return 0 if result.held else BROKEN
