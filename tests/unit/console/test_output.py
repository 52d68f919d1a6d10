"""Is a file complete or absent, and can a table be pasted?"""

from pathlib import Path

import pytest

from console.exits import ConfigurationError, UsageError
from console.output import give_json, markdown_table, write_whole
from console.places import api_place, host_and_port


def test_a_file_is_written_whole_with_its_folder(tmp_path: Path) -> None:
    write_whole(tmp_path / "new" / "result.json", "{}")
    assert (tmp_path / "new" / "result.json").read_text() == "{}"
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["result.json"]


def test_a_file_that_cannot_be_replaced_is_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "result.json").mkdir()
    with pytest.raises(ConfigurationError, match=r"result.json cannot be written"):
        write_whole(tmp_path / "result.json", "{}")
    assert [path.name for path in tmp_path.iterdir()] == ["result.json"]


def test_a_minus_is_standard_output(capsys: pytest.CaptureFixture[str]) -> None:
    give_json({"town": "อุดรธานี"}, "-")
    assert capsys.readouterr().out == '{\n  "town": "อุดรธานี"\n}\n'


def test_a_table_is_markdown_with_numbers_to_the_right() -> None:
    assert markdown_table(("what", "s"), [("delay", "7"), ("x", "12")]) == (
        "| what  |  s |\n| ----- | -: |\n| delay |  7 |\n| x     | 12 |"
    )


@pytest.mark.parametrize("place", ["", "broker", "broker:", ":1883", "broker:0", "broker:65536", "broker:x", "::1"])
def test_a_place_without_a_port_is_refused(place: str) -> None:
    with pytest.raises(UsageError):
        host_and_port(place)


@pytest.mark.parametrize("place", ["0.0.0.0:8090", "10.1.2.3:8090", "example.org:8090"])
def test_the_control_api_never_listens_beyond_this_machine(place: str) -> None:
    with pytest.raises(UsageError, match="loopback only"):
        api_place(place)
