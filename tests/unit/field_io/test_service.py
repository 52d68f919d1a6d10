"""Does the loop carry a town over a real broker and real Modbus, and say clearly what is not there?"""

import asyncio
import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from controller import Controller
from controller.events import (
    CabinetMode,
    CabinetReport,
    Input,
    LinkChange,
    OperatorAction,
    OperatorRequest,
    PermittedCommand,
    Reason,
    Rung,
    StepResult,
)
from field_io.audit import audit_in_folder, read_records, verify
from field_io.broker import EmbeddedBroker
from field_io.clock import CivilTime, LockStepClock, StreetClock
from field_io.detector_door import DetectorDoor
from field_io.detector_payload import encode
from field_io.errors import BrokerUnreachable, CabinetUnreachable, SettingsError
from field_io.inbox import Inbox
from field_io.journal_files import segment_paths
from field_io.mqtt_link import BrokerAccess, Crossing, Message, MqttLink
from field_io.registers import laboratory_key
from field_io.replay import replay
from field_io.segment import Segment
from field_io.service import LockStepEnded, Service
from field_io.session import CabinetSession
from field_io.settings import BrokerSettings, JournalSettings, ServiceSettings
from field_io.start import open_service
from field_io.topics import DETECTORS
from tests.wire_town import (
    BEGIN_S,
    LOCK_STEP,
    UTC_AT_ZERO_S,
    Quiet,
    Simulation,
    Street,
    free_port,
    make_site,
    readings_of,
    running,
    street_of,
)


@pytest.fixture(scope="module")
def broker() -> Iterator[BrokerSettings]:
    with EmbeddedBroker(free_port()) as embedded:
        yield BrokerSettings(port=embedded.port)


async def drive_by_wire(street: Street, broker: BrokerSettings, journal: Path, strategy: str, seconds: int) -> Service:
    settings = ServiceSettings(
        broker=broker,
        journal=JournalSettings(file=journal),
        strategy=strategy,
        live=True,
        lock_step=LOCK_STEP,
        cabinets_at_start="all",
    )
    service, _ = open_service(settings, street.site, log=Quiet())
    simulation = Simulation(street.site.network.site, broker)
    async with running(service):
        await asyncio.to_thread(simulation.link.start)
        try:
            for second in range(seconds + 1):
                now_s = BEGIN_S + second
                if second:
                    simulation.publish(readings_of(street.site.network, now_s))
                street.server.advance(round(now_s * 10))
                await simulation.tick(now_s)
        finally:
            await asyncio.to_thread(simulation.link.stop)
    return service


def drive_directly(street: Street, strategy: str, seconds: int) -> list[tuple[tuple[Input, ...], StepResult]]:
    """The same town in one process: no broker, no Modbus, the same door, sessions and inbox."""
    network = street.site.network
    inbox, clock = Inbox(network), LockStepClock(UTC_AT_ZERO_S)
    door, civil = DetectorDoor(network, network.parameters.stale_s), CivilTime(clock, lambda _: network.utc_offset_s)
    sessions = {j.id: CabinetSession(j, laboratory_key(j.id), epoch=1) for j in network.junctions}
    controller = Controller(network, strategy, BEGIN_S)
    sequence = itertools.count(1)

    def exchange(commands: Sequence[PermittedCommand]) -> None:
        newest = {command.junction: command for command in commands}
        for junction, session in sessions.items():
            cabinet = street.cabinets[junction]
            if not session.identified:
                assert session.identify(cabinet.read_input(0, 32), clock.now_s()) is None
            words = session.block(newest.get(junction), clock.now_s(), clock.utc_s())
            if words is not None:
                assert cabinet.write_holding(0, words) == 0
            report = session.report(cabinet.read_holding(1000, 100), clock.now_s())
            assert isinstance(report, CabinetReport)
            inbox.put(report)

    steps = []
    for second in range(seconds + 1):
        clock.set(BEGIN_S + second)
        for cabinet in street.cabinets.values():
            cabinet.advance(round(clock.now_s() * 10))
        if second == 0:
            exchange(())
        for reading in readings_of(network, clock.now_s()) if second else ():
            payload = encode(reading, "sumo", "0", next(sequence))
            topic = DETECTORS.at(network.site, junction=reading.junction)
            inbox.put_all(filter(None, [door.accept(topic, payload, False, clock.now_s())]))
        inbox.put_all(filter(None, [civil.reading(clock.now_s())]))
        inputs = tuple(inbox.drain())
        result = controller.step(clock.now_s(), inputs)
        exchange(result.commands)
        steps.append((inputs, result))
    return steps


