"""Do our plans and loops stand in SUMO's own words, and does our importer find the same lamps in them again?"""

from __future__ import annotations

import os
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from plans import Bundle, Site, load_site
from plans.planned_greens import planned_greens, timing_of
from sim.exchange import LayoutError, export_sumo, read_layout, site_map
from sim.exchange.sumo_programs import aspects_by_second
from sim.importer import PLAN, import_sumo
from sim.sumo_binaries import sumo_home, sumo_program
from sim.sumo_map import JunctionMap, lamp_string, load_sumo_map
from tests.site_builder import make_site
from tests.sumo_programmes import make_cross

UDON = Path(__file__).parents[4] / "sim" / "scenarios" / "udon_thani"
NET = UDON / "net" / "udon_thani.net.xml"
PLAN_IDS = ("am_peak", "night")


@pytest.fixture(scope="module")
def udon() -> Site:
    return load_site(Bundle.read(UDON / "site"))


@pytest.mark.parametrize("name", ["programs.add.xml", "detectors.add.xml"])
def test_sumos_own_schema_agrees(udon: Site, name: str) -> None:
    etree = pytest.importorskip("lxml.etree", reason="lxml is not installed: it is in the extra `dev`")
    schema = etree.XMLSchema(etree.parse(str(sumo_home() / "data" / "xsd" / "additional_file.xsd")))
    document = etree.fromstring(export_sumo(udon).files[name].encode())
    assert schema.validate(document), schema.error_log.last_error


def test_sumo_itself_takes_them_with_its_validation_on_and_loses_no_loop(udon: Site, tmp_path: Path) -> None:
    """`always` refuses a file that names no schema, or breaks it."""
    for name, text in export_sumo(udon, ["am_peak"]).files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    files = f"{tmp_path / 'programs.add.xml'},{tmp_path / 'detectors.add.xml'}"
    looked_at = ("--xml-validation", "always", "--xml-validation.net", "never")
    command = (sumo_program("sumo"), "-n", NET, "-a", files, *looked_at, "--begin", 0, "--end", 300, "--no-step-log")
    at_home = {**os.environ, "SUMO_HOME": str(sumo_home())}
    ran = subprocess.run([str(word) for word in command], env=at_home, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    loops = sum(len(where.loops) for where in load_sumo_map(udon.bundle).values())
    assert (tmp_path / "detectors.out.xml").read_text().count("<interval") == loops


def test_every_plan_is_a_program_and_every_loop_on_a_lane_a_detector(udon: Site) -> None:
    made = export_sumo(udon)
    programs = ET.fromstring(made.files["programs.add.xml"]).findall("tlLogic")
    assert len(programs) == sum(len(junction.timings) for junction in udon.network.junctions)
    loops = {f"{where.junction}/{loop}" for where in load_sumo_map(udon.bundle).values() for loop in where.loops}
    detectors = ET.fromstring(made.files["detectors.add.xml"]).findall("inductionLoop")
    assert {each.get("id") for each in detectors} == loops
    assert any("SUMO runs the last program" in sentence for sentence in made.left_out)


def shown(where: JunctionMap, site: Site, plan: str) -> list[str]:
    """SUMO's state string in each second of the clock's cycle."""
    junction = next(junction for junction in site.network.junctions if junction.id == where.junction)
    timing = timing_of(junction, plan)
    assert timing is not None
    index = junction.group_index()
    states = [
        lamp_string(where, [aspects[index[group]] for group in where.groups])
        for aspects in aspects_by_second(junction, timing)
    ]
    return [states[(second - timing.offset_s) % timing.cycle_s] for second in range(timing.cycle_s)]


@pytest.mark.parametrize("plan", PLAN_IDS)
def test_our_importer_finds_the_same_lamps_in_every_second(udon: Site, tmp_path: Path, plan: str) -> None:
    programs = tmp_path / "programs.add.xml"
    programs.write_text(export_sumo(udon, [plan]).files["programs.add.xml"], encoding="utf-8")
    imported = import_sumo(NET, [programs], site="again")
    assert imported.report.repairs == ()
    back = load_site(imported.bundle)
    ours, theirs = load_sumo_map(udon.bundle), load_sumo_map(back.bundle)
    by_tls = {where.tls: where for where in theirs.values()}
    for where in ours.values():
        assert shown(where, udon, plan) == shown(by_tls[where.tls], back, PLAN), where.junction


def test_a_program_shows_the_greens_of_the_plan(udon: Site) -> None:
    junction = udon.network.junctions[4]
    timing = timing_of(junction, "am_peak")
    assert timing is not None
    aspects = aspects_by_second(junction, timing)
    for green in planned_greens(junction, timing):
        lit = sum(column[green.column].name == "GREEN" for column in aspects)
        assert lit == sum(
            int(each.length_s) for each in planned_greens(junction, timing) if each.column == green.column
        )


def test_a_plan_or_a_map_that_is_not_there_is_told(udon: Site) -> None:
    with pytest.raises(ValueError, match="no plan 'rain': one of am_peak"):
        export_sumo(udon, ["rain"])
    with pytest.raises(ValueError, match=r"does not say where it lies in a SUMO network"):
        export_sumo(load_site(make_site()))


# --------------------------------------------------------------------------------------------------------- on the map


def test_without_projection_or_origin_nobody_knows_where_it_lies(udon: Site) -> None:
    with pytest.raises(LayoutError, match=r"--origin LON,LAT"):
        site_map(udon, read_layout(NET))


def test_with_an_origin_metres_become_degrees_and_stop_lines_lie_across(udon: Site) -> None:
    layout = read_layout(NET, (102.80, 17.41))
    features = {feature.id: feature for feature in site_map(udon, layout)}
    [(longitude, latitude)] = features["J05"].points
    assert (longitude, latitude) == pytest.approx((102.80, 17.41), abs=1e-6)  # J05 is the network's 0,0
    [(east, _)] = features["J06"].points
    assert (east - longitude) * 106_300 == pytest.approx(layout.net.getNode("J06").getCoord()[0], rel=0.01)
    (x0, y0), (x1, y1) = layout.stop_line("J04_J05_a_2")  # heading east
    assert x0 == pytest.approx(x1, abs=0.1)
    assert abs(y0 - y1) == pytest.approx(layout.net.getLane("J04_J05_a_2").getWidth(), abs=0.01)
    kinds = {feature.properties["what"] for feature in features.values()}
    assert kinds == {"junction", "lane", "stop_line", "loop"}


def test_headings_and_turns_come_from_the_network(udon: Site) -> None:
    layout = read_layout(NET)
    geometry = layout.geometry(udon.network.junctions, load_sumo_map(udon.bundle))["J05"]
    assert geometry.heading_deg["J02_J05_a"] == pytest.approx(180, abs=1)
    assert geometry.turns["J02_J05_a_3", "K1"] == {"R"}


def test_another_network_is_found_out(udon: Site, tmp_path: Path) -> None:
    strange = make_cross(tmp_path / "other")
    with pytest.raises(LayoutError, match="has no lane"):
        read_layout(strange).geometry(udon.network.junctions, load_sumo_map(udon.bundle))
    plain = tmp_path / "x.xml"
    plain.write_text("<additional/>")
    with pytest.raises(LayoutError, match="not <net>"):
        read_layout(plain)
