"""Which groups, stages, intergreens and repairs come from a programme, worked out by hand for one small junction?"""

from pathlib import Path

import pytest

from controller.model import Junction
from plans import load_site
from sim.importer import ImportedSite, ImportRefused, import_sumo
from tests.sumo_programmes import Phases, write_programme

pytestmark = pytest.mark.sumo


def imported(
    net: Path, folder: Path, phases: Phases, amber_s: float | None = None, all_red_s: float | None = None
) -> tuple[ImportedSite, Junction]:
    additional = [write_programme(folder / "own.add.xml", phases)]
    site = import_sumo(net, additional, amber_s=amber_s, all_red_s=all_red_s, site="one")
    (junction,) = load_site(site.bundle).network.junctions
    return site, junction


def stages(junction: Junction, *, selectable: bool) -> dict[str, tuple[str, ...]]:
    return {stage.id: stage.groups for stage in junction.stages if stage.selectable is selectable}


def intergreens(junction: Junction) -> dict[tuple[str, str], float]:
    index = junction.group_index()
    return {
        (one, other): time_s
        for one in index
        for other in index
        if (time_s := junction.intergreen_s[index[one]][index[other]]) is not None
    }


def test_links_that_always_change_together_are_a_group_and_sets_of_greens_are_stages(
    cross: Path, tmp_path: Path
) -> None:
    # The north's left turn (2) goes on alone, with the north (0, 1), after the south (6-8) has ended.
    phases: Phases = [
        (20, "GGgrrrGGgrrr"), (3, "GGgrrryyyrrr"), (8, "GGGrrrrrrrrr"), (3, "yyyrrrrrrrrr"), (2, "rrrrrrrrrrrr"),
        (20, "rrrGGgrrrGGg"), (3, "rrryyyrrryyy"), (1, "rrrrrrrrrrrr"),
    ]  # fmt: skip
    site, junction = imported(cross, tmp_path, phases)
    maps = site.bundle.files["sumo.yaml"]
    assert [group.id for group in junction.groups] == ["K1", "K2", "K3"]
    assert {lane.approach: lane.groups for lane in junction.lanes} == {
        "NC": ("K1",), "EC": ("K2",), "SC": ("K3",), "WC": ("K2",),
    }  # fmt: skip
    assert stages(junction, selectable=True) == {"S1": ("K1", "K3"), "S2": ("K1",), "S3": ("K2",)}
    assert stages(junction, selectable=False) == {"all-red": ()}
    assert "{index: 2, group: K1, yields_to: [" in maps
    assert site.report.repaired_seconds == {"C": frozenset()}


def test_intergreens_are_measured_where_stages_change_and_else_are_amber_and_the_longest_red(
    cross: Path, tmp_path: Path
) -> None:
    phases: Phases = [
        (20, "GGgrrrrrrrrr"), (3, "yyyrrrrrrrrr"), (1, "rrrrrrrrrrrr"),
        (20, "rrrGGgrrrrrr"), (3, "rrryyyrrrrrr"), (4, "rrrrrrrrrrrr"),
        (20, "rrrrrrGGgrrr"), (3, "rrrrrryyyrrr"), (2, "rrrrrrrrrrrr"),
    ]  # fmt: skip
    _, junction = imported(cross, tmp_path, phases)
    assert intergreens(junction) == {
        ("K1", "K2"): 4.0, ("K2", "K3"): 7.0, ("K3", "K1"): 5.0,  # seen to change
        ("K2", "K1"): 7.0, ("K3", "K2"): 7.0, ("K1", "K3"): 7.0,  # never seen: 3 s amber + 4 s
    }  # fmt: skip


def test_amber_and_all_red_can_be_asked_for(cross: Path, tmp_path: Path) -> None:
    phases: Phases = [
        (20, "GGgrrrGGgrrr"), (3, "yyyrrryyyrrr"), (20, "rrrGGgrrrGGg"), (3, "rrryyyrrryyy"), (2, "rrrrrrrrrrrr"),
    ]  # fmt: skip
    site, junction = imported(cross, tmp_path, phases, amber_s=4, all_red_s=1)
    assert {group.amber_s for group in junction.groups} == {4.0}
    assert set(intergreens(junction).values()) == {5.0}
    # K1 to K2 had 3 s of 5: K1 ends a second earlier, K2 begins a second later, which changes the fewest lamps.
    # K2 to K1 had 5 s: only its amber grows into the red.
    assert site.report.repaired_seconds["C"] == {19, 23, 46}
    assert [(step.at_s, step.stage) for step in junction.timings[0].steps] == [(0, 1), (19, 3), (24, 2), (43, 3)]


