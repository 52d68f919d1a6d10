"""Does a site appear on the disk whole or not at all, and is nothing of anybody else's lost?"""

from pathlib import Path

import pytest

from plans import Bundle, write_site
from tests.site_builder import make_site


def listing(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    target = tmp_path / "site"
    target.mkdir()
    write_site(make_site(), target)
    assert Bundle.read(target) == make_site()


def test_parents_are_made(tmp_path: Path) -> None:
    assert Bundle.read(write_site(make_site(), tmp_path / "a" / "b")) == make_site()


def test_a_full_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "old.yaml").write_text("a: 1")
    with pytest.raises(FileExistsError, match="not empty"):
        write_site(make_site(), tmp_path / "site")
    assert listing(tmp_path) == ["site", "site/old.yaml"]


def test_replace_exchanges_the_whole_folder(tmp_path: Path) -> None:
    target = write_site(Bundle({"site.yaml": "a: 1\n", "junctions/J09.yaml": "a: 1\n"}), tmp_path / "site")
    write_site(make_site(), target, replace=True)
    assert Bundle.read(target) == make_site()
    assert listing(tmp_path)[0] == "site"
    assert {path.name for path in tmp_path.iterdir()} == {"site"}


def test_replace_takes_nothing_that_is_no_part_of_a_site(tmp_path: Path) -> None:
    target = write_site(make_site(), tmp_path / "site")
    (target / "survey.pdf").write_bytes(b"%PDF")
    with pytest.raises(FileExistsError, match=r"survey\.pdf"):
        write_site(make_site(), target, replace=True)
    assert (target / "survey.pdf").exists()


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "site").write_text("x")
    with pytest.raises(FileExistsError, match="is a file"):
        write_site(make_site(), tmp_path / "site", replace=True)


def test_nothing_stays_when_a_write_fails_half_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = []
    write_text = Path.write_text

    def full_disk(self: Path, *args: str, **options: str) -> int:
        written.append(self)
        if len(written) == 3:
            raise OSError(28, "No space left on device")
        return write_text(self, *args, **options)

    monkeypatch.setattr(Path, "write_text", full_disk)
    with pytest.raises(OSError, match="No space left"):
        write_site(make_site(), tmp_path / "site")
    assert listing(tmp_path) == []


def test_the_old_site_comes_back_when_the_exchange_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = Bundle({"site.yaml": "a: 1\n"})
    target = write_site(old, tmp_path / "site")
    rename = Path.rename

    def refuse_the_new(self: Path, to: Path) -> Path:
        if self.name == "new":
            raise PermissionError(13, "Permission denied")
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", refuse_the_new)
    with pytest.raises(PermissionError):
        write_site(make_site(), target, replace=True)
    assert Bundle.read(target) == old
    assert {path.name for path in tmp_path.iterdir()} == {"site"}
