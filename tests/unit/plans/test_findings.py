"""Does each kind of mistake give exactly the findings that it should: place, path, what, and what would be right?"""

from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from plans import Bundle, PlanError, Severity, check_site, load_cabinet, load_site
from tests.site_builder import make_site

CASES: dict[str, dict[str, Any]] = YAML(typ="safe").load(Path(__file__).with_name("mistakes.yaml"))
MISTAKES = [pytest.param(case, id=f"{part}: {name}") for part, cases in CASES.items() for name, case in cases.items()]


def with_mistake(case: dict[str, Any]) -> Bundle:
    files = dict(make_site().files)
    for edit in case["edits"]:
        file = edit["file"]
        if "add" in edit:
            files[file] = edit["add"]
        elif "remove" in edit:
            del files[file]
        else:
            assert edit["old"] in files[file], "the builder's text has changed; mend the case"
            files[file] = files[file].replace(edit["old"], edit["new"], 1)
    return Bundle(files)


def test_the_small_site_has_no_finding() -> None:
    assert check_site(make_site()) == ()


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_gives_its_findings_and_no_other(case: dict[str, Any]) -> None:
    bundle = with_mistake(case)
    findings = check_site(bundle)
    assert [str(finding) for finding in findings] == case["findings"]
    if all(finding.severity is Severity.WARNING for finding in findings):
        assert load_site(bundle).network.site == "testtown"
    else:
        with pytest.raises(PlanError) as caught:
            load_site(bundle)
        assert caught.value.findings == findings


def test_all_mistakes_of_all_files_come_at_once() -> None:
    files = dict(make_site().files)
    files["site.yaml"] = files["site.yaml"].replace("name:", "nmae:")
    files["calendar.yaml"] = files["calendar.yaml"].replace("sunday: weekend", "sunday: feast")
    files["junctions/J01.yaml"] = files["junctions/J01.yaml"].replace("K1: {K2: 5}", "K1: {K2: 1}")
    files["junctions/J02.yaml"] += "lanes: ["
    files["timings/day.yaml"] = files["timings/day.yaml"].replace("stage: B", "stage: Z")
    touched = {finding.file for finding in check_site(Bundle(files))}
    assert touched >= {"site.yaml", "calendar.yaml", "junctions/J01.yaml", "junctions/J02.yaml", "timings/day.yaml"}


def test_an_unreadable_junction_is_not_reported_as_missing_elsewhere() -> None:
    files = dict(make_site().files)
    files["junctions/J02.yaml"] = "junction: [J02"
    assert {finding.file for finding in check_site(Bundle(files))} == {"junctions/J02.yaml"}


def test_a_broken_cabinet_file_says_what_is_wrong_when_it_is_loaded_alone() -> None:
    files = dict(make_site().files)
    files["cabinets/J01.yaml"] = files["cabinets/J01.yaml"].replace("first_stage: A", "first_stage: Z")
    with pytest.raises(PlanError, match=r"cabinets/J01.yaml:19:76: error: start_up.first_stage: there is no stage Z"):
        load_cabinet(Bundle(files), "J01")


def test_a_cabinet_that_is_not_there_is_named_with_the_nearest() -> None:
    with pytest.raises(PlanError, match=r"cabinets/J0.yaml:1:1: error: .* did you mean cabinets/J0[12].yaml\?"):
        load_cabinet(make_site(), "J0")
