"""The reference page of the command line, made from the commands themselves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from console.application import COMMANDS, FAMILIES, HELP, Command, build
from console.exits import MEANING
from console.output import markdown_table

if TYPE_CHECKING:
    from collections.abc import Sequence

_ENDING = """\
Failures are one sentence on standard error: what, where, what to do. Results go to standard output, and a file is
complete or absent. `NO_COLOR` is honoured; progress is shown on terminals only."""


def command_line_page() -> str:
    """Every command with its arguments, options and examples, and the exit codes, as one Markdown page."""
    parts = [
        "# The command line",
        f"{HELP}\n\nMade from the commands themselves by `make docs`; `faikhiao COMMAND --help` says the same.",
        "## Exit codes",
        _table(("code", "meaning"), [(str(int(code)), meaning) for code, meaning in MEANING.items()]),
        _ENDING,
    ]
    for command in COMMANDS:
        parts += _command(command)
    return "\n\n".join(parts) + "\n"


def _command(command: Command) -> Iterator[str]:
    from typer import Context

    found = _found(command.words)
    context = Context(found)
    yield f"## faikhiao {' '.join(command.words)}"
    if len(command.words) == 2 and _first_of_family(command):
        yield f"*{FAMILIES[command.words[0]]}*"
    yield _paragraphs(found.help or "")
    for kind in ("argument", "option"):
        records = [p.get_help_record(context) for p in found.params if p.param_type_name == kind]
        if records:
            yield _table((kind, "meaning"), [(f"`{name}`", meaning) for name, meaning in records])
    yield "```\n" + "\n".join(command.examples) + "\n```"


def _first_of_family(command: Command) -> bool:
    return next(other for other in COMMANDS if other.words[0] == command.words[0]) is command


def _found(words: Sequence[str]) -> Any:
    """The command behind the words, as Typer made it."""
    from typer.main import get_command

    found: Any = get_command(build())
    for word in words:
        found = found.commands[word]
    return found


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n"))


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    escaped = [tuple(" ".join(cell.split()).replace("|", "\\|") for cell in row) for row in rows]
    return markdown_table(head, escaped, numbers=False)
