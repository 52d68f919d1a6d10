"""The control API on its Unix socket or loopback port, in the event loop of the service."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from console.exits import ConfigurationError, UnreachableError
from console.places import ApiPlace

OWNER_ONLY = 0o177
"""File mode mask of the socket: nobody but its owner and his tokens comes in."""
PATIENCE_S = 2.0
"""Longest wait for open requests when the service ends [s]."""


@asynccontextmanager
async def serving(app: FastAPI, place: ApiPlace, listener: socket.socket | None = None) -> AsyncIterator[None]:
    """Serve the API while the block runs; raises UnreachableError where the place is taken.

    `listener` is what `listen` made of the place earlier, to know in time whether it can be had.
    """
    listener = listener if listener is not None else listen(place)
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off")
    config.timeout_graceful_shutdown = int(PATIENCE_S)
    server = _Quiet(config)
    task = asyncio.create_task(server.serve(sockets=[listener]), name="control API")
    try:
        yield
    finally:
        server.should_exit = True
        await task
        leave(place, listener)


class _Quiet(uvicorn.Server):
    """Signals are the service's business, not the API's."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def listen(place: ApiPlace) -> socket.socket:
    """A socket that listens there; a client waits until it is served. Raises UnreachableError where it is taken."""
    if place.socket is None:
        return _bound(socket.AF_INET6 if ":" in place.host else socket.AF_INET, (place.host, place.port), place)
    _remove_stale(place.socket)
    place.socket.parent.mkdir(parents=True, exist_ok=True)
    before = os.umask(OWNER_ONLY)
    try:
        return _bound(socket.AF_UNIX, str(place.socket), place)
    finally:
        os.umask(before)


def leave(place: ApiPlace, listener: socket.socket) -> None:
    """Listen no more; a Unix socket's file goes."""
    listener.close()
    if place.socket is not None:
        with contextlib.suppress(FileNotFoundError):
            place.socket.unlink()


def _bound(family: socket.AddressFamily, address: tuple[str, int] | str, place: ApiPlace) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    if family != socket.AF_UNIX:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(address)
        listener.listen()
    except OSError as error:
        listener.close()
        raise UnreachableError(
            f"the control API cannot listen at {place}: {error.strerror or error}. Choose another place with --api."
        ) from error
    return listener


def _remove_stale(path: Path) -> None:
    """A socket left by a service that is gone is removed; one that answers is not."""
    if not path.exists():
        return
    if not path.is_socket():
        raise ConfigurationError(f"{path} is there and is no socket: name another place with --api")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink()
            return
    raise UnreachableError(f"another service answers at {path}: name another place with --api")