@pytest.mark.parametrize("strategy", ["fixed_time", "actuated"])
async def test_the_wire_gives_the_same_inputs_and_outputs_as_no_wire(
    broker: BrokerSettings, tmp_path: Path, strategy: str
) -> None:
    """Design, section 4: two links, one result; and the journal of it replays."""
    journal = tmp_path / "run.journal"
    async with street_of(BEGIN_S) as street:
        service = await drive_by_wire(street, broker, journal, strategy, 100)
    async with street_of(BEGIN_S) as street:
        direct = drive_directly(street, strategy, 100)
    with Segment.reading(journal) as segment:
        wire = [(step.inputs, step.result()) for step in segment.steps()]
    assert [inputs for inputs, _ in wire] == [inputs for inputs, _ in direct]
    assert [result for _, result in wire] == [result for _, result in direct]
    assert replay(journal).identical
    counters = service.counters()
    assert counters["detector_messages"] == 200
    assert counters["commands"] == 202
    assert counters["modbus_failures"] == 0
    assert len({command.stage for _, result in direct for command in result.commands}) > 1


async def test_a_dry_run_decides_and_publishes_and_writes_to_no_cabinet(broker: BrokerSettings) -> None:
    states: list[dict[str, Any]] = []

    def take(messages: Sequence[Message]) -> None:
        states.extend(json.loads(message.payload) for message in messages if not message.retained)

    crossing = Crossing(asyncio.get_running_loop(), take)
    viewer = MqttLink(BrokerAccess("127.0.0.1", broker.port), "viewer", [("fk/v1/testtown/+/state", 0)], crossing)
    await asyncio.to_thread(viewer.start)
    async with street_of(0.0, real_time=True) as street:
        service, _ = open_service(ServiceSettings(broker=broker), street.site, log=Quiet())
        async with running(service):
            await until(lambda: service.counters()["steps"] >= 2 and len(states) >= 2)
        status = service.status()
        for cabinet in street.cabinets.values():
            assert cabinet.status.received_sequence == 0
            assert cabinet.status.non_conforming_writes == 0
    await asyncio.to_thread(viewer.stop)
    assert not status.live
    assert status.counters["commands"] == 0
    assert status.counters["modbus_round_trips"] >= 4
    assert all(state["dry_run"] for state in states)
    assert {state["cabinet"] for state in states} == {CabinetMode.REMOTE}


async def test_live_commands_are_accepted_and_an_operator_is_heard(broker: BrokerSettings, tmp_path: Path) -> None:
    @dataclass
    class Audit:
        at_s: float = 0.0
        by: str = "desk-1"
        role: str = "operator"
        source: str = "unix socket"
        action: str = "hold"
        detail: str = "{}"
        outcome: str = "accepted"

    settings = ServiceSettings(broker=broker, live=True, journal=JournalSettings(folder=tmp_path))
    async with street_of(0.0, real_time=True) as street:
        service, notes = open_service(settings, street.site, log=Quiet())
        assert notes == ()
        async with running(service):
            await until(lambda: service.counters()["commands"] >= 2)
            await service.submit(OperatorRequest(OperatorAction.HOLD, "J01", stage=1, by="desk-1"), Audit())
            steps = service.counters()["steps"]
            await until(lambda: service.counters()["steps"] >= steps + 2)
            status = service.status()
        assert all(cabinet.status.owner_epoch == 1 for cabinet in street.cabinets.values())
    assert status.live
    assert status.broker_connected
    assert status.journal_trouble is None
    assert all(link.up for link in status.links.values())
    assert replay(tmp_path).identical
    (path,) = segment_paths(tmp_path)
    with Segment.reading(path) as segment:
        requests = [e for step in segment.steps() for e in step.inputs if isinstance(e, OperatorRequest)]
        audits = [json.loads(text) for _, kind, text in segment.notes() if kind == "audit"]
    assert [request.by for request in requests] == ["desk-1"]
    assert [audit["role"] for audit in audits] == ["operator"]
    log = audit_in_folder(tmp_path)
    assert [(record["n"], record["by"]) for record in read_records(log)] == [(1, "desk-1")]
    assert verify(log).fault is None


async def test_a_restart_goes_on_with_the_clock_the_core_and_its_own_epoch(
    broker: BrokerSettings, tmp_path: Path
) -> None:
    settings = ServiceSettings(broker=broker, live=True, journal=JournalSettings(folder=tmp_path))
    async with street_of(0.0, real_time=True) as street:
        epochs, seconds = [], []
        for _ in range(2):
            service, _ = open_service(settings, street.site, log=Quiet())
            async with running(service):
                await until(partial(has_sent, service, 2))
            epochs.append(service.status().epoch)
            seconds.append(service.now_s)
        assert all(cabinet.status.owner_epoch == 1 for cabinet in street.cabinets.values())
        assert all(cabinet.status.mode is CabinetMode.REMOTE for cabinet in street.cabinets.values())
    assert epochs == [1, 1]
    assert seconds[1] > seconds[0]
    assert replay(tmp_path).segments == 2


