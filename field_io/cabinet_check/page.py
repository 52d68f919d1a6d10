"""The statements as a reference page."""

from __future__ import annotations

from field_io.cabinet_check.walk import DISTURBS, STATEMENTS

FAMILIES = {
    "ID": "Identity",
    "RD": "Reading",
    "WR": "Writes that must be refused",
    "LE": "Leases and the echo",
    "EP": "Epochs",
    "IS": "Interstages",
    "SU": "Flash and start-up",
    "WD": "Watchdogs",
}
"""First letters of a statement's id, and what such statements are about."""


def statements_page() -> str:
    """Every statement of the conformance kit as one Markdown page."""
    lines = [
        "# What a cabinet must do",
        "",
        "The statements of `faikhiao cabinet-check`, in the order in which they are asked. Clauses are headings and",
        "registers of [registers](registers.md). Made from `field_io/cabinet_check` by `make docs`.",
        "",
        DISTURBS,
        "",
    ]
    for letters, title in FAMILIES.items():
        rows = [one for one in STATEMENTS if one.id.partition("-")[0] == letters]
        lines += [f"## {title}", "", "| id | statement | clause |", "| --- | --- | --- |"]
        lines += [f"| {one.id} | {one.says} | {one.clause} |" for one in rows]
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"
