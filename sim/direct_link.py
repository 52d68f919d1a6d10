"""The link without sockets: readings go through their payload bytes, commands and reports through their register words.

What is coded, checked and dropped is the same as on the wire; only nothing travels. Cabinets are the virtual ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from controller.events import CabinetReport, DetectorReading, LinkChange, PermittedCommand
from field_io.detector_door import DetectorDoor
from field_io.detector_payload import encode
from field_io.inbox import Inbox
from field_io.link_health import FAILURES_UNTIL_DOWN
from field_io.profiles import open_session
from field_io.session import Registers, Rejected, Session
from field_io.topics import DETECTORS
from plans import Site
from sim.street_cabinets import StreetCabinet, StreetCabinets

GATEWAY = "sumo"
"""The detector gateway that the simulated street speaks as."""
BOOT = "0"
EPOCH = 1
"""The only controller there is."""


class DirectLink:
    """Gateways, broker and Modbus of a site in one process."""

    def __init__(self, site: Site, cabinets: StreetCabinets, inbox: Inbox, *, utc_at_zero_s: float) -> None:
        self.messages = 0
        """Detector messages sent."""
        self.round_trips = 0
        """Reads and read-writes of cabinets."""
        self._inbox = inbox
        self._utc_at_zero_s = utc_at_zero_s
        self._door = DetectorDoor(site.network, site.network.parameters.stale_s)
        self._topics = {
            junction.id: DETECTORS.at(site.network.site, junction=junction.id) for junction in site.network.junctions
        }
        self._lines = {
            junction.id: _Line(
                open_session(site.addresses[junction.id], junction, EPOCH), cabinets.cabinets[junction.id]
            )
            for junction in site.network.junctions
        }

    def publish(self, readings: Iterable[DetectorReading], now_s: float) -> None:
        """Carry the readings of the last second to the inbox."""
        for reading in readings:
            self.messages += 1
            payload = encode(reading, GATEWAY, BOOT, self.messages)
            accepted = self._door.accept(self._topics[reading.junction], payload, retained=False, now_s=now_s)
            if accepted is not None:
                self._inbox.put(accepted)

    def exchange(self, commands: Iterable[PermittedCommand], now_s: float) -> None:
        """One round trip with every cabinet: its command, if there is one, and its snapshot, into the inbox."""
        newest = {command.junction: command for command in commands}
        unix_s = self._utc_at_zero_s + now_s
        for junction, line in self._lines.items():
            report = line.round(newest.get(junction), now_s, unix_s)
            self.round_trips += line.asked
            if isinstance(report, CabinetReport):
                change = line.succeeded()
                self._inbox.put_all([LinkChange(junction, up=True, cause=change), report] if change else [report])
            elif cause := line.failed(report):
                self._inbox.put(LinkChange(junction, up=False, cause=cause))


class _Line:
    """One session and its cabinet; counts as up until it has failed, as a link on the wire does."""

    __slots__ = ("_cabinet", "_failures_in_row", "_session", "_up", "asked")

    def __init__(self, session: Session, cabinet: StreetCabinet) -> None:
        self.asked = 0
        """Transactions of the last round."""
        self._session = session
        self._cabinet = cabinet
        self._failures_in_row = 0
        self._up = True

    def round(self, command: PermittedCommand | None, now_s: float, unix_s: float) -> CabinetReport | str:
        """Write the command, if it may be written, and read the cabinet: a report, or why there is none."""
        session = self._session
        self.asked = 0
        if not self._cabinet.answers:
            return "no answer"
        if not session.identified and session.identity_registers is not None:
            refused = session.identify(self._read(session.identity_registers), now_s)
            if refused is not None:
                return refused.detail
        words = session.block(command, now_s, unix_s)
        if words is None:
            answer = session.report(self._read(session.status_registers), now_s)
        else:
            exception_code = self._cabinet.write_holding(session.write_address, words)
            if exception_code:
                self.asked += 1
                return f"Modbus exception {exception_code:02}"
            answer = session.report(self._read(session.read_back_registers), now_s)
        return answer.detail if isinstance(answer, Rejected) else answer

    def succeeded(self) -> str:
        """Note a report; a cause to tell where the link was down."""
        self._failures_in_row = 0
        was_up, self._up = self._up, True
        return "" if was_up else "reports again"

    def failed(self, cause: str) -> str:
        """Note a failed round; a cause to tell where the link goes down by it."""
        self._session.disconnected()
        self._failures_in_row += 1
        if not self._up or self._failures_in_row < FAILURES_UNTIL_DOWN:
            return ""
        self._up = False
        return cause

    def _read(self, where: Registers) -> Sequence[int]:
        self.asked += 1
        read = self._cabinet.read_input if where.function == 4 else self._cabinet.read_holding
        return read(where.address, where.count)
