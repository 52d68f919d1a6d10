"""The client of the control API that the command line uses: one request, one answer, over a Unix socket or loopback."""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlencode

from console.exits import ConfigurationError, UnreachableError
from console.places import ApiPlace

TIMEOUT_S = 5.0
DEPLOYMENT_TIMEOUT_S = 120.0
"""A bundle is checked again by the service before it is activated: a large site takes its time."""


class _UnixConnection(HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: str, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path, self._timeout_s = path, timeout_s

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self._timeout_s)
        self.sock.connect(self._path)


@dataclass(frozen=True, slots=True)
class ApiClient:
    """Asks one service, with one token."""

    place: ApiPlace
    token: str

    def get(self, path: str, query: Mapping[str, object] | None = None) -> Any:
        """The answer to a GET; raises UnreachableError, or ConfigurationError where the service refuses."""
        asked = {name: str(value) for name, value in (query or {}).items() if value is not None}
        return self._ask("GET", f"{path}?{urlencode(asked)}" if asked else path, None)

    def post(self, path: str, body: Mapping[str, object]) -> Any:
        """The answer to a POST; keys without a value are left out. Raises as `get`."""
        return self._ask("POST", path, json.dumps({name: value for name, value in body.items() if value is not None}))

    def post_bytes(self, path: str, body: bytes) -> Any:
        """The answer to a POST of a file; it may take some time. Raises as `get`."""
        return self._ask("POST", path, body, DEPLOYMENT_TIMEOUT_S)

    def _ask(self, method: str, path: str, body: str | bytes | None, timeout_s: float = TIMEOUT_S) -> Any:
        connection = self._connection(timeout_s)
        kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": kind}
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        except (OSError, HTTPException, UnicodeDecodeError) as error:
            raise UnreachableError(
                f"no running service answers at {self.place}: {error}. "
                "Start it with `faikhiao run SITE --api PLACE`, or name its place with --socket."
            ) from error
        finally:
            connection.close()
        if answer.status >= 400:
            raise ConfigurationError(f"the service at {self.place} refused ({answer.status}): {_detail(text)}")
        return json.loads(text)

    def _connection(self, timeout_s: float) -> HTTPConnection:
        if self.place.socket is not None:
            return _UnixConnection(str(self.place.socket), timeout_s)
        return HTTPConnection(self.place.host, self.place.port, timeout=timeout_s)


def _detail(text: str) -> str:
    try:
        return str(json.loads(text)["detail"])
    except (ValueError, KeyError, TypeError):
        return text.strip() or "no reason given"
