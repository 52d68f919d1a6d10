"""Does every command say what it does, start at once, and refuse a wrong command line with 2?"""

import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from console.application import COMMANDS, Command, build
from console.commands.options import USUAL_STRATEGY
from controller import DEFAULT_STRATEGY
from tests.unit.console.conftest import Call

WORDS = [command.words for command in COMMANDS]


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_every_command_has_help_with_examples_and_json(call: Call, words: tuple[str, ...]) -> None:
    result = call(*words, "--help")
    assert result.exit_code == 0
    assert "Examples:" in result.stdout
    assert f"faikhiao {' '.join(words)}" in result.stdout.rpartition("Examples:")[2]
    assert "--json" in result.stdout


def test_the_help_lists_every_command_and_exit_code(call: Call) -> None:
    text = call("--help").stdout
    for word in {command.words[0] for command in COMMANDS}:
        assert f"  {word} " in text
    for code in ("0", "1", "2", "3", "4", "5", "130"):
        assert f"  {code}  " in text


def test_commands_drive_with_the_controllers_own_default() -> None:
    assert USUAL_STRATEGY == DEFAULT_STRATEGY


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: " ".join(command.words))
def test_every_example_is_a_command_line_that_is_understood(command: Command) -> None:
    app: Any = get_command(build())
    for example in command.examples:
        program, *words = shlex.split(example)
        assert program == "faikhiao"
        assert tuple(words[: len(command.words)]) == command.words
        context = app
        for word in command.words:
            context = context.commands[word]
        context.make_context("faikhiao", words[len(command.words) :])  # raises on a wrong command line


@pytest.mark.parametrize(
    "words",
    [
        ("nonsense",),
        ("check",),
        ("check", "town", "--no-such-option"),
        ("simulate", "x", "--seed", "-1"),
        ("simulate", "x", "--strategy", "hope"),
        ("simulate", "x", "--link", "string"),
        ("simulate", "x", "--begin", "25 o'clock"),
        ("simulate", "x", "--date", "5 January"),
        ("simulate", "x", "--minutes", "0"),
        ("simulate", "x", "--amber", "3"),
        ("simulate", "x", "--amber", "3", "--all-red", "-1"),
        ("bench", "x", "--strategies", ","),
        ("bench", "x", "--strategies", "own-plan,hope"),
        ("schema", "poem"),
        ("operator", "plan"),
        ("operator", "token", "desk", "--role", "king"),
    ],
    ids=" ".join,
)
def test_a_wrong_command_line_ends_with_2_and_a_sentence(call: Call, words: tuple[str, ...]) -> None:
    result = call(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.strip()


def test_help_comes_at_once() -> None:
    heavy = "numpy", "matplotlib", "fastapi", "pydantic_core", "pymodbus", "libsumo", "rich"
    code = f"import sys, console.application as a; a.build(); print([m for m in {heavy} if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert run.stdout.strip() == "[]"


ROOT = Path(__file__).parents[3]
