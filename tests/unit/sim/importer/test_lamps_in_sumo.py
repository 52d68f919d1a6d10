"""Do cabinets with the imported plan show what SUMO's program shows, second by second, but where repairs are listed?"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from plans import check_site, load_cabinet
from sim.cabinet import CabinetConfig, VirtualCabinet
from sim.importer import ImportedSite, import_sumo
from sim.sumo_map import lamp_string, load_sumo_map
from tests.sumo_programmes import Phases, states_in_sumo, write_programme

pytestmark = pytest.mark.sumo

BEGIN_S = 1234
"""Not a multiple of any cycle: offsets count from SUMO's time 0."""
MIDNIGHT_UNIX_S = 1767546000.0
"""2026-01-05 00:00 at +7 h, which is SUMO's time 0."""

PROGRAMMES: dict[str, Phases] = {
    "amber_and_all_red": [
        (20, "GGgrrrGGgrrr"), (4, "yyyrrryyyrrr"), (2, "rrrrrrrrrrrr"),
        (25, "rrrGGgrrrGGg"), (3, "rrryyyrrryyy"), (1, "rrrrrrrrrrrr"),
    ],
    "groups_overlap": [
        (12, "GGgrrrGGgrrr"), (3, "yyyrrrGGGrrr"), (9, "rrrrrrGGGrrr"), (3, "rrrrrryyyrrr"), (2, "rrrrrrrrrrrr"),
        (15, "rrrGGgrrrGGg"), (3, "rrryyyrrryyy"), (1, "rrrrrrrrrrrr"),
    ],
    "red_amber": [
        (20, "GGgrrrGGgrrr"), (3, "yyyrrryyyrrr"), (2, "rrruuurrruuu"),
        (20, "rrrGGgrrrGGg"), (3, "rrryyyrrryyy"), (2, "uuurrruuurrr"),
    ],
    "turn_at_red": [
        (20, "GGgsrrGGgsrr"), (3, "yyysrryyysrr"), (20, "srrGGgsrrGGg"), (3, "srryyysrryyy"),
    ],
    "amber_between_greens": [
        (15, "GGgrrrGGgrrr"), (3, "GyyrrrGyyrrr"), (6, "GGGrrrGrrrrr"), (3, "yyyrrryrrrrr"),
        (20, "rrrGGgrrrGGg"), (3, "rrryyyrrryyy"),
    ],
    "green_without_amber": [(20, "GGgrrrGGgrrr"), (20, "rrrGGgrrrGGg")],
    "green_beside_amber": [
        (20, "GGgrrrGGgrrr"), (3, "yyyGrryyyrrr"), (20, "rrrGGgrrrGGg"), (3, "rrryyyrrryyy"),
    ],
    "giving_way_beside_amber": [
        (20, "GGgrrrrrrrrr"), (3, "yyyrrrrrgrrr"), (8, "rrrrrrrrGrrr"), (3, "rrrrrrrryrrr"),
        (20, "rrrGGgGGrGGg"), (3, "rrryyyyyryyy"),
    ],
    "ambers_of_two_lengths": [
        (20, "GGgrrrGGgrrr"), (5, "yyyrrryyyrrr"), (20, "rrrGGgrrrGGg"), (4, "rrryyyrrryyy"),
        (10, "GGgrrrGGgrrr"), (3, "yyyrrryyyrrr"), (10, "rrrGGgrrrGGg"), (2, "rrryyyrrryyy"), (4, "rrrrrrrrrrrr"),
    ],
    "two_letters_for_one_picture": [
        (10, "GGgrrrGGgrrr"), (7, "GGGrrrGGgrrr"), (3, "yyyrrryyyrrr"), (20, "rrrGGgrrrGGg"), (3, "rrryyyrrryyy"),
    ],
    "always_green_turn": [
        (20, "GGgGrrGGgrrr"), (3, "yyygrryyyrrr"), (20, "rrrGGgrrrGGg"), (3, "rrrGyyrrryyy"),
    ],
}  # fmt: skip
EQUAL = {
    "amber_and_all_red", "groups_overlap", "red_amber", "turn_at_red", "always_green_turn", "giving_way_beside_amber",
}  # fmt: skip
"""Programmes that a street may show: nothing is repaired."""


