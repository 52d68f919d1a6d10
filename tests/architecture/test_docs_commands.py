"""Is every command in the documentation one that the command line understands?"""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from console.application import build

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
GENERATED = ROOT / "docs" / "reference" / "command-line.md"


def commands(page: Path) -> list[str]:
    """Lines of shell blocks that call us."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith("faikhiao ")]


FOUND = [(page.relative_to(ROOT).as_posix(), line) for page in PAGES if page != GENERATED for line in commands(page)]


def test_there_are_commands_to_look_at() -> None:
    assert len(FOUND) > 10


@pytest.mark.parametrize(("page", "line"), FOUND)
def test_a_command_in_the_documentation_is_understood(page: str, line: str) -> None:
    words = shlex.split(line.split(" > ", maxsplit=1)[0])[1:]
    found: Any = get_command(build())
    while hasattr(found, "commands"):
        assert words[0] in found.commands, f"{page}: {line}"
        found = found.commands[words.pop(0)]
    found.make_context("faikhiao", words)  # raises where an option or argument is not known
