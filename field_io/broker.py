"""An MQTT broker that comes along, for a first run and for tests: loopback only, no users, nothing stored.

amqtt speaks MQTT 3.1.1 and carries some two thousand QoS 1 messages a second: enough for a town on a laptop. On a
shared network it is not safe (a wrong password with a known client id silences that client): the street has Mosquitto,
see `field_io/mosquitto`.

It runs as a child process, so that it has a core of its own while the town is computed on another, and it ends with
its parent: when its standard input ends, so does it. `python -m field_io.broker PORT` starts one by hand.
"""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

from field_io.errors import BrokerUnreachable

STOP_S = 5.0
LOOPBACK = "127.0.0.1"
LISTENING = "listening"
"""What the child says on standard output when it is ready; anything else is why it is not."""


class EmbeddedBroker:
    """A broker on 127.0.0.1; a context manager that waits until it listens."""

    def __init__(self, port: int) -> None:
        """Take a free port; amqtt cannot tell which one it was given for port 0."""
        self.port = port
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        """Start it; raises BrokerUnreachable when it does not come up, as on a port that is taken."""
        if importlib.util.find_spec("amqtt") is None:
            raise BrokerUnreachable(LOOPBACK, self.port, "the embedded one is not installed (extra `broker`)")
        root = str(Path(__file__).parents[1])
        search = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "field_io.broker", str(self.port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": search},
            text=True,
            start_new_session=True,  # Ctrl-C in a terminal is for the parent, which then ends the child's input
        )
        word = self._process.stdout.readline().strip() if self._process.stdout else ""
        if word != LISTENING:
            self.__exit__()
            raise BrokerUnreachable(LOOPBACK, self.port, f"the embedded one cannot start: {word or 'it ended at once'}")
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it and wait until it is gone."""
        process, self._process = self._process, None
        if process is None:
            return
        with process:  # closes its input, which ends it
            if process.stdin is not None:
                process.stdin.close()
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()


async def _serve(port: int) -> None:
    """Listen until standard input ends."""
    from amqtt.broker import Broker  # noqa: PLC0415 - an extra, and needed in the child only
    from amqtt.errors import BrokerError  # noqa: PLC0415 - as above

    broker = Broker(_configuration(port))
    try:
        await broker.start()
    except (BrokerError, OSError) as error:
        cause = error.__cause__ or error
        _say(str(getattr(cause, "strerror", None) or cause))
        return
    _say(LISTENING)
    ended = asyncio.Event()
    asyncio.get_running_loop().add_reader(sys.stdin.fileno(), ended.set)
    await ended.wait()
    await broker.shutdown()


def _configuration(port: int) -> dict[str, Any]:
    """The plugins are named one by one: amqtt's default set listens everywhere and logs every packet."""
    return {
        "listeners": {"default": {"type": "tcp", "bind": f"{LOOPBACK}:{port}"}},
        "plugins": {"amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}},
    }


def _say(word: str) -> None:
    sys.stdout.write(word.replace("\n", " ") + "\n")
    sys.stdout.flush()


def main() -> None:
    """Run a broker on the port that the command line names."""
    logging.disable(logging.CRITICAL)  # amqtt and its state machine tell each client's leaving
    asyncio.run(_serve(int(sys.argv[1])))


if __name__ == "__main__":
    main()
