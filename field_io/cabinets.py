"""All cabinets of a site: met at the start, then written and read back once a second, each on its own."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Literal

from controller.events import CabinetReport, Input, PermittedCommand
from controller.model import Network
from field_io.clock import Clock
from field_io.errors import CabinetUnreachable, SettingsError
from field_io.inbox import Inbox
from field_io.modbus_link import CabinetLink, CabinetTask, Rounds
from field_io.plan_note import digest_of
from field_io.profiles import Address, open_session
from field_io.standby import Ownership
from field_io.tls import Credentials

READ_WITHIN_S = 2.5
"""What a cabinet said longer ago says nothing of whose it is now."""
Needed = Literal["all", "any", "none"]


class Cabinets:
    """The links to the cabinets of a site, by junction in the site's order."""

    def __init__(
        self,
        network: Network,
        addresses: Mapping[str, Address],
        clock: Clock,
        inbox: Inbox,
        *,
        live: bool,
        environment: Mapping[str, str] = os.environ,
        credentials: Credentials | None = None,
    ) -> None:
        """Raises SettingsError where key, certificate or profile is missing. Without `live` nothing is ever written."""
        self.links: dict[str, CabinetLink] = {}
        self.epoch = 0
        self.live = live
        self._clock, self._inbox = clock, inbox
        for junction in network.junctions:
            address = addresses[junction.id]
            session = open_session(address, junction, environment=environment)
            ours = _for_address(credentials, address)
            chance = random.Random(f"{network.site}/{junction.id}")  # noqa: S311 - spreads reconnections
            self.links[junction.id] = CabinetLink(junction.id, address, session, chance, ours)
        self._rounds = Rounds()
        self._tasks = {junction: CabinetTask(link, clock, inbox, self._rounds) for junction, link in self.links.items()}

    async def meet(self, needed: Needed, stored_epoch: int, own_epoch: int = 0, *, drive: bool = True) -> None:
        """Read every cabinet's identity and status into the inbox, and choose an epoch above all that are known.

        `own_epoch` is what this very controller last drove under: where nobody has come after it, it goes on with that.
        Without `drive` they are read, and nothing more.

        Raises CabinetUnreachable, naming each, when those that are needed do not answer as the site says.
        """
        events = await self._round({})
        self._inbox.put_all(events)
        met = {event.junction for event in events if isinstance(event, CabinetReport)}
        missing = [link for junction, link in self.links.items() if junction not in met]
        if missing and (needed == "all" or (needed == "any" and not met)):
            self.close()
            raise CabinetUnreachable(
                [(link.junction, link.address.host, link.address.port, link.state.cause) for link in missing]
            )
        known = max(stored_epoch, self.highest_epoch())
        if drive:
            self.drive(own_epoch if own_epoch and own_epoch >= known else known + 1)

    def highest_epoch(self) -> int:
        """The highest epoch that any cabinet has spoken of."""
        return max((link.session.highest_epoch() for link in self.links.values()), default=0)

    def drive(self, epoch: int) -> None:
        """Command under this epoch from now on; 0: read, and command nobody."""
        self.epoch = epoch
        if self.live:  # a session without an epoch sends nothing, whatever it is given
            for link in self.links.values():
                link.session.drive_under(epoch)

    def tell_plans(self, version: int, digest: str) -> None:
        """Every cabinet that can keep it shall know which plans run."""
        for link in self.links.values():
            link.session.run_plans(version, digest_of(digest))

    def knowing_plans(self) -> tuple[int, int]:
        """(cabinets that say that they know which plans run, cabinets that can keep it)."""
        told = [link.session.knows_plans for link in self.links.values()]
        return sum(knows is True for knows in told), sum(knows is not None for knows in told)

    def ownerships(self, lease_s: float, now_s: float) -> list[Ownership]:
        """Whose the cabinets are that were read within the last seconds and know it."""
        seen = []
        for link in self.links.values():
            reported_s, owned = link.state.reported_s, link.session.ownership(lease_s)
            if owned is not None and reported_s is not None and now_s - reported_s <= READ_WITHIN_S:
                silent_s = owned.silent_s + (now_s - reported_s) if owned.epoch else 0.0
                seen.append(replace(owned, silent_s=silent_s))
        return seen

    async def exchange(self, commands: Iterable[PermittedCommand]) -> None:
        """Lock-step: one round with every cabinet at once, its answers into the inbox, before this returns."""
        self._inbox.put_all(await self._round(self._newest(commands)))

    def post(self, commands: Iterable[PermittedCommand]) -> None:
        """Real time: begin a round with every cabinet; nobody waits for it."""
        newest = self._newest(commands)
        for junction, task in self._tasks.items():
            task.post(newest.get(junction))

    async def answered(self, within_s: float) -> None:
        """Real time: until every round that was begun is over, but not longer than this [s]."""
        await self._rounds.over(within_s)

    def begin(self, tasks: asyncio.TaskGroup) -> None:
        """Real time: keep every link going until the group ends."""
        for junction, task in self._tasks.items():
            tasks.create_task(task.run(), name=f"cabinet {junction}")

    def meet_again(self) -> None:
        """Give up all connections: after a pause nothing that was decided before it may be sent."""
        for junction, task in self._tasks.items():
            task.post(None)
            self.links[junction].close()

    def close(self) -> None:
        """Give up all connections."""
        for link in self.links.values():
            link.close()

    def _newest(self, commands: Iterable[PermittedCommand]) -> dict[str, PermittedCommand]:
        return {command.junction: command for command in commands} if self.live else {}

    async def _round(self, newest: Mapping[str, PermittedCommand]) -> list[Input]:
        now_s, utc_s = self._clock.now_s(), self._clock.utc_s()
        rounds = [link.round(newest.get(junction), now_s, utc_s) for junction, link in self.links.items()]
        return [event for events in await asyncio.gather(*rounds) for event in events]


def _for_address(credentials: Credentials | None, address: Address) -> Credentials | None:
    """Our certificate where the address asks for TLS; raises SettingsError where we have none."""
    if address.transport != "tls":
        return None
    if credentials is None or credentials.files.certificate is None:
        raise SettingsError(
            f"cabinet {address.cabinet} is reached over TLS and we have no certificate to show it: "
            "name ca_file, cert_file and key_file under [modbus] in the settings (`run --settings`)"
        )
    return credentials
