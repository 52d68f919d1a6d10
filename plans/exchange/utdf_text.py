"""A UTDF file (Synchro, version 8, combined CSV) as sections of records: what stands where, before what it means.

A section is a line `[Name]`, a title line, a header line, and rows. A row of most sections is one record: a name, the
node it belongs to (INTID), and a value for each column. What is asked for by name is found whatever its capitals and
blanks; sections and records that nobody asks for are kept by name, so that a reader can say what it left out.

UtdfRefused     the file cannot be used; `reasons` lists every cause at once, each with its line
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from plans.exchange.units import UNITS_OF_METRIC, Units

MAX_CHARACTERS = 50_000_000
"""A city of a thousand junctions takes some ten million."""
SECTIONS = ("network", "nodes", "links", "lanes", "timeplans", "phases", "volumes")
"""What is read; others are named as left out."""
TITLES: Mapping[str, str] = {
    "Network": "Network Settings",
    "Nodes": "Node Data",
    "Links": "Link Data",
    "Lanes": "Lane Group Data",
    "Timeplans": "Timing Plan Settings",
    "Phases": "Phasing Data",
}
"""The sections in their order, with their title lines."""


class UtdfRefused(ValueError):  # noqa: N818 - the file is refused; nothing erred
    """The file cannot be used; every reason at once, with its line and the remedy."""

    def __init__(self, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__("\n".join(self.reasons))


@contextmanager
def named(file: object) -> Iterator[None]:
    """Reasons of what is refused inside begin with the file's name."""
    try:
        yield
    except UtdfRefused as refused:
        raise UtdfRefused([f"{file}: {reason}" for reason in refused.reasons]) from refused


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a section: the value of each column that is not empty, by the column's name in capitals."""

    section: str
    """As it is written: `Phases`."""
    name: str
    """As it is written: `Cycle Length`."""
    node: int
    """INTID; 0 in the section `Network`, which has none."""
    values: Mapping[str, str]
    line: int

    @property
    def datum(self) -> str:
        """The value of a record with one column, DATA."""
        return self.values.get("DATA", "")

    @property
    def where(self) -> str:
        """Its place, as messages begin.

        >>> Record("Phases", "MinGreen", 2, {}, 46).where
        'line 46: [Phases] MinGreen of node 2'
        """
        return f"line {self.line}: [{self.section}] {self.name}" + (f" of node {self.node}" if self.node else "")


@dataclass(frozen=True, slots=True)
class UtdfFile:
    """Everything that was read."""

    units: Units
    sections: Mapping[str, tuple[Record, ...]]
    """By the section's name in small letters."""
    left_out: tuple[str, ...] = ()
    """Sections that nobody knows."""
    index: dict[tuple[str, str, int], Record] = field(default_factory=dict, compare=False, repr=False)

    def record(self, section: str, name: str, node: int = 0) -> Record | None:
        """The record of this name of a node."""
        if not self.index:
            self.index.update(
                {(part, plain(each.name), each.node): each for part, of in self.sections.items() for each in of}
            )
        return self.index.get((section, plain(name), node))

    def rows(self, section: str) -> tuple[Record, ...]:
        """All records of a section; none where the file has no such section."""
        return self.sections.get(section, ())

    def nodes_of(self, section: str) -> list[int]:
        """The nodes of which a section tells, in their order."""
        return list(dict.fromkeys(record.node for record in self.rows(section)))


def plain(name: str) -> str:
    """A name without capitals and blanks.

    >>> plain("Cycle Length"), plain("RECORDNAME")
    ('cyclelength', 'recordname')
    """
    return "".join(name.split()).lower()


