"""An MQTT broker inside this process, for a first run and for tests: loopback only, no users, nothing stored.

amqtt speaks MQTT 3.1.1 and carries some two thousand QoS 1 messages a second: enough for a town on a laptop. On a
shared network it is not safe (a wrong password with a known client id silences that client): the street has Mosquitto,
see `field_io/mosquitto`.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Any, Self

from amqtt.broker import Broker
from amqtt.errors import BrokerError

from field_io.errors import BrokerUnreachable

START_S = 10.0
"""How long it may take to listen."""
STOP_S = 5.0
LOOPBACK = "127.0.0.1"


class EmbeddedBroker:
    """A broker on 127.0.0.1 in a thread of its own; a context manager that waits until it listens."""

    def __init__(self, port: int) -> None:
        """Take a free port; amqtt cannot tell which one it was given for port 0."""
        self.port = port
        self._thread = threading.Thread(target=self._run, name="embedded-broker", daemon=True)
        self._listening = threading.Event()
        self._failure: str | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    def __enter__(self) -> Self:
        """Start it; raises BrokerUnreachable when it does not come up, as on a port that is taken."""
        self._thread.start()
        if not self._listening.wait(START_S):
            self._failure = f"it did not start within {START_S:g} s"
        if self._failure is not None:
            self.__exit__()
            raise BrokerUnreachable(LOOPBACK, self.port, self._failure)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it and wait for its thread."""
        if self._loop is not None and self._stop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(STOP_S)

    def _run(self) -> None:
        for name in ("amqtt", "transitions"):  # both tell each packet and each client's leaving
            logging.getLogger(name).setLevel(logging.CRITICAL)
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        broker = Broker(_configuration(self.port))
        try:
            await broker.start()
        except (BrokerError, OSError) as error:
            cause = error.__cause__ or error
            self._failure = f"the embedded one cannot listen there: {getattr(cause, 'strerror', None) or cause}"
            self._listening.set()
            return
        self._listening.set()
        await self._stop.wait()
        await broker.shutdown()


def _configuration(port: int) -> dict[str, Any]:
    """The plugins are named one by one: amqtt's default set listens everywhere and logs every packet."""
    return {
        "listeners": {"default": {"type": "tcp", "bind": f"{LOOPBACK}:{port}"}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }
