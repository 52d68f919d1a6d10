"""What the command line prints and writes: results on standard output, everything else on standard error.

A file is complete or absent: it is written beside its place under another name and then moved there.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

STANDARD_OUTPUT = "-"


def say(text: str) -> None:
    """A line of result, on standard output; at once, in its place among what is told."""
    print(text, flush=True)


def tell(text: str) -> None:
    """A line about what happens, on standard error."""
    print(text, file=sys.stderr)


def people_console() -> Console:
    """Where progress and tables for people go besides the result: standard error; NO_COLOR is honoured by rich."""
    from rich.console import Console

    return Console(stderr=True)


def as_json(value: object) -> str:
    """JSON with letters of all scripts as they are."""
    return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False, default=str)


def give_json(value: object, target: str) -> None:
    """JSON to a file, or to standard output where the target is `-`."""
    if target == STANDARD_OUTPUT:
        say(as_json(value))
    else:
        write_whole(Path(target), as_json(value) + "\n")


def check_writable(target: str) -> None:
    """Find out before a long run whether its result can be written; raises ConfigurationError."""
    from console.exits import ConfigurationError

    if target == STANDARD_OUTPUT:
        return
    path = Path(target)
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise ConfigurationError(f"{path} cannot be written: choose another place")


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file so that nobody ever sees half of it; raises ConfigurationError where that is not possible."""
    from console.exits import ConfigurationError

    data = content.encode() if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(beside).chmod(0o644)
            Path(beside).replace(path)
        except BaseException:
            Path(beside).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written ({error.strerror}): choose another place") from error


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]], *, numbers: bool = True) -> str:
    """A table that can be pasted into a document; with `numbers`, all columns but the first stand to the right."""
    widths = [max(2, *(len(row[place]) for row in (head, *rows))) for place in range(len(head))]  # a rule is "-:"
    right = [numbers and place > 0 for place in range(len(head))]
    rule = ["-" * (width - r) + ":" * r for width, r in zip(widths, right, strict=True)]
    return "\n".join(
        "| "
        + " | ".join(f"{text:{'>' if r else '<'}{w}}" for text, w, r in zip(row, widths, right, strict=True))
        + " |"
        for row in (head, rule, *rows)
    )


def plain(value: Any) -> Any:
    """Mappings and sequences of a result as JSON knows them, keys as text."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return value
