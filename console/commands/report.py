"""`faikhiao report`: what a run did, for people."""

from __future__ import annotations

import json as json_text
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from console.commands.options import AsJson, Minutes, seconds_of
from console.exits import ConfigurationError, UsageError
from console.output import as_json, say, tell, write_whole

if TYPE_CHECKING:
    from console.report.story import JournalStory

EXAMPLES = (
    "faikhiao report night.journal",
    "faikhiao report night.journal --out night.html --chart night.png --junction J05",
    "faikhiao report result.json",
)
CHART_MINUTES = 8.0


def report(
    source: Annotated[
        Path,
        typer.Argument(metavar="SOURCE", help="A journal (file or folder), or a result of simulate or bench (JSON)."),
    ],
    out: Annotated[Path | None, typer.Option("--out", help="Write the report as one HTML page to this file.")] = None,
    chart: Annotated[
        Path | None, typer.Option("--chart", help="Draw the signal programme as it ran into this PNG (of a journal).")
    ] = None,
    junction: Annotated[
        str | None, typer.Option("--junction", help="Junction to draw; else the one with most signal groups.")
    ] = None,
    begin: Annotated[
        str | None, typer.Option("--begin", metavar="TIME", help="Where the chart begins: HH:MM or HH:MM:SS.")
    ] = None,
    minutes: Minutes = None,
    language: Annotated[str, typer.Option("--language", metavar="en|th", help="Language of the sentences.")] = "en",
    json: AsJson = False,
) -> None:
    """Tell what a run did: stages, reasons, alarms, a chart.

    From a journal: the stages that were asked for, decisions by reason, alarms, and the signals as they ran. From a
    result of simulate or bench: its numbers side by side.
    """
    from console.report.pages import as_html, as_text, journal_sections, result_sections
    from console.sentences import Language

    if language not in list(Language):
        raise UsageError(f"there is no language {language!r}: en or th")
    tongue = Language(language)
    results = read_results(source)
    picture: bytes | None = None
    if results is not None:
        if chart is not None or junction is not None:
            raise UsageError("a result has no signals to draw: give the journal of the run")
        sections, record = result_sections(results), {"results": list(results)}
    else:
        from console.report.story import read_story

        story = read_story(source, junction)
        sections, record = journal_sections(story, tongue), story_record(story)
        if chart is not None or out is not None:
            picture = draw(story, begin, minutes)
    if chart is not None and picture is not None:
        write_whole(chart, picture)
        tell(f"wrote {chart}")
    if out is not None:
        write_whole(out, as_html(source.name, sections, picture, tongue))
        tell(f"wrote {out}")
    if json:
        say(as_json(record))
    elif out is None:
        say(as_text(sections))


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
    if not results or not all(isinstance(part, dict) and "strategy" in part for part in results):
        raise ConfigurationError(f"{source} is no result of `simulate` or `bench`")
    return list(results)


def draw(story: JournalStory, begin: str | None, minutes: float | None) -> bytes | None:
    """The chart of the story's junction as PNG; `None` where no cabinet ever reported."""
    from console.charts.picture import programme_picture

    if story.shown is None:
        tell("no cabinet reported in this journal: there is nothing to draw")
        return None
    first_s = story.shown.times_s[0]
    begin_s = first_s if begin is None else seconds_of(begin)
    part = story.shown.between(begin_s, begin_s + 60 * (minutes or CHART_MINUTES))
    if not part.times_s:
        raise UsageError(f"the journal has nothing at {begin}: it begins at second {first_s:.0f} of the day")
    return programme_picture(part, f"{story.network.site}, {story.head.strategy}")


def story_record(story: JournalStory) -> dict[str, Any]:
    """The report of a journal as JSON."""
    from console.report.story import stage_use
    from console.sentences import sentence

    return {
        "site": story.network.site,
        "strategy": story.head.strategy,
        "version": story.head.version,
        "steps": story.steps,
        "begin_s": story.local_s(story.head.now_s),
        "end_s": story.local_s(story.last_s),
        "stages": [
            {
                "junction": use.junction,
                "stage": use.stage,
                "times": use.times,
                "mean_s": round(use.mean_s, 3),
                "share": round(use.share, 4),
            }
            for use in stage_use(story)
        ],
        "decisions": {reason.name.lower(): count for reason, count in story.reasons.most_common()},
        "alarms": [{"at_s": told.local_s, "sentence": sentence(told.alarm)} for told in story.alarms],
        "notes": [{"kind": kind, "text": text} for kind, text in story.notes],
    }
