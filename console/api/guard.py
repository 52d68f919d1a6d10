"""Who is let in: a token whose role is high enough. Everybody else is refused, and the refusal is noted."""

import contextlib
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from console.api.brake import Brake
from console.api.service_port import AuditRecord, RunningService
from console.api.tokens import Role, TokenBook, TokenHolder
from field_io.audit_trail import AuditError

_BEARER = HTTPBearer(auto_error=False, description="A token made by `faikhiao operator token`.")


class Unwelcome(Exception):  # noqa: N818 - an answer to a person
    """Somebody who is not let in, with the HTTP status that says so."""

    def __init__(self, status: int, detail: str, wait_s: float = 0.0) -> None:
        super().__init__(detail)
        self.status, self.detail, self.wait_s = status, detail, wait_s


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, and where from."""

    holder: TokenHolder
    source: str


@dataclass(frozen=True, slots=True)
class Guard:
    """Lets in who shows a token with the role that is needed; who does not is refused, slowly, and noted."""

    service: RunningService
    book: TokenBook
    brake: Brake

    def gate(self, least: Role) -> Callable[..., Awaitable[Asking]]:
        """Who is asking; nobody without a token, and nobody whose role is too low."""

        async def asking(
            request: Request, shown: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
        ) -> Asking:
            source = (request.client.host if request.client else "") or "unix socket"
            found = self.book.holder_of(shown.credentials) if shown else None
            if found is None:
                how = "show a token: Authorization: Bearer TOKEN (`faikhiao operator token` makes one)"
                raise await self._refuse(request, source, None, 401, how)
            if self.book.ended(found):
                raise await self._refuse(request, source, found, 401, f"the token of {found.name} ended {found.until}")
            if found.role < least:
                why = f"{found.name} is {found.role.name.lower()}; this needs {least.name.lower()}"
                raise await self._refuse(request, source, found, 403, why)
            return Asking(found, source)

        return asking

    async def _refuse(
        self, request: Request, source: str, holder: TokenHolder | None, status: int, why: str
    ) -> Unwelcome:
        """The refusal, after a note in the audit log; of many failures from one place only the first are noted."""
        wait_s = self.brake.wait_s(source)
        if wait_s > 0:
            return Unwelcome(429, f"too many failures from here: wait {math.ceil(wait_s)} s", wait_s)
        by, role = (holder.name, holder.role.name.lower()) if holder else ("", "")
        action = f"{request.method} {request.url.path}"[:200]
        outcome = why if holder else "no token, or one that nobody has"
        with contextlib.suppress(AuditError):  # refused all the same
            await self.service.audit(
                AuditRecord(self.service.now_s, by, role, action, "", source, f"refused ({status}): {outcome}")
            )
        return Unwelcome(status, why)
