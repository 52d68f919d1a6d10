"""Are networks of our own made to the same bytes, taken by the importer without a finding, and driven?"""

from pathlib import Path

import pytest

from controller.model import LoopRole
from plans import load_site
from sim.importer import import_sumo
from sim.networks import NetworkSpec, SpecError, make_networks, read_specs
from sim.networks.spec import Arterial, Grid, Town
from sim.prepared import prepare
from sim.scenario import read_scenario
from sim.simulate import SimulationSettings, simulate

CROSSING = NetworkSpec(
    name="pockets", says="small", shape=Grid(kind="grid", columns=2, rows=1, link_m=120, lanes=1, pocket_m=40),
    one_loop=True, levels=(0.5, 1.15),
)  # fmt: skip
MAIN = NetworkSpec(
    name="main", says="an incident", shape=Arterial(kind="arterial", links_m=(220, 90), incident_link=0),
    levels=(0.6,), walkers_h=60,
)  # fmt: skip
TOWN = NetworkSpec(
    name="town", says="random", shape=Town(kind="town", iterations=8), left_hand=True, two_wheelers_share=0.5,
    levels=(0.8,),
)  # fmt: skip
SPECS = (CROSSING, MAIN, TOWN)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("networks")
    list(make_networks(folder, SPECS))
    return folder


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.sumo
def test_the_same_table_gives_the_same_bytes(made: Path, tmp_path: Path) -> None:
    list(make_networks(tmp_path, SPECS))
    assert files(tmp_path) == files(made)


@pytest.mark.sumo
@pytest.mark.parametrize("name", ["pockets", "main", "town"])
def test_the_importer_takes_them_without_a_finding(made: Path, name: str) -> None:
    imported = import_sumo(made / name / "net" / f"{name}.net.xml", (), site=name)
    assert not imported.report.repairs
    assert not imported.report.left_to_sumo
    load_site(imported.bundle)


@pytest.mark.sumo
def test_a_story_for_each_level_and_the_incident(made: Path) -> None:
    stories = {path.parent.name for path in made.rglob("*.sumocfg")}
    assert stories == {"pockets-050", "pockets-115", "main-060", "main-incident", "town-080"}
    assert read_scenario(made / "pockets" / "pockets-050").name == "pockets-050"


@pytest.mark.sumo
def test_one_loop_a_lane_is_one_loop_a_lane(made: Path) -> None:
    prepared = prepare(made / "pockets" / "pockets-050")
    junctions = prepared.site.network.junctions
    assert {loop.role for junction in junctions for loop in junction.loops} == {LoopRole.STOP_LINE}
    assert len(prepared.loops) == sum(len(junction.lanes) for junction in junctions)


@pytest.mark.sumo
@pytest.mark.parametrize("story", ["main/main-incident", "town/town-080"])
def test_they_are_driven_and_the_traffic_is_that_of_the_seed(made: Path, story: str) -> None:
    runs = [
        simulate(SimulationSettings(str(made / story), strategy, seed, minutes=2))
        for strategy, seed in (("own-plan", 1), ("fixed_time", 1), ("own-plan", 2))
    ]
    assert runs[0]["finished"] > 0
    assert runs[0]["vehicles"] == runs[1]["vehicles"] != runs[2]["vehicles"]
    assert [run["invariant_breaks"] for run in runs] == [0, 0, 0]


def test_our_own_catalogue_can_be_read() -> None:
    specs = read_specs()
    assert {spec.shape.kind for spec in specs} == {"grid", "arterial", "town"}
    assert any(spec.walkers_h for spec in specs)
    assert any(spec.left_hand and spec.two_wheelers_share for spec in specs)
    assert any(spec.incident for spec in specs)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[network]", "no TOML"),
        ('[[network]]\nname="a"\nsays="b"\nshape={kind="grid",columns=1,rows=1,link_m=100,colums=2}', "colums"),
        ('[[network]]\nname="a"\nsays="b"\nshape={kind="ring"}', "ring"),
        ('[[network]]\nname="a"\nsays="b"\nshape={kind="town",iterations=9}\n' * 2, "two networks are named a"),
    ],
)
def test_a_table_that_cannot_be_used_says_where(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "table.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError, match=said):
        read_specs(path)


def test_a_link_too_short_for_an_incident_is_refused(tmp_path: Path) -> None:
    short = MAIN.model_copy(update={"shape": Arterial(kind="arterial", links_m=(120,), incident_link=0)})
    with pytest.raises(SpecError, match="at least 200 m"):
        list(make_networks(tmp_path, [short]))
