"""A street that the real controller drives, for tools that disturb a part of it and look at the others."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from controller.events import Alarm, DetectorReading, LinkChange
from field_io.mqtt_link import BrokerAccess
from sim.chaos.kept_journal import copied
from sim.chaos.processes import ControllerRun, a_broker, free_port
from sim.chaos.street import Street, StreetGateway

START_S = 240.0
"""So long may a busy machine take until the first command [s]."""
LONGEST_GAP_S = 3.5
"""A cabinet that goes longer without a command than three renewals is not driven as it should be [s]."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a journal holds of one junction: readings used, and everything that was told."""

    readings: list[tuple[float, DetectorReading]]
    """Each with the end of its interval [s since 1970]."""
    troubles: list[str]
    """Causes of links lost and codes of alarms, in order, each once."""


@dataclass
class Driven:
    """The street while it is driven."""

    street: Street
    controller: ControllerRun
    gateway: StreetGateway
    broker: str
    broker_port: int
    folder: Path

    def longest_gap_s(self, since_s: float, until_s: float) -> float:
        """The longest that any recorded cabinet went without a command between the two moments."""
        gaps = [0.0]
        for cabinet in self.street.recorded():
            times = [since_s, *(b.at_s for b in cabinet.taken if since_s <= b.at_s <= until_s), until_s]
            gaps += [later - before for before, later in pairwise(times)]
        return max(gaps)

    def resident_mib(self) -> float:
        """Memory that the controller has [MiB]."""
        status = Path(f"/proc/{self.controller.pid}/status").read_text()
        line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024

    def told(self) -> dict[str, Told]:
        """By junction, from its journal; raises JournalError where that cannot be read."""
        from field_io.segment import Segment  # noqa: PLC0415 - beside its only use

        told = {junction: Told([], []) for junction in self.street.cabinets}
        for path in copied(self.folder / "journal", self.folder / "scratch", newest=10):
            with Segment.reading(path) as segment:
                for step in segment.steps():
                    result = step.result()
                    for event in (*step.inputs, *(result.alarms if result is not None else ())):
                        if isinstance(event, DetectorReading):
                            unix_s = segment.head.utc_s + event.t1_s - segment.head.now_s
                            told[event.junction].readings.append((unix_s, event))
                        elif isinstance(event, LinkChange) and not event.up:
                            _once(told[event.junction].troubles, event.cause)
                        elif isinstance(event, Alarm) and not event.cleared:
                            _once(told[event.junction].troubles, event.code.name.lower())
        return told


def _once(told: list[str], what: str) -> None:
    if what not in told:
        told.append(what)


@contextlib.asynccontextmanager
async def driven(
    street: Street, folder: Path, *options: str, seed: int = 1, within: Sequence[str] = ()
) -> AsyncIterator[Driven]:
    """Drive it until the end of the block; raises TimeoutError where not every recorded cabinet takes a command.

    `within`: a command that runs the controller in its own process, such as env.
    """
    port = free_port()
    async with contextlib.AsyncExitStack() as stack:
        broker = stack.enter_context(a_broker(folder, port))
        await stack.enter_async_context(street.open())
        site = street.write_site(folder / "site", street.ports)
        gateway = StreetGateway(street.site, BrokerAccess("127.0.0.1", port), seed)
        await stack.enter_async_context(gateway.speaking(street.clock))
        controller = stack.enter_context(
            ControllerRun(site, port, folder / "journal", folder / "controller.log", options, within)
        )
        while not all(cabinet.taken for cabinet in street.recorded()):
            if street.clock() > START_S or controller.ended is not None:
                raise TimeoutError(f"the controller drives nobody: {controller.said()[-600:]}")
            await asyncio.sleep(0.05)
        yield Driven(street, controller, gateway, broker, port, folder)
