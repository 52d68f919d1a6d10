"""SUMO's network programs, called so that the same plain files give the same bytes on every machine and day."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Sequence

from sim.sumo_binaries import set_sumo_environment, sumo_program


class NetworkBuildError(RuntimeError):
    """netconvert or netgenerate refused what it was given, or warned about it."""


def run_builder(program: str, arguments: Sequence[str], expected: re.Pattern[str] | None = None) -> None:
    """Call `netconvert` or `netgenerate`; NetworkBuildError on any complaint that `expected` does not match."""
    set_sumo_environment()
    run = subprocess.run([str(sumo_program(program)), *arguments], capture_output=True, text=True, check=False)
    complaints = [line for line in run.stderr.splitlines() if line.strip() and not (expected and expected.search(line))]
    if run.returncode != 0 or complaints:
        raise NetworkBuildError(f"{program} says: " + " ".join(complaints or [run.stderr, run.stdout]))


def without_head(text: str) -> str:
    """A network without XML declaration and without netconvert's comments on when and how it was called."""
    body = text[text.index("<net ") :]
    return re.sub(r"<!--.*?-->\s*", "", body, flags=re.DOTALL)
