"""Do turning movement counts of other tools become counts of the site's turns, and are their gaps and faults found?"""

from __future__ import annotations

import pytest

from plans import load_site
from plans.exchange import JunctionGeometry
from plans.exchange.movement_counts import is_movement_counts, read_movement_counts
from plans.tuning.counts import demand_of_counts
from plans.tuning.demand import CAR, DemandError, Turn
from tests.site_builder import make_site

NETWORK = load_site(make_site()).network
J01 = NETWORK.junctions[0]
GEOMETRY = {
    "J01": JunctionGeometry(
        0.0,
        0.0,
        heading_deg={"north": 180.0, "east": 270.0},
        turns={(lane.id, group): frozenset("TL") for lane in J01.lanes for group in lane.groups},
    )
}
HEAD = "Turning Movement Count \n15 Minute Counts \nDATE,TIME,INTID,NBL,NBT,SBL,SBT,WBT,\n"
ROWS = (
    '10/11/2025,="0700",1,,,5,100,40,\n'
    '10/11/2025,="0715",1,,,7,120,50,\n'
    "10/11/2025,0730,1,,,6,110,40,\n"
    "10/11/2025,745,1,*,,8,130,45,\n"
)


def test_headings_and_turns_become_the_sites_turns() -> None:
    assert is_movement_counts(HEAD + ROWS)
    found = read_movement_counts(HEAD + ROWS, NETWORK, GEOMETRY, "tmc.csv")
    by_turn: dict[Turn, float] = {}
    for count in found.counts:
        by_turn[count.turn] = by_turn.get(count.turn, 0.0) + (count.vehicles[CAR] or 0.0)
    # SB comes from the north, WB from the east; nobody counted NB
    assert by_turn == {Turn("J01", "north", "K1"): 486, Turn("J01", "east", "K2"): 175}
    assert found.left_out == ()
    demand = demand_of_counts(found.counts, "tmc.csv")
    assert demand.origin == "tmc.csv, 07:00-08:00"
    # at its peak: the four quarters of the junction are 145, 177, 156 and 183
    assert demand.pcu_h(Turn("J01", "north", "K1")) == pytest.approx(486 * 4 * 183 / 661)


def test_a_cell_that_is_missing_is_a_gap() -> None:
    found = read_movement_counts(HEAD + ROWS.replace("7,120", "7,*"), NETWORK, GEOMETRY, "tmc.csv")
    with pytest.raises(DemandError, match="counts are missing") as caught:
        demand_of_counts(found.counts, "tmc.csv")
    assert "J01 north K1 car 07:15-07:30" in str(caught.value)


def test_nodes_and_movements_that_the_site_has_not_are_told() -> None:
    more = "10/11/2025,0700,77,,,1,1,1,\n10/11/2025,0715,1,3,,7,120,50,\n"
    rows = ROWS.replace('10/11/2025,="0715",1,,,7,120,50,\n', more)
    found = read_movement_counts(HEAD + rows, NETWORK, GEOMETRY, "tmc.csv")
    assert found.left_out == (
        "node 77: the site has no junction of that number",
        "node 1: no lane of J01 leads NBL",
    )


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("15 Minute Counts", "Counts", "tmc.csv:1: movement counts begin with `15 Minute Counts`"),
        ("0730", "noon", "tmc.csv:6: node '1', time 'noon': write a number and HHMM"),
        ("110", "many", "tmc.csv:6: SBT is 'many': write a number of 0 or more"),
        ("10/11/2025,0730", "11/11/2025,0730", "counts of 2 days"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(old: str, new: str, words: str) -> None:
    with pytest.raises(DemandError) as caught:
        read_movement_counts((HEAD + ROWS).replace(old, new), NETWORK, GEOMETRY, "tmc.csv")
    assert words in str(caught.value)
