"""A report as sections of text, tables and pictures; these as Markdown or as one HTML page that needs nothing else."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from console.charts.fonts import THAI_FILE
from console.charts.shown import clock
from console.output import markdown_table
from console.report.record import RunRecord
from console.report.rounding import rounded
from console.report.tables.detectors import OK
from console.report.tables.every import Tables
from console.report.tables.modes import moves
from console.report.tables.table import Table
from console.report.words import word
from console.sentences import SENTENCES, Language, Phrase, sentence
from controller import Alarm, Decision, Reason

MOST_MOVES, MOST_ALARMS, MOST_NOTES = 100, 100, 50
_STYLE = """
body{font:15px/1.65 system-ui,'Noto Sans Thai',sans-serif;max-width:66rem;margin:2rem auto;padding:0 1rem;color:#1f2933}
h1{font-size:1.6rem}h2{font-size:1.25rem;border-bottom:1px solid #d5dbe1;margin-top:2.4rem}h3{font-size:1.05rem}
table{border-collapse:collapse;font-size:.9rem}td,th{border-bottom:1px solid #e3e7eb;padding:.15rem .8rem .15rem 0}
td,th{text-align:right}td:first-child,th:first-child{text-align:left}figure{margin:1rem 0 1.8rem}
figure img{max-width:100%;height:auto}figcaption{color:#52606d;font-size:.86rem;max-width:50rem}nav a{margin-right:1rem}
@media print{html{font-size:12px}body{max-width:none;margin:0;font-size:1rem}nav{display:none}
h1,h2,h3{break-after:avoid;break-inside:avoid}figure,tr{break-inside:avoid}
figure img{max-height:23cm}@page{size:A4;margin:14mm}}
"""


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn diagram as it stands in a page."""

    title: str
    reading: str
    data: bytes
    kind: str = "image/svg+xml"


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with tables, sentences and pictures, each where there are any."""

    title: str
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    lines: tuple[str, ...] = ()
    pictures: tuple[Picture, ...] = field(default=(), repr=False)


TITLES: Mapping[str, Phrase] = {
    "run": Phrase("What ran", "การทำงาน"),
    "los": Phrase("Delay and level of service", "ความล่าช้าและระดับการให้บริการ"),
    "bands": Phrase("Green bands as they ran", "แถบเขียวตามที่ทำงานจริง"),
    "stages": Phrase("Stages that were asked for", "จังหวะสัญญาณที่สั่ง"),
    "reasons": Phrase("Decisions by reason", "การตัดสินใจตามเหตุผล"),
    "modes": Phrase("Control modes", "โหมดการควบคุม"),
    "moves": Phrase("Moves on the ladder", "การเปลี่ยนขั้นการควบคุม"),
    "detectors": Phrase("Detectors to look at", "เครื่องตรวจจับที่ควรตรวจสอบ"),
    "alarms": Phrase("Alarms", "การแจ้งเตือน"),
    "notes": Phrase("Notes in the journal", "บันทึกเพิ่มเติม"),
    "comparison": Phrase("Before and after", "ก่อนและหลัง"),
    "site": Phrase("The whole site", "ทั้งเครือข่าย"),
    "roads": Phrase("Roads", "แนวถนน"),
    "junction": Phrase("Junction {}", "ทางแยก {}"),
    "what": Phrase("what", "รายการ"),
    "value": Phrase("value", "ค่า"),
}
RUN_ROWS: Mapping[str, Phrase] = {
    "site": Phrase("site", "เครือข่าย"),
    "strategy": Phrase("strategy", "วิธีควบคุม"),
    "version": Phrase("version", "รุ่นโปรแกรม"),
    "date": Phrase("date", "วันที่"),
    "time": Phrase("local time", "เวลาท้องถิ่น"),
    "steps": Phrase("steps", "จำนวนรอบการทำงาน"),
    "junctions": Phrase("junctions", "จำนวนทางแยก"),
    "gaps": Phrase("gaps in the journal", "ช่วงที่บันทึกขาด"),
    "late": Phrase("steps that took longer than they may", "รอบการทำงานที่ใช้เวลาเกินกำหนด"),
}

LATE = Phrase("{}, the longest {:.2f} s", "{} นานที่สุด {:.2f} วินาที")


def journal_sections(record: RunRecord, tables: Tables, language: Language) -> list[Section]:
    """The report of a journal in numbers."""

    def title(name: str) -> str:
        return TITLES[name].told_in(language)

    def heads(*names: str) -> tuple[str, ...]:
        return tuple(word(name, language) for name in names)

    return [
        Section(title("run"), (title("what"), title("value")), tuple(_run_rows(record, language))),
        Section(
            title("los"), heads("junction", "approach", "flow", "delay", "saturation", "los"),
            _cells(tables["delay_summary"], ("", "", ".0f", ".1f", ".2f", "")),
        ),
        Section(
            title("bands"),
            heads("band", "from", "to", "times", "mean_width_s", "efficiency_share"),
            _cells(tables["bands"], ("", "", "", "d", ".1f", ".2f")),
        ),
        Section(
            title("stages"), heads("junction", "stage", "greens", "length", "share"), _stage_rows(tables["stages"]),
        ),
        Section(title("reasons"), heads("reason", "decisions"), tuple(_reason_rows(tables["reasons"], language))),
        Section(
            title("modes"), heads("junction", "mode", "time_s", "time_share"), _mode_rows(tables["modes"], language)
        ),
        Section(title("moves"), lines=tuple(_move_lines(record, language))),
        Section(
            title("detectors"), heads("junction", "loop", "role", "finding", "vehicles"),
            _loop_rows(tables["detectors"], language),
        ),
        Section(title("alarms"), lines=tuple(_alarm_lines(record, language))),
        Section(title("notes"), lines=tuple(_note_lines(record, language))),
    ]  # fmt: skip


def _run_rows(record: RunRecord, language: Language) -> Iterator[tuple[str, str]]:
    values = {
        "site": record.network.site,
        "strategy": record.head.strategy,
        "version": record.head.version,
        "date": record.date.isoformat(),
        "time": f"{_moment(record.begin_s)} – {_moment(record.end_s)}",
        "steps": str(record.steps),
        "junctions": str(len(record.junctions)),
        "gaps": str(len(record.gaps)),
        "late": _late(record, language),
    }
    yield from ((RUN_ROWS[name].told_in(language), value) for name, value in values.items())


def _late(record: RunRecord, language: Language) -> str:
    took_s = [took_s for _, took_s in record.late]
    return LATE.told_in(language).format(len(took_s), max(took_s)) if took_s else "0"


def _moment(second: float) -> str:
    days = int(second // 86_400)
    return f"{f'+{days} d ' if days else ''}{clock(second)}"


def _cells(table: Table, forms: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(format(value, form) for value, form in zip(row, forms, strict=True)) for row in table.rows())


def _stage_rows(table: Table) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (j, stage, str(n), f"{mean_s:.1f}", f"{100 * share:.0f}") for j, stage, n, mean_s, share in table.rows()
    )


def _reason_rows(table: Table, language: Language) -> Iterator[tuple[str, str]]:
    counts = {reason: int(table["decisions"][table["reason"] == reason.name.lower()].sum()) for reason in Reason}
    for reason, count in sorted(counts.items(), key=lambda each: -each[1]):
        if count:
            yield SENTENCES[reason].told_in(language), str(count)


def _mode_rows(table: Table, language: Language) -> tuple[tuple[str, ...], ...]:
    return tuple(
        (j, word(mode, language), f"{seconds:.0f}", f"{share:.3f}") for j, mode, seconds, share in table.rows()
    )


def _loop_rows(table: Table, language: Language) -> tuple[tuple[str, ...], ...]:
    mine = table.where(table["finding"] != OK)
    columns = (mine[name].tolist() for name in ("junction", "loop", "role", "finding", "vehicles"))
    return tuple(
        (j, loop, word(role, language), word(finding, language), str(n))
        for j, loop, role, finding, n in zip(*columns, strict=True)
    )


def _move_lines(record: RunRecord, language: Language) -> Iterator[str]:
    """From which rung to which, and why; a reason of a newer version is passed over here, and stands in the table."""
    told = [(at_s, move) for at_s, move in moves(record) if move.reason in set(Reason)]
    for at_s, move in told[:MOST_MOVES]:
        yield f"{_moment(at_s)}  {sentence(Decision(move.junction, Reason(move.reason), move.because), language)}"
    if len(told) > MOST_MOVES:
        yield f"... +{len(told) - MOST_MOVES}"
    if not told:
        yield word("none", language)


def _alarm_lines(record: RunRecord, language: Language) -> Iterator[str]:
    for at_s, alarm in record.alarms[:MOST_ALARMS]:
        told = Alarm(alarm.junction, Reason(alarm.code), alarm.cleared, alarm.because)
        yield f"{_moment(at_s)}  {sentence(told, language)}"
    if len(record.alarms) > MOST_ALARMS:
        yield f"... +{len(record.alarms) - MOST_ALARMS}"
    if not record.alarms:
        yield word("none", language)


def _note_lines(record: RunRecord, language: Language) -> Iterator[str]:
    for kind, text in record.notes[:MOST_NOTES]:
        yield f"{kind}: {text}"
    if len(record.notes) > MOST_NOTES:
        yield f"... +{len(record.notes) - MOST_NOTES}"
    if not record.notes:
        yield word("none", language)


def comparison_section(table: Table, language: Language, pictures: tuple[Picture, ...] = ()) -> Section:
    """Before and after as a table: means, difference ± half of its 95 % interval, pairs."""
    rows: tuple[tuple[str, ...], ...] = tuple(
        (
            junction,
            word(measure, language),
            rounded(before),
            rounded(after),
            rounded(difference, sign="+") + ("" if math.isnan(half) else f" ± {rounded(half, 2)}"),
            str(pairs),
        )
        for junction, measure, before, after, difference, half, pairs in table.rows()
    )
    names = ("junction", "measure", "before", "after", "difference")
    head: tuple[str, ...] = (*(word(name, language) for name in names), "n")
    if not any(row[0] for row in rows):  # results of simulations are of the whole network
        head, rows = head[1:], tuple(row[1:] for row in rows)
    return Section(TITLES["comparison"].told_in(language), head, rows, pictures=pictures)


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
    """The sections as plain text (Markdown), without pictures."""
    parts = []
    for section in sections:
        table = [markdown_table(section.head, section.rows)] if section.rows else []
        parts.append("\n\n".join([f"## {section.title}", *table, *(["\n".join(section.lines)] * bool(section.lines))]))
    return "\n\n".join(parts)


def as_html(title: str, sections: Sequence[Section], language: Language) -> str:
    """The sections as one page; pictures and the Thai font are in it, nothing is fetched."""
    body = "".join(_html(section, number) for number, section in enumerate(sections))
    jumps = "".join(f'<a href="#s{number}">{escape(each.title)}</a>' for number, each in enumerate(sections))
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width"><title>{escape(title)}</title>'
        f"<style>{_font_face()}{_STYLE}</style></head><body><h1>{escape(title)}</h1><nav>{jumps}</nav>{body}</body></html>\n"
    )


def _font_face() -> str:
    if not THAI_FILE.is_file():
        return ""
    data = base64.b64encode(THAI_FILE.read_bytes()).decode()
    return f"@font-face{{font-family:'Noto Sans Thai';src:url(data:font/ttf;base64,{data})}}"


def _html(section: Section, number: int) -> str:
    head = "".join(f"<th>{escape(text)}</th>" for text in section.head)
    rows = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in section.rows)
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if section.rows else ""
    lines = "".join(f"<p>{escape(line)}</p>" for line in section.lines)
    pictures = "".join(_figure(picture) for picture in section.pictures)
    return f'<section><h2 id="s{number}">{escape(section.title)}</h2>{table}{lines}{pictures}</section>'


def _figure(picture: Picture) -> str:
    data = base64.b64encode(picture.data).decode()
    caption = f"<figcaption>{escape(picture.reading)}</figcaption>" if picture.reading else ""
    heading = f"<h3>{escape(picture.title)}</h3>"
    image = f'<img alt="{escape(picture.title)}" src="data:{picture.kind};base64,{data}">'
    return f"<figure>{heading}{image}{caption}</figure>"
