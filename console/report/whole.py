"""A whole report: read a run, count, draw, and hand out pages, pictures and tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from console.charts.shown import clock
from console.exits import ConfigurationError, UsageError
from console.output import write_whole
from console.report.diagrams import Scope
from console.report.drawing import Choice, Drawn, busiest_junction, draw_all
from console.report.figures.canvas import as_png, as_svg
from console.report.figures.comparison import draw_table
from console.report.pages import TITLES, Picture, Section, comparison_section, journal_sections
from console.report.reading import read_run
from console.report.record import RunRecord
from console.report.tables.bins import Bins, bins_of
from console.report.tables.comparison import comparison_table
from console.report.tables.corridors import Corridor, corridor_of, corridors_of
from console.report.tables.every import Tables, tables_of
from console.report.tables.table import Table
from console.sentences import Language

MOST_ROADS = 2
"""Roads that are drawn where none is named."""
Tell = Callable[[str], None]
IMAGES = {"svg": (as_svg, "image/svg+xml"), "png": (as_png, "image/png")}


@dataclass(frozen=True, slots=True)
class Counted:
    """A run and its tables."""

    record: RunRecord
    bins: Bins
    corridors: tuple[Corridor, ...]
    tables: Tables


def count(path: Path, tell: Tell = lambda _: None) -> Counted:
    """Read a journal and make every table; raises JournalError."""
    record = read_run(path, progress=lambda done, of: tell(f"read {done} of {of} parts") if of > 1 else None)
    corridors = tuple(corridors_of(record.network))
    bins = bins_of(record)
    return Counted(record, bins, corridors, tables_of(record, list(corridors), bins))


def compare(before: Counted, after: Counted) -> Table:
    """Before and after over the coarser of their bins; raises UsageError where no hour is in both."""
    length_s = max(before.bins.length_s, after.bins.length_s)
    runs = []
    for run in (before, after):
        bins = bins_of(run.record, length_s)
        tables = run.tables if run.bins.length_s == length_s else tables_of(run.record, [], bins)
        runs.append((run.record, tables))
    table = comparison_table(runs[0], runs[1], length_s)
    if not len(table):
        hours = [f"{clock(run.record.begin_s)} to {clock(run.record.end_s)}" for run in (before, after)]
        raise UsageError(f"the two have no junction and hour in common: before {hours[0]}, after {hours[1]}")
    return table


def choose(
    run: Counted, junctions: Sequence[str], roads: Sequence[str], detail_s: float | None, language: Language
) -> Choice:
    """What to draw; raises ConfigurationError for a junction, UsageError for a road that is not there."""
    known = [junction.id for junction in run.record.junctions]
    wanted = known if list(junctions) == ["all"] else list(junctions)
    strange = [name for name in wanted if name not in known]
    if strange:
        raise ConfigurationError(f"there is no junction {strange[0]!r}: one of {', '.join(known)}, or all")
    rows = tuple(run.record.row(name) for name in wanted) or (busiest_junction(run.record),)
    corridors = tuple(_road(run, name) for name in roads) or run.corridors[:MOST_ROADS]
    return Choice(rows, corridors, detail_s, language)


def _road(run: Counted, name: str) -> Corridor:
    """A road by its name, or by its junctions in a row: `J01,J02,J03`."""
    found = next((corridor for corridor in run.corridors if corridor.name == name), None)
    if found is not None:
        return found
    junctions = [part.strip() for part in name.split(",")]
    try:
        if len(junctions) >= 2:
            for junction in junctions:
                run.record.row(junction)
            return corridor_of(run.record.network, junctions)
    except ValueError as error:
        raise UsageError(f"{name!r} is no road: {error}") from error
    except KeyError as error:
        raise UsageError(f"{name!r} is no road: there is no junction {error}") from error
    roads = ", ".join(corridor.name for corridor in run.corridors) or "none found"
    raise UsageError(f"there is no road {name!r}: {roads}; or name its junctions in a row, as J01,J02,J03")


def draw(run: Counted, choice: Choice, tell: Tell = lambda _: None) -> list[Drawn]:
    """Every diagram."""
    return list(draw_all(run.record, run.tables, run.bins, choice, tell))


def sections(
    run: Counted, drawn: Sequence[Drawn], language: Language, comparison: Table | None = None
) -> list[Section]:
    """Numbers and pictures: what ran, the site, before and after, roads, junction by junction, then the rest."""
    first, *rest = journal_sections(run.record, run.tables, language)
    made = [first]
    if comparison is not None:
        made.append(comparison_section(comparison, language, comparison_picture(comparison, language)))
    scopes = ((Scope.SITE, "site"), (Scope.ROAD, "roads"))
    for scope, title in scopes:
        pictures = tuple(_picture(each, language) for each in drawn if each.diagram.scope is scope)
        if pictures:
            made.append(Section(TITLES[title].told_in(language), pictures=pictures))
    for junction in run.record.junctions:
        pictures = tuple(
            _picture(each, language)
            for each in drawn
            if each.diagram.scope is Scope.JUNCTION and each.of == junction.id
        )
        if pictures:
            title = TITLES["junction"].told_in(language).format(f"{junction.id}  {junction.name}")
            made.append(Section(title, pictures=pictures))
    return [*made, *rest]


def _picture(drawn: Drawn, language: Language) -> Picture:
    title = drawn.diagram.title.told_in(language)
    named = f"{title}: {drawn.of}" if drawn.diagram.scope is Scope.ROAD else title
    return Picture(named, drawn.diagram.reading.told_in(language), as_svg(drawn.figure))


def comparison_picture(table: Table, language: Language) -> tuple[Picture, ...]:
    """Before and after for a page; none where nothing compares."""
    figure = draw_table(table, language)
    return (Picture(TITLES["comparison"].told_in(language), "", as_svg(figure)),) if figure is not None else ()


def write_figures(folder: Path, drawn: Sequence[Drawn], form: str) -> int:
    """Each diagram as a file of its own; how many."""
    save, _ = IMAGES[form]
    for each in drawn:
        write_whole(folder / f"{each.file_stem}.{form}", save(each.figure))
    return len(drawn)


def write_comparison(folder: Path, table: Table, language: Language, form: str) -> int:
    """Before and after as a file; how many."""
    figure = draw_table(table, language)
    if figure is None:
        return 0
    save, _ = IMAGES[form]
    write_whole(folder / f"{table.name}.{form}", save(figure))
    return 1


def write_tables(folder: Path, tables: Sequence[Table], form: str) -> int:
    """Each table as CSV or Parquet; how many."""
    for table in tables:
        write_whole(folder / f"{table.name}.{form}", table.as_parquet() if form == "parquet" else table.as_csv())
    return len(tables)
