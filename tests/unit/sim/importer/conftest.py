"""Networks that the importer's tests share, made once a session."""

from pathlib import Path

import pytest

from tests.sumo_programmes import convert, make_cross, run_sumo_program


@pytest.fixture(scope="session")
def cross(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One signal, four arms of one lane and 200 m; links 0-2 north, 3-5 east, 6-8 south, 9-11 west."""
    return make_cross(tmp_path_factory.mktemp("cross"))


@pytest.fixture(scope="session")
def walkable(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with a crossing on every arm: links 12-15; netconvert's programme clears them and has an all-red."""
    options = ("--sidewalks.guess", "true", "--crossings.guess", "true", "--tls.allred.time", "2")
    return make_cross(tmp_path_factory.mktemp("walkable"), options=options)


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Networks of several signals with netgenerate's own programmes."""
    folder = tmp_path_factory.mktemp("generated")
    grid = ["--grid", "--grid.number", "2", "--grid.length", "150", "--grid.attach-length", "120"]
    kinds = {
        "grid": ["--no-turnarounds", "-L", "2"],
        "turn_lanes": ["--turn-lanes", "1", "--turn-lanes.length", "30"],
        "left_hand": ["--lefthand", "true", "--no-turnarounds"],
        "crossings": ["--sidewalks.guess", "--crossings.guess"],
        "one_stage_an_arm": ["--tls.layout", "incoming", "--sidewalks.guess", "--crossings.guess"],
        "grouped_links": ["--tls.group-signals"],
        "actuated": ["--tls.default-type", "actuated"],
        "ring_barrier": ["--tls.default-type", "NEMA", "--no-turnarounds"],
    }
    for name, options in kinds.items():
        run_sumo_program(
            "netgenerate", *grid, "--default-junction-type", "traffic_light", *options,
            "-o", folder / f"{name}.net.xml",
        )  # fmt: skip
    return {name: folder / f"{name}.net.xml" for name in kinds}


@pytest.fixture(scope="session")
def two_nodes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One signal `J` over two nodes L and R, 40 m apart: a main road W-L-R-E, a side road into each node."""
    nodes = """<nodes>
        <node id="L" x="0" y="0" type="traffic_light" tl="J"/><node id="R" x="40" y="0" type="traffic_light" tl="J"/>
        <node id="W" x="-200" y="0"/><node id="E" x="240" y="0"/>
        <node id="LN" x="0" y="150"/><node id="RN" x="40" y="150"/>
    </nodes>"""
    roads = (("W", "L"), ("L", "R"), ("R", "E"), ("LN", "L"), ("RN", "R"))
    edges = "".join(f'<edge id="{one}_{other}" from="{one}" to="{other}" speed="13.9"/>' for one, other in roads)
    return convert(tmp_path_factory.mktemp("two_nodes"), nodes, f"<edges>{edges}</edges>")


@pytest.fixture(scope="session")
def short_lanes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One signal `C`. West: a last lane of 0.9 m after 80 m. East: two last lanes of 12 m from one of 100 m.
    North: 9 m behind a meeting with a side road. South: 120 m at one go."""
    nodes = """<nodes>
        <node id="C" x="0" y="0" type="traffic_light" tl="C"/>
        <node id="W1" x="-20" y="0"/><node id="W" x="-100" y="0"/>
        <node id="E1" x="30" y="0"/><node id="E" x="130" y="0"/>
        <node id="N1" x="0" y="30"/><node id="N" x="0" y="130"/><node id="NW" x="-60" y="60"/>
        <node id="S" x="0" y="-120"/>
    </nodes>"""
    rows = (
        ("W", "W1", 1, 80.0), ("W1", "C", 1, 0.9), ("E", "E1", 1, 100.0), ("E1", "C", 2, 12.0),
        ("N", "N1", 1, 100.0), ("NW", "N1", 1, 70.0), ("N1", "C", 1, 9.0), ("S", "C", 1, 120.0),
        ("C", "S", 1, 120.0), ("C", "W1", 1, 30.0), ("C", "E1", 1, 10.0), ("E1", "E", 1, 100.0),
    )  # fmt: skip
    edges = "".join(
        f'<edge id="{one}_{other}" from="{one}" to="{other}" numLanes="{lanes}" length="{length}" speed="13.9"/>'
        for one, other, lanes, length in rows
    )
    return convert(tmp_path_factory.mktemp("short_lanes"), nodes, f"<edges>{edges}</edges>", "--no-turnarounds", "true")
