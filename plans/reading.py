"""A bundle's files through their schemas: every syntax and schema mistake of every file, and what could be read."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from plans.bundle import Bundle
from plans.findings import Finding, Problem, Severity
from plans.schema import CabinetFile, CalendarFile, JunctionFile, PlanModel, SiteFile, TimingFile
from plans.schema_findings import schema_problems, without_unknown_keys
from plans.yaml_text import Document, YamlTextError, read_yaml

File = TypeVar("File", bound=PlanModel)

SITE = "site.yaml"
CALENDAR = "calendar.yaml"
SINGLE_FILES: dict[str, type[PlanModel]] = {SITE: SiteFile, CALENDAR: CalendarFile}
FOLDERS: dict[str, type[PlanModel]] = {"junctions": JunctionFile, "cabinets": CabinetFile, "timings": TimingFile}
OTHERS = ("sumo.yaml",)
"""Written by the importer and read by the simulation alone."""


@dataclass(frozen=True, slots=True)
class Folder(Generic[File]):
    """The files of one folder that could be read, by id, and the ids of those that could not."""

    files: dict[str, File] = field(default_factory=dict)
    unreadable: frozenset[str] = frozenset()

    def knows(self, name: str) -> bool:
        """Whether a file of this id is there, readable or not: a broken file is reported once, as broken."""
        return name in self.files or name in self.unreadable


@dataclass(frozen=True, slots=True)
class SiteFiles:
    """Everything of a bundle that could be read, and the findings of reading."""

    site: SiteFile | None
    calendar: CalendarFile | None
    junctions: Folder[JunctionFile]
    cabinets: Folder[CabinetFile]
    timings: Folder[TimingFile]
    documents: Mapping[str, Document]
    findings: tuple[Finding, ...]

    def place(self, problems: Iterable[Problem]) -> tuple[Finding, ...]:
        """The problems with line and column."""
        return tuple(placed(problem, self.documents.get(problem.file)) for problem in problems)


def placed(problem: Problem, document: Document | None) -> Finding:
    """A problem as a finding, at its line and column in the document; at the file's top when there is none."""
    line, column = document.locate(problem.path, at_key=problem.at_key) if document else (1, 1)
    path = ".".join(map(str, problem.path))
    return Finding(problem.file, line, column, problem.severity, path, problem.message)


@lru_cache(maxsize=32)
def _parsed(text: str) -> Document:
    """Who tries plans by the thousand changes one file at a time; nobody changes what was read."""
    return read_yaml(text)


class _Reader:
    def __init__(self, bundle: Bundle) -> None:
        self.files = bundle.files
        self.documents: dict[str, Document] = {}
        self.findings: list[Finding] = []

    def read(self, name: str, model: type[File]) -> File | None:
        """The file as its model, or None with findings; also with findings where only unknown keys were in it."""
        try:
            document = self.documents[name] = _parsed(self.files[name])
        except YamlTextError as error:
            self.findings += [
                Finding(name, line, column, Severity.ERROR, "", text) for line, column, text in error.faults
            ]
            return None
        try:
            return model.model_validate(document.value)
        except ValidationError as error:
            self.findings += [
                placed(problem, document) for problem in schema_problems(name, error, document.value, model)
            ]
            return _second_try(document.value, error, model)

    def single(self, name: str, model: type[File]) -> File | None:
        if name in self.files:
            return self.read(name, model)
        self._missing(name, f"the site has no {name}; every site needs one (`faikhiao schema` describes it)")
        return None

    def folder(self, folder: str, model: type[File]) -> Folder[File]:
        names = [name for name in self.files if name.startswith(f"{folder}/") and name.endswith(".yaml")]
        ids = {name: name.removeprefix(f"{folder}/").removesuffix(".yaml") for name in names}
        names = [name for name in names if "/" not in ids[name]]
        if not names:
            self._missing(f"{folder}/", f"the site has no file {folder}/<id>.yaml; it needs at least one")
        read = {ids[name]: self.read(name, model) for name in names}
        files = {name: file for name, file in read.items() if file is not None}
        return Folder(files, frozenset(read) - frozenset(files))

    def strangers(self) -> None:
        """Files that nobody reads, most often for a mistyped name."""
        for name in self.files:
            if name not in {*SINGLE_FILES, *OTHERS} and not _in_folder(name):
                self.findings.append(Finding(name, 1, 1, Severity.ERROR, "", _stranger_message(name)))

    def _missing(self, name: str, message: str) -> None:
        self.findings.append(Finding(name, 1, 1, Severity.ERROR, "", message))


def read_site(bundle: Bundle) -> SiteFiles:
    """Read every file of the bundle; what is wrong is in `findings`, what is right in the rest."""
    reader = _Reader(bundle)
    site = reader.single(SITE, SiteFile)
    calendar = reader.single(CALENDAR, CalendarFile)
    junctions = reader.folder("junctions", JunctionFile)
    cabinets = reader.folder("cabinets", CabinetFile)
    timings = reader.folder("timings", TimingFile)
    reader.strangers()
    return SiteFiles(site, calendar, junctions, cabinets, timings, reader.documents, tuple(reader.findings))


def read_one(bundle: Bundle, name: str, model: type[File]) -> tuple[File | None, Document | None, tuple[Finding, ...]]:
    """One file of the bundle alone: its model, its document and the findings of reading it."""
    reader = _Reader(bundle)
    if name not in bundle.files:
        near = nearest(name, bundle.files)
        hint = f"; did you mean {near}?" if near else ""
        return None, None, (Finding(name, 1, 1, Severity.ERROR, "", f"the site has no such file{hint}"),)
    file = reader.read(name, model)
    return file, reader.documents.get(name), tuple(reader.findings)


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that looks most like this one, if any does."""
    found: Sequence[str] = difflib.get_close_matches(name, list(known), n=1)
    return found[0] if found else None


def _second_try(value: Any, error: ValidationError, model: type[File]) -> File | None:
    # A file whose only fault is an unknown key is still compared with the others: every finding at once.
    if all(fault["type"] == "extra_forbidden" for fault in error.errors(include_url=False, include_input=False)):
        return model.model_validate(without_unknown_keys(value, error))
    return None


def _in_folder(name: str) -> bool:
    folder, _, rest = name.partition("/")
    return folder in FOLDERS and rest.endswith(".yaml") and "/" not in rest


def _stranger_message(name: str) -> str:
    if name.endswith(".yml"):
        return f"nobody reads this file; name it {name.removesuffix('.yml')}.yaml"
    stems = [known.removesuffix(".yaml") for known in (*SINGLE_FILES, *OTHERS)]
    near = nearest(name.removesuffix(".yaml"), stems) if "/" not in name else None
    if near:
        return f"nobody reads this file; did you mean {near}.yaml?"
    return "nobody reads this file; a site has site.yaml, calendar.yaml and junctions/, cabinets/, timings/ with *.yaml"
