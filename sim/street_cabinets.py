"""The virtual cabinets of a site in a simulation, whoever talks to them: their begin, their scans, their own loops."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from controller.events import DetectorReading
from controller.model import Aspect, Junction
from field_io.plc_basic import PLC_BASIC
from field_io.profiles import cabinet_key
from plans import Site, load_cabinet
from sim.cabinet import CabinetConfig, PlcCabinet, VirtualCabinet

StreetCabinet = VirtualCabinet | PlcCabinet


class StreetCabinets:
    """Every cabinet of a site, in the order of its junctions."""

    def __init__(self, site: Site, *, begin_s: float, utc_at_zero_s: float, cold_start: bool) -> None:
        """Cabinets that show at `begin_s` what their own plan shows, in remote; at power-on with `cold_start`.

        A cabinet of profile plc-basic always begins at power-on: nobody can have asked it for anything before.
        """
        self.cabinets: dict[str, StreetCabinet] = {}
        """By junction."""
        self._wired: dict[str, dict[str, int]] = {}
        for junction in site.network.junctions:
            cabinet = _cabinet(site, junction, round(begin_s * 10), utc_at_zero_s)
            if isinstance(cabinet, VirtualCabinet):
                if not cold_start:
                    cabinet.begin_in_remote(round(begin_s * 10))
                self._wired[junction.id] = {loop: place for place, loop in enumerate(cabinet.config.detectors)}
            self.cabinets[junction.id] = cabinet

    @property
    def aspects(self) -> Mapping[str, Sequence[Aspect]]:
        """What each junction's cabinet shows."""
        return {junction: cabinet.aspects for junction, cabinet in self.cabinets.items()}

    def scan(self, now_s: float) -> None:
        """Let all live until `now_s`."""
        now_ds = round(now_s * 10)
        for cabinet in self.cabinets.values():
            cabinet.advance(now_ds)

    def sense(self, readings: Iterable[DetectorReading]) -> None:
        """Loops that are wired to a cabinet are counted by it too: the path beside MQTT."""
        for reading in readings:
            cabinet, wired = self.cabinets[reading.junction], self._wired.get(reading.junction)
            if not wired or not isinstance(cabinet, VirtualCabinet):
                continue
            for loop, count in zip(reading.loops, reading.counts, strict=True):
                if count and loop in wired:
                    cabinet.count(wired[loop], count)
            for _, loop, on in reading.edges:
                if loop in wired:
                    cabinet.occupy(wired[loop], on=on)


def _cabinet(site: Site, junction: Junction, now_ds: int, utc_at_zero_s: float) -> StreetCabinet:
    address = site.addresses[junction.id]
    config = CabinetConfig.from_file(load_cabinet(site.bundle, address.cabinet))
    if address.profile == PLC_BASIC.name:
        return PlcCabinet(config, now_ds=now_ds, unix_at_zero_s=utc_at_zero_s)
    return VirtualCabinet(
        config,
        boot_id=_boot_id(junction),
        key=cabinet_key(address),
        now_ds=now_ds,
        unix_at_zero_s=utc_at_zero_s,
    )


def _boot_id(junction: Junction) -> int:
    """64 bits that stand for the chance of a real start: the same in each run, so that runs can be compared."""
    return 0x5EED_0000_0000_0000 | junction.cabinet_number
