"""The closed loop: street, loops, controller, cabinets, lamps, second by second.

One second: SUMO steps to t; what its loops saw in (t - 1, t] is delivered; cabinets scan to t; the controller steps;
every cabinet is written and read back; what the cabinets then show, SUMO shows from t on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Protocol

from controller import Controller
from controller.events import DetectorReading
from sim.direct_centre import DirectCentre
from sim.loop_record import LoopRecord
from sim.prepared import Prepared
from sim.run_settings import RunSettings
from sim.street_cabinets import StreetCabinets
from sim.sumo_world import SumoWorld
from sim.watch import Watch
from sim.wire_centre import WireCentre

Progress = Callable[[float], None]
"""Is called each second with the simulation's time [s]."""


class Centre(Protocol):
    """Whoever decides, over whichever link."""

    def second(self, readings: Sequence[DetectorReading], now_s: float) -> None:
        """Deliver the readings, decide, and have written and read every cabinet, which has scanned to `now_s`."""

    def finish(self) -> LoopRecord:
        """End, and tell what was counted."""


def run_direct(
    prepared: Prepared,
    world: SumoWorld,
    watch: Watch,
    settings: RunSettings,
    progress: Progress,
    controller: Controller | None = None,
) -> LoopRecord:
    """Drive the world to the end in this process, without sockets; `controller`: a yardstick's."""
    cabinets = _cabinets(prepared, world, settings)
    centre = DirectCentre(prepared.site, cabinets, settings, controller)
    return _drive(centre, cabinets, world, watch, settings, progress)


def run_wire(
    prepared: Prepared, world: SumoWorld, watch: Watch, settings: RunSettings, progress: Progress
) -> LoopRecord:
    """Drive the world to the end over a real broker and real Modbus TCP, the controller in its own process.

    Raises what WireCentre raises.
    """
    cabinets = _cabinets(prepared, world, settings)
    return _drive(WireCentre(prepared.site, cabinets, settings), cabinets, world, watch, settings, progress)


def run_baseline(world: SumoWorld, watch: Watch, end_s: float, progress: Progress) -> LoopRecord:
    """Let SUMO drive its own lamps until `end_s` [s], watched."""
    began = time.perf_counter()
    while world.now_s < end_s:
        world.step()
        watch.look(world)
        watch.second(world)
        progress(world.now_s)
    return LoopRecord(wall_s=time.perf_counter() - began)


def _cabinets(prepared: Prepared, world: SumoWorld, settings: RunSettings) -> StreetCabinets:
    return StreetCabinets(
        prepared.site,
        begin_s=world.now_s,
        utc_at_zero_s=settings.utc_at_zero_s,
        cold_start=settings.cold_start,
    )


def _drive(
    entering: AbstractContextManager[Centre],
    cabinets: StreetCabinets,
    world: SumoWorld,
    watch: Watch,
    settings: RunSettings,
    progress: Progress,
) -> LoopRecord:
    with entering as centre:
        centre.second((), world.now_s)
        watch.show(world, cabinets.aspects)
        began = time.perf_counter()
        while world.now_s < settings.end_s:
            world.step()
            watch.second(world)
            readings = world.readings()
            cabinets.sense(readings)
            cabinets.scan(world.now_s)
            centre.second(readings, world.now_s)
            watch.show(world, cabinets.aspects)
            progress(world.now_s)
        wall_s = time.perf_counter() - began
        return replace(centre.finish(), wall_s=wall_s)
