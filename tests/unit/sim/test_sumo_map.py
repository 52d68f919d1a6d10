"""Does SUMO show the programme's own letters for what it knows, and safe ones for what it does not?"""

import pytest

from controller.model import Aspect
from plans import Bundle, PlanError
from sim.sumo_map import JunctionMap, lamp_string, load_sumo_map

R, G, Y, A, F = Aspect.RED, Aspect.GREEN, Aspect.AMBER, Aspect.RED_AMBER, Aspect.FLASHING_GREEN
FILE = """junctions:
  J:
    tls: t1
    groups: [K1, K2, F1]
    links:
      - {index: 0, group: K1, dark: O}
      - {index: 1, group: K1, yields_to: [2]}
      - {index: 2, group: K2, red: s, amber: Y}
      - {index: 3, group: F1}
      - {index: 4, constant: G, yields_to: [2]}
      - {index: 5, constant: r}
    patterns: {GRR: GgsrGr, RGF: rrGygr}
    loops: {D1: {lane: "e_0", pos_m: 12.5}}
    crossings: {F1: [":t1_c0"]}
"""


@pytest.fixture
def junction() -> JunctionMap:
    return load_sumo_map(Bundle({"sumo.yaml": FILE}))["J"]


@pytest.mark.parametrize(
    ("aspects", "letters"),
    [
        ((G, R, R), "GgsrGr"),  # as the programme has it
        ((R, G, F), "rrGygr"),
        ((G, G, R), "GgGrgr"),  # never seen: 1 and 4 give way to 2
        ((G, Y, R), "GgYrgr"),
        ((Y, R, G), "yysGGr"),
        ((A, R, F), "uusrGr"),
        ((R, R, R), "rrsrGr"),
        ((Aspect.FLASHING_AMBER, Aspect.DARK, Aspect.DARK), "OoooGr".replace("G", "g")),
        ((Aspect.FLASHING_RED, Aspect.UNKNOWN, Aspect.PEDESTRIAN_BLACKOUT), "sssrGr"),
    ],
)
def test_letters_of_aspects(aspects: tuple[Aspect, ...], letters: str, junction: JunctionMap) -> None:
    assert lamp_string(junction, aspects) == letters
    assert lamp_string(junction, list(aspects)) == letters


def test_places_are_kept(junction: JunctionMap) -> None:
    assert (junction.tls, junction.groups) == ("t1", ("K1", "K2", "F1"))
    assert (junction.loops["D1"].lane, junction.loops["D1"].pos_m, junction.loops["D1"].length_m) == ("e_0", 12.5, 2.0)
    assert junction.crossings == {"F1": (":t1_c0",)}


@pytest.mark.parametrize(
    ("old", "new", "finding"),
    [
        ("group: K2, red: s", "group: K9, red: s", "link 2: group K9 is not among K1, K2, F1"),
        ("{index: 3, group: F1}", "{index: 3}", "link 3 needs a group or a constant letter, and not both"),
        ("{index: 3, group: F1}", "{index: 7, group: F1}", "links must be 0 to 5 in their order"),
        ("yields_to: [2]}\n      - {index: 5", "yields_to: [6]}\n      - {index: 5", "link 4: yields_to names a link"),
        ("GRR: GgsrGr", "GRR: GgsrG", "GgsrG has 5 letters for 6 links"),
        ("GRR: GgsrGr", "GR: GgsrGr", "pattern GR needs one letter"),
        ("constant: r", "constant: z", "links.5.constant"),
        ("tls: t1", "tsl: t1", "tsl"),
    ],
)
def test_a_wrong_file_is_told_with_its_place(old: str, new: str, finding: str) -> None:
    assert old in FILE
    with pytest.raises(PlanError, match=r"sumo\.yaml") as refused:
        load_sumo_map(Bundle({"sumo.yaml": FILE.replace(old, new)}))
    assert any(finding in str(found) for found in refused.value.findings)


def test_a_site_without_the_file_says_how_to_get_it() -> None:
    with pytest.raises(PlanError, match=r"sumo\.yaml:1:1: error: is missing.*import sumo"):
        load_sumo_map(Bundle({}))
