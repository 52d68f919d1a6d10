"""Is it found out what `--demand` names, and is demand from UTDF that of the site's turns?"""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from console.application import build
from console.exits import ConfigurationError
from console.tuning_demand import DemandQuestion, kind_of, read_demand, with_links_of
from plans import Bundle, check_site, load_site, write_site
from plans.exchange.geometry import approach_names
from plans.findings import errors_of
from plans.tuning.demand import Demand, DemandError, Link, Turn
from plans.tuning.plan_file import with_plan
from sim.exchange import read_layout
from sim.sumo_map import load_sumo_map
from tests.site_builder import make_site

SITE = load_site(make_site())
UDON = Path(__file__).parents[3] / "sim" / "scenarios" / "udon_thani"
UTDF = """[Network]
Network Settings
RECORDNAME,DATA
UTDFVERSION,8
Metric,1

[Lanes]
Lane Group Data
RECORDNAME,INTID,NBT,EBT
Lanes,1,1,1
Phase1,1,1,2
Volume,1,540,300
PHF,1,0.9,1
"""
COUNTS = "begin,end,junction,approach,group,car,motorcycle\n" + "".join(
    f"07:00,08:00,{turn},{cars},100\n"
    for turn, cars in (
        ("J01,north,K1", 500), ("J01,east,K2", 200), ("J02,south,K1", 400), ("J02,north,K3", 90), ("J02,west,K2", 150),
    )
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [("c.csv", COUNTS, "csv"), ("u.csv", UTDF, "utdf"), ("m.journal", "", "journal"), ("town.sumocfg", "", "scenario")],
)
def test_the_kind_is_told_by_the_file(tmp_path: Path, name: str, content: str, kind: str) -> None:
    file = tmp_path / name
    file.write_text(content)
    assert kind_of(str(file)) == (kind, str(file))
    assert kind_of(f"{kind}:{file}") == (kind, str(file))


def test_a_file_that_tells_nothing_is_asked_about(tmp_path: Path) -> None:
    (tmp_path / "counts.txt").write_text("?")
    with pytest.raises(ConfigurationError, match="csv:, utdf:, journal:, scenario: before it"):
        kind_of(str(tmp_path / "counts.txt"))
    with pytest.raises(ConfigurationError, match=r"lost.csv is not there: name a file of counts"):
        kind_of("lost.csv")
    assert kind_of("town/midday") == ("scenario", "town/midday")


def test_utdf_volumes_are_the_busiest_quarters_rate_of_the_sites_turns(tmp_path: Path) -> None:
    (tmp_path / "u.csv").write_text(UTDF)
    demand = read_demand(DemandQuestion("utdf", str(tmp_path / "u.csv"), tmp_path), SITE)
    assert demand.pcu_h(Turn("J01", "north", "K1")) == pytest.approx(600)
    assert demand.pcu_h(Turn("J01", "east", "K2")) == pytest.approx(300)


def test_volumes_of_a_group_that_lets_two_approaches_go_are_spread_and_it_is_said(tmp_path: Path) -> None:
    """K2 of J01 in Udon Thani lets two approaches go."""
    udon = load_site(Bundle.read(UDON / "site"))
    (tmp_path / "u.csv").write_text(UTDF.replace("Phase1,1,1,2", "Phase1,1,2,2"))
    demand = read_demand(DemandQuestion("utdf", str(tmp_path / "u.csv"), tmp_path), udon)
    lanes = [lane.approach for lane in udon.network.junctions[0].lanes if "K2" in lane.groups]
    assert len(set(lanes)) == 2
    for approach in set(lanes):
        share = lanes.count(approach) / len(lanes)
        assert demand.pcu_h(Turn("J01", approach, "K2")) == pytest.approx(900 * share)
    assert any("1 groups let several approaches go" in remark for remark in demand.remarks)


