"""Who may do what: roles, and tokens that are kept as hashes.

A token is 32 random bytes, shown once. Kept is its SHA-256: with 256 bits of chance there is nothing to guess, so a
slow hash would add nothing. A presented token is compared with every known one in constant time. A token ends on the
day that its line says, or when its line goes: the file is read again whenever it has changed.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from pathlib import Path

from console.exits import ConfigurationError
from field_io.private_file import write_private

TOKENS_VARIABLE = "FAIKHIAO_API_TOKENS"
"""Environment: the lines of a token file, separated by blanks or line ends."""
_LINE = re.compile(
    r"(?P<name>[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}):(?P<role>[a-z]+):(?P<digest>[0-9a-f]{64})(?::(?P<until>\d{4}-\d\d-\d\d))?"
)


LONGEST_DAYS = 366
"""A token that outlives a year has been forgotten by somebody."""


class Role(IntEnum):
    """What a holder may do; each role may also do what those before it may."""

    VIEWER = 1
    """Look."""
    OPERATOR = 2
    """Hold, step and release stages, and choose a plan."""
    ENGINEER = 3
    """Change the strategy of a junction."""


ROLES = {role.name.lower(): role for role in Role}


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """Somebody who has a token: what is kept of it."""

    name: str
    role: Role
    digest: str
    """SHA-256 of the token, 64 hex digits."""
    until: date | None = None
    """Last day on which it is good (UTC); None: until its line goes."""

    def line(self) -> str:
        """The holder as a line of a token file."""
        ending = f":{self.until.isoformat()}" if self.until else ""
        return f"{self.name}:{self.role.name.lower()}:{self.digest}{ending}"


def today_utc() -> date:
    """The day by this machine's clock."""
    return datetime.now(UTC).date()


def new_token(name: str, role: Role, days: int | None = None) -> tuple[str, TokenHolder]:
    """A fresh token and what is to be kept of it; with `days` it ends so many days from now."""
    token = secrets.token_urlsafe(32)
    until = None if days is None else today_utc() + timedelta(days=days)
    return token, TokenHolder(name, role, _digest(token), until)


class TokenBook:
    """Whose token it is, now: a book that follows its file."""

    def __init__(
        self,
        holders: Sequence[TokenHolder],
        file: Path | None = None,
        *,
        today: Callable[[], date] = today_utc,
        told: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`told` hears why a changed file was not taken: then those known so far stay."""
        self._holders = tuple(holders)
        self._file, self._today, self._told = file, today, told
        self._seen = _state(file)

    @classmethod
    def read(cls, file: Path | None, told: Callable[[str], None]) -> TokenBook:
        """The book of a token file, or of the variable FAIKHIAO_API_TOKENS; raises ConfigurationError."""
        return cls(read_holders(file), file, told=told)

    def holder_of(self, token: str) -> TokenHolder | None:
        """Whose it is, also where it has ended; None where it is nobody's."""
        self._follow()
        return holder_of(token, self._holders)

    def ended(self, holder: TokenHolder) -> bool:
        """Whether the day is past on which it was good last."""
        return holder.until is not None and self._today() > holder.until

    def _follow(self) -> None:
        state = _state(self._file)
        if state == self._seen:
            return
        self._seen = state
        try:
            self._holders = read_holders(self._file)
        except ConfigurationError as error:
            self._told(f"{error}; those who had a token before keep it")


def holder_of(token: str, holders: Sequence[TokenHolder]) -> TokenHolder | None:
    """Whose token it is; every holder is compared, so that time tells nothing."""
    digest = _digest(token)
    found = None
    for holder in holders:
        if hmac.compare_digest(holder.digest, digest):
            found = holder
    return found


def read_holders(file: Path | None = None) -> tuple[TokenHolder, ...]:
    """The holders of a token file, or of the variable FAIKHIAO_API_TOKENS; raises ConfigurationError."""
    if file is not None:
        try:
            if file.stat().st_mode & 0o022:
                raise ConfigurationError(f"{file} can be written by others, who could add themselves: chmod 600 {file}")
            lines = file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigurationError(f"token file {file} cannot be read: {error}") from error
        where = str(file)
    else:
        lines, where = os.environ.get(TOKENS_VARIABLE, "").split(), TOKENS_VARIABLE
    holders = tuple(_parsed(lines, where))
    if not holders:
        raise ConfigurationError(
            f"{where} names nobody who may use the control API: make a token with "
            "`faikhiao operator token NAME --role operator` and put its line there"
        )
    return holders


def _parsed(lines: Iterable[str], where: str) -> Iterable[TokenHolder]:
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        match = _LINE.fullmatch(text)
        if match is None or match["role"] not in ROLES or not _is_day(match["until"]):
            raise ConfigurationError(
                f"{where}:{number}: not a token line: write NAME:ROLE:SHA256, or NAME:ROLE:SHA256:YYYY-MM-DD, with a "
                f"role of {', '.join(ROLES)} (`faikhiao operator token` makes one)"
            )
        until = None if match["until"] is None else date.fromisoformat(match["until"])
        yield TokenHolder(match["name"], ROLES[match["role"]], match["digest"], until)


def revoke(file: Path, name: str) -> int:
    """Take a holder's tokens out of a file, a remark in their place; how many. Raises ConfigurationError."""
    read_holders(file)  # a file with mistakes is left as it is
    lines, taken = [], 0
    for line in file.read_text(encoding="utf-8").splitlines():
        if line.strip().startswith(f"{name}:"):
            taken += 1
            lines.append(f"# {line.strip().rsplit(':', 1)[0].split(':')[0]}: taken back {today_utc().isoformat()}")
        else:
            lines.append(line)
    if taken:
        write_lines(file, lines)
    return taken


def enter(file: Path, holder: TokenHolder) -> None:
    """Add a holder's line to a file, which is made where it is not there. Raises ConfigurationError."""
    if file.exists():
        read_holders(file)
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    write_lines(file, [*lines, holder.line()])


def write_lines(file: Path, lines: Sequence[str]) -> None:
    """Replace a token file whole, for its owner alone; raises ConfigurationError."""
    try:
        write_private(file, "".join(f"{line}\n" for line in lines).encode())
    except OSError as error:
        raise ConfigurationError(f"token file {file} cannot be written: {error.strerror}") from error


def _is_day(text: str | None) -> bool:
    try:
        return text is None or bool(date.fromisoformat(text))
    except ValueError:
        return False


def _state(file: Path | None) -> tuple[int, int, int] | None:
    try:
        status = file.stat() if file is not None else None
    except OSError:
        return (0, 0, 0)
    return None if status is None else (status.st_ino, status.st_mtime_ns, status.st_size)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
