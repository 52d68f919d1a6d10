"""Is a token's holder found by the token alone, and is nothing kept that could be used?"""

from pathlib import Path

import pytest

from console.api.tokens import TOKENS_VARIABLE, Role, enter, holder_of, new_token, read_holders, revoke
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


@pytest.mark.parametrize(
    "line",
    [
        "desk-1",
        "desk-1:king:" + "0" * 64,
        "desk-1:viewer:abc",
        "d:viewer:" + "0" * 64 + ":2026-13-01",
        "a b:viewer:" + "0" * 64,
    ],
)
def test_a_bad_line_is_named_with_its_number(tmp_path: Path, line: str) -> None:
    file = tmp_path / "tokens"
    file.write_text(f"# first\n{line}\n")
    with pytest.raises(ConfigurationError, match=r"tokens:2: not a token line"):
        read_holders(file)


def test_a_line_may_say_when_it_ends(tmp_path: Path) -> None:
    _, holder = new_token("desk-1", Role.OPERATOR, days=90)
    file = tmp_path / "tokens"
    enter(file, holder)
    assert file.stat().st_mode & 0o777 == 0o600
    assert read_holders(file) == (holder,)


def test_a_file_that_others_can_write_is_not_believed(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    enter(file, new_token("desk-1", Role.OPERATOR)[1])
    file.chmod(0o666)
    with pytest.raises(ConfigurationError, match="chmod 600"):
        read_holders(file)


def test_taking_a_token_back_leaves_a_remark_and_no_hash(tmp_path: Path) -> None:
    file = tmp_path / "tokens"
    holders = [new_token(name, Role.VIEWER)[1] for name in ("desk-1", "desk-10", "desk-1")]
    for holder in holders:
        enter(file, holder)
    assert revoke(file, "desk-1") == 2
    assert read_holders(file) == (holders[1],)
    assert holders[0].digest not in file.read_text()
    assert file.read_text().count("# desk-1: taken back") == 2


def test_a_service_without_holders_does_not_open_its_api(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(TOKENS_VARIABLE, raising=False)
    with pytest.raises(ConfigurationError, match="make a token"):
        read_holders()
