"""The service and its control API put together; where they meet and nowhere else.

What the API is made of is imported only where one is asked for: it is a third of what a start takes, and after a crash
the street waits for the start.
"""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from console.output import tell
from console.places import ApiPlace, api_place
from field_io.service import Service
from field_io.settings import ServiceSettings
from field_io.start import open_service
from plans import Site

if TYPE_CHECKING:
    from console.api.tokens import TokenBook


@dataclass(frozen=True, slots=True)
class ApiDoor:
    """Where the control API listens already, and who may come in."""

    place: ApiPlace
    listener: socket.socket
    book: TokenBook


def open_api(place: str, tokens: Path | None) -> ApiDoor:
    """Listen at a place for the holders of a token file, or of FAIKHIAO_API_TOKENS.

    Raises UsageError, ConfigurationError or UnreachableError before anything of the street is touched.
    """
    # Here, not when it serves: by then seconds are running, and none of them may wait for an import.
    import console.api.application  # noqa: F401 - see above
    from console.api.server import listen
    from console.api.tokens import TokenBook

    where, book = api_place(place), TokenBook.read(tokens, tell)
    return ApiDoor(where, listen(where), book)


async def drive(site: Site, settings: ServiceSettings, door: ApiDoor | None) -> None:
    """Run a service until it is cancelled, with its control API from its first second on."""
    try:
        service, notes = open_service(settings, site)
        for note in notes:
            tell(f"the last run: {note}")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(service.run(), name="service")
            if door is not None:
                tasks.create_task(_serve(service, door), name="control API")
    finally:
        if door is not None:
            from console.api.server import leave

            leave(door.place, door.listener)


async def _serve(service: Service, door: ApiDoor) -> None:
    from console.api.application import build_application
    from console.api.server import serving

    await service.ready.wait()
    async with serving(build_application(service, door.book), door.place, door.listener):
        tell(f"control API at {door.place}")
        await asyncio.Event().wait()
