"""Are the numbers of things that a cabinet's registers hold respected (TSC-MB/1.0)?"""

from typing import Any

import pytest

from plans import check_site
from tests.site_builder import bundle_of, site_data


def findings_in(file: str, data: dict[str, Any]) -> list[str]:
    return [finding.message for finding in check_site(bundle_of(data)) if finding.file == file]


@pytest.mark.parametrize(("number", "told"), [(32, False), (33, True)])
def test_a_cabinet_has_at_most_32_groups(number: int, told: bool) -> None:
    data = site_data()
    groups = data["junctions/J01.yaml"]["groups"]
    groups += [{**groups[0], "id": f"X{place}"} for place in range(number - len(groups))]
    assert told == any("33 signal groups" in text for text in findings_in("junctions/J01.yaml", data))


@pytest.mark.parametrize(("number", "told"), [(32, False), (33, True)])
def test_a_cabinet_has_at_most_32_stages(number: int, told: bool) -> None:
    data = site_data()
    stages = data["cabinets/J01.yaml"]["safety"]["stages"]
    stages += [{"id": f"X{place}", "groups": ["F1"]} for place in range(number - len(stages))]
    assert told == any("33 stages" in text for text in findings_in("cabinets/J01.yaml", data))


@pytest.mark.parametrize(("number", "told"), [(64, False), (65, True)])
def test_at_most_64_loops_are_wired_to_a_cabinet(number: int, told: bool) -> None:
    data = site_data()
    data["cabinets/J01.yaml"]["loops"] = [f"L{place}" for place in range(number)]
    assert told == any("65 loops are wired" in text for text in findings_in("cabinets/J01.yaml", data))


def test_sites_and_findings_can_be_handed_to_another_process() -> None:
    import pickle

    from plans import Finding, PlanError, Severity, load_site
    from tests.site_builder import make_site

    site = load_site(make_site())
    assert pickle.loads(pickle.dumps(site)) == site
    error = PlanError([Finding("site.yaml", 1, 1, Severity.ERROR, "", "x")])
    assert pickle.loads(pickle.dumps(error)).findings == error.findings
