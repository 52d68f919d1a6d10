"""A site's files as they were written: what is loaded, hashed and journalled is this text and nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from plans.findings import Finding, PlanError, Severity

MAX_FILE_BYTES = 8_000_000
"""A site file of a junction is some kilobytes; one larger than this is not a site file."""


@dataclass(frozen=True, slots=True)
class Bundle:
    """The YAML files of a site by their name in the folder, with `/` between folder and file."""

    files: Mapping[str, str]

    def __post_init__(self) -> None:
        for name in self.files:
            if name.startswith("/") or ".." in name.split("/"):
                raise ValueError(f"{name!r} leads out of the site's folder")
        object.__setattr__(self, "files", dict(sorted(self.files.items())))

    def __hash__(self) -> int:
        return hash(self.digest)

    @classmethod
    def read(cls, folder: Path | str) -> Bundle:
        """Read every `*.yaml` and `*.yml` of the folder and its folders; hidden ones are left out.

        Raises PlanError when the folder or a file cannot be read, naming each.
        """
        root = Path(folder)
        if not root.is_dir():
            raise PlanError([_unreadable(str(folder), "is not a folder; name the folder that holds site.yaml")])
        files: dict[str, str] = {}
        findings: list[Finding] = []
        for path in sorted(root.rglob("*.y*ml")):
            name = path.relative_to(root).as_posix()
            if path.suffix not in {".yaml", ".yml"} or any(part.startswith(".") for part in name.split("/")):
                continue
            try:
                files[name] = _read_text(path)
            except (OSError, ValueError) as error:
                findings.append(_unreadable(name, f"cannot be read: {error}"))
        if findings:
            raise PlanError(findings)
        return cls(files)

    @property
    def digest(self) -> str:
        """SHA-256 over the sorted names and contents, each preceded by its length in bytes; 64 hex digits."""
        sha = hashlib.sha256()
        for name, text in self.files.items():
            for part in (name.encode(), text.encode()):
                sha.update(b"%d:" % len(part))
                sha.update(part)
        return sha.hexdigest()

    def to_json(self) -> str:
        """The bundle as one JSON text, for a journal."""
        return json.dumps({"files": dict(self.files)}, ensure_ascii=False, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Bundle:
        """The bundle that `to_json` wrote; raises ValueError when the text is not one."""
        try:
            files = json.loads(text)["files"]
        except (json.JSONDecodeError, KeyError, TypeError) as error:
            raise ValueError(f"not a bundle of a site: {error}") from error
        if not isinstance(files, dict) or not all(isinstance(value, str) for value in files.values()):
            raise ValueError("not a bundle of a site: `files` must map names to texts")
        return cls(files)


def _read_text(path: Path) -> str:
    if path.stat().st_size > MAX_FILE_BYTES:
        raise ValueError(f"larger than {MAX_FILE_BYTES // 1_000_000} MB")
    return path.read_text(encoding="utf-8-sig")


def _unreadable(name: str, message: str) -> Finding:
    return Finding(name, 1, 1, Severity.ERROR, "", message)
