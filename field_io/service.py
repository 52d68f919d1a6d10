"""The loop: everything that happened since the last second goes in, is journalled, is decided on, and goes out.

    MQTT -> Intake -> Inbox -> journal -> Controller.step(now_s, inputs) -> journal -> Cabinets, StatePublisher
                        ^--------------------- read-back of every cabinet ---------------'

In real time a second begins when the clock says so; in lock-step when the simulation's tick comes, and it ends with
`done` when every cabinet has been written and read back. What is decided in a second does not depend on which it was.
A dry run differs in one thing: no cabinet is written to.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial

from controller import Controller, JunctionView, LaneView
from controller.events import Alarm, Decision, Input, OperatorRequest, StepOverrun, StepResult
from controller.model import Network
from field_io.audit import AuditLog, audit_beside, audit_in_folder
from field_io.audit_trail import AuditEntry, AuditTrail, as_record
from field_io.cabinets import Cabinets
from field_io.clock import CivilTime, Clock, LockStepClock
from field_io.counters import counts_of_messages, counts_of_street
from field_io.deployment import ActivePlan, DeploymentDesk, DeskSettings, Note
from field_io.errors import FieldError, StandsByError
from field_io.heap import spare_nothing, spare_what_stands
from field_io.inbox import Inbox
from field_io.intake import Intake
from field_io.journal import Journal
from field_io.journal_thread import JournalThread
from field_io.link_health import found_up
from field_io.log import Log, log_to_stderr
from field_io.mqtt_link import Crossing, MqttLink, Will
from field_io.own_epoch import OwnEpoch
from field_io.seconds import Seconds
from field_io.segment import Head
from field_io.service_status import ServiceStatus, StepTimes
from field_io.settings import LockStepSettings, ServiceSettings
from field_io.standby import Role, Standby
from field_io.telling import Teller
from field_io.topics import CONTROLLER_GATEWAY, DONE, PRESENCE
from plans import Site
from plans.zone import zone_offset_s

SKEW_S = 2.0
"""A gateway's clock that is off by more is told; its messages are used all the same (F26)."""
KEEP_S = 0.25
"""How long a disk may take to keep the epoch before commands go out without it: the cabinets know it too."""
TELL_BY_S = 0.1
"""What a second tells the world is told when its cabinets have answered, and not later than this after the blocks."""
TIMED_STEPS = 3600
"""Steps whose durations are remembered: an hour."""

MakeJournal = Callable[[Head, bytes], Journal]


class LockStepEnded(FieldError):  # noqa: N818 - an end, not an error of ours
    """The simulation has not ticked for so long that it must be gone."""

    def __init__(self, patience_s: float) -> None:
        super().__init__(f"no tick of the simulation for {patience_s:g} s: it has ended or cannot reach the broker")


