"""Is a token's holder found by the token alone, and is nothing kept that could be used?"""

from pathlib import Path

import pytest

from console.api.tokens import TOKENS_VARIABLE, Role, holder_of, new_token, read_holders
from console.exits import ConfigurationError


def test_a_token_finds_its_holder_and_no_other_does() -> None:
    token, holder = new_token("desk-1", Role.OPERATOR)
    _, other = new_token("desk-2", Role.VIEWER)
    assert holder_of(token, (other, holder)) == holder
    assert holder_of(token + "x", (other, holder)) is None
    assert holder_of(holder.digest, (other, holder)) is None


def test_the_kept_line_does_not_hold_the_token() -> None:
    token, holder = new_token("desk-1", Role.OPERATOR)
    assert token not in holder.line()
    assert len(token) >= 43  # 32 bytes in base64


def test_a_token_file_is_read_with_its_remarks(tmp_path: Path) -> None:
    _, holder = new_token("desk-1", Role.OPERATOR)
    _, engineer = new_token("office", Role.ENGINEER)
    file = tmp_path / "tokens"
    file.write_text(f"# desks\n{holder.line()}\n\n{engineer.line()}\n")
    assert read_holders(file) == (holder, engineer)


def test_the_environment_names_holders_too(monkeypatch: pytest.MonkeyPatch) -> None:
    _, holder = new_token("desk-1", Role.OPERATOR)
    _, other = new_token("desk-2", Role.VIEWER)
    monkeypatch.setenv(TOKENS_VARIABLE, f"{holder.line()} {other.line()}")
    assert read_holders() == (holder, other)


@pytest.mark.parametrize("line", ["desk-1", "desk-1:king:" + "0" * 64, "desk-1:viewer:abc", "a b:viewer:" + "0" * 64])
def test_a_bad_line_is_named_with_its_number(tmp_path: Path, line: str) -> None:
    file = tmp_path / "tokens"
    file.write_text(f"# first\n{line}\n")
    with pytest.raises(ConfigurationError, match=r"tokens:2: not a token line"):
        read_holders(file)


def test_a_service_without_holders_does_not_open_its_api(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKENS_VARIABLE, raising=False)
    with pytest.raises(ConfigurationError, match="make a token"):
        read_holders()
