"""Are approaches, signal links and crossings read from a network as an engineer would name them?"""

from pathlib import Path

import pytest

from sim.sumo_net import Approach, read_net


def net(tmp_path: Path, roads: dict[str, tuple[str, str, float]], connections: list[str]) -> Path:
    """`roads`: edge -> (from node, to node, length [m]); `connections`: `from to` or `from to!` under the signal."""
    edges = "".join(
        f'<edge id="{name}" from="{start}" to="{end}"><lane id="{name}_0" length="{length}"/></edge>'
        for name, (start, end, length) in roads.items()
    )
    ways = ""
    for index, connection in enumerate(connections):
        source, target = connection.rstrip("!").split()
        signal = f' tl="t" linkIndex="{index}"' if connection.endswith("!") else ""
        ways += f'<connection from="{source}" to="{target}" fromLane="0" toLane="0"{signal}/>'
    path = tmp_path / "a.net.xml"
    path.write_text(f"<net>{edges}{ways}</net>")
    return path


@pytest.mark.parametrize(
    ("roads", "connections", "expected"),
    [
        pytest.param(
            {"a": ("0", "1", 300), "b": ("1", "2", 120), "c": ("2", "T", 8), "out": ("T", "9", 50)},
            ["a b", "b c", "c out!"],
            ("c", "b", "a"),
            id="joins that only geometry makes",
        ),
        pytest.param(
            {"a": ("0", "1", 300), "side": ("1", "5", 90), "c": ("1", "T", 120), "out": ("T", "9", 50)},
            ["a c", "a side", "c out!"],
            ("c",),
            id="a road from which others turn off, far from the stop line",
        ),
        pytest.param(
            {"a": ("0", "1", 300), "side": ("1", "5", 90), "c": ("1", "T", 20), "out": ("T", "9", 50)},
            ["a c", "a side", "c out!"],
            ("c", "a"),
            id="the same, close to the stop line",
        ),
        pytest.param(
            {"a": ("0", "S", 300), "c": ("S", "T", 30), "out": ("T", "9", 50)},
            ["a c!", "c out!"],
            ("c",),
            id="never past another signal",
        ),
        pytest.param(
            {"out": ("T", "1", 300), "c": ("1", "T", 300)},
            ["out c", "c out!"],
            ("c",),
            id="turning back is no approach",
        ),
    ],
)
def test_approach(
    tmp_path: Path, roads: dict[str, tuple[str, str, float]], connections: list[str], expected: tuple[str, ...]
) -> None:
    found = {approach.edges[0]: approach for approach in read_net(net(tmp_path, roads, connections)).approaches}
    assert found["c"] == Approach("t", expected)


@pytest.mark.sumo
def test_the_corridor(corridor: Path) -> None:
    found = read_net(corridor / "corridor.net.xml")
    assert {approach.id for approach in found.approaches} == {
        "A/WA", "A/BA", "A/ANA", "A/ASA", "B/AB", "B/EB", "B/BNB", "B/BSB",
    }  # fmt: skip
    assert len(found.crossings) == 8
    assert all(len(areas) == 2 for areas in found.crossings.values())
    walking = {link.lane for link in found.links if link.to_edge in found.crossings}
    assert len(walking) == 8
