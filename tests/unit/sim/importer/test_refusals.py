"""What no import can carry: is it refused by name, all at once, with what to do about it?"""

from pathlib import Path

import pytest

from sim.importer import ImportRefused, import_sumo
from tests.sumo_programmes import Phases, write_programme

pytestmark = pytest.mark.sumo

TWO_STAGES: Phases = [
    (20, "GGgrrrGGgrrr"), (3, "yyyrrryyyrrr"), (20, "rrrGGgrrrGGg"), (3, "rrryyyrrryyy"),
]  # fmt: skip


def reasons(net: Path, *additional: Path, amber_s: float | None = None, all_red_s: float | None = None) -> list[str]:
    with pytest.raises(ImportRefused) as refused:
        import_sumo(net, additional, amber_s=amber_s, all_red_s=all_red_s, site="one")
    return list(refused.value.reasons)


@pytest.mark.parametrize(
    ("phases", "reason"),
    [
        ([(20, "GGgrrrGGgrrr"), (3, "yyyrrryyyrr")], "its states have [11, 12] letters for 12 links"),
        ([(20, "GGgrrrGGgrrr"), (3, "xyyrrryyyrrr")], "unknown letters x in its states"),
        ([(20, "GGgrrrGGgrrr"), (3, "oyyrrryyyrrr")], "link 0 is now on, now off (`o` or `O`)"),
        ([(20, "GGgrrrGGgrrr"), (3, "yyyurryyyrrr")], "link 3 changes and is never green"),
        ([(3599, "GGgrrrGGgrrr"), (3, "yyyrrryyyrrr")], "its cycle lasts 3602 s"),
        ([], "it has no phases"),
    ],
)
def test_states_that_mean_nothing(phases: Phases, reason: str, cross: Path, tmp_path: Path) -> None:
    (told,) = reasons(cross, write_programme(tmp_path / "own.add.xml", phases))
    assert told.startswith("C: program `own`")
    assert reason in told


def test_times_off_the_whole_second_and_jumps(cross: Path, tmp_path: Path) -> None:
    additional = tmp_path / "own.add.xml"
    additional.write_text(
        '<additional><tlLogic id="C" programID="own" type="static" offset="2.5">'
        '<phase duration="20.4" state="GGgrrrGGgrrr"/><phase duration="3" state="yyyrrryyyrrr" next="0 2"/>'
        '<phase duration="20" state="rrrGGgrrrGGg"/></tlLogic></additional>'
    )
    told = reasons(cross, additional)
    assert [reason.split("): ")[1].split(";")[0] for reason in told] == [
        "phase 0 lasts `20.4` s", "phase 1 goes on to 0 or 2 (`next`)", "its offset is `2.5`",
    ]  # fmt: skip


def test_rings_and_barriers_are_refused_for_every_signal_at_once(generated: dict[str, Path]) -> None:
    told = reasons(generated["ring_barrier"])
    assert len(told) == 4
    assert all("type `NEMA` cannot be carried" in reason for reason in told)


def test_programmes_switched_by_the_clock(cross: Path, tmp_path: Path) -> None:
    additional = tmp_path / "waut.add.xml"
    additional.write_text('<additional><WAUT id="W" startProg="0"/></additional>')
    (told,) = reasons(cross, additional)
    assert told.startswith(
        "W: WAUT (waut.add.xml) switches programs by the clock, which is not carried; leave the file"
    )


def test_times_that_no_street_may_have(cross: Path) -> None:
    told = reasons(cross, amber_s=2, all_red_s=-1)
    assert told == [
        "amber of 2 s: give whole seconds, 3 to 6 s (MUTCD 4D.26)",
        "all-red of -1 s: give whole seconds, 0 to 30",
    ]


def test_files_that_are_no_network(cross: Path, tmp_path: Path) -> None:
    broken, other = tmp_path / "broken.net.xml", tmp_path / "other.xml"
    broken.write_text("<net><edge")
    other.write_text("<routes/>")
    assert "cannot be read" in reasons(tmp_path / "absent.net.xml")[0]
    assert "not well-formed XML" in reasons(broken)[0]
    assert "begins with <routes>, not <net>" in reasons(other)[0]
    assert "not well-formed XML" in reasons(cross, broken)[0]


def test_a_network_in_which_no_signal_ever_changes(cross: Path, tmp_path: Path) -> None:
    always = write_programme(tmp_path / "own.add.xml", [(30, "GGgrrrGGgrrr"), (30, "GGgrrrGGgrrr")])
    off = write_programme(tmp_path / "off.add.xml", [], program="off")
    for additional in (always, off):
        assert reasons(cross, additional) == [f"{cross}: no signal with a program that changes; nothing to control"]


def test_a_signal_that_never_changes_is_left_to_sumo(generated: dict[str, Path], tmp_path: Path) -> None:
    off = write_programme(tmp_path / "off.add.xml", [], tls="A0", program="off")
    site = import_sumo(generated["left_hand"], [off], site="grid")
    assert site.report.left_to_sumo == {"A0": "it is switched off"}
    assert [junction.junction for junction in site.report.junctions] == ["A1", "B0", "B1"]
    assert "junctions/A0.yaml" not in site.bundle.files
    assert "neighbours: [A1, B0]\n" in site.bundle.files["junctions/B1.yaml"]


def test_more_stages_than_a_cabinet_holds(generated: dict[str, Path], tmp_path: Path) -> None:
    # Twenty links become green one after the other, then amber and red one after the other: 20 + 19 sets and all-red.
    links = 20
    phases = [(5, "G" * green + "r" * (links - green)) for green in range(1, links + 1)]
    phases += [(5, "r" * gone + "y" + "G" * (links - gone - 1)) for gone in range(links)]
    additional = write_programme(tmp_path / "own.add.xml", phases, tls="A0")
    assert reasons(generated["crossings"], additional) == [
        "A0: its programme has 40 different sets of greens; a cabinet holds 32 (TSC-MB/1.0, IR 11)"
    ]
