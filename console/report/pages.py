"""A report as sections of text and tables, and these as plain text or as one HTML page that needs nothing else."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from console.charts.shown import clock
from console.output import markdown_table
from console.report.story import JournalStory, stage_use
from console.sentences import SENTENCES, Language, Phrase, sentence

MOST_ALARMS, MOST_NOTES = 100, 50
_STYLE = (
    "body{font:15px/1.6 system-ui,'Noto Sans Thai',sans-serif;max-width:64rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse}td,th{border-bottom:1px solid #ccc;padding:.2rem .8rem .2rem 0;text-align:right}"
    "td:first-child,th:first-child{text-align:left}img{max-width:100%}"
)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with a table, sentences, or both."""

    title: str
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    lines: tuple[str, ...] = ()


TITLES: Mapping[str, Phrase] = {
    "run": Phrase("What ran", "การทำงาน"),
    "stages": Phrase("Stages that were asked for", "จังหวะสัญญาณที่สั่ง"),
    "reasons": Phrase("Decisions by reason", "การตัดสินใจตามเหตุผล"),
    "alarms": Phrase("Alarms", "การแจ้งเตือน"),
    "notes": Phrase("Notes in the journal", "บันทึกเพิ่มเติม"),
}


def journal_sections(story: JournalStory, language: Language) -> list[Section]:
    """The report of a journal."""

    def title(name: str) -> str:
        return TITLES[name].told_in(language)

    begin_s, end_s = story.local_s(story.head.now_s), story.local_s(story.last_s)
    run = (
        ("site", story.network.site),
        ("strategy", story.head.strategy),
        ("version", story.head.version),
        ("local time", f"{clock(begin_s)} to {clock(end_s)}"),
        ("steps", str(story.steps)),
        ("junctions", str(len(story.network.junctions))),
    )
    used = [
        (f"{use.junction} {use.stage}", str(use.times), f"{use.mean_s:.1f}", f"{100 * use.share:.0f}")
        for use in stage_use(story)
    ]
    reasons = [(SENTENCES[reason].told_in(language), str(count)) for reason, count in story.reasons.most_common()]
    return [
        Section(title("run"), ("what", "value"), run),
        Section(title("stages"), ("junction, stage", "times", "mean [s]", "share [%]"), tuple(used)),
        Section(title("reasons"), ("reason", "decisions"), tuple(reasons)),
        Section(title("alarms"), lines=tuple(_alarm_lines(story, language))),
        Section(title("notes"), lines=tuple(_note_lines(story))),
    ]


def _alarm_lines(story: JournalStory, language: Language) -> Iterator[str]:
    for told in story.alarms[:MOST_ALARMS]:
        yield f"{clock(told.local_s)}  {sentence(told.alarm, language)}"
    if len(story.alarms) > MOST_ALARMS:
        yield f"... and {len(story.alarms) - MOST_ALARMS} more"
    if not story.alarms:
        yield "none"


def _note_lines(story: JournalStory) -> Iterator[str]:
    for kind, text in story.notes[:MOST_NOTES]:
        yield f"{kind}: {text}"
    if len(story.notes) > MOST_NOTES:
        yield f"... and {len(story.notes) - MOST_NOTES} more"
    if not story.notes:
        yield "none"


def result_sections(results: Sequence[Mapping[str, Any]]) -> list[Section]:
    """The report of one or more results of `simulate`: a column for each."""
    names = tuple(f"{result['strategy']} seed {result['seed']}" for result in results)
    keys = [key for key, value in results[0].items() if isinstance(value, int | float | str)]
    rows = tuple((key, *(_number(result.get(key, "")) for result in results)) for key in keys)
    breaks = tuple(f"{name}: {text}" for name, result in zip(names, results, strict=True) for text in result["breaks"])
    title = ", ".join(dict.fromkeys(str(result["scenario"]) for result in results))
    return [
        Section(title, ("what", *names), rows),
        Section("Safety breaks", lines=breaks or ("none",)),
    ]


def _number(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, float) else str(value)


def as_text(sections: Sequence[Section]) -> str:
    """The sections as plain text (Markdown)."""
    parts = []
    for section in sections:
        table = [markdown_table(section.head, section.rows)] if section.rows else []
        parts.append("\n\n".join([f"## {section.title}", *table, *(["\n".join(section.lines)] * bool(section.lines))]))
    return "\n\n".join(parts)


def as_html(title: str, sections: Sequence[Section], picture: bytes | None, language: Language) -> str:
    """The sections as one page; the picture is in it."""
    body = "".join(_html(section) for section in sections)
    drawn = ""
    if picture is not None:
        data = base64.b64encode(picture).decode()
        drawn = f'<img alt="signal programme as it ran" src="data:image/png;base64,{data}">'
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{_STYLE}</style></head><body><h1>{escape(title)}</h1>{drawn}{body}</body></html>\n"
    )


def _html(section: Section) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in section.head)
    rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in section.rows)
    table = f"<table><tr>{head}</tr>{rows}</table>" if section.rows else ""
    lines = "".join(f"<p>{escape(line)}</p>" for line in section.lines)
    return f"<h2>{escape(section.title)}</h2>{table}{lines}"
