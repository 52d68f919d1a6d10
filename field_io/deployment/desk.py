"""Where deployments arrive in a running service: judged, noted, remembered, and handed over between two steps.

    judge ─▶ make the heir ─▶ audit record ─▶ remember (the point of no return) ─▶ hand over before the next step

Everything that can fail happens before the file that remembers is replaced; the hand-over itself only moves arrays.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from controller import Controller
from field_io.audit_trail import AuditEntry
from field_io.deployment.gate import Accepted, Running, judge
from field_io.deployment.keys import TrustedKey
from field_io.deployment.refusal import DeploymentRefused
from field_io.deployment.store import DeploymentStore, Entry, History
from plans import Site

Note = Callable[[Mapping[str, object]], AuditEntry]
"""Makes the audit record out of what is about to be done."""
NO_FOLDER = (
    "this service cannot remember a deployment: start it with a journal folder (--journal), or name a folder under "
    "[deployment] in its settings"
)
ONE_FILE = "the journal of this service is one file, in which one plan runs: start it with a journal folder (--journal)"


def today_utc() -> date:
    """The day by this machine's clock."""
    return datetime.now(UTC).date()


@dataclass(frozen=True, slots=True)
class ActivePlan:
    """Which plan runs: version 0 is the folder that the service was started with."""

    version: int
    digest: str
    """Of the site's files."""
    signed_by: str = ""
    by: str = ""
    """Who activated it."""
    since_utc_s: float = 0.0
    previous: int | None = None
    """Version that a rollback would go back to; None where there is none."""


@dataclass(frozen=True, slots=True)
class HandOver:
    """An heir that waits for the end of the step."""

    controller: Controller
    site: Site
    history: History
    done: asyncio.Future[None] = field(compare=False)


@dataclass(frozen=True, slots=True)
class DeskSettings:
    """What a service's desk begins with."""

    base: Site
    """The folder that the service was started with."""
    history: History
    strategy: str
    """Who drives the junctions; a suite proves a plan under that one."""
    store: DeploymentStore | None = None
    keys: tuple[TrustedKey, ...] = ()
    no_store: str = NO_FOLDER
    """Why nothing can be deployed where there is no store."""

    @classmethod
    def closed(cls, base: Site) -> DeskSettings:
        """Of a service that takes no deployments."""
        return cls(base, History(site=base.network.site), strategy="")


class DeploymentDesk:
    """One deployment at a time; used in the service's event loop."""

    def __init__(self, settings: DeskSettings, running: Site, audit: Callable[[AuditEntry], Awaitable[None]]) -> None:
        self.waiting: HandOver | None = None
        """To be handed over before the next step, by `complete`."""
        self._settings, self._running, self._audit = settings, running, audit
        self._history = settings.history
        self._one_at_a_time = asyncio.Lock()

    @property
    def plan(self) -> ActivePlan:
        """Which plan runs."""
        entries, digest = self._history.active, self._running.bundle.digest
        if not entries:
            return ActivePlan(0, digest)
        last, previous = entries[-1], entries[-2].version if len(entries) > 1 else 0
        return ActivePlan(last.version, digest, last.signed_by, last.by, last.since_utc_s, previous)

    async def deploy(self, data: bytes, note: Note, by: str, heir: Callable[[Site], Controller]) -> ActivePlan:
        """Activate a bundle; raises DeploymentRefused or AuditError, and then nothing was changed."""
        async with self._one_at_a_time:
            store, plan = self._open_store(), self.plan
            running = Running(self._running, plan.version, self._history.highest, self._settings.strategy)
            accepted = await asyncio.to_thread(judge, data, running, self._settings.keys, today_utc())
            manifest = accepted.manifest
            entry = Entry(
                version=manifest.version,
                digest=manifest.digest,
                key=accepted.key.raw.hex(),
                signed_by=accepted.key.name,
                by=by,
                since_utc_s=datetime.now(UTC).timestamp(),
            )
            history = self._history.model_copy(
                update={"highest": manifest.version, "active": (*self._history.active, entry)}
            )
            detail = {
                "version": manifest.version,
                "digest": manifest.digest,
                "signed_by": f"{accepted.key.name} ({accepted.key.id})",
                "before": plan.version,
            }
            return await self._activate(
                accepted.site, history, note(detail), heir, lambda: _keep(store, accepted, self._history)
            )

    async def roll_back(self, note: Note, heir: Callable[[Site], Controller]) -> ActivePlan:
        """Activate what was active before; raises as `deploy`."""
        async with self._one_at_a_time:
            store, plan = self._open_store(), self.plan
            if plan.previous is None:
                raise DeploymentRefused("nothing was deployed here, so there is nothing to go back to")
            entries = self._history.active[:-1]
            site = await asyncio.to_thread(store.read, entries[-1]) if entries else self._settings.base
            history = self._history.model_copy(update={"active": entries})
            detail = {"version": plan.previous, "digest": site.bundle.digest, "before": plan.version}
            return await self._activate(site, history, note(detail), heir, lambda: None)

    def complete(self, over: HandOver) -> None:
        """The heir drives: what asked for it may be answered."""
        self.waiting = None
        self._running, self._history = over.site, over.history
        if not over.done.done():
            over.done.set_result(None)

    async def _activate(
        self,
        site: Site,
        history: History,
        record: AuditEntry,
        heir: Callable[[Site], Controller],
        keep: Callable[[], None],
    ) -> ActivePlan:
        store = self._open_store()
        controller = await asyncio.to_thread(heir, site)
        await self._audit(record)
        await asyncio.to_thread(keep)
        await asyncio.to_thread(store.remember, history)
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.waiting = HandOver(controller, site, history, done)
        await done
        return self.plan

    def _open_store(self) -> DeploymentStore:
        if self._settings.store is None:
            raise DeploymentRefused(self._settings.no_store)
        return self._settings.store


def _keep(store: DeploymentStore, accepted: Accepted, history: History) -> None:
    store.remember(history)  # a folder that knows nothing yet takes note of that before a file lies in it
    store.keep(accepted)
