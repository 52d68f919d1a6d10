"""Are written files such as people would have written them, and read back the same?"""

import pytest

from plans import dump_yaml
from plans.schema import JunctionFile
from plans.yaml_text import read_yaml
from tests.site_builder import junction_data, make_site

WRITTEN = """\
junction: J02
name: Junction 2
number: 2
cabinet: J02
neighbours: [J01]
groups:
  - {id: K1, kind: vehicle, min_green_s: 6, max_green_s: 50, amber_s: 3}
  - {id: K2, kind: vehicle, min_green_s: 5, max_green_s: 30, amber_s: 3.5}
  - {id: K3, kind: vehicle, min_green_s: 5, max_green_s: 40, amber_s: 3}
stages:
  - {id: A, groups: [K1, K3]}
  - {id: B, groups: [K2]}
  - {id: red, groups: [], selectable: false}
conflicts_and_intergreens:
  K1: {K2: 5}
  K2: {K1: 5.5, K3: 6}
  K3: {K2: 5}
permissive: [[K3, K1]]
lanes:
  - {id: s_0, approach: south, groups: [K1], length_m: 300, speed_m_s: 13.9}
  - {id: n_0, approach: north, groups: [K3], length_m: 60, speed_m_s: 8.3}
  - {id: w_0, approach: west, groups: [K2], length_m: 140, speed_m_s: 11.1}
loops:
  - {id: D1, role: stop_line, lane: s_0, groups: [K1], distance_m: 1}
  - {id: D2, role: stop_line, lane: n_0, groups: [K3], distance_m: 1}
  - {id: D3, role: stop_line, lane: w_0, groups: [K2], distance_m: 1}
"""


def test_a_junction_is_written_in_the_form_of_the_handbook() -> None:
    assert dump_yaml(JunctionFile.model_validate(junction_data("J02", 2))) == WRITTEN


def test_the_model_reads_back_equal() -> None:
    junction = JunctionFile.model_validate(junction_data("J01", 1))
    assert JunctionFile.model_validate(read_yaml(dump_yaml(junction)).value) == junction


@pytest.mark.parametrize(
    "text",
    ["06:30", "2026-04-13", "on", "No", "y", "1", "1e3", "~", "null", "", " x", "a: b", "a #b", "-x", "*x", "โพศรี"],
)
def test_text_stays_text(text: str) -> None:
    assert read_yaml(dump_yaml({"a": text, "b": [text], text or "c": {"d": text}})).value["b"] == [text]


def test_times_and_dates_are_quoted_for_readers_of_yaml_1_1() -> None:
    assert dump_yaml({"at": "06:30", "date": "2026-04-13"}) == 'at: "06:30"\ndate: "2026-04-13"\n'


def test_long_notes_stay_readable() -> None:
    assert dump_yaml({"notes": "first line\nsecond: line\n"}) == "notes: |\n  first line\n  second: line\n"


def test_a_list_too_long_for_a_line_is_broken() -> None:
    text = dump_yaml({"groups": [f"K{number:03}" for number in range(40)]})
    assert max(map(len, text.splitlines())) <= 120
    assert read_yaml(text).value == {"groups": [f"K{number:03}" for number in range(40)]}


def test_the_editor_is_told_the_schema() -> None:
    first, *_ = dump_yaml({"a": 1}, schema="../site.schema.json").splitlines()
    assert first == "# yaml-language-server: $schema=../site.schema.json"


def test_the_same_value_gives_the_same_text() -> None:
    assert make_site() == make_site()
