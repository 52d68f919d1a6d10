"""Who may do what: roles, and tokens that are kept as hashes.

A token is 32 random bytes, shown once. Kept is its SHA-256: with 256 bits of chance there is nothing to guess, so a
slow hash would add nothing. A presented token is compared with every known one in constant time.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

from console.exits import ConfigurationError

TOKENS_VARIABLE = "FAIKHIAO_API_TOKENS"
"""Environment: the lines of a token file, separated by blanks or line ends."""
_LINE = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}):(?P<role>[a-z]+):(?P<digest>[0-9a-f]{64})")


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

    def line(self) -> str:
        """The holder as a line of a token file."""
        return f"{self.name}:{self.role.name.lower()}:{self.digest}"


def new_token(name: str, role: Role) -> tuple[str, TokenHolder]:
    """A fresh token and what is to be kept of it."""
    token = secrets.token_urlsafe(32)
    return token, TokenHolder(name, role, _digest(token))


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
        if match is None or match["role"] not in ROLES:
            raise ConfigurationError(
                f"{where}:{number}: not a token line: write NAME:ROLE:SHA256 with a role of {', '.join(ROLES)} "
                "(`faikhiao operator token` makes one)"
            )
        yield TokenHolder(match["name"], ROLES[match["role"]], match["digest"])


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
