"""One running controller: core, inbox, doors and a conversation with every cabinet, as the service has them.

It can be killed at any second and taken up from its last snapshot, paused, and told lies about the time of day. Two may
run at once.
"""

from __future__ import annotations

import io
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from controller import Controller
from controller.events import Input, OperatorRequest, PermittedCommand, StepResult
from field_io.clock import CivilTime, LockStepClock
from field_io.inbox import Inbox
from field_io.intake import Intake
from field_io.journal import SNAPSHOT_EVERY_S
from field_io.link_health import found_up
from field_io.mqtt_link import Message
from field_io.profiles import open_session
from field_io.segment import Head
from plans import Site
from plans.zone import zone_offset_s
from sim.faults.line import Conversation, Place
from sim.faults.town_journal import TownJournal

Meddle = Callable[[Sequence[PermittedCommand]], Sequence[PermittedCommand]]


class Centre:
    """A controller from its start to its end."""

    def __init__(
        self,
        site: Site,
        places: Mapping[str, Place],
        strategy: str,
        *,
        now_s: float,
        utc_at_zero_s: float,
        stored_epoch: int = 0,
        own_epoch: int = 0,
        snapshot: bytes | None = None,
        journal: TownJournal | None = None,
    ) -> None:
        """Start as the service does: take up the snapshot if it fits, meet every cabinet, choose an epoch above all,
        begin the journal.
        """
        network = site.network
        self.snapshot: bytes = b""
        """What a later start may take up: at most five minutes old."""
        self.meddle: Meddle | None = None
        """Where a fault changes what is decided: a centre that has gone mad."""
        self.snapshot_refused = False
        self.result: StepResult | None = None
        """What the last step said."""
        self._site = site
        self._journal = journal
        self._clock = LockStepClock(utc_at_zero_s)
        self._clock.set(now_s)
        self._utc_at_zero_s = utc_at_zero_s
        self._civil = CivilTime(self._clock, partial(zone_offset_s, network))
        self._inbox = Inbox(network)
        self.intake = Intake(network, self._inbox, lock_step=False)
        self.controller = self._core(strategy, snapshot, now_s)
        self._snapshot_s = now_s
        self.conversations = {
            junction.id: Conversation(
                open_session(site.addresses[junction.id], junction),
                places[junction.id],
                junction.id,
                random.Random(f"{network.site}/{junction.id}"),
                journal,
            )
            for junction in network.junctions
        }
        self.epoch = self._meet(stored_epoch, own_epoch, now_s)
        if journal is not None:
            journal.begin(self._head(strategy, now_s), self.controller.snapshot())

    def _core(self, strategy: str, snapshot: bytes | None, now_s: float) -> Controller:
        if snapshot:
            try:
                return Controller.restore(self._site.network, snapshot, strategy)
            except ValueError:  # damaged, or of another site
                self.snapshot_refused = True
        return Controller(self._site.network, strategy, now_s)

    def _head(self, strategy: str, now_s: float) -> Head:
        return Head(
            site=self._site.network.site,
            bundle=self._site.bundle.to_json(),
            strategy=strategy,
            now_s=now_s,
            utc_s=self._clock.utc_s(),
            epoch=self.epoch,
        )

    def _meet(self, stored_epoch: int, own_epoch: int, now_s: float) -> int:
        """Nothing is sent before the epoch is known: its own again where nobody came after it, else a new one."""
        self._exchange((), now_s)
        links = {junction: talk.health.state for junction, talk in self.conversations.items()}
        self._inbox.put_all(found_up(self.controller.links_down(), links))
        talks = self.conversations.values()
        known = max([stored_epoch, *(talk.session.highest_epoch() for talk in talks)])
        epoch = own_epoch if own_epoch and own_epoch >= known else known + 1
        for talk in talks:
            talk.session.drive_under(epoch)
        return epoch

    def set_civil_time(self, utc_at_zero_s: float) -> None:
        """The wall clock is set; control time goes on as it was."""
        self._utc_at_zero_s = utc_at_zero_s

    def request(self, wish: OperatorRequest) -> None:
        """An operator wants something."""
        self._inbox.put(wish)

    def second(self, messages: Sequence[Message], now_s: float) -> StepResult:
        """Hear, decide, and write and read every cabinet."""
        self._clock.set(now_s, self._utc_at_zero_s + now_s)
        self.intake.take(messages)
        civil_time = self._civil.reading(now_s)
        if civil_time is not None:
            self._inbox.put(civil_time)
        inputs, journal = self._inbox.drain(), self._journal
        if journal is not None:
            journal.begin_step(now_s, inputs)
        result = self.controller.step(now_s, inputs)
        if self.meddle is not None:  # mad before it writes: what it sends is what it intended
            result = replace(result, commands=tuple(self.meddle(result.commands)))
        self.result = result
        if journal is not None:
            journal.end_step(result, self.controller.snapshot)
        if now_s - self._snapshot_s >= SNAPSHOT_EVERY_S or not self.snapshot:
            self.snapshot, self._snapshot_s = self.controller.snapshot(), now_s
        self._exchange(result.commands, now_s)
        return result

    def wake(self) -> None:
        """After a pause: readings tell of another time, and no old decision is sent."""
        self._inbox.forget_readings()
        for talk in self.conversations.values():
            talk.close()

    def flaps(self) -> dict[str, int]:
        """How often each junction has fallen soon after it climbed: each time doubles what it must wait."""
        with np.load(io.BytesIO(self.controller.snapshot()), allow_pickle=False) as stored:
            name = next(key for key in stored.files if key.endswith(".flaps"))
            flaps = stored[name].tolist()
        return dict(zip(self.conversations, flaps, strict=True))

    def modes(self) -> dict[str, str]:
        """Control mode of each junction."""
        return {view.junction: view.mode.value for view in self.controller.state_view()}

    def rungs(self) -> dict[str, str]:
        """Where each junction stands on the ladder."""
        return {view.junction: view.rung.name for view in self.controller.state_view()}

    def _exchange(self, commands: Sequence[PermittedCommand], now_s: float) -> None:
        newest = {command.junction: command for command in commands}
        unix_s = self._clock.utc_s()
        events: list[Input] = []
        for junction, talk in self.conversations.items():
            events += talk.round(newest.get(junction), now_s, unix_s)
        self._inbox.put_all(events)