class Service:
    """A site under control. `run` until cancelled; everything else is called in its event loop unless it says else."""

    def __init__(
        self,
        settings: ServiceSettings,
        site: Site,
        controller: Controller,
        clock: Clock,
        *,
        make_journal: MakeJournal | None = None,
        stored_epoch: int = 0,
        own_epoch: OwnEpoch | None = None,
        log: Log | None = None,
        desk: DeskSettings | None = None,
    ) -> None:
        """Nothing is connected yet. Raises SettingsError for keys, profiles and certificates that cannot be used."""
        self.network: Network = site.network
        self.live = settings.live
        self.ready = asyncio.Event()
        """Set when the service waits for its first second."""
        self._settings, self._site, self._controller, self._clock = settings, site, controller, clock
        self._make_journal, self._stored_epoch, self._own_epoch = make_journal, stored_epoch, own_epoch
        self._log = log if log is not None else log_to_stderr()
        self._inbox = Inbox(site.network)
        self._intake = Intake(site.network, self._inbox, lock_step=settings.lock_step is not None)
        self._cabinets = Cabinets(
            site.network,
            site.addresses,
            clock,
            self._inbox,
            live=settings.live,
            credentials=settings.modbus.credentials(),
        )
        self._lease_s = site.network.parameters.lease_s
        self._standby = Standby(settings.standby, self._lease_s) if settings.standby and settings.live else None
        self._civil = CivilTime(clock, partial(zone_offset_s, site.network))
        self._step_ms: deque[float] = deque(maxlen=TIMED_STEPS)
        self._now_s = clock.now_s()
        self._seconds = Seconds()
        self._steps = self._late_steps = 0
        self._journal: JournalThread | None = None
        self._trail = self._open_trail()
        self._desk = DeploymentDesk(desk or DeskSettings.closed(site), site, self.audit)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._access = settings.broker.access()
        self._mqtt: MqttLink | None = None
        self._crossing: Crossing | None = None
        self._teller = Teller(site.network, self._publish, self._log, dry_run=not settings.live)

    # ------------------------------------------------------------------------------------------------ to look at

    @property
    def strategy(self) -> str:
        """The controller's strategy."""
        return self._controller.strategy

    @property
    def now_s(self) -> float:
        """Control time of the last step [s]."""
        return self._now_s

    @property
    def local_shift_s(self) -> float:
        """Local time in seconds since 1970 minus control time [s]."""
        utc_s = self._clock.utc_s()
        return utc_s - self._clock.now_s() + zone_offset_s(self._site.network, utc_s)

    @property
    def role(self) -> Role:
        """Whether it drives, where there are two."""
        return Role.ALONE if self._standby is None else self._standby.role

    def views(self) -> tuple[JunctionView, ...]:
        """What shows and what is wanted at each junction."""
        return self._controller.state_view()

    def lanes(self, junction: str) -> tuple[LaneView, ...]:
        """What the loops make the controller believe of each lane of a junction."""
        return self._controller.lane_view(junction)

    def told(self) -> Iterable[tuple[float, Decision | Alarm]]:
        """(control time [s], what was told), oldest first; the latest 2000."""
        return tuple(self._teller.latest)

    def counters(self) -> Mapping[str, int]:
        """Everything that is counted, by name."""
        links = [link.state for link in self._cabinets.links.values()]
        return {
            "steps": self._steps,
            "decisions": self._teller.decisions,
            "missed_seconds": self._seconds.missed,
            "late_steps": self._late_steps,
            **counts_of_messages(self._mqtt, self._crossing, self._intake.door),
            **counts_of_street(self._inbox, links, self._journal),
        }

    def status(self) -> ServiceStatus:
        """A picture of everything."""
        return ServiceStatus(
            now_s=self._now_s,
            live=self.live,
            epoch=self._cabinets.epoch,
            broker_connected=self._mqtt is not None and self._mqtt.connected,
            links={junction: link.state for junction, link in self._cabinets.links.items()},
            gateways_online=tuple(sorted(name for name, seen in self._intake.gateways.items() if seen.online)),
            journal_trouble=self._journal.trouble if self._journal else None,
            steps=self._steps,
            step_ms=StepTimes.of(self._step_ms),
            counters=self.counters(),
            role=self.role,
        )

    async def submit(self, request: OperatorRequest, record: AuditEntry | None = None) -> None:
        """Write the audit record, then make the request an input of the next step.

        Raises AuditError where the record cannot be written, StandsByError where another one drives: then nothing is
        done.
        """
        if self._loop is None:
            raise RuntimeError("the service does not run yet")
        if self.role is Role.STANDS_BY:
            raise StandsByError
        if record is not None:
            await self.audit(record)
        self._inbox.put(request)

    async def audit(self, record: AuditEntry) -> None:
        """Write an audit record, and a note in the journal; raises AuditError. Without a journal there is no audit."""
        if self._trail is not None:
            await self._trail.write(record, self._clock.utc_s())
        if self._journal is not None:
            await self._journal.note("audit", json.dumps(as_record(record)), self._clock.utc_s())

    @property
    def plan(self) -> ActivePlan:
        """Which plan runs."""
        return self._desk.plan

    def cabinets_knowing_plan(self) -> tuple[int, int]:
        """(cabinets that say that they know which plan runs, cabinets that can keep it)."""
        return self._cabinets.knowing_plans()

    async def deploy(self, data: bytes, note: Note, by: str) -> ActivePlan:
        """Activate a signed bundle between two steps; raises DeploymentRefused or AuditError: nothing was changed."""
        return await self._desk.deploy(data, note, by, self._heir)

    async def roll_back(self, note: Note) -> ActivePlan:
        """Activate what was active before; raises as `deploy`."""
        return await self._desk.roll_back(note, self._heir)

    # ------------------------------------------------------------------------------------------------ the loop

    async def run(self) -> None:
        """Connect, and take step after step until cancelled.

        Raises BrokerUnreachable or CabinetUnreachable at the start, LockStepEnded when the simulation is gone.
        """
        self._loop = asyncio.get_running_loop()
        site = self.network.site
        self._crossing = crossing = Crossing(self._loop, self._intake.take)
        suffix = f"-{self._standby.number}" if self._standby is not None else "" if self.live else "-dry-run"
        name = f"faikhiao-{site}{suffix}"
        presence = PRESENCE.at(site, gateway=f"{CONTROLLER_GATEWAY}{suffix}")
        will = Will(presence, secrets.token_hex(4))
        self._mqtt = MqttLink(
            self._access, name, self._intake.subscriptions, crossing, will=will, now_s=self._clock.now_s
        )
        try:
            await asyncio.to_thread(self._mqtt.start, self._settings.connect_s)
            if self._settings.lock_step is not None:
                await self._run_in_lock_step(self._settings.lock_step)
            else:
                await self._run_in_real_time()
        finally:
            self._cabinets.close()
            if self._journal is not None:
                await self._journal.close()
            if self._trail is not None:
                self._trail.close()
            if self._own_epoch is not None:
                self._own_epoch.close()
            await asyncio.to_thread(self._mqtt.stop)

    def _open_trail(self) -> AuditTrail | None:
        journal, durable = self._settings.journal, self._settings.lock_step is None
        if journal.folder is not None:
            path = audit_in_folder(journal.folder)
        elif journal.file is not None:
            path = audit_beside(journal.file)
        else:
            return None
        return AuditTrail(AuditLog(path, durable=durable), self._log)

    async def _run_in_real_time(self) -> None:
        await self._begin()
        spare_what_stands()
        try:
            async with asyncio.TaskGroup() as tasks:
                self._cabinets.begin(tasks)
                tasks.create_task(self._tick_seconds(), name="seconds")
        finally:
            spare_nothing()

    async def _tick_seconds(self) -> None:
        """A step at each whole second of the control clock."""
        seconds, clock = self._seconds, self._clock
        seconds.begin(clock.now_s())
        self.ready.set()
        while True:
            await asyncio.sleep(seconds.left_s(clock.now_s()))
            if paused_s := seconds.paused_s(clock.now_s()):
                self._log.warning("pause", seconds=round(paused_s, 1), then="readings dropped, cabinets met again")
                self._inbox.forget_readings()
                self._cabinets.meet_again()
                continue
            ran, now_s = self._controller, float(seconds.next)
            inputs, result = await self._step(now_s)
            await self._take_role(now_s)
            self._cabinets.post(result.commands)
            await self._cabinets.answered(TELL_BY_S)
            self._tell(inputs, result)
            if self._controller is not ran:  # another plan: most of what stood has gone, and as much has come
                spare_what_stands()
            seconds.go_on(clock.now_s())

    async def _run_in_lock_step(self, lock_step: LockStepSettings) -> None:
        """A step for each tick, answered by `done`."""
        clock = self._clock
        if not isinstance(clock, LockStepClock):
            raise TypeError("lock-step needs a LockStepClock")
        self.ready.set()
        done = DONE.at(self.network.site)
        begun = False
        while True:
            try:
                async with asyncio.timeout(lock_step.patience_s):
                    tick = await self._intake.next_tick()
            except TimeoutError:
                raise LockStepEnded(lock_step.patience_s) from None
            clock.set(tick.now_s, tick.utc_s)
            if not begun:
                await self._begin()
                begun = True
            inputs, result = await self._step(tick.now_s)
            self._tell(inputs, result)
            await self._cabinets.exchange(result.commands)
            self._publish(done, json.dumps({"t": tick.now_s}).encode(), DONE.qos, DONE.retain)

    async def _begin(self) -> None:
        """Meet the cabinets, choose the epoch, begin the journal."""
        self._cabinets.tell_plans(self.plan.version, self.plan.digest)
        own = self._own_epoch
        await self._cabinets.meet(
            self._settings.cabinets_at_start,
            self._stored_epoch,
            own.stored if own is not None else 0,
            drive=self._standby is None,
        )
        links = {junction: link.state for junction, link in self._cabinets.links.items()}
        self._inbox.put_all(found_up(self._controller.links_down(), links))
        if self.live and self._standby is None:
            self._keep_epoch()
        head = Head(
            site=self.network.site,
            bundle=self._site.bundle.to_json(),
            strategy=self._controller.strategy,
            now_s=self._clock.now_s(),
            utc_s=self._clock.utc_s(),
            epoch=self._cabinets.epoch,
        )
        if self._make_journal is not None:
            self._journal = JournalThread(self._make_journal(head, self._controller.snapshot()))
        self._log.info("begin", site=head.site, live=self.live, strategy=head.strategy, epoch=head.epoch)

    def _keep_epoch(self) -> None:
        own = self._own_epoch
        if own is not None and not own.keep(self._cabinets.epoch):
            self._log.warning("epoch", trouble="it cannot be stored: a restart will have to take the cabinets over")

    async def _take_role(self, now_s: float) -> None:
        """Of two controllers: lead or stand by, from what the cabinets said until now, before anything is sent."""
        standby, cabinets, own = self._standby, self._cabinets, self._own_epoch
        if standby is None:
            return
        known, kept = max(self._stored_epoch, cabinets.highest_epoch()), own.stored if own is not None else 0
        if not standby.decide(now_s, cabinets.ownerships(self._lease_s, now_s), known, kept):
            return
        cabinets.drive(standby.epoch)
        if standby.epoch:
            await asyncio.wait([asyncio.ensure_future(asyncio.to_thread(self._keep_epoch))], timeout=KEEP_S)
        self._log.warning("role", role=standby.role.value, epoch=standby.epoch)
        if self._journal is not None:
            await self._journal.note("role", f"{standby.role.value}, epoch {standby.epoch}", self._clock.utc_s())

    def _heir(self, site: Site) -> Controller:
        return Controller(site.network, self._controller.strategy, self._now_s)

    async def _hand_over(self) -> None:
        """Between two steps: another plan's controller goes on where this one is, in a journal segment of its own."""
        over = self._desk.waiting
        if over is None:
            return
        over.controller.take_up(self._controller)
        self._controller, self._site, self.network = over.controller, over.site, over.site.network
        if self._journal is not None:
            await self._journal.begin_anew(over.site.bundle.to_json(), over.controller.snapshot())
        self._desk.complete(over)
        self._cabinets.tell_plans(self.plan.version, self.plan.digest)
        self._log.info("plan", version=self.plan.version, digest=self.plan.digest, by=self.plan.by)

    async def _step(self, now_s: float) -> tuple[Sequence[Input], StepResult]:
        await self._hand_over()
        reading = self._civil.reading(now_s)
        if reading is not None:
            self._inbox.put(reading)
        inputs = self._inbox.drain()
        journal = self._journal
        if journal is not None:
            await journal.begin_step(now_s, inputs)
        began = time.perf_counter()
        result = self._controller.step(now_s, inputs)
        self._tell_core_of_time(time.perf_counter() - began)
        if journal is not None:
            await journal.end_step(result, self._controller.snapshot() if journal.wants_snapshot else None)
        self._now_s = now_s
        self._steps += 1
        return inputs, result

    def _tell(self, inputs: Sequence[Input], result: StepResult) -> None:
        """Publish what shows and why, and what is wrong with ourselves."""
        self._teller.tell(inputs, result, self._controller.state_view())
        self._tell_troubles(result.now_s)

    def _tell_core_of_time(self, took_s: float) -> None:
        """A step past its deadline is an input of the next one; in lock-step nothing is late."""
        self._step_ms.append(1000 * took_s)
        if self._settings.lock_step is None and took_s > self._settings.step_deadline_s:
            self._late_steps += 1
            self._inbox.put(StepOverrun(took_s))

    def _tell_troubles(self, now_s: float) -> None:
        """In lock-step a gateway's clock is the simulation's, and never off."""
        teller, clock, door = self._teller, self._clock, self._intake.door
        skewed = door.skewed(clock.utc_s() - clock.now_s(), SKEW_S) if self._settings.lock_step is None else frozenset()
        teller.tell_troubles(
            journal=(self._journal.trouble if self._journal is not None else None) or "",
            broker=self._mqtt.trouble if self._mqtt is not None else "",
            links={junction: link.session for junction, link in self._cabinets.links.items()},
            clocks_off=skewed,
            dropped=door.dropped,
            now_s=now_s,
        )

    def _publish(self, topic: str, payload: bytes, qos: int, retain: bool) -> None:  # noqa: FBT001 - as MQTT has it
        if self._mqtt is not None and self.role is not Role.STANDS_BY:
            self._mqtt.publish(topic, payload, qos=qos, retain=retain)