def test_stages_of_a_clearance_are_only_steps(cross: Path, tmp_path: Path) -> None:
    # South ends, north clears alone for 3 s (no minimum green), then ends too.
    phases: Phases = [
        (20, "GGgrrrGGgrrr"), (3, "GGgrrryyyrrr"), (3, "GGgrrrrrrrrr"), (3, "yyyrrrrrrrrr"),
        (20, "rrrGGgrrrGGg"), (3, "rrryyyrrryyy"),
    ]  # fmt: skip
    _, junction = imported(cross, tmp_path, phases)
    assert stages(junction, selectable=True) == {"S1": ("K1", "K3"), "S2": ("K2",)}
    assert stages(junction, selectable=False) == {"S1-end": ("K1",), "all-red": ()}


def test_minimum_and_maximum_greens_follow_the_programme_and_its_limits(cross: Path, tmp_path: Path) -> None:
    additional = tmp_path / "own.add.xml"
    additional.write_text(
        '<additional><tlLogic id="C" programID="own" type="actuated" offset="0">'
        '<phase duration="20" minDur="5" maxDur="45" state="GGgrrrGGgrrr"/><phase duration="3" state="yyyrrryyyrrr"/>'
        '<phase duration="4" state="rrrGGgrrrrrr"/><phase duration="3" state="rrryyyrrrrrr"/>'
        '<phase duration="70" state="rrrrrrrrrGGg"/><phase duration="3" state="rrrrrrrrryyy"/></tlLogic></additional>'
    )
    site = import_sumo(cross, [additional], site="one")
    (junction,) = load_site(site.bundle).network.junctions
    limits = {group.id: (group.min_green_s, group.max_green_s) for group in junction.groups}
    assert limits == {"K1": (5.0, 45.0), "K2": (4.0, 60.0), "K3": (5.0, 70.0)}
    told = [str(note) for note in site.report.notes]
    assert any("of type actuated" in note for note in told)
    assert any(note.startswith("C: K2: the programme's green lasts 4 s") for note in told)


def test_crossings_are_groups_of_their_own_with_the_clearance_that_the_programme_leaves(walkable: Path) -> None:
    site = import_sumo(walkable, [], site="one")
    (junction,) = load_site(site.bundle).network.junctions
    walkers = {group.id: group for group in junction.groups if group.kind == "pedestrian"}
    assert walkers.keys() == {"F1", "F2"}
    # netconvert: 5 s before the amber of 3 s, then 2 s all red: 10 s; the crossings are 7.2 m long: 6 s at 1.2 m/s.
    assert {(group.min_green_s, group.clearance_s) for group in walkers.values()} == {(7.0, 6.0)}
    assert {time_s for (ending, _), time_s in intergreens(junction).items() if ending in walkers} == {9.0}
    assert junction.permissive == {("K1", "F2"), ("K2", "F1")}
    assert {loop.groups for loop in junction.loops if loop.role == "button"} == {("F1",), ("F2",)}
    assert 'F1: [":C_c0", ":C_c2"]' in site.bundle.files["sumo.yaml"]


def test_a_crossing_gets_no_more_clearance_than_there_is(walkable: Path, tmp_path: Path) -> None:
    phases: Phases = [
        (20, "GGgrrrGGgrrrrGrG"), (3, "yyyrrryyyrrrrrrr"), (20, "rrrGGgrrrGGgGrGr"), (3, "rrryyyrrryyyrrrr"),
    ]  # fmt: skip
    site, junction = imported(walkable, tmp_path, phases)
    assert [group.clearance_s for group in junction.groups if group.kind == "pedestrian"] == [3.0, 3.0]
    assert "C: F1: the programme leaves 3 s to clear a crossing that takes 6 s" in map(str, site.report.notes)


def test_who_gives_way_is_marked(cross: Path, tmp_path: Path) -> None:
    # North (K1) and south (K3) are two groups: K1's left turn crosses two links of K3, K3's left turn one of K1.
    phases: Phases = [
        (5, "GGGrrrrrrrrr"), (20, "GGgrrrGGgrrr"), (3, "yyyrrryyyrrr"), (20, "rrrGGgrrrGGg"), (3, "rrryyyrrryyy"),
    ]  # fmt: skip
    _, junction = imported(cross, tmp_path, phases)
    assert junction.permissive == {("K1", "K3")}
    assert ("K1", "K3") not in intergreens(junction)