async def test_a_link_that_was_lost_when_the_core_was_stored_is_used_again_after_a_restart(
    broker: BrokerSettings,
) -> None:
    """The new link begins as up and tells edges alone; the restored core must hear that it is."""
    async with street_of(0.0, real_time=True) as street:
        before = Controller(street.site.network)
        before.step(0.0, [LinkChange("J02", False, "the cable")])
        controller = Controller.restore(street.site.network, before.snapshot())
        assert controller.links_down() == ("J02",)
        settings = ServiceSettings(broker=broker, live=True)
        service = Service(settings, street.site, controller, StreetClock(), log=Quiet())
        async with running(service):
            await until(lambda: all(link.commands for link in service.status().links.values()))
    assert controller.links_down() == ()


def has_sent(service: Service, commands: int) -> bool:
    return service.counters()["commands"] >= commands


async def until(condition: Callable[[], bool]) -> None:
    """Let the service run until something holds."""
    for _ in range(2000):
        if condition():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it never came about")


class JumpingClock(StreetClock):
    """A machine that slept: control time jumps."""

    jumped_s = 0.0

    def now_s(self) -> float:
        return super().now_s() + self.jumped_s


async def test_after_a_pause_cabinets_are_met_again_before_they_are_commanded(broker: BrokerSettings) -> None:
    """Fault F46."""
    log = Quiet()
    async with street_of(0.0, real_time=True) as street:
        clock = JumpingClock()
        controller = Controller(street.site.network)
        service = Service(ServiceSettings(broker=broker, live=True), street.site, controller, clock, log=log)
        async with running(service):
            await until(lambda: service.counters()["commands"] >= 2)
            clock.jumped_s = 15.0
            await until(lambda: service.counters()["missed_seconds"] >= 14 and service.counters()["commands"] >= 4)
        links = service.status().links.values()
    assert ("pause", log.events[1][1]) == log.events[1]
    assert all(link.connections == 2 for link in links)


async def test_steps_past_their_deadline_are_told_to_the_core(broker: BrokerSettings) -> None:
    """Three in a row, and the strategy is given up for the fixed plan."""
    async with street_of(0.0, real_time=True) as street:
        settings = ServiceSettings(broker=broker, live=True, strategy="actuated", step_deadline_s=1e-9)
        service, _ = open_service(settings, street.site, log=Quiet())
        async with running(service):
            await until(lambda: {view.rung_reason for view in service.views()} == {Reason.STRATEGY_LATE})
        assert {view.rung for view in service.views()} == {Rung.PLAN}
        assert service.counters()["late_steps"] >= 3


async def test_no_broker_is_told_with_its_address(free_tcp_port: int) -> None:
    async with street_of(0.0) as street:
        settings = ServiceSettings(broker=BrokerSettings(port=free_tcp_port))
        service, _ = open_service(settings, street.site, log=Quiet())
        with pytest.raises(BrokerUnreachable, match=f"127.0.0.1:{free_tcp_port}"):
            await service.run()


async def test_cabinets_that_are_not_there_are_named_all_at_once(broker: BrokerSettings) -> None:
    ports = {"J01": free_port(), "J02": free_port()}
    service, _ = open_service(ServiceSettings(broker=broker), make_site(ports), log=Quiet())
    with pytest.raises(CabinetUnreachable) as unreachable:
        await service.run()
    for junction, port in ports.items():
        assert f"{junction} at 127.0.0.1:{port}: no connection" in str(unreachable.value)


async def test_one_cabinet_that_is_not_there_stops_a_simulation_and_not_a_street(broker: BrokerSettings) -> None:
    async with street_of(0.0, real_time=True) as street:
        site = make_site({"J01": street.server.ports["J01"], "J02": free_port()})
        service, _ = open_service(ServiceSettings(broker=broker, cabinets_at_start="all"), site, log=Quiet())
        with pytest.raises(CabinetUnreachable, match=r"1 cabinet does not answer"):
            await service.run()
        log = Quiet()
        service, _ = open_service(ServiceSettings(broker=broker), site, log=log)
        async with running(service):
            await until(lambda: any(event == "link" for event, _ in log.events))
        assert service.counters()["links_down"] == 1
        assert [values["junction"] for event, values in log.events if event == "link"] == ["J02"]


async def test_a_simulation_that_is_gone_ends_the_service(broker: BrokerSettings) -> None:
    async with street_of(BEGIN_S) as street:
        lock_step = LOCK_STEP.model_copy(update={"patience_s": 0.05})
        service, _ = open_service(ServiceSettings(broker=broker, lock_step=lock_step), street.site, log=Quiet())
        with pytest.raises(LockStepEnded, match="no tick of the simulation"):
            await service.run()


async def test_settings_that_cannot_work_are_refused_before_anything_is_connected(tmp_path: Path) -> None:
    async with street_of(0.0) as street:
        with pytest.raises(SettingsError, match="unknown strategy 'magic'"):
            open_service(ServiceSettings(strategy="magic"), street.site)
        settings = ServiceSettings(journal=JournalSettings(folder=tmp_path))
        (tmp_path / "journal-000001.sqlite").write_bytes(b"rubbish" * 100)
        _, notes = open_service(settings, street.site, log=Quiet())
        assert "was set aside as journal-000001.unreadable" in notes[0]
