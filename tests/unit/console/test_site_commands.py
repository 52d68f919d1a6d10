"""Do check, schema and import say what they found, and write all or nothing?"""

import json
from pathlib import Path

import pytest

from tests.unit.console.conftest import Call


def spoil(site: Path, file: str, text: str, by: str) -> None:
    """Put a mistake into a file of the site."""
    path = site / file
    written = path.read_text()
    assert text in written
    path.write_text(written.replace(text, by, 1))


def test_a_good_site_is_checked_quietly(call: Call, site: Path) -> None:
    result = call("check", site)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "no findings" in result.stderr


def test_a_mistake_is_said_with_its_place_and_ends_with_1(call: Call, site: Path) -> None:
    spoil(site, "junctions/J01.yaml", "K2: 5", "K2: 2")
    result = call("check", site)
    assert result.exit_code == 1
    (line,) = [
        line for line in result.stdout.splitlines() if "conflicts_and_intergreens" in line and "J01.yaml" in line
    ]
    assert line.startswith(f"{site}/junctions/J01.yaml:")
    assert ": error: " in line


def test_findings_come_as_json(call: Call, site: Path) -> None:
    spoil(site, "junctions/J01.yaml", "K2: 5", "K2: 2")
    for words in (("--json",), ("--format", "json")):
        result = call("check", site, *words)
        found = json.loads(result.stdout)["findings"]
        assert result.exit_code == 1
        assert {"file", "line", "column", "severity", "path", "message"} == set(found[0])
        assert found[0]["file"].startswith(str(site))


def test_findings_come_as_annotations_of_a_pull_request(call: Call, site: Path) -> None:
    spoil(site, "site.yaml", "schema_version: 1", "schema_version: 7")
    (first, *_) = call("check", site, "--format", "github").stdout.splitlines()
    assert first.startswith(f"::error file={site}/site.yaml,line=1,col=")


def test_a_warning_is_a_finding_only_where_that_is_asked_for(call: Call, site: Path) -> None:
    spoil(site, "cabinets/J01.yaml", "cycle_s: 60", "cycle_s: 150")
    assert call("check", site).exit_code == 0
    assert "warning" in call("check", site).stdout
    assert call("check", site, "--strict").exit_code == 1


def test_a_site_that_is_not_there_ends_with_3(call: Call, tmp_path: Path) -> None:
    result = call("check", tmp_path / "nowhere")
    assert result.exit_code == 3
    assert "name the folder that holds site.yaml" in result.stderr


def test_schemas_are_written_one_a_file(call: Call, tmp_path: Path) -> None:
    assert call("schema", "--out", tmp_path / "schemas").exit_code == 0
    names = {path.name for path in (tmp_path / "schemas").iterdir()}
    assert {"site.schema.json", "junction.schema.json", "cabinet.schema.json"} <= names
    assert json.loads((tmp_path / "schemas" / "site.schema.json").read_text())["$schema"].endswith("2020-12/schema")
    assert json.loads(call("schema", "timing").stdout)["title"].startswith("Fai Khiao")


def test_version_is_said(call: Call) -> None:
    assert call("version").stdout.startswith("faikhiao ")
    assert set(json.loads(call("version", "--json").stdout)) == {"version"}


@pytest.mark.sumo
def test_a_network_becomes_a_site_that_passes_check(call: Call, crossing: Path, tmp_path: Path) -> None:
    out = tmp_path / "new-town"
    result = call("import", "sumo", crossing / "town.net.xml", "--out", out)
    assert result.exit_code == 0
    assert "1 junctions" in result.stdout
    assert call("check", out).exit_code == 0
    assert "site: new-town" in (out / "site.yaml").read_text()


@pytest.mark.sumo
def test_a_scenario_names_its_network_itself(call: Call, crossing: Path, tmp_path: Path) -> None:
    result = call("import", "sumo", crossing, "--out", tmp_path / "town", "--amber", "4", "--all-red", "2", "--json")
    assert result.exit_code == 0
    assert [junction["junction"] for junction in json.loads(result.stdout)["junctions"]] == ["A0"]
    assert "amber_s: 4" in next((tmp_path / "town" / "junctions").iterdir()).read_text()


@pytest.mark.sumo
def test_a_folder_that_holds_something_is_left_alone(call: Call, crossing: Path, site: Path) -> None:
    before = {path: path.read_bytes() for path in site.rglob("*.yaml")}
    result = call("import", "sumo", crossing / "town.net.xml", "--out", site)
    assert result.exit_code == 3
    assert "--replace" in result.stderr
    assert {path: path.read_bytes() for path in site.rglob("*.yaml")} == before
    assert call("import", "sumo", crossing / "town.net.xml", "--out", site, "--replace").exit_code == 0


@pytest.mark.sumo
def test_what_cannot_be_imported_leaves_nothing(call: Call, unsignalled: Path, tmp_path: Path) -> None:
    for source in (unsignalled / "town.net.xml", tmp_path / "none.net.xml"):
        result = call("import", "sumo", source, "--out", tmp_path / "town")
        assert result.exit_code == 3
        assert result.stderr.startswith("faikhiao: ")
        assert not (tmp_path / "town").exists()
