"""The deterministic world: one seed, one run. A town, its traffic, its cabinets, one controller or more, and time.

One second: traffic moves; gateways speak; cabinets live scan by scan, each scan judged; centres hear, decide, write and
read; the lamps that then show move the traffic. Nothing asks a clock, and all chance comes from the seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from controller.events import CabinetMode
from field_io.mqtt_link import Message
from field_io.profiles import cabinet_key
from plans import Site, load_cabinet, load_junction, load_site
from sim.cabinet import CabinetConfig
from sim.faults.centre import Centre
from sim.faults.checker import Breach, CabinetWatch, WatchedCabinet
from sim.faults.line import Place
from sim.faults.liveness import ON_DUTY, JunctionLiveness
from sim.faults.messages import Broker, Gateways
from sim.faults.town import town
from sim.faults.town_journal import TownJournal
from sim.faults.traffic import Traffic
from sim.monitor.rules import JunctionRules

MONDAY_UTC_S = 1_767_546_000.0
"""2026-01-05 00:00 in Thailand: control time 0."""
DAY_S, DAWN_S = 86_400, 21_600
FIRST_EPOCH = 17
"""Of the first controller, so that there can be older ones."""


@dataclass(frozen=True, slots=True)
class WorldSettings:
    """What a run is made of."""

    seed: int = 1
    junctions: int = 20
    strategy: str = "actuated"
    begin_s: int = 7 * 3600
    journal: bool = False
    """Whether the controller keeps its journal in real files, for S8 and L4."""


class World:
    """A town in time. `second()` lets one second pass; faults reach into its parts."""

    def __init__(self, settings: WorldSettings) -> None:
        self.settings = settings
        self.now_s = settings.begin_s
        self.breaches: list[Breach] = []
        """Everything that should not have happened, in order of time."""
        self.site: Site = load_site(town(settings.junctions))
        network = self.site.network
        self.traffic = Traffic(network, settings.seed)
        self.gateways = Gateways(network)
        self.broker = Broker()
        self.places = {junction.id: self._place(junction.id) for junction in network.junctions}
        self.liveness = {junction.id: JunctionLiveness(junction, self.breaches) for junction in network.junctions}
        self._wired = {
            junction.id: [
                (place, [loop.id for loop in junction.loops].index(loop))
                for place, loop in enumerate(self.places[junction.id].cabinet.config.detectors)
            ]
            for junction in network.junctions
        }
        self.journal = TownJournal(self.breaches) if settings.journal else None
        """What the controller wrote down; a second controller has none here."""
        if self.journal is not None:
            for junction, place in self.places.items():
                place.watch.on_taken = partial(self.journal.taken, junction)
        self.stored_epoch = FIRST_EPOCH - 1
        """What the journal of the last controller says."""
        self.centre: Centre | None = self.start_centre(journal=self.journal)
        """The controller; None while it is down."""
        self.others: list[Centre] = []
        """Controllers that should not be there."""
        self.paused = False
        """Whether the controller is stopped in its tracks."""

    def start_centre(
        self, snapshot: bytes | None = None, own_epoch: int = 0, journal: TownJournal | None = None
    ) -> Centre:
        """Start a controller, from a snapshot or from nothing, with an epoch above all that are known.

        `own_epoch`: what it drove under before it was killed, where it still holds that. `journal`: where it writes.
        """
        centre = Centre(
            self.site,
            self.places,
            self.settings.strategy,
            now_s=float(self.now_s),
            utc_at_zero_s=MONDAY_UTC_S,
            stored_epoch=self.stored_epoch,
            own_epoch=own_epoch,
            snapshot=snapshot,
            journal=journal,
        )
        self.stored_epoch = max(self.stored_epoch, centre.epoch)
        return centre

    def second(self) -> None:
        """One second passes."""
        self.now_s += 1
        now_s = self.now_s
        self.traffic.second(now_s, by_day=now_s % DAY_S >= DAWN_S)
        seen = self.traffic.seen()
        messages = self.broker.send(self.gateways.speak(seen, now_s), float(now_s))
        now_ds = 10 * now_s
        for junction, place in self.places.items():
            wired = self._wired[junction]
            if wired:
                counts = seen[junction].counts
                for detector, loop in wired:
                    if counts[loop]:
                        place.cabinet.count(detector, counts[loop])
            place.live(now_ds)
        self._centres(messages, float(now_s))
        self._look(float(now_s))

    def run(self, seconds: int) -> None:
        """So many seconds pass."""
        for _ in range(seconds):
            self.second()

    def end(self) -> None:
        """The run is over: what was written down is read again."""
        if self.journal is not None:
            self.journal.end()

    def _centres(self, messages: Sequence[Message], now_s: float) -> None:
        if self.centre is not None and not self.paused:
            self.centre.second(messages, now_s)
        for other in self.others:
            other.second(messages, now_s)

    def _look(self, now_s: float) -> None:
        """Lamps move the traffic; liveness is judged."""
        traffic = self.traffic
        for junction, place in self.places.items():
            cabinet = place.cabinet
            traffic.show(junction, cabinet.aspects)
            if cabinet.mode not in ON_DUTY:
                traffic.forget_waits(junction)
        for junction, wait_s in traffic.waits().items():
            cabinet = self.places[junction].cabinet
            self.liveness[junction].second(
                now_s, cabinet.mode, cabinet.active_stage, cabinet.wanted_stage, cabinet.aspects, wait_s
            )

    def _place(self, junction: str) -> Place:
        address = self.site.addresses[junction]
        config = CabinetConfig.from_file(load_cabinet(self.site.bundle, address.cabinet))
        begin_ds = 10 * self.settings.begin_s
        cabinet = WatchedCabinet(
            config,
            boot_id=0xB007_0000_0000_0000 | config.number,
            key=cabinet_key(address),
            now_ds=begin_ds,
            unix_at_zero_s=MONDAY_UTC_S,
        )
        cabinet.begin_in_remote(begin_ds)
        rules = JunctionRules.from_file(load_junction(self.site.bundle, junction))
        watch = cabinet.watch = CabinetWatch(rules, cabinet, self.breaches)
        return Place(cabinet, watch)

    def in_mode(self, mode: CabinetMode) -> int:
        """How many cabinets are in a mode."""
        return sum(place.cabinet.mode is mode for place in self.places.values())