def lamps_of_cabinets(site: ImportedSite, seconds: int) -> dict[str, list[str]]:
    """SUMO's letters for what each cabinet shows in its local plan, by signal."""
    shown: dict[str, list[str]] = {}
    for junction, places in load_sumo_map(site.bundle).items():
        config = CabinetConfig.from_file(load_cabinet(site.bundle, junction))
        cabinet = VirtualCabinet(
            config, boot_id=1, key=None, now_ds=10 * (BEGIN_S - 600), unix_at_zero_s=MIDNIGHT_UNIX_S
        )
        shown[places.tls] = []
        for now_s in range(BEGIN_S, BEGIN_S + seconds):
            cabinet.advance(10 * now_s)
            shown[places.tls].append(lamp_string(places, cabinet.aspects[: len(places.groups)]))
    return shown


def assert_lamps_equal(folder: Path, net: Path, additional: Sequence[Path], site: ImportedSite) -> None:
    """Every signal, two cycles: equal where no repair is listed, different where one is."""
    junctions = site.report.junctions
    seconds = 2 * max(junction.cycle_s for junction in junctions)
    in_sumo = states_in_sumo(folder, net, additional, [junction.tls for junction in junctions], BEGIN_S, seconds)
    in_cabinets = lamps_of_cabinets(site, seconds)
    for junction in junctions:
        offset_s = load_cabinet(site.bundle, junction.junction).local_plan.offset_s
        assert len(in_sumo[junction.tls]) == seconds
        different = {
            (BEGIN_S + second - offset_s) % junction.cycle_s
            for second in range(seconds)
            if in_sumo[junction.tls][second] != in_cabinets[junction.tls][second]
        }
        assert different == site.report.repaired_seconds[junction.junction]


@pytest.mark.parametrize(
    ("name", "offset"), [*((name, 0) for name in PROGRAMMES), ("groups_overlap", 17), ("green_without_amber", -8)]
)
def test_a_programme_is_shown_as_sumo_shows_it(name: str, offset: int, cross: Path, tmp_path: Path) -> None:
    additional = [write_programme(tmp_path / "own.add.xml", PROGRAMMES[name], offset=offset)]
    site = import_sumo(cross, additional, site="one")
    assert check_site(site.bundle) == ()
    assert bool(site.report.repairs) == bool(site.report.repaired_seconds["C"]) == (name not in EQUAL)
    assert_lamps_equal(tmp_path / "run", cross, additional, site)


@pytest.mark.parametrize("name", ["amber_and_all_red", "amber_between_greens", "ambers_of_two_lengths"])
def test_other_ambers_and_all_reds_change_only_what_is_listed(name: str, cross: Path, tmp_path: Path) -> None:
    additional = [write_programme(tmp_path / "own.add.xml", PROGRAMMES[name])]
    site = import_sumo(cross, additional, amber_s=4, all_red_s=1, site="one")
    assert check_site(site.bundle) == ()
    assert_lamps_equal(tmp_path / "run", cross, additional, site)


@pytest.mark.parametrize("name", ["grid", "turn_lanes", "left_hand", "crossings", "one_stage_an_arm", "grouped_links"])
def test_generated_networks_are_shown_as_sumo_shows_them(name: str, generated: dict[str, Path], tmp_path: Path) -> None:
    site = import_sumo(generated[name], [], site=name)
    assert check_site(site.bundle) == ()
    assert not site.report.repairs
    assert_lamps_equal(tmp_path / "run", generated[name], [], site)


def test_one_signal_over_two_nodes_and_one_with_crossings(two_nodes: Path, walkable: Path, tmp_path: Path) -> None:
    for name, net in (("two_nodes", two_nodes), ("walkable", walkable)):
        site = import_sumo(net, [], site=name)
        assert check_site(site.bundle) == ()
        assert_lamps_equal(tmp_path / name, net, [], site)


def test_the_program_that_was_loaded_last_is_the_one(cross: Path, tmp_path: Path) -> None:
    first = write_programme(tmp_path / "1.add.xml", PROGRAMMES["amber_and_all_red"], program="first")
    second = write_programme(tmp_path / "2.add.xml", PROGRAMMES["groups_overlap"], program="second")
    moved = tmp_path / "3.add.xml"
    moved.write_text('<additional><tlLogic id="C" programID="second" offset="11"/></additional>')
    for additional in ([first, second], [second, first], [first, second, moved]):
        site = import_sumo(cross, additional, site="one")
        assert_lamps_equal(tmp_path / "run", cross, additional, site)
