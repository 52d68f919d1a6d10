"""Do the exported schemas and the reference page say everything that an editor and a reader need?"""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from plans import check_site, json_schemas
from plans.json_schema import KINDS, example_site
from plans.reference import plan_files_page

SCHEMAS = json_schemas()


def objects(schema: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(schema, dict):
        if "properties" in schema and "additionalProperties" in schema:
            yield schema
        for part in schema.values():
            yield from objects(part)


def test_there_is_one_for_each_kind_of_file() -> None:
    assert set(SCHEMAS) == {"site", "junction", "cabinet", "timing", "calendar"}


@pytest.mark.parametrize("name", SCHEMAS)
def test_dialect_title_description_and_examples_are_given(name: str) -> None:
    schema = SCHEMAS[name]
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert schema["title"].startswith("Fai Khiao: ")
    assert schema["description"].endswith(".")
    assert schema["examples"]


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_key_has_its_meaning_and_no_other_key_is_allowed(name: str) -> None:
    found = list(objects(SCHEMAS[name]))
    assert found
    for part in found:
        assert part["additionalProperties"] is False
        for key, field in part["properties"].items():
            assert field.get("title", key) == key
            assert field["description"].endswith("."), key


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_number_with_a_unit_in_its_name_has_it_in_its_meaning(name: str) -> None:
    units = {"_s": "[s]", "_m": "[m]", "_m_s": "[m/s]", "_veh_h": "[veh/h]", "_ratio": "[0..1]"}
    for part in objects(SCHEMAS[name]):
        for key, field in part["properties"].items():
            unit = next((units[end] for end in sorted(units, key=len, reverse=True) if key.endswith(end)), "")
            assert unit in field["description"], key


def test_the_example_site_has_no_finding() -> None:
    assert check_site(example_site()) == ()


@pytest.mark.parametrize("name", KINDS)
def test_the_examples_of_the_schema_are_valid(name: str) -> None:
    for example in SCHEMAS[name]["examples"]:
        KINDS[name].model.model_validate(example)


def test_the_page_has_every_key_of_every_file() -> None:
    page = plan_files_page()
    for name, kind in KINDS.items():
        assert f"## `{kind.where}`" in page
        for part in objects(SCHEMAS[name]):
            for key, field in part["properties"].items():
                assert f"| `{key}` |" in page
                assert field["description"].replace("|", "\\|") in page


def test_every_link_of_the_page_leads_to_a_heading() -> None:
    page = plan_files_page()
    headings = {line.lstrip("# ").lower().replace(" ", "-") for line in page.splitlines() if line.startswith("#")}
    links = {link.split(")")[0] for link in page.split("](#")[1:]}
    assert links
    assert links <= headings
