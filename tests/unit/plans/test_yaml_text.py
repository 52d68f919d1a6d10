"""Is the text read as YAML 1.2 says, with places that an editor would jump to, by either parser?"""

from typing import Any

import pytest
from ruamel.yaml import YAML

from plans import yaml_text
from plans.yaml_text import YamlTextError, read_yaml
from tests.site_builder import make_site


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("10:30", "10:30"),
        ("22:30:00", "22:30:00"),
        ("on", "on"),
        ("no", "no"),
        ("y", "y"),
        ("0755", 755),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("3.", 3.0),
        ("-7", -7),
        ("2026-04-13", "2026-04-13"),
        ("true", True),
        ("~", None),
        ('"6"', "6"),
        ("1" * 5000, "1" * 5000),
        ("{at: 10:30}", {"at": "10:30"}),
    ],
)
def test_scalars_mean_what_yaml_1_2_says(text: str, value: Any) -> None:
    assert read_yaml(f"a: {text}\n").value == {"a": value}


def test_keys_are_text() -> None:
    assert read_yaml("1: {2: 5}\ntrue: x\n").value == {"1": {"2": 5}, "true": "x"}


def test_an_alias_is_the_value_of_its_anchor() -> None:
    assert read_yaml("a: &times [1, 2]\nb: *times\n").value == {"a": [1, 2], "b": [1, 2]}


def test_places_count_characters_from_one() -> None:
    document = read_yaml("ชื่อ: {ก: 1, ข: [2, 3]}\n")
    assert document.locate(("ชื่อ", "ข")) == (1, 17)
    assert document.locate(("ชื่อ", "ข", 1)) == (1, 21)
    assert document.locate(("ชื่อ", "ข"), at_key=True) == (1, 14)


def test_the_place_of_what_is_not_there_is_that_of_its_holder() -> None:
    document = read_yaml("a:\n  b: {c: 1}\n")
    assert document.locate(("a", "b", "x", "y")) == document.locate(("a", "b")) == (2, 6)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: [1\n", "not YAML: "),
        ("a:\n\t- 1\n", "not YAML: "),
        ("a: \x01\n", "not YAML: special characters are not allowed"),
        ("a: *b\n", "no finished anchor `&b`"),
        ("a: &a [*a]\n", "no finished anchor `&a`"),
        ("b: {<<: {x: 1}}\n", "merge keys are not YAML 1.2"),
        ("? [a]\n: 1\n", "a list or mapping cannot be a key"),
        ("[" * 100_000, "nested deeper than 32 levels"),
        ("# nothing\n", "the file is empty"),
        ("null\n", "the file is empty"),
        ("a: 1\n---\nb: 2\n", "a second document begins"),
        ("a: !!python/name:os.system x\n", "the tag"),
    ],
)
def test_what_is_no_plan_text_is_refused(text: str, fault: str) -> None:
    with pytest.raises(YamlTextError, match=fault.replace("[", r"\[")):
        read_yaml(text)


def test_aliases_of_aliases_do_not_fill_the_memory() -> None:
    lines = ["a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(YamlTextError, match="more than 1000000 values"):
        read_yaml("\n".join(lines))


def test_the_parser_in_c_and_the_other_give_the_same_values_and_places(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = list(make_site().files.values())
    quick = [read_yaml(text) for text in texts]
    monkeypatch.setattr(yaml_text, "YAML", lambda typ, pure=True: YAML(typ=typ, pure=True))
    assert [read_yaml(text) for text in texts] == quick