def decode_utdf(data: bytes) -> str:
    """The text of a file; raises UtdfRefused where it is no UTF-8, and no UTF-16 that says so at its beginning."""
    try:
        return data.decode("utf-16" if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UtdfRefused(
            [f"line {line}: not UTF-8: save the file as UTF-8 (iconv -f cp874 -t utf-8 for Thai, cp1252 for English)"]
        ) from error


def parse_utdf(text: str, units: Units | None = None) -> UtdfFile:
    """The sections of a file; raises UtdfRefused.

    `units` says what its lengths are in where the file does not; where the file does, the two must agree.
    """
    if len(text) > MAX_CHARACTERS:
        raise UtdfRefused([f"longer than {MAX_CHARACTERS // 1_000_000} million characters: that is no UTDF file"])
    reader = _Reader()
    try:
        lines = csv.reader(io.StringIO(text.replace("\0", ""), newline=""), delimiter=_separator(text))
        for row in lines:
            reader.take(row, lines.line_num)
    except csv.Error as error:
        raise UtdfRefused([f"line {reader.line + 1}: no CSV: {error}"]) from error
    faults = list(reader.faults)
    if not reader.sections:
        faults.append("line 1: no section such as [Network] or [Lanes]: is this UTDF, version 8, in one CSV file?")
    found = None if faults else _units(reader.sections.get("network", []), units, faults)
    if faults or found is None:
        raise UtdfRefused(faults)
    return UtdfFile(found, {name: tuple(rows) for name, rows in reader.sections.items()}, tuple(reader.left_out))


def _separator(text: str) -> str:
    r"""What stands between cells: a comma, or what spreadsheets of other countries write in its place.

    >>> _separator("[Network]\nNetwork Settings\nRECORDNAME;DATA")
    ';'
    """
    return next((found[1] for found in re.finditer(r'(?:RECORDNAME|INTID)"?([,;\t])', text, re.IGNORECASE)), ",")


def _units(network: Iterable[Record], asked: Units | None, faults: list[str]) -> Units | None:
    told = next((record for record in network if plain(record.name) == "metric"), None)
    if told is None:
        if asked is None:
            faults.append(
                "the section [Network] has no record Metric, so nobody knows whether lengths are feet or metres: add "
                "`Metric,0` (feet, mph) or `Metric,1` (metres, km/h), or say it with --units feet or --units metres"
            )
        return asked
    written = UNITS_OF_METRIC.get(told.datum.strip())
    if written is None:
        faults.append(
            f"line {told.line}: Metric is {told.datum!r}: write 0 (feet, mph) or 1 (metres, km/h), nothing else"
        )
    elif asked is not None and asked is not written:
        faults.append(f"line {told.line}: Metric says {written.value}, and {asked.value} are asked for: one is wrong")
    return written


class _Reader:
    """The rows of a file one after the other."""

    def __init__(self) -> None:
        self.sections: dict[str, list[Record]] = {}
        self.left_out: list[str] = []
        self.faults: list[str] = []
        self.line = 0
        self._seen: dict[tuple[str, str, int], Record] = {}
        self._section: str | None = None
        self._written = ""
        self._columns: list[str] = []

    def take(self, row: list[str], line: int) -> None:
        self.line = line
        cells = [cell.strip() for cell in row]
        if not any(cells):
            return
        if cells[0].startswith("["):
            self._begin(cells[0].strip("[]"))
        elif self._section is None:
            return
        elif not self._columns:
            if len([cell for cell in cells if cell]) > 1:  # a lone text is the section's title
                self._columns = [cell.upper() for cell in cells]
                self._check_head()
        else:
            self._record(cells)

    def _begin(self, name: str) -> None:
        section = plain(name)
        self._columns = []
        self._written = name
        self._section = section if section in SECTIONS else None
        if self._section is None:
            self.left_out.append(name)
        else:
            self.sections.setdefault(section, [])

    def _check_head(self) -> None:
        wanted = "INTID" if self._section == "nodes" else "RECORDNAME"
        if wanted not in self._columns:
            self.faults.append(f"line {self.line}: section [{self._written}] begins with no column {wanted}")
            self._section = None

    def _record(self, cells: list[str]) -> None:
        values = {column: cell for column, cell in zip(self._columns, cells, strict=False) if cell and column}
        name = values.pop("RECORDNAME", "")
        node = 0
        if "INTID" in self._columns:
            told = values.pop("INTID", "")
            if not (told.isascii() and told.isdecimal() and 0 < int(told) < 2**32):
                self.faults.append(
                    f"line {self.line}: [{self._written}] {name}: {told!r} is no number of a node (INTID)"
                )
                return
            node = int(told)
        if self._section is not None:
            self._keep(self._section, Record(self._written, name, node, values, self.line))

    def _keep(self, section: str, record: Record) -> None:
        before = self._seen.setdefault((section, plain(record.name), record.node), record)
        if before.values != record.values and section != "nodes":
            self.faults.append(f"{record.where} stands in line {before.line} already, with other values: leave one out")
        self.sections[section].append(record)


def write_utdf(sections: Mapping[str, tuple[Sequence[str], Sequence[Sequence[object]]]]) -> str:
    """The text of a file from {section: (header, rows)}; the sections in the order of the format."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\r\n")
    for name, title in TITLES.items():
        if name not in sections:
            continue
        header, rows = sections[name]
        writer.writerow([f"[{name}]"])
        writer.writerow([title])
        writer.writerow(header)
        for row in rows:
            writer.writerow(["" if cell is None else cell for cell in row])
        writer.writerow([])
    return stream.getvalue()
