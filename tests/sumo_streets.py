"""Small SUMO networks and scenarios for the tests, made by netconvert where a test wants them."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from pathlib import Path

from sim.sumo_binaries import set_sumo_environment, sumo_program

CORRIDOR_NODES = """<nodes>
    <node id="W" x="-300" y="0"/><node id="E" x="550" y="0"/>
    <node id="A" x="0" y="0" type="traffic_light" tl="A"/><node id="B" x="250" y="0" type="traffic_light" tl="B"/>
    <node id="AN" x="0" y="200"/><node id="AS" x="0" y="-200"/>
    <node id="BN" x="250" y="200"/><node id="BS" x="250" y="-200"/>
</nodes>"""
CORRIDOR_ROADS = (
    ("W", "A", 2), ("A", "B", 2), ("B", "E", 2), ("AN", "A", 1), ("A", "AS", 1), ("BN", "B", 1), ("B", "BS", 1),
)  # fmt: skip
CORRIDOR_DEMAND = """<routes>
    <vType id="car" vClass="passenger"/><vType id="mc" vClass="motorcycle"/>
    <flow id="east" type="car" begin="100" end="700" period="6" from="WA" to="BE" departLane="best"/>
    <flow id="west" type="mc" begin="100" end="700" period="9" from="EB" to="AW" departLane="best"/>
    <flow id="south" type="car" begin="100" end="700" period="12" from="ANA" to="AAS" departLane="best"/>
    <flow id="turn" type="car" begin="100" end="700" period="25" from="BNB" to="BA" departLane="best"/>
    <personFlow id="walker" begin="100" end="700" period="20"><walk from="ASA" to="AAN"/></personFlow>
</routes>"""


def make_corridor(folder: Path) -> Path:
    """Two signals 250 m apart, left-hand traffic, pavements and crossings, cars, motorcycles, pedestrians."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plain.nod.xml").write_text(CORRIDOR_NODES)
    edges = "".join(
        f'<edge id="{start}{end}" from="{start}" to="{end}" numLanes="{lanes}" speed="13.9" sidewalkWidth="2"/>'
        for one, other, lanes in CORRIDOR_ROADS
        for start, end in ((one, other), (other, one))
    )
    (folder / "plain.edg.xml").write_text(f"<edges>{edges}</edges>")
    net = folder / "corridor.net.xml"
    _run("netconvert", "-n", folder / "plain.nod.xml", "-e", folder / "plain.edg.xml", "--crossings.guess", "true",
         "--lefthand", "true", "-o", net)  # fmt: skip
    (folder / "corridor.rou.xml").write_text(CORRIDOR_DEMAND)
    return write_config(folder, "corridor.net.xml", ["corridor.rou.xml"], begin=100, end=700)


def make_grid(folder: Path, *, size: int = 3, end: int = 600) -> Path:
    """A grid of `size` x `size` signals, 150 m apart, with through traffic on every row and column."""
    folder.mkdir(parents=True, exist_ok=True)
    net = folder / "grid.net.xml"
    _run("netgenerate", "--grid", "--grid.number", size, "--grid.length", 150, "--grid.attach-length", 150,
         "--default.lanenumber", 2, "--default-junction-type", "traffic_light", "--no-turnarounds", "true",
         "-o", net)  # fmt: skip
    letters = [chr(ord("A") + number) for number in range(size)]
    flows = []
    last, line = size - 1, f'begin="0" end="{end}" departLane="best" departSpeed="max"'
    for number in range(size):
        ways = {
            "e": (7, f"left{number}A{number}", f"{letters[last]}{number}right{number}"),
            "w": (11, f"right{number}{letters[last]}{number}", f"A{number}left{number}"),
            "n": (9, f"bottom{number}{letters[number]}0", f"{letters[number]}{last}top{number}"),
            "t": (23, f"top{number}{letters[number]}{last}", "A0left0"),
        }
        flows += [
            f'<flow id="{way}{number}" {line} period="{period}" from="{start}" to="{goal}"/>'
            for way, (period, start, goal) in ways.items()
        ]
    (folder / "grid.rou.xml").write_text(f"<routes>{''.join(flows)}</routes>")
    return write_config(folder, "grid.net.xml", ["grid.rou.xml"], begin=0, end=end)


def write_config(
    folder: Path,
    net: str,
    routes: Iterable[str],
    *,
    begin: int,
    end: int,
    additional: Iterable[str] = (),
    more: str = "",
    name: str = "run.sumocfg",
) -> Path:
    """A .sumocfg beside its files; returns the folder."""
    extra = ",".join(additional)
    (folder / name).write_text(
        f'<configuration><input><net-file value="{net}"/><route-files value="{",".join(routes)}"/>'
        + (f'<additional-files value="{extra}"/>' if extra else "")
        + f'</input><time><begin value="{begin}"/><end value="{end}"/></time>{more}</configuration>'
    )
    return folder


def _run(program: str, *arguments: object) -> None:
    set_sumo_environment()
    subprocess.run([sumo_program(program), *map(str, arguments)], check=True, capture_output=True)


def make_road(folder: Path) -> Path:
    """A road without a signal."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "plain.nod.xml").write_text('<nodes><node id="a" x="0" y="0"/><node id="b" x="300" y="0"/></nodes>')
    (folder / "plain.edg.xml").write_text('<edges><edge id="ab" from="a" to="b"/></edges>')
    _run("netconvert", "-n", folder / "plain.nod.xml", "-e", folder / "plain.edg.xml", "-o", folder / "road.net.xml")
    (folder / "road.rou.xml").write_text(
        '<routes><flow id="f" begin="0" end="60" period="5" from="ab" to="ab"/></routes>'
    )
    return write_config(folder, "road.net.xml", ["road.rou.xml"], begin=0, end=60)