@pytest.mark.sumo
@pytest.mark.parametrize("how", ["names of links", "directions of the network"])
def test_volumes_of_such_a_group_go_to_the_approaches_that_the_file_tells(tmp_path: Path, how: str) -> None:
    udon = load_site(Bundle.read(UDON / "site"))
    lanes = [lane for lane in udon.network.junctions[0].lanes if "K2" in lane.groups]
    one, other = dict.fromkeys(lane.approach for lane in lanes)
    text = UTDF.replace("Phase1,1,1,2", "Phase1,1,2,2")
    if how == "names of links":
        text += f"\n[Links]\nLink Data\nRECORDNAME,INTID,NB,SB,EB\nName,1,{one},,{other}\n"
        headings = {one: "NBT", other: "EBT"}
    else:
        net = read_layout(UDON / "net" / "udon_thani.net.xml")
        geometry = net.geometry(udon.network.junctions, load_sumo_map(udon.bundle))["J01"]
        names = approach_names(udon.network.junctions[0], geometry)
        headings = {one: names[one] + "T", other: names[other] + "T"}
        text = text.replace("NBT,EBT", ",".join(headings.values()))
    (tmp_path / "u.csv").write_text(text)
    scenario = None if how == "names of links" else "udon_thani/am_peak"
    question = DemandQuestion("utdf", str(tmp_path / "u.csv"), UDON / "site", scenario=scenario)
    demand = read_demand(question, udon)
    assert demand.pcu_h(Turn("J01", one, "K2")) == pytest.approx(600)
    assert demand.pcu_h(Turn("J01", other, "K2")) == pytest.approx(300)
    assert not any("spread" in remark for remark in demand.remarks)


def test_utdf_of_another_town_is_refused(tmp_path: Path) -> None:
    (tmp_path / "u.csv").write_text(UTDF.replace(",1,", ",77,"))
    with pytest.raises(DemandError, match="node 77"):
        read_demand(DemandQuestion("utdf", str(tmp_path / "u.csv"), tmp_path), SITE)


def test_ways_of_a_scenario_follow_the_counts() -> None:
    up, down = Turn("J01", "north", "K1"), Turn("J02", "north", "K3")
    of_scenario = Demand({up: {"car": 400}, down: {"car": 100}}, "s", (Link(up, down, 80, 20),))
    counted = Demand({up: {"car": 200}, down: {"car": 90}}, "c")
    assert [link.flow_pcu_h for link in with_links_of(counted, of_scenario).links] == [40]


def test_a_plan_from_counts_is_lawful_and_says_why(tmp_path: Path) -> None:
    site = write_site(make_site(), tmp_path / "site")
    (tmp_path / "c.csv").write_text(COUNTS)
    out = site / "timings" / "counted.yaml"
    plan = next(timing.plan for junction in SITE.network.junctions for timing in junction.timings)
    words = ["tune", str(site), "--demand", str(tmp_path / "c.csv"), "-o", str(out), "--like", plan]
    answer = CliRunner().invoke(build(), [*words, "--motorcycle-pcu", "0.25", "--splits", "equal-saturation"])
    assert answer.exit_code == 0, answer.output
    text = out.read_text(encoding="utf-8")
    assert "# Tuned from c.csv, 07:00-08:00." in text
    assert "525 of 1800 pcu/h a lane" in text  # 500 cars and 100 motorcycles of 0.25
    assert not errors_of(check_site(with_plan(Bundle.read(site), "counted", text)))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--stages", "any"], "there is no way of --stages 'any'"),
        (["--motorcycle-pcu", "north=3"], "above 0 and at most 2"),
        (["--between", "08:00"], "write HH:MM-HH:MM"),
        (["--rounds", "2"], "name a --scenario"),
    ],
)
def test_a_wrong_option_ends_with_2_and_writes_nothing(tmp_path: Path, words: list[str], told: str) -> None:
    site = write_site(make_site(), tmp_path / "site")
    (tmp_path / "c.csv").write_text(COUNTS)
    out = tmp_path / "new.yaml"
    base = ["tune", str(site), "--demand", str(tmp_path / "c.csv"), "-o", str(out)]
    answer = CliRunner().invoke(build(), [*base, *words])
    assert answer.exit_code == 2, answer.output
    assert told in answer.stderr
    assert not out.exists()
