"""The closed loop: street, loops, controller, cabinets, lamps, second by second.

One second: SUMO steps to t; what its loops saw in (t - 1, t] is delivered; cabinets scan to t; the controller steps;
every cabinet is written and read back; what the cabinets then show, SUMO shows from t on.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from controller import Controller, Input, StepResult
from field_io.clock import CivilTime, LockStepClock
from field_io.inbox import Inbox
from field_io.journal import Journal
from field_io.settings import BrokerSettings, JournalSettings, LockStepSettings, ServiceSettings
from sim.broker_process import LOOPBACK, BrokerProcess
from sim.controller_process import ControllerProcess
from sim.direct_link import DirectLink
from sim.prepared import Prepared
from sim.street_cabinets import StreetCabinets
from sim.sumo_world import SumoWorld
from sim.watch import Watch
from sim.wire_link import CabinetThread, WireLink

Progress = Callable[[float], None]
"""Is called each second with the simulation's time [s]."""


@dataclass(slots=True)
class LoopRecord:
    """What a closed loop leaves behind besides SUMO's outputs."""

    decisions: int = 0
    decision_ms: dict[str, float] = field(default_factory=dict)
    """How long a step of the controller took: p50, p99, max [ms]."""
    messages: int = 0
    """Detector messages."""
    round_trips: int = 0
    """Modbus transactions."""
    wall_s: float = 0.0
    """How long the seconds of the simulation took; import and start not counted."""


def run_direct(
    prepared: Prepared,
    world: SumoWorld,
    watch: Watch,
    *,
    strategy: str,
    end_s: float,
    utc_at_zero_s: float,
    cold_start: bool = False,
    journal: Callable[[Controller], Journal] | None = None,
    progress: Progress = lambda _: None,
    on_step: Callable[[Sequence[Input], StepResult], None] = lambda _inputs, _result: None,
) -> LoopRecord:
    """Drive the world until `end_s` in this process, without sockets; `on_step` sees every step of the controller."""
    record = LoopRecord()
    network = prepared.site.network
    inbox = Inbox(network)
    clock = LockStepClock(utc_at_zero_s)
    clock.set(world.now_s)
    civil = CivilTime(clock, network.utc_offset_s)
    cabinets = StreetCabinets(prepared.site, begin_s=world.now_s, utc_at_zero_s=utc_at_zero_s, cold_start=cold_start)
    link = DirectLink(prepared.site, cabinets, inbox, utc_at_zero_s=utc_at_zero_s)
    link.exchange((), world.now_s)
    controller = Controller(network, strategy, world.now_s)
    kept = journal(controller) if journal is not None else None
    step_ms: list[float] = []

    def decide() -> None:
        now_s = world.now_s
        clock.set(now_s)
        reading = civil.reading(now_s)
        if reading is not None:
            inbox.put(reading)
        inputs = inbox.drain()
        if kept is not None:
            kept.begin_step(now_s, inputs)
        began = time.perf_counter()
        result = controller.step(now_s, inputs)
        step_ms.append(1000 * (time.perf_counter() - began))
        if kept is not None:
            kept.end_step(result, controller.snapshot() if kept.wants_snapshot else None)
        record.decisions += len(result.decisions)
        on_step(inputs, result)
        link.exchange(result.commands, now_s)
        watch.show(world, cabinets.aspects)

    try:
        decide()
        began = time.perf_counter()
        while world.now_s < end_s:
            world.step()
            watch.second(world)
            readings = world.readings()
            cabinets.sense(readings)
            link.publish(readings, world.now_s)
            cabinets.scan(world.now_s)
            decide()
            progress(world.now_s)
        record.wall_s = time.perf_counter() - began
    finally:
        if kept is not None:
            kept.close()
    record.decision_ms = quantiles(step_ms)
    record.messages, record.round_trips = link.messages, link.round_trips
    return record


def run_wire(
    prepared: Prepared,
    world: SumoWorld,
    watch: Watch,
    *,
    strategy: str,
    end_s: float,
    utc_at_zero_s: float,
    cold_start: bool = False,
    journal: Path | None = None,
    broker: tuple[str, int] | None = None,
    progress: Progress = lambda _: None,
) -> LoopRecord:
    """Drive the world until `end_s` over a real broker and real Modbus TCP, the controller in its own process.

    `broker` None: an embedded one. Raises BrokerUnreachable, ControllerEndedError.
    """
    record = LoopRecord()
    site = prepared.site
    cabinets = StreetCabinets(site, begin_s=world.now_s, utc_at_zero_s=utc_at_zero_s, cold_start=cold_start)
    with ExitStack() as parts:
        if broker is None:
            broker = (LOOPBACK, parts.enter_context(BrokerProcess()).port)
        link = WireLink(site, broker, utc_at_zero_s=utc_at_zero_s)
        parts.enter_context(link.connected())
        ports = parts.enter_context(CabinetThread(cabinets)).ports
        settings = ServiceSettings(
            broker=BrokerSettings(host=broker[0], port=broker[1]),
            journal=JournalSettings(file=journal),
            strategy=strategy,
            live=True,
            lock_step=LockStepSettings(begin_s=world.now_s, utc_at_zero_s=utc_at_zero_s),
            cabinets_at_start="all",
        )
        controller = parts.enter_context(ControllerProcess(settings, site.bundle, ports))
        link.tick(world.now_s, controller)
        watch.show(world, cabinets.aspects)
        began = time.perf_counter()
        while world.now_s < end_s:
            world.step()
            watch.second(world)
            readings = world.readings()
            cabinets.sense(readings)
            link.publish(readings)
            cabinets.scan(world.now_s)
            link.tick(world.now_s, controller)
            watch.show(world, cabinets.aspects)
            progress(world.now_s)
        record.wall_s = time.perf_counter() - began
        told = controller.finish()
        record.decisions = told.counters["decisions"]
        record.decision_ms = dict(told.step_ms)
        record.messages = link.published + told.counters["mqtt_published"]
        record.round_trips = told.counters["modbus_round_trips"]
    return record


def run_baseline(world: SumoWorld, watch: Watch, *, end_s: float, progress: Progress = lambda _: None) -> LoopRecord:
    """Let SUMO drive its own lamps until `end_s`, watched."""
    record = LoopRecord()
    began = time.perf_counter()
    while world.now_s < end_s:
        world.step()
        watch.look(world)
        watch.second(world)
        progress(world.now_s)
    record.wall_s = time.perf_counter() - began
    return record


def quantiles(milliseconds: Sequence[float]) -> dict[str, float]:
    """p50, p99 and maximum; empty where nothing was measured. The p-quantile: the least value not below p of all."""
    if not milliseconds:
        return {}
    ordered = sorted(milliseconds)
    last = len(ordered) - 1
    p50, p99 = (ordered[min(last, math.ceil(share * len(ordered)) - 1)] for share in (0.5, 0.99))
    return {"p50": p50, "p99": p99, "max": ordered[-1]}
