"""Finished trials of a search in a folder: one line each, so that a search that was stopped goes on where it was."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sim.scenario import ScenarioError
from sim.tuning.trial import TrialResult

TRIALS, ABOUT = "trials.jsonl", "about.json"


class KeptTrials:
    """The trials of one search; without a folder they are kept in memory alone."""

    def __init__(self, folder: Path | None, about: Mapping[str, Any]) -> None:
        """`about` is what the results depend on; raises ScenarioError where the folder is of another search."""
        self._file = None if folder is None else folder / TRIALS
        self._found: dict[str, TrialResult] = {}
        if folder is None:
            return
        folder.mkdir(parents=True, exist_ok=True)
        self._same_search(folder / ABOUT, json.loads(json.dumps(about)))
        for line in self._lines():
            try:
                told = json.loads(line)
                key = told.pop("key")
                self._found[key] = TrialResult(**told)
            except (ValueError, KeyError, TypeError):
                continue  # cut short when the machine went down: this trial is run again

    def __len__(self) -> int:
        return len(self._found)

    def of(self, key: str) -> TrialResult | None:
        """The result of a trial that was made before."""
        return self._found.get(key)

    def keep(self, key: str, result: TrialResult) -> None:
        """Keep it, at once on the disk."""
        self._found[key] = result
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps({"key": key, **asdict(result)}) + "\n")

    def _lines(self) -> list[str]:
        if self._file is None or not self._file.is_file():
            return []
        text = self._file.read_text(encoding="utf-8")
        if text and not text.endswith("\n"):
            self._file.write_text(text + "\n", encoding="utf-8")
        return text.splitlines()

    @staticmethod
    def _same_search(file: Path, about: Any) -> None:
        if not file.is_file():
            file.write_text(json.dumps(about, indent=1), encoding="utf-8")
            return
        before = json.loads(file.read_text(encoding="utf-8"))
        if before != about:
            changed = ", ".join(sorted(name for name in {*before, *about} if before.get(name) != about.get(name)))
            raise ScenarioError(
                f"{file.parent} holds another search ({changed} differ): name another folder, or empty this one"
            )
