"""Schematic, not surveyed: builds `net/udon_thani.net.xml` from the plain files beside it, the same bytes every time.

netconvert writes the hour and its whole command line into the head of a net; that head is replaced by one notice, so
that a rebuild on another machine or day gives the committed file, and `git diff` shows only what really changed.

    python -m sim.scenarios.udon_thani.build_network [--out FILE]
"""

from __future__ import annotations

import argparse
import re
import tempfile
from pathlib import Path

from sim.net_building import run_builder, without_head

HERE = Path(__file__).parent
NET = HERE / "net"
NAME = "udon_thani"
NOTICE = "<!-- Schematic, not surveyed. Built by build_network.py from the plain files beside it: change those. -->"

OPTIONS = (
    "--lefthand",  # Thailand drives on the left
    "--no-turnarounds",
    "--walkingareas",
    "--output.street-names",
    "--offset.disable-normalization",  # coordinates stay those of the plain files
    *("--junctions.corner-detail", "5"),
    *("--default.junctions.radius", "4"),
    *("--tls.default-type", "static"),
    *("--seed", "1"),
)

EXPECTED = re.compile(r"is not connected from any incoming edge|total messages of type: Lane")
"""What netconvert complains of and is meant: turning lanes begin with nobody in them and are entered by changing lanes.

Connections that split one lane over two lanes of the next edge are left out on purpose. In SUMO's sublane model such
links are each other's foes, and two vehicles abreast before them can wait for each other for ever.
"""


def build(plain: Path = NET) -> str:
    """Text of the network that netconvert builds from `plain`; fails on any complaint that EXPECTED does not cover."""
    with tempfile.TemporaryDirectory(prefix="faikhiao-") as folder:
        built = Path(folder) / f"{NAME}.net.xml"
        arguments = [
            *("--node-files", str(plain / f"{NAME}.nod.xml")),
            *("--edge-files", str(plain / f"{NAME}.edg.xml")),
            *("--connection-files", str(plain / f"{NAME}.con.xml")),
            *("--type-files", str(plain / f"{NAME}.typ.xml")),
            *("--tllogic-files", str(plain / f"{NAME}.tll.xml")),
            *OPTIONS,
            *("--output-file", str(built)),
        ]
        run_builder("netconvert", arguments, EXPECTED)
        text = built.read_text(encoding="utf-8")
    return f"{NOTICE}\n{without_head(text)}"


def main(arguments: list[str] | None = None) -> None:
    """Write the network to `--out` (default: its place in this folder)."""
    parser = argparse.ArgumentParser(description="Build the network of Udon Thani with netconvert.")
    parser.add_argument("--out", type=Path, default=NET / f"{NAME}.net.xml")
    out: Path = parser.parse_args(arguments).out
    out.write_text(build(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
