"""A site's files onto the disk, all or none: they are written beside the target, which then changes in one step."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from plans.bundle import Bundle


def write_site(bundle: Bundle, folder: Path | str, *, replace: bool = False) -> Path:
    """Write every file of the bundle into the folder, which appears complete or not at all; answers the folder.

    A folder that holds anything is left alone (FileExistsError) unless `replace` says otherwise; then it is exchanged
    as a whole, and only if it holds nothing but YAML files. Raises OSError when the disk refuses; nothing half-written
    stays behind.
    """
    target = Path(folder)
    _refuse(target, replace=replace)
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        fresh = beside / "new"
        _write_files(bundle, fresh)
        if target.exists():
            target.rename(beside / "old")
        try:
            fresh.rename(target)
        except OSError:
            _put_back(beside / "old", target)
            raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return target


def _refuse(target: Path, *, replace: bool) -> None:
    if not target.exists():
        return
    if not target.is_dir():
        raise FileExistsError(f"{target} is a file; name a folder for the site")
    if any(target.iterdir()) and not replace:
        raise FileExistsError(f"{target} is not empty; name another folder, or ask to replace it")
    strangers = [path.relative_to(target) for path in target.rglob("*") if path.is_file() and path.suffix != ".yaml"]
    if strangers:
        names = ", ".join(map(str, strangers[:3]))
        raise FileExistsError(f"{target} holds what is no part of a site ({names}); move it elsewhere first")


def _write_files(bundle: Bundle, folder: Path) -> None:
    folder.mkdir()
    for name, text in bundle.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


def _put_back(old: Path, target: Path) -> None:
    if old.exists() and not target.exists():
        old.rename(target)
