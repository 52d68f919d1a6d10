"""The embedded MQTT broker in a process of its own, so that it and the simulation do not wait for each other."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection
from typing import Self

from field_io.errors import BrokerUnreachable

LOOPBACK = "127.0.0.1"
END_S = 10.0


class BrokerProcess:
    """A context manager: the broker listens on `port` of loopback while it is entered."""

    def __init__(self) -> None:
        self.port = 0
        context = multiprocessing.get_context("spawn")
        self._line, self._far_end = context.Pipe()
        self._process = context.Process(target=_main, args=(self._far_end,), name="faikhiao-broker", daemon=True)

    def __enter__(self) -> Self:
        """Start it; raises BrokerUnreachable where it cannot listen."""
        self._process.start()
        self._far_end.close()
        try:
            port, failure = self._line.recv()
        except EOFError:
            port, failure = 0, "its process has ended without a word"
        if failure:
            self.__exit__()
            raise BrokerUnreachable(LOOPBACK, port, failure)
        self.port = port
        return self

    def __exit__(self, *_: object) -> None:
        """End it."""
        self._line.close()
        self._process.join(END_S)
        if self._process.is_alive():
            self._process.terminate()
            self._process.join(END_S)


def _main(line: Connection) -> None:
    """Run in the new process until the other end hangs up."""
    from field_io.broker import EmbeddedBroker  # noqa: PLC0415 - only this process needs the extra `broker`
    from sim.wire_link import free_port  # noqa: PLC0415 - as above: a light process

    port = free_port()
    try:
        with EmbeddedBroker(port):
            line.send((port, ""))
            line.poll(None)
    except BrokerUnreachable as error:
        line.send((port, error.cause))
