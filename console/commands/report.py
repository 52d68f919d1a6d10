"""`faikhiao report`: what a run did, for people."""

from __future__ import annotations

import json as json_text
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.commands.options import AsJson, Minutes, one_of, seconds_of
from console.exits import ConfigurationError, UsageError
from console.output import as_json, say, tell, write_whole

if TYPE_CHECKING:
    from console.report.record import RunRecord
    from console.report.tables.table import Table
    from console.report.whole import Counted
    from console.sentences import Language

EXAMPLES = (
    "faikhiao report night.journal",
    "faikhiao report runs/monday --out monday.html --language th",
    "faikhiao report night.journal --figures pictures --format png --junction J05 --junction J07",
    'faikhiao report night.journal --data tables --road "J01,J02,J03,J08"',
    "faikhiao report after.journal --before before.journal --out before-after.html",
    "faikhiao report result.json",
)
CHART_MINUTES = 8.0


def report(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="SOURCE",
            help="A journal (file, or folder of a service or of a run), or a result of simulate or bench (JSON).",
        ),
    ],
    out: Annotated[Path | None, typer.Option("--out", help="Write the report as one HTML page to this file.")] = None,
    figures: Annotated[
        Path | None, typer.Option("--figures", help="Write each diagram to a file in this folder.")
    ] = None,
    form: Annotated[str, typer.Option("--format", metavar="svg|png", help="What --figures writes.")] = "svg",
    data: Annotated[
        Path | None, typer.Option("--data", help="Write the numbers to this folder, a file a table.")
    ] = None,
    data_form: Annotated[
        str,
        typer.Option(
            "--data-format", metavar="csv|parquet", help="What --data writes; Parquet needs the extra `data`."
        ),
    ] = "csv",
    chart: Annotated[
        Path | None, typer.Option("--chart", help="Draw only the signal programme as it ran into this PNG.")
    ] = None,
    junction: Annotated[
        list[str] | None, typer.Option("--junction", help="Junction to draw (again for more; `all`); else the busiest.")
    ] = None,
    road: Annotated[
        list[str] | None,
        typer.Option("--road", help="Road to draw: its name, or its junctions in a row; else the longest two."),
    ] = None,
    before: Annotated[
        Path | None, typer.Option("--before", help="Compare with this earlier journal or result, with intervals.")
    ] = None,
    begin: Annotated[
        str | None, typer.Option("--begin", metavar="TIME", help="Where close looks begin: HH:MM, HH:MM:SS or seconds.")
    ] = None,
    minutes: Minutes = None,
    language: Annotated[str, typer.Option("--language", metavar="en|th", help="Language of the report.")] = "en",
    json: AsJson = False,
) -> None:
    """Tell what a run did: stages, reasons, delay, coordination, detectors, in numbers and diagrams.

    From a journal: every table and diagram; one page that works offline and prints, files of each, or text. From a
    result of simulate or bench: its numbers side by side. With --before the same hours of two journals, or the same
    seeds of two results, are compared with 95 % intervals.
    """
    from console.report.pages import as_html, as_text, comparison_section, result_sections
    from console.report.whole import comparison_picture, write_comparison
    from console.sentences import Language

    one_of("language", language, list(Language))
    one_of("format", form, ("svg", "png"))
    one_of("data format", data_form, ("csv", "parquet"))
    tongue = Language(language)
    results = read_results(source)
    if results is not None:
        if any(each is not None for each in (chart, junction, road, data)) or (figures is not None and before is None):
            raise UsageError("a result has no signals to draw: give the journal of the run")
        sections, record = result_sections(results), {"results": list(results)}
        if before is not None:
            table = _compare_results(before, results)
            if figures is not None:
                tell(f"wrote {write_comparison(figures, table, tongue, form)} diagrams to {figures}")
            sections.insert(0, comparison_section(table, tongue, comparison_picture(table, tongue)))
            record["comparison"] = [dict(zip(table.columns, row, strict=True)) for row in table.rows()]
        if out is not None:
            write_whole(out, as_html(source.name, sections, tongue))
            tell(f"wrote {out}")
        if json:
            say(as_json(record))
        elif out is None:
            say(as_text(sections))
        return
    _report_journal(source, (out, figures, form, data, data_form, chart), (junction or [], road or []), before,
                    (begin, minutes), tongue, json=json)  # fmt: skip


def _report_journal(
    source: Path,
    targets: tuple[Path | None, Path | None, str, Path | None, str, Path | None],
    chosen: tuple[Sequence[str], Sequence[str]],
    before: Path | None,
    window: tuple[str | None, float | None],
    language: Language,
    *,
    json: bool,
) -> None:
    from console.report import whole
    from console.report.pages import as_html, as_text

    out, figures, form, data, data_form, chart = targets
    run = whole.count(source, tell)
    begin_s = None if window[0] is None else _within(run.record, seconds_of(window[0]))
    choice = whole.choose(run, *chosen, begin_s, language)
    comparison = whole.compare(whole.count(before, tell), run) if before is not None else None
    if chart is not None:
        _draw_chart(run.record, choice.junctions[0], begin_s, window[1], chart)
    drawn = whole.draw(run, choice) if out is not None or figures is not None else []
    if figures is not None:
        number = whole.write_figures(figures, drawn, form)
        if comparison is not None:
            number += whole.write_comparison(figures, comparison, language, form)
        tell(f"wrote {number} diagrams to {figures}")
    if data is not None:
        tell(f"wrote {_write_data(run, comparison, data, data_form)} tables to {data}")
    if out is not None:
        title = f"{run.record.network.site}, {run.record.head.strategy}, {run.record.date.isoformat()}"
        write_whole(out, as_html(title, whole.sections(run, drawn, language, comparison), language))
        tell(f"wrote {out}")
    if json:
        say(as_json(run_record(run, comparison)))
    elif not any((out, figures, data, chart)):
        say(as_text(whole.sections(run, [], language, comparison)))


