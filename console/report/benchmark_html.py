"""A comparison as one HTML page: tables and plots, all in the file."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from console.charts.bench_pictures import delays_picture, levels_picture, queues_picture, time_space_picture
from console.report import benchmark_tables as tables
from sim.bench.table import GRIDLOCK, note

_STYLE = (
    "body{font:15px/1.55 system-ui,'Noto Sans Thai',sans-serif;max-width:76rem;margin:2rem auto;padding:0 1.2rem;"
    "color:#1d2733}h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2.4rem}p{max-width:60rem}"
    ".wide{overflow-x:auto}table{border-collapse:collapse;font-size:.86rem;font-variant-numeric:tabular-nums}"
    "td,th{border-bottom:1px solid #dde3e9;padding:.22rem .9rem .22rem 0;text-align:right;white-space:nowrap}"
    "th{border-bottom:2px solid #8a96a3;vertical-align:bottom}td:first-child,th:first-child{text-align:left}"
    "tr:hover td{background:#f3f6f9}td.met{color:#0a6b3d}td.missed{color:#b3261e;font-weight:600}"
    "img{width:100%;height:auto}"
)


def benchmark_html(result: Mapping[str, Any]) -> str:
    """The page; it needs no other file and no network."""
    title = escape(str(result["title"]))
    body = "".join(_parts(result))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE}</style></head><body><h1>{title}</h1>{body}</body></html>\n"
    )


def _parts(result: Mapping[str, Any]) -> Iterator[str]:
    yield f"<p>{escape(note(result))} SUMO {escape(result['sumo_version'])}.</p>"
    yield from _table("Delay", tables.delays(result), "s/vehicle")
    yield "<p>Bar: 95 % interval of the mean; small dots: single seeds.</p>"
    yield _picture("Delay by scenario and method", delays_picture(result))
    yield from _table(f"What {result['judged']} was to reach", tables.targets(result))
    yield from _table("To the best rival, the oracle and the floor", tables.gaps(result))
    yield f"<p>{escape(GRIDLOCK)}</p>"
    levels = levels_picture(result)
    if levels is not None:
        yield "<h2>As demand grows</h2>"
        yield _picture("Delay and vehicles left outside over demand", levels)
    yield "<h2>Queues over time</h2><p>Vehicles at a stand and waiting outside; dotted: those outside alone.</p>"
    yield _picture("Queues over time", queues_picture(result))
    if result["traces"]:
        yield (
            "<h2>Along a corridor</h2><p>A line a vehicle; a red bar where the signal is red for those who go straight "
            "on.</p>"
        )
        for trace in result["traces"]:
            yield _picture(f"Time-space diagram: {trace['scenario']}, {trace['method']}", time_space_picture(trace))
    yield from _table("What each part is worth", tables.ablations(result))
    yield from _table("What no mean shows", tables.fairness(result))
    yield from _table("How long a step of the controller takes", tables.steps(result))


def _table(title: str, table: tables.Table, unit: str = "") -> Iterator[str]:
    head, rows = table
    if not rows:
        return
    yield f"<h2>{escape(title)}{f' [{escape(unit)}]' if unit else ''}</h2>"
    top = "".join(f"<th>{escape(text)}</th>" for text in head)
    yield f'<div class="wide"><table><tr>{top}</tr>'
    for row in rows:
        yield "<tr>" + "".join(_cell(text) for text in row) + "</tr>"
    yield "</table></div>"


def _cell(text: str) -> str:
    """A cell; **bold** as in Markdown, a verdict in its colour."""
    name = {"met": "met", "missed": "missed"}.get(text.partition(" ")[0], "")
    told = escape(text)
    if told.startswith("**"):
        bold, _, rest = told[2:].partition("**")
        told = f"<b>{bold}</b>{rest}"
    return f'<td class="{name}">{told}</td>' if name else f"<td>{told}</td>"


def _picture(what: str, png: bytes) -> str:
    return f'<img alt="{escape(what)}" src="data:image/png;base64,{base64.b64encode(png).decode()}">'
