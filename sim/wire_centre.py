"""The centre as in the street: the service in its own process, a real broker, real Modbus TCP, in lock-step."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Self

from controller.events import DetectorReading
from field_io.broker import EmbeddedBroker
from field_io.settings import BrokerSettings, JournalSettings, LockStepSettings, ServiceSettings
from plans import Site
from sim.controller_process import ControllerProcess
from sim.loop_record import LoopRecord
from sim.run_settings import RunSettings
from sim.street_cabinets import StreetCabinets
from sim.wire_link import LOOPBACK, CabinetThread, WireLink, free_port


class WireCentre:
    """A context manager: entered, broker, cabinets' servers and controller run."""

    def __init__(self, site: Site, cabinets: StreetCabinets, settings: RunSettings) -> None:
        self._site, self._cabinets, self._settings = site, cabinets, settings
        self._parts = ExitStack()

    def __enter__(self) -> Self:
        """Start everything; raises BrokerUnreachable, SettingsError, ControllerEndedError, OSError (no port)."""
        with ExitStack() as parts:
            broker = self._settings.broker
            if broker is None:
                broker = (LOOPBACK, parts.enter_context(EmbeddedBroker(free_port())).port)
            self._link = WireLink(self._site, broker, utc_at_zero_s=self._settings.utc_at_zero_s)
            parts.enter_context(self._link.connected())
            ports = parts.enter_context(CabinetThread(self._cabinets)).ports
            self._controller = parts.enter_context(
                ControllerProcess(_service_settings(self._settings, broker), self._site.bundle, ports)
            )
            self._parts = parts.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        """End everything, the controller first."""
        self._parts.close()

    def second(self, readings: Sequence[DetectorReading], now_s: float) -> None:
        """Publish, tick, and wait until it is done; raises ControllerEndedError."""
        self._link.publish(readings)
        self._link.tick(now_s, self._controller)

    def finish(self) -> LoopRecord:
        """End the controller, and tell what both sides counted."""
        told = self._controller.finish()
        return LoopRecord(
            decisions=told.counters["decisions"],
            decision_ms=told.step_ms,
            messages=self._link.published + told.counters["mqtt_published"],
            round_trips=told.counters["modbus_round_trips"],
        )


def _service_settings(settings: RunSettings, broker: tuple[str, int]) -> ServiceSettings:
    host, port = broker
    return ServiceSettings(
        broker=BrokerSettings(host=host, port=port),
        journal=JournalSettings(file=settings.journal),
        strategy=settings.strategy,
        live=True,
        lock_step=LockStepSettings(begin_s=settings.begin_s, utc_at_zero_s=settings.utc_at_zero_s),
        cabinets_at_start="all",
    )