def _within(record: RunRecord, second: float) -> float:
    """A time of day as a second of the record; the first day on which it lies within. Raises UsageError."""
    from console.report.record import DAY_S

    while second < record.begin_s:
        second += DAY_S
    if second >= record.end_s:
        raise UsageError(f"the journal has nothing then: it runs from {record.begin_s:.0f} to {record.end_s:.0f} s")
    return second


def _write_data(run: Counted, comparison: Table | None, folder: Path, form: str) -> int:
    from console.report.whole import write_tables

    tables = [*run.tables.values(), *([comparison] if comparison is not None else [])]
    try:
        return write_tables(folder, tables, form)
    except ImportError as error:
        raise ConfigurationError(
            "Parquet needs pyarrow: install the extra `data`, or take --data-format csv"
        ) from error


def _draw_chart(record: RunRecord, row: int, begin_s: float | None, minutes: float | None, chart: Path) -> None:
    from console.charts.picture import programme_picture

    start_s = record.begin_s if begin_s is None else begin_s
    shown = record.shown(row, start_s, start_s + 60 * (minutes or CHART_MINUTES))
    if shown is None:
        tell("no cabinet reported in this journal: there is nothing to draw")
        return
    write_whole(chart, programme_picture(shown, f"{record.network.site}, {record.head.strategy}"))
    tell(f"wrote {chart}")


def _compare_results(before: Path, after: Sequence[Mapping[str, Any]]) -> Table:
    from console.report.tables.comparison import compare_results

    earlier = read_results(before)
    if earlier is None:
        raise UsageError(f"{before} is a journal and the other one a result: compare like with like")
    for results in (earlier, after):
        _refuse_several_methods(results)
    table = compare_results(earlier, after)
    if not len(table):
        raise UsageError(f"{before} has no scenario and seed in common with the other result")
    return table


def _refuse_several_methods(results: Sequence[Mapping[str, Any]]) -> None:
    """Raise UsageError where a scenario and seed stand there more than once: nobody could say which is meant."""
    keys = [(result.get("scenario"), result.get("seed")) for result in results]
    if len(set(keys)) < len(keys):
        methods = ", ".join(dict.fromkeys(str(result.get("strategy")) for result in results))
        raise UsageError(f"a result to compare has one run of each scenario and seed; here are several, by {methods}")


TOLD = {"scenario", "strategy", "seed", "breaks"}
"""What every result of `simulate` and `bench` has."""


def read_results(source: Path) -> list[Mapping[str, Any]] | None:
    """The results in a JSON file of simulate or bench; `None` where it is no JSON. Raises ConfigurationError."""
    if not source.exists():
        raise ConfigurationError(f"{source} is not there: name a journal or a result")
    if source.is_dir() or source.read_bytes()[:1] not in {b"{", b"["}:
        return None
    try:
        value = json_text.loads(source.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigurationError(f"{source} is no JSON: {error}") from error
    results = value.get("runs", [value]) if isinstance(value, dict) else value
    if not results or not all(isinstance(part, dict) and part.keys() >= TOLD for part in results):
        raise ConfigurationError(f"{source} is no result of `simulate` or `bench`")
    return list(results)


SUMMARIES = ("delay_summary", "bands", "stages", "modes", "reasons", "comparison")
"""Tables that stand in the JSON; the long ones are files of --data."""


def run_record(run: Counted, comparison: Table | None) -> dict[str, Any]:
    """The report of a journal as JSON."""
    from console.sentences import sentence
    from controller import Alarm, Reason

    record = run.record
    tables = {**run.tables, **({"comparison": comparison} if comparison is not None else {})}
    decisions: dict[str, int] = {}
    for _, reason, count in run.tables["reasons"].rows():
        decisions[reason] = decisions.get(reason, 0) + count
    return {
        "site": record.network.site,
        "strategy": record.head.strategy,
        "version": record.head.version,
        "date": record.date.isoformat(),
        "steps": record.steps,
        "begin_s": record.begin_s,
        "end_s": record.end_s,
        "decisions": decisions,
        "alarms": [
            {"at_s": at_s, "sentence": sentence(Alarm(each.junction, Reason(each.code), each.cleared, each.because))}
            for at_s, each in record.alarms
        ],
        "notes": [{"kind": kind, "text": text} for kind, text in record.notes],
        **{
            name: [
                {column: _plain(value) for column, value in zip(tables[name].columns, row, strict=True)}
                for row in tables[name].rows()
            ]
            for name in SUMMARIES
            if name in tables
        },
    }


def _plain(value: Any) -> Any:
    """JSON has no NaN: what is not known is null."""
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124 - only NaN differs from itself
