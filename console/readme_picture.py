"""The picture of the README, from a run of the demonstration: `python -m console.readme_picture FILE`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from console.commands.demo import DEFAULT_MINUTES
from console.demonstration import drive
from console.output import tell, write_whole

if __name__ == "__main__":
    if len(sys.argv) != 2:
        tell("usage: python -m console.readme_picture FILE")
        sys.exit(2)
    with tempfile.TemporaryDirectory(prefix="faikhiao-") as folder:
        drive(Path(folder), minutes=DEFAULT_MINUTES, seed=1)
        write_whole(Path(sys.argv[1]), (Path(folder) / "picture.png").read_bytes())
    tell(f"wrote {sys.argv[1]}")
