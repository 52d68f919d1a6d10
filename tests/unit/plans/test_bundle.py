"""Is a bundle exactly the text of the folder, and does its digest change with every part of it?"""

import hashlib
from pathlib import Path

import pytest

from plans import Bundle, PlanError, write_site
from tests.site_builder import make_site


def test_a_folder_gives_back_what_was_written(tmp_path: Path) -> None:
    bundle = make_site()
    assert Bundle.read(write_site(bundle, tmp_path / "site")) == bundle


def test_json_gives_back_the_same_bundle() -> None:
    bundle = Bundle({**make_site().files, "site.yaml": "name: อุดรธานี\n"})
    assert Bundle.from_json(bundle.to_json()) == bundle


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"files": 3}', '{"files": {"site.yaml": 1}}'])
def test_other_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a bundle"):
        Bundle.from_json(text)


def test_the_digest_is_that_of_names_and_contents() -> None:
    known = Bundle({"a.yaml": "x: 1\n"})
    assert known.digest == hashlib.sha256(b"6:a.yaml5:x: 1\n").hexdigest()
    changed = [{"a.yaml": "x: 2\n"}, {"b.yaml": "x: 1\n"}, {"a.yaml": "x: 1\n", "b.yaml": ""}, {"a.yamlx": ": 1\n"}]
    assert len({known.digest, *(Bundle(files).digest for files in changed)}) == 5


def test_the_order_of_files_does_not_matter() -> None:
    files = make_site().files
    turned = Bundle(dict(reversed(list(files.items()))))
    assert turned == make_site()
    assert hash(turned) == hash(make_site())


def test_only_yaml_that_is_not_hidden_is_read(tmp_path: Path) -> None:
    folder = write_site(make_site(), tmp_path / "site")
    (folder / "README.md").write_text("hello")
    (folder / ".git").mkdir()
    (folder / ".git" / "x.yaml").write_text("a: 1")
    (folder / "junctions" / ".hidden.yaml").write_text("a: 1")
    assert Bundle.read(folder) == make_site()


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_bytes(b"\xef\xbb\xbfsite: x\n")
    assert Bundle.read(tmp_path).files == {"site.yaml": "site: x\n"}


def test_a_folder_that_is_not_there_is_a_finding(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"is not a folder; name the folder that holds site\.yaml"):
        Bundle.read(tmp_path / "nowhere")


def test_every_unreadable_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_bytes(b"name: \xff\n")
    (tmp_path / "calendar.yaml").write_bytes(b"\xfe")
    with pytest.raises(PlanError) as caught:
        Bundle.read(tmp_path)
    assert [finding.file for finding in caught.value.findings] == ["calendar.yaml", "site.yaml"]


@pytest.mark.parametrize("name", ["/etc/x.yaml", "../x.yaml", "junctions/../../x.yaml"])
def test_no_file_leads_out_of_the_folder(name: str) -> None:
    with pytest.raises(ValueError, match="leads out"):
        Bundle({name: "a: 1\n"})
