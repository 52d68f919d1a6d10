"""Are the volumes of a UTDF file read as they are meant, and is what nobody can know refused?"""

from __future__ import annotations

import pytest

from plans import load_site
from plans.exchange import Units, UtdfRefused, decode_utdf, group_flows, read_volumes
from plans.exchange.utdf_volumes import phase_numbers
from tests.site_builder import make_site

NETWORK = "[Network]\nNetwork Settings\nRECORDNAME,DATA\nUTDFVERSION,8\nMetric,1\n\n"
LANES = """[Lanes]
Lane Group Data
RECORDNAME,INTID,NBL,NBT,NBR,EBT,PED,HOLD
Lanes,1,1,2,0,1,,
Phase1,1,,1,,2,3,
PermPhase1,1,1,,1,,,
Volume,1,80,*900,40,300,,
PHF,1,0.92,0.90,0.92,1,,
Growth,1,100,110,100,100,,
HeavyVehicles,1,2,3,2,0,,
Volume,9,,50,,,,
Phase1,9,,2,,,,
"""


def test_volumes_growth_peak_and_phases_are_read() -> None:
    volumes = {(each.node, each.movement): each for each in read_volumes(NETWORK + LANES)}
    through = volumes[1, "NBT"]
    assert through.counted_veh_h == 900
    assert through.volume_veh_h == pytest.approx(990)
    assert through.peak_veh_h == pytest.approx(1100)
    assert (through.lanes, through.phases, through.permitted) == (2, (1,), ())
    assert through.heavy_share == pytest.approx(0.03)
    assert (volumes[1, "NBL"].phases, volumes[1, "NBL"].permitted) == ((), (1,))
    assert (volumes[9, "NBT"].peak_hour_factor, volumes[9, "NBT"].growth) == (1.0, 1.0)


def test_a_section_of_volumes_goes_before_the_lanes() -> None:
    more = "[Volumes]\nVolume Data\nRECORDNAME,INTID,NBL,NBT\nVolume,1,7,8\n"
    volumes = [(each.movement, each.counted_veh_h) for each in read_volumes(NETWORK + LANES + more) if each.node == 1]
    assert volumes == [("NBL", 7.0), ("NBT", 8.0)]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (LANES, "no record Metric, so nobody knows whether lengths are feet or metres"),
        (NETWORK.replace("Metric,1", "Metric,"), "Metric is ''"),
        (NETWORK.replace("Metric,1", "Metric,yes") + LANES, "line 5: Metric is 'yes': write 0"),
        ("", "no section such as"),
        ("hello\nworld\n", "no section such as"),
        (NETWORK, "there is no demand in it"),
        (NETWORK + "[Lanes]\nLane Group Data\nINTID,NBT\n1,5\n", r"\[Lanes\] begins with no column RECORDNAME"),
        (
            NETWORK + LANES.replace("Volume,1,80", "Volume,1,eighty"),
            r"\[Lanes\] Volume of node 1, column NBL, is 'eighty'",
        ),
        (NETWORK + LANES.replace("Volume,1,80", "Volume,1,-80"), "write a number from 0 to 20000"),
        (NETWORK + LANES.replace("Volume,1,80", "Volume,1,nan"), "is 'nan'"),
        (NETWORK + LANES.replace("PHF,1,0.92", "PHF,1,0"), "write a number from 0.25 to 1"),
        (NETWORK + LANES.replace("Volume,9", "Volume,north"), "'north' is no number of a node"),
    ],
)
def test_what_cannot_be_known_is_refused_with_its_line(text: str, words: str) -> None:
    with pytest.raises(UtdfRefused, match=words):
        read_volumes(text)


def test_units_may_be_said_from_outside_and_never_against_the_file() -> None:
    assert len(read_volumes(LANES, Units.FEET)) == 5
    with pytest.raises(UtdfRefused, match="Metric says metres, and feet are asked for"):
        read_volumes(NETWORK + LANES, Units.FEET)


def test_every_fault_is_told_at_once() -> None:
    bad = NETWORK + LANES.replace("Volume,1,80", "Volume,1,x").replace("PHF,1,0.92,0.90", "PHF,1,7,8")
    with pytest.raises(UtdfRefused) as caught:
        read_volumes(bad)
    assert len(caught.value.reasons) == 3


def test_bytes_that_are_no_utf_8_are_refused_with_the_line() -> None:
    with pytest.raises(UtdfRefused, match="line 2: not UTF-8"):
        decode_utdf(b"[Network]\n\xd8\xcd\xd9\n")


def test_flows_go_to_the_groups_of_the_phases() -> None:
    network = load_site(make_site()).network
    found = group_flows(network, read_volumes(NETWORK + LANES))
    assert found.flow_veh_h == {"J01": {"K1": pytest.approx(80 + 990 + 40), "K2": pytest.approx(300)}}
    assert found.of_approach_veh_h == {
        "J01": {("north", "K1"): pytest.approx(80 + 990 + 40), ("east", "K2"): pytest.approx(300)}
    }
    assert found.left_out == ("node 9: the site has no junction of that number",)
    peak = group_flows(network, read_volumes(NETWORK + LANES), peak=True)
    assert peak.flow_veh_h["J01"]["K2"] == pytest.approx(300)
    assert peak.flow_veh_h["J01"]["K1"] == pytest.approx((80 + 40) / 0.92 + 1100)


def test_phase_numbers_follow_the_names_of_the_groups() -> None:
    junction = load_site(make_site()).network.junctions[0]
    assert phase_numbers(junction) == {"K1": 1, "K2": 2, "F1": 3}
