"""Do `export` and `import utdf` write what they say, say what they leave out, and refuse what nobody can use?"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from plans import Bundle, check_site, write_site
from plans.exchange import decode_utdf, export_utdf, read_volumes
from plans.load import load_site
from plans.yaml_text import read_yaml
from tests.site_builder import make_site
from tests.unit.console.conftest import Call

UDON = Path(__file__).parents[3] / "sim" / "scenarios" / "udon_thani"
NET = UDON / "net" / "udon_thani.net.xml"
GOLDEN = Path(__file__).parents[1] / "plans" / "exchange" / "golden_day.csv"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return write_site(make_site(), tmp_path / "town")


@pytest.fixture
def utdf(call: Call, site: Path, tmp_path: Path) -> Path:
    path = tmp_path / "day.csv"
    assert call("export", site, "--format", "utdf", "--plan", "day", "-o", path).exit_code == 0
    return path


def test_the_file_is_as_it_was_when_somebody_looked_at_it(utdf: Path) -> None:
    assert utdf.read_bytes() == GOLDEN.read_bytes()


def test_what_is_not_carried_is_said(call: Call, site: Path, tmp_path: Path) -> None:
    out = call("export", site, "--format", "utdf", "--plan", "day", "--out", tmp_path / "x.csv").stdout
    assert "carried: cycle, offset and reference phase of each junction" in out
    assert "not carried: intergreens by pair of groups" in out
    assert "not carried: volumes: none were given" in out


def test_every_plan_goes_into_a_folder(call: Call, site: Path, tmp_path: Path) -> None:
    result = call("export", site, "--format", "utdf", "--out", tmp_path / "all", "--json")
    assert sorted(path.name for path in (tmp_path / "all").iterdir()) == ["day.csv", "night.csv"]
    assert set(json.loads(result.stdout)) == {"format", "files", "carried", "left_out"}


def test_a_plan_comes_back_as_a_plan_of_its_own(call: Call, site: Path, utdf: Path) -> None:
    result = call("import", "utdf", utdf, "--site", site, "--plan", "again", "--name", "Day again")
    assert result.exit_code == 0
    own, back = (read_yaml((site / "timings" / f"{plan}.yaml").read_text()).value for plan in ("day", "again"))
    assert back["junctions"] == own["junctions"]
    assert back["plan"] == "again"
    [finding] = [finding for finding in check_site(Bundle.read(site)) if "again" in finding.file]
    assert "the calendar never uses the plan" in finding.message


def test_nothing_is_overwritten(call: Call, site: Path, utdf: Path) -> None:
    before = Bundle.read(site).digest
    result = call("import", "utdf", utdf, "--site", site, "--plan", "day")
    assert result.exit_code == 3
    assert "timings/day.yaml is there already" in result.stderr
    assert Bundle.read(site).digest == before


def test_feet_without_metric_are_refused_and_may_be_said(call: Call, site: Path, utdf: Path) -> None:
    utdf.write_text(utdf.read_text().replace("Metric,1\n", ""))
    before = Bundle.read(site).digest
    result = call("import", "utdf", utdf, "--site", site, "--plan", "again")
    assert result.exit_code == 3
    assert f"faikhiao: {utdf}: the section [Network]" in result.stderr
    assert "has no record Metric, so nobody knows whether lengths are feet or metres" in result.stderr
    assert Bundle.read(site).digest == before
    assert call("import", "utdf", utdf, "--site", site, "--plan", "again", "--units", "metres").exit_code == 0
    assert call("import", "utdf", utdf, "--site", site, "--plan", "x", "--units", "miles").exit_code == 2


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("Cycle Length,1,60", "Cycle Length,1,60.5", "node 1 has a cycle of 60.5: write whole seconds"),
        ("Cycle Length,1,60", "Cycle Length,1,", "node 1 has a cycle of nothing"),
        ("Cycle Length,1,60", "Cycle Length,1,sixty", "'sixty': write a number from 1 to 3600"),
        ("Start,1,17,59,18", "Start,1,17,59,18,,5", "J01 has no group for phase 5"),
        ("Start,1,17", "Start,1,99", "write a number from 0 to 60"),
        ("Yellow,1,3,3,0", "Yellow,1,3,3,4", "phase 3 is F1 of people on foot"),
        ("[Phases]", "[Phrases]", "no Start and Yield in [Phases]"),
        ("[Timeplans]", "[Plans]", "no node of the file has a time plan"),
        ("Start,1,17,59,18", "Start,1,20,30,18", "breaks rules of the site"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_written(
    call: Call, site: Path, utdf: Path, old: str, new: str, words: str
) -> None:
    text = utdf.read_text()
    assert old in text
    more = text.replace(old, new)
    if ",,5" in new:
        more = more.replace("Yield,1,48,12,56", "Yield,1,48,12,56,,40")
    utdf.write_text(more)
    before = Bundle.read(site).digest
    result = call("import", "utdf", utdf, "--site", site, "--plan", "again")
    assert result.exit_code == 3
    assert words in result.stderr
    assert Bundle.read(site).digest == before


def test_times_of_groups_stay_and_it_is_said(call: Call, site: Path, utdf: Path) -> None:
    utdf.write_text(utdf.read_text().replace("Yellow,1,3,3,0", "Yellow,1,4,3,0"))
    result = call("import", "utdf", utdf, "--site", site, "--plan", "again")
    assert "note: node 1: amber of K1 is 4 s in the file; the site's 3 s stays" in result.stdout


def test_volumes_of_a_table_stand_in_the_file(call: Call, site: Path, tmp_path: Path) -> None:
    counts, out = tmp_path / "counts.csv", tmp_path / "day.csv"
    counts.write_text("junction,approach,group,flow_veh_h\nJ01,north,K1,640\nJ02,west,K2,210\n")
    options = ("--format", "utdf", "--plan", "day", "--volumes", counts, "--out", out)
    assert call("export", site, *options).exit_code == 0
    volumes = {(each.node, each.movement): each.counted_veh_h for each in read_volumes(decode_utdf(out.read_bytes()))}
    assert volumes == {(1, "NBT"): 640, (1, "EBT"): 0, (2, "NBT"): 0, (2, "EBT"): 0, (2, "SBT"): 210}


def test_counts_by_interval_become_volumes_with_their_peak_hour_factor(call: Call, site: Path, tmp_path: Path) -> None:
    """600 vehicles of both classes in the hour, 200 of them in its busiest quarter: PHF 600 / (4 * 200) = 0.75."""
    counts, out = tmp_path / "counts.csv", tmp_path / "day.csv"
    quarters = (("06:45", "07:00", 1, 0), ("07:00", "07:15", 60, 40), ("07:15", "07:30", 150, 50),
                ("07:30", "07:45", 80, 70), ("07:45", "08:00", 100, 50))  # fmt: skip
    rows = [f"{begin},{end},J01,north,K1,{cars},{motorcycles}" for begin, end, cars, motorcycles in quarters]
    counts.write_text("\n".join(["begin,end,junction,approach,group,car,motorcycle", *rows]))
    options = ("--format", "utdf", "--plan", "day", "--volumes", counts, "--out", out)
    assert call("export", site, *options).exit_code == 0
    [volume] = [each for each in read_volumes(decode_utdf(out.read_bytes())) if each.counted_veh_h]
    assert (volume.counted_veh_h, volume.peak_hour_factor, volume.peak_veh_h) == (600, 0.75, 800)
    out.unlink()
    counts.write_text(counts.read_text().replace("07:15,07:30,J01,north,K1,150,50\n", ""))
    result = call("export", site, *options)
    assert result.exit_code == 3
    assert "counts are missing" in result.stderr
    assert "nothing was counted 07:15-07:30" in result.stderr
    assert not out.exists()


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ("junction,approach\nJ01,north\n", "no column group, flow_veh_h"),
        ("junction,approach,group,flow_veh_h\nJ01,north,K1,many\n", "counts.csv:2: 'many' is no flow"),
        (
            "junction,approach,group,flow_veh_h\nJ01,moon,K1,5\n",
            "counts.csv:2: no lane of moon at J01 leads off under K1",
        ),
        (
            "junction,approach,group,flow_veh_h\nJ01,north,K1,5\nJ01,north,K1,6\n",
            "counts.csv:3: J01 north K1 has a volume",
        ),
    ],
)
def test_a_table_of_volumes_that_does_not_fit_is_refused(
    call: Call, site: Path, tmp_path: Path, table: str, words: str
) -> None:
    counts, out = tmp_path / "counts.csv", tmp_path / "day.csv"
    counts.write_text(table)
    result = call("export", site, "--format", "utdf", "--plan", "day", "--volumes", counts, "--out", out)
    assert result.exit_code == 3
    assert words in result.stderr
    assert not out.exists()


def test_a_map_and_programs_of_a_whole_town(call: Call, tmp_path: Path) -> None:
    town = UDON / "site"
    out = tmp_path / "town.geojson"
    assert (
        call("export", town, "--format", "geojson", "--net", NET, "--origin", "102.80,17.41", "-o", out).exit_code == 0
    )
    found = json.loads(out.read_text(encoding="utf-8"))
    assert found["type"] == "FeatureCollection"
    assert {feature["geometry"]["type"] for feature in found["features"]} == {"Point", "LineString"}
    longitude, latitude = found["features"][0]["geometry"]["coordinates"]
    assert (round(longitude, 1), round(latitude, 1)) == (102.8, 17.4)
    folder = tmp_path / "sumo"
    assert call("export", town, "--format", "sumo", "--plan", "night", "-o", folder).exit_code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["detectors.add.xml", "programs.add.xml"]


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--format", "vissim"], 2, "no format 'vissim'"),
        (["--format", "geojson"], 2, "name it with --net"),
        (["--format", "geojson", "--net", str(NET)], 3, "does not say where it lies"),
        (["--format", "geojson", "--net", "no.net.xml"], 3, "cannot be read"),
        (["--format", "sumo"], 3, "does not say where it lies in a SUMO network"),
        (["--format", "utdf", "--plan", "rain"], 3, "no plan 'rain': one of day, night"),
        (["--format", "sumo", "--volumes", "x.csv"], 2, "--volumes goes with --format utdf"),
        (["--format", "geojson", "--net", str(NET), "--origin", "17.41"], 2, "write LON,LAT in degrees"),
        (["--format", "geojson", "--net", str(NET), "--origin", "17.41,102.8"], 2, "the longitude comes first"),
    ],
)
def test_what_cannot_be_exported_is_said(
    call: Call, site: Path, tmp_path: Path, options: list[str], code: int, words: str
) -> None:
    result = call("export", site, *options, "--out", tmp_path / "out")
    assert result.exit_code == code
    assert words in result.stderr
    assert not (tmp_path / "out").exists()


def test_the_golden_file_is_of_the_test_site() -> None:
    assert export_utdf(load_site(make_site()).network, "day").text == GOLDEN.read_bytes().decode()
