"""Does exactly one process go on under an epoch, and only the one that had it?"""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from field_io.errors import SettingsError
from field_io.own_epoch import FILE, OwnEpoch

ROOT = Path(__file__).parents[3]


def test_what_was_kept_is_found_again(tmp_path: Path) -> None:
    first = OwnEpoch(tmp_path / "journal")
    assert first.stored == 0
    assert first.keep(12)
    assert first.keep(7)
    first.close()
    assert OwnEpoch(tmp_path / "journal").stored == 7


def test_a_second_process_is_refused_while_the_first_lives_and_let_in_when_it_was_killed(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib; from field_io.own_epoch import OwnEpoch; "
        "own = OwnEpoch(pathlib.Path(sys.argv[1])); own.keep(9); print('has', flush=True); input()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "has\n"
        with pytest.raises(SettingsError, match="another controller"):
            OwnEpoch(tmp_path)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    assert OwnEpoch(tmp_path).stored == 9


def test_a_copied_journal_is_another_controller(tmp_path: Path) -> None:
    own = OwnEpoch(tmp_path / "one")
    own.keep(7)
    own.close()
    shutil.copytree(tmp_path / "one", tmp_path / "other")
    assert OwnEpoch(tmp_path / "other").stored == 0


def test_a_damaged_record_is_no_record(tmp_path: Path) -> None:
    own = OwnEpoch(tmp_path)
    own.keep(1234)
    own.close()
    whole = (tmp_path / FILE).read_bytes()
    for place in range(len(whole) - 1):
        for data in (whole[:place], whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]):
            (tmp_path / FILE).write_bytes(data)
            found = OwnEpoch(tmp_path)
            assert found.stored == 0, data
            found.close()


def test_where_the_disk_is_read_only_what_lies_there_is_held_and_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = OwnEpoch(tmp_path)
    own.keep(7)
    own.close()
    plain_open = os.open

    def read_only(path: Path, flags: int, mode: int = 0o777) -> int:
        if flags & (os.O_RDWR | os.O_WRONLY):
            raise OSError(30, "Read-only file system")
        return plain_open(path, flags, mode)

    monkeypatch.setattr(os, "open", read_only)
    held = OwnEpoch(tmp_path)
    assert held.stored == 7
    assert not held.keep(8)
    with pytest.raises(SettingsError, match="another controller"):
        OwnEpoch(tmp_path)
    with pytest.raises(OSError, match="No such file"):
        OwnEpoch(tmp_path / "other")