def test_a_turn_that_gives_way_to_the_last_of_an_amber_is_marked_too(cross: Path, tmp_path: Path) -> None:
    # The south's left turn (8) begins with g while the north (0-2) shows amber, and is G afterwards.
    giving: Phases = [
        (20, "GGgrrrrrrrrr"), (3, "yyyrrrrrgrrr"), (8, "rrrrrrrrGrrr"), (3, "rrrrrrrryrrr"),
        (20, "rrrGGgGGrGGg"), (3, "rrryyyyyryyy"),
    ]  # fmt: skip
    taking = [(duration, state.replace("yyyrrrrrg", "yyyrrrrrG")) for duration, state in giving]
    site, junction = imported(cross, tmp_path, giving)
    turn, north = ("K3", "K1")
    assert (turn, north) in junction.permissive
    assert (north, turn) not in intergreens(junction)
    assert not site.report.repairs
    site, junction = imported(cross, tmp_path, taking)
    assert (north, turn) in intergreens(junction)
    assert site.report.repaired_seconds["C"] == {20, 21, 22}


def test_nodes_of_one_signal_are_compatible_only_if_the_programme_shows_it(two_nodes: Path, tmp_path: Path) -> None:
    # Links: 0 side road into L, 1 main road into L, 2 side road into R, 3 main road into R.
    together: Phases = [(20, "rGrG"), (3, "ryry"), (20, "GrGr"), (3, "yryr")]
    apart: Phases = [(20, "rGrG"), (3, "ryry"), (20, "Grrr"), (3, "yrrr"), (20, "rrGr"), (3, "rryr")]
    beside: Phases = [(20, "rGrG"), (3, "ryry"), (20, "Grrr"), (3, "yrGr"), (20, "rrGr"), (3, "rryr")]
    pairs = {}
    for name, phases in (("together", together), ("apart", apart), ("beside", beside)):
        additional = write_programme(tmp_path / f"{name}.add.xml", phases, tls="J")
        site = import_sumo(two_nodes, [additional], site="one")
        (junction,) = load_site(site.bundle).network.junctions
        assert not site.report.repairs
        pairs[name] = set(intergreens(junction))
    assert pairs["together"] == {("K1", "K2"), ("K2", "K1")}  # each road is a group: K1 = 0 and 2
    assert ("K1", "K3") in pairs["apart"]
    assert ("K1", "K3") not in pairs["beside"]
    assert ("K1", "K2") in pairs["beside"]


def test_repairs_are_told_by_link_second_and_reason(cross: Path, tmp_path: Path) -> None:
    phases: Phases = [
        (15, "GGgrrrGGgrrr"), (3, "GyyrrrGyyrrr"), (6, "GGGrrrGrrrrr"), (3, "yyyrrryrrrrr"),
        (20, "rrrGGgrrrGGg"), (3, "rrryyyrrryyy"),
    ]  # fmt: skip
    site, _ = imported(cross, tmp_path, phases)
    told = [
        (repair.link, repair.first_s, repair.duration_s, repair.programme, repair.shown)
        for repair in site.report.repairs
    ]
    assert told == [(1, 15, 3, "y", "G"), (2, 15, 3, "y", "g")]
    assert all("amber between two greens" in repair.why for repair in site.report.repairs)
    assert site.report.repaired_seconds["C"] == {15, 16, 17}
    assert any("link 1 (K2): from second 15 for 3 s G instead of y" in line for line in site.report.lines())


@pytest.mark.parametrize(
    ("phases", "repaired", "steps"),
    [
        # A green that ends without amber beside one that begins: the end is cut, nobody else changes.
        ([(20, "GGgrrrGGgrrr"), (20, "rrrGGgrrrGGg")], {17, 18, 19, 37, 38, 39}, [0, 17, 20, 37]),
        # One link goes while eleven still have amber: the one waits.
        ([(20, "GGgrrrGGgrrr"), (3, "yyyGrryyyrrr"), (20, "rrrGGgrrrGGg"), (3, "rrryyyrrryyy")],
         {20, 21, 22}, [0, 20, 23, 43]),
        # Amber of 2 s before 4 s of red: it grows into the red.
        ([(20, "GGgrrrGGgrrr"), (2, "yyyrrryyyrrr"), (4, "rrrrrrrrrrrr"), (20, "rrrGGgrrrGGg"), (3, "rrryyyrrryyy")],
         {22}, [0, 20, 26, 46]),
    ],
)  # fmt: skip
def test_repairs_change_as_few_lamps_as_possible(
    phases: Phases, repaired: set[int], steps: list[int], cross: Path, tmp_path: Path
) -> None:
    site, junction = imported(cross, tmp_path, phases)
    assert site.report.repaired_seconds["C"] == repaired
    assert [step.at_s for step in junction.timings[0].steps] == steps


def test_a_programme_too_short_to_be_repaired_is_refused_by_name(cross: Path, tmp_path: Path) -> None:
    with pytest.raises(
        ImportRefused, match=r"C: program `own`: between K\d and K\d it leaves \d s where 3 s are needed"
    ):
        imported(cross, tmp_path, [(4, "GGgrrrGGgrrr"), (4, "rrrGGgrrrGGg")])
