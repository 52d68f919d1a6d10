"""Do all outputs that a scenario's files name lead nowhere, while its inputs are still found?"""

import gzip
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from sim.scenario import Scenario, ScenarioError
from sim.sumo_files import RunFiles, sumo_arguments

ADDITIONAL = """<additional>
    <e1Detector id="d" lane="l_0" pos="3" freq="60" file="e1.xml"/>
    <edgeData id="m" file="edges.xml"/>
    <timedEvent type="SaveTLSStates" source="t" dest="states.xml"/>
    <tlLogic id="t" type="actuated" programID="1" offset="0"><param key="file" value="tls.xml"/></tlLogic>
    <vType id="v"><param key="device.ssm.file" value="ssm.xml"/><param key="color" value="red"/></vType>
    <rerouter id="r" edges="e" file="rerouter.xml"/>
    <include href="more.add.xml"/>
</additional>"""


@pytest.fixture
def street(tmp_path: Path) -> Path:
    folder = tmp_path / "street"
    folder.mkdir()
    (folder / "a.net.xml").write_text('<net><tlLogic id="t"><phase state="G"/></tlLogic></net>')
    (folder / "a.rou.xml").write_text('<routes><vehicle id="v"/></routes>')
    (folder / "a.add.xml").write_text(ADDITIONAL)
    (folder / "more.add.xml").write_text('<additional><laneData id="x" file="lanes.xml"/></additional>')
    return folder


def scenario_of(street: Path, *additional: str) -> Scenario:
    return Scenario(
        name="street",
        config=street / "run.sumocfg",
        net=street / "a.net.xml",
        routes=(street / "a.rou.xml",),
        additional=tuple(street / name for name in additional),
        begin_s=0,
        end_s=60,
        options=(("lateral-resolution", "0.8"),),
    )


def arguments_of(scenario: Scenario, folder: Path) -> dict[str, str]:
    folder.mkdir(exist_ok=True)
    arguments = sumo_arguments(scenario, RunFiles(folder), begin_s=10, end_s=60, seed=7)
    return dict(zip(arguments[::2], arguments[1::2], strict=True))


def test_outputs_lead_nowhere_and_inputs_are_found(street: Path, tmp_path: Path) -> None:
    given = arguments_of(scenario_of(street, "a.add.xml"), tmp_path / "run")
    root = ET.parse(given["--additional-files"]).getroot()
    assert {element.get("file") for element in (*root.iter("e1Detector"), *root.iter("edgeData"))} == {"NUL"}
    assert [event.get("dest") for event in root.iter("timedEvent")] == ["NUL"]
    assert {param.get("key"): param.get("value") for param in root.iter("param")} == {
        "file": "NUL", "device.ssm.file": "NUL", "color": "red",
    }  # fmt: skip
    assert [rerouter.get("file") for rerouter in root.iter("rerouter")] == [str(street / "rerouter.xml")]
    (included,) = (Path(element.get("href", "")) for element in root.iter("include"))
    assert included.parent == tmp_path / "run"
    assert ET.parse(included).getroot()[0].get("file") == "NUL"


def test_files_without_outputs_go_in_as_they_are(street: Path, tmp_path: Path) -> None:
    (street / "a.add.xml").write_text('<additional><busStop id="b" lane="l_0" startPos="1" endPos="9"/></additional>')
    given = arguments_of(scenario_of(street, "a.add.xml"), tmp_path / "run")
    assert given["--net-file"] == str(street / "a.net.xml")
    assert given["--route-files"] == str(street / "a.rou.xml")
    assert given["--additional-files"] == str(street / "a.add.xml")


def test_a_network_that_names_an_output_goes_in_as_a_copy(street: Path, tmp_path: Path) -> None:
    (street / "a.net.xml").write_text('<net><tlLogic id="t"><param key="file" value="tls.xml"/></tlLogic></net>')
    given = arguments_of(scenario_of(street), tmp_path / "run")
    assert Path(given["--net-file"]).parent == tmp_path / "run"
    assert "tls.xml" not in Path(given["--net-file"]).read_text()


def test_gzipped_files_are_read(street: Path, tmp_path: Path) -> None:
    (street / "a.add.xml.gz").write_bytes(gzip.compress(ADDITIONAL.encode()))
    given = arguments_of(scenario_of(street, "a.add.xml.gz"), tmp_path / "run")
    assert "e1.xml" not in Path(given["--additional-files"]).read_text()


def test_the_rules_of_a_comparison_are_set(street: Path, tmp_path: Path) -> None:
    given = arguments_of(scenario_of(street), tmp_path / "run")
    expected = {
        "--step-length": "1", "--time-to-teleport": "-1", "--seed": "7", "--begin": "10", "--end": "60",
        "--tripinfo-output.write-unfinished": "true", "--tripinfo-output.write-undeparted": "true",
        "--lateral-resolution": "0.8",
    }  # fmt: skip
    assert expected.items() <= given.items()


def test_broken_xml_is_named(street: Path, tmp_path: Path) -> None:
    (street / "a.add.xml").write_text("<additional>")
    with pytest.raises(ScenarioError, match=r"a\.add\.xml: not well-formed XML"):
        arguments_of(scenario_of(street, "a.add.xml"), tmp_path / "run")
