"""The link without sockets: readings go through their payload bytes, commands and reports through their register words.

What is coded, checked and dropped is the same as on the wire; only nothing travels. Cabinets are the virtual ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from controller.events import DetectorReading, PermittedCommand
from controller.model import Aspect, Junction
from field_io.detector_door import DetectorDoor
from field_io.detector_payload import encode
from field_io.inbox import Inbox
from field_io.profiles import cabinet_key
from field_io.session import CabinetSession, Rejected
from field_io.topics import DETECTORS
from plans import Site, load_cabinet
from sim.cabinet import CabinetConfig, VirtualCabinet

GATEWAY = "sumo"
"""The detector gateway that the simulated street speaks as."""
EPOCH = 1
"""The only controller there is."""


def make_cabinet(
    site: Site, junction: Junction, *, begin_s: float, utc_at_zero_s: float, cold_start: bool
) -> VirtualCabinet:
    """The virtual cabinet of a junction at the begin of a run: in remote, or at power-on with `cold_start`."""
    address = site.addresses[junction.id]
    begin_ds = round(begin_s * 10)
    cabinet = VirtualCabinet(
        CabinetConfig.from_file(load_cabinet(site.bundle, address.cabinet)),
        boot_id=boot_id(junction),
        key=cabinet_key(address),
        now_ds=begin_ds,
        unix_at_zero_s=utc_at_zero_s,
    )
    if not cold_start:
        cabinet.begin_in_remote(begin_ds)
    return cabinet


def boot_id(junction: Junction) -> int:
    """64 bits that stand for the chance of a real start: the same in each run, so that runs can be compared."""
    return 0x5EED_0000_0000_0000 | junction.cabinet_number


class DirectLink:
    """Gateways, broker, Modbus and cabinets of a site in one process."""

    def __init__(self, site: Site, inbox: Inbox, *, begin_s: float, utc_at_zero_s: float, cold_start: bool) -> None:
        self.messages = 0
        """Detector messages sent."""
        self.round_trips = 0
        """Reads and read-writes of cabinets."""
        self.rejected: list[Rejected] = []
        """Answers of cabinets that were not used."""
        self._inbox = inbox
        self._utc_at_zero_s = utc_at_zero_s
        self._door = DetectorDoor(site.network, site.network.parameters.stale_s)
        self._topics = {
            junction.id: DETECTORS.at(site.network.site, junction=junction.id) for junction in site.network.junctions
        }
        self._sessions: dict[str, CabinetSession] = {}
        self._cabinets: dict[str, VirtualCabinet] = {}
        for junction in site.network.junctions:
            key = cabinet_key(site.addresses[junction.id])
            self._sessions[junction.id] = CabinetSession(junction, key, EPOCH)
            self._cabinets[junction.id] = make_cabinet(
                site, junction, begin_s=begin_s, utc_at_zero_s=utc_at_zero_s, cold_start=cold_start
            )
        self.exchange((), begin_s)

    @property
    def aspects(self) -> Mapping[str, Sequence[Aspect]]:
        """What each junction's cabinet shows."""
        return {junction: cabinet.aspects for junction, cabinet in self._cabinets.items()}

    def publish(self, readings: Iterable[DetectorReading], now_s: float) -> None:
        """Carry the readings of the last second to the inbox."""
        for reading in readings:
            self.messages += 1
            payload = encode(reading, GATEWAY, "0", self.messages)
            accepted = self._door.accept(self._topics[reading.junction], payload, retained=False, now_s=now_s)
            if accepted is not None:
                self._inbox.put(accepted)

    def scan(self, now_s: float) -> None:
        """Let the cabinets live until `now_s`."""
        now_ds = round(now_s * 10)
        for cabinet in self._cabinets.values():
            cabinet.advance(now_ds)

    def exchange(self, commands: Iterable[PermittedCommand], now_s: float) -> None:
        """One round trip with every cabinet: its command, if there is one, and its snapshot, into the inbox."""
        newest = {command.junction: command for command in commands}
        for name, cabinet in self._cabinets.items():
            self._talk(self._sessions[name], cabinet, newest.get(name), now_s)

    def _talk(
        self, session: CabinetSession, cabinet: VirtualCabinet, command: PermittedCommand | None, now_s: float
    ) -> None:
        if not session.identified:
            where = session.identity_registers
            refused = session.identify(cabinet.read_input(where.address, where.count), now_s)
            self.round_trips += 1
            if refused is not None:
                self.rejected.append(refused)
                return
        words = session.block(command, now_s, self._utc_at_zero_s + now_s)
        if words is not None:
            cabinet.write_holding(session.write_address, words)
        where = session.read_back_registers
        answer = session.report(cabinet.read_holding(where.address, where.count), now_s)
        self.round_trips += 1
        if isinstance(answer, Rejected):
            self.rejected.append(answer)
        else:
            self._inbox.put(answer)
