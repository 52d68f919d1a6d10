"""The pages of docs/reference that are made from the code's own tables: `python -m console.reference_pages FOLDER`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from console.command_page import command_line_page
from console.glossary import glossary_page
from console.output import markdown_table, tell, write_whole
from console.sentences import SENTENCES
from field_io.cabinet_check.page import statements_page
from field_io.reference import registers_page, topics_page
from plans.reference import plan_files_page
from sim.answer import results_page


def reasons_page() -> str:
    """Every reason of a decision or alarm with its number and its sentence in both languages."""
    rows = [
        (str(int(reason)), f"`{reason.name.lower()}`", phrase.english, phrase.thai)
        for reason, phrase in SENTENCES.items()
    ]
    return "\n".join(
        [
            "# Reasons",
            "",
            "Why something was decided or alarmed. The number goes to the cabinet's audit field (TSC-MB/1.0, HR 29)",
            "and into the journal; people read the sentence. Made from `console/sentences.py` by `make docs`.",
            "",
            markdown_table(
                ("number", "name", "English", "ไทย"), sorted(rows, key=lambda row: int(row[0])), numbers=False
            ),
            "",
        ]
    )


PAGES: Mapping[str, Callable[[], str]] = {
    "registers.md": registers_page,
    "cabinet-check.md": statements_page,
    "topics.md": topics_page,
    "plan-files.md": plan_files_page,
    "command-line.md": command_line_page,
    "results.md": results_page,
    "reasons.md": reasons_page,
    "glossary.md": glossary_page,
}
"""Page of docs/reference and what makes it."""


def write_pages(folder: Path) -> None:
    """Write every page into the folder."""
    for name, page in PAGES.items():
        write_whole(folder / name, page())


if __name__ == "__main__":
    if len(sys.argv) != 2:
        tell("usage: python -m console.reference_pages FOLDER")
        sys.exit(2)
    write_pages(Path(sys.argv[1]))
    tell(f"wrote {', '.join(PAGES)} into {sys.argv[1]}")
