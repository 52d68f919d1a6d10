"""Does a link carry commands to a real Modbus server and tell the truth about what became of them?"""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from controller.events import CabinetMode, CabinetReport, LinkChange
from controller.model import Junction
from field_io import link_health, modbus_link
from field_io.clock import LockStepClock
from field_io.inbox import Inbox
from field_io.modbus_link import CabinetLink, CabinetTask, Rounds
from field_io.profiles import open_session
from field_io.registers import laboratory_key
from plans import CabinetAddress, load_cabinet, load_site
from sim.cabinet import CabinetConfig, VirtualCabinet
from sim.cabinet.modbus import answer
from sim.cabinet.server import CabinetServer, Port
from tests.site_builder import make_site
from tests.unit.field_io.street import command, make_junction

BUNDLE = make_site()
SITE = load_site(BUNDLE)
J01 = SITE.network.junctions[0]
UNIX_S = 1_767_546_000.0


def make_cabinet(now_s: float = 0.0, boot_id: int = 1) -> VirtualCabinet:
    """The virtual cabinet of J01, in remote."""
    config = CabinetConfig.from_file(load_cabinet(BUNDLE, "J01"))
    cabinet = VirtualCabinet(
        config, boot_id=boot_id, key=laboratory_key("J01"), now_ds=round(now_s * 10), unix_at_zero_s=UNIX_S
    )
    cabinet.begin_in_remote(round(now_s * 10))
    return cabinet


def make_link(port: int, junction: Junction = J01, profile: str = "TSC-MB/1.0") -> CabinetLink:
    address = CabinetAddress(junction.id, profile, "127.0.0.1", port)
    return CabinetLink(junction.id, address, open_session(address, junction, epoch=1), random.Random(1))


@dataclass
class Street:
    """A cabinet behind a server, in lock-step."""

    server: CabinetServer
    cabinet: VirtualCabinet
    port: int


@pytest.fixture
async def street() -> AsyncIterator[Street]:
    cabinet = make_cabinet()
    async with CabinetServer({"J01": cabinet}, {"J01": Port()}).running() as server:
        yield Street(server, cabinet, server.ports["J01"])


def only_report(events: tuple[Any, ...]) -> CabinetReport:
    assert [type(event) for event in events] == [CabinetReport], events
    report = events[0]
    assert isinstance(report, CabinetReport)
    return report


async def test_the_first_round_meets_the_cabinet_and_the_next_commands_it(street: Street) -> None:
    link = make_link(street.port)
    first = only_report(await link.round(command(expected_stage=1), 0.0, UNIX_S))
    assert (first.mode, first.accepted) == (CabinetMode.REMOTE, None)
    street.server.advance(10)
    other = 2 if first.active_stage == 1 else 1
    asked = command(stage=other, expected_stage=first.active_stage, valid_until_s=2.0)
    second = only_report(await link.round(asked, 1.0, UNIX_S + 1))
    assert (second.accepted, second.next_stage) == (True, other)
    assert (link.state.round_trips, link.state.commands, link.state.connections) == (3, 1, 1)
    link.close()


async def test_without_a_command_the_cabinet_is_only_read(street: Street) -> None:
    link = make_link(street.port)
    for second in range(3):
        street.server.advance(10 * second)
        only_report(await link.round(None, float(second), UNIX_S))
    assert link.state.commands == 0
    assert street.cabinet.status.received_sequence == 0
    link.close()


async def test_an_expired_command_is_dropped_unsent(street: Street) -> None:
    link = make_link(street.port)
    await link.round(None, 0.0, UNIX_S)
    street.server.advance(30)
    only_report(await link.round(command(valid_until_s=2.0), 3.0, UNIX_S))
    assert link.state.commands == 0
    link.close()


async def test_a_cabinet_that_is_not_there_is_told_once_and_again_when_it_comes(
    free_tcp_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(link_health, "RECONNECT_S", (0.0, 0.0))
    link = make_link(free_tcp_port)
    assert await link.round(None, 0.0, UNIX_S) == (LinkChange("J01", False, "no connection"),)
    assert await link.round(None, 1.0, UNIX_S) == ()
    async with CabinetServer({"J01": make_cabinet()}, {"J01": Port(port=free_tcp_port)}).running():
        change, report = await link.round(None, 2.0, UNIX_S)
    assert isinstance(change, LinkChange)
    assert change.up
    assert isinstance(report, CabinetReport)
    assert link.state.up
    link.close()


async def test_another_configuration_is_refused_at_once(street: Street) -> None:
    other = replace(J01, safety_hash=J01.safety_hash ^ 1)
    link = make_link(street.port, other)
    (change,) = await link.round(None, 0.0, UNIX_S)
    assert isinstance(change, LinkChange)
    assert not change.up
    assert "hash of the safety data" in change.cause
    link.close()


async def test_a_wrong_key_is_refused_at_once_and_moves_nothing(street: Street) -> None:
    street.cabinet.key = b"another key of the cabinet"
    link = make_link(street.port)
    report = only_report(await link.round(None, 0.0, UNIX_S))
    street.server.advance(10)
    asked = command(stage=2, expected_stage=report.active_stage, valid_until_s=2.0)
    assert await link.round(asked, 1.0, UNIX_S) == (LinkChange("J01", False, "Modbus exception 03"),)
    assert street.cabinet.status.authentication_failures == 1
    link.close()


async def test_a_busy_cabinet_is_asked_again_on_the_same_connection(street: Street) -> None:
    link = make_link(street.port)
    report = only_report(await link.round(None, 0.0, UNIX_S))
    street.cabinet.not_ready = True
    asked = command(stage=2, expected_stage=report.active_stage, valid_until_s=99.0)
    street.server.advance(10)
    assert await link.round(asked, 1.0, UNIX_S) == ()
    street.cabinet.not_ready = False
    street.server.advance(20)
    only_report(await link.round(asked, 2.0, UNIX_S))
    assert link.state.connections == 1
    link.close()


async def test_a_cabinet_that_started_anew_is_met_again_before_it_is_commanded(street: Street) -> None:
    link = make_link(street.port)
    for second in range(3):
        street.server.advance(10 * second)
        only_report(await link.round(None, float(second), UNIX_S))
    street.cabinet.power_cycle()
    street.server.advance(30)
    assert await link.round(command(valid_until_s=99.0), 3.0, UNIX_S) == ()
    street.server.advance(40)
    report = only_report(await link.round(command(valid_until_s=99.0), 4.0, UNIX_S))
    assert report.mode is CabinetMode.START_UP
    assert link.state.commands == 0 or street.cabinet.status.accepted_sequence == 0
    link.close()


async def until(condition: Callable[[], bool]) -> None:
    """Let the other tasks run until something holds."""
    for _ in range(5000):
        if condition():
            return
        await asyncio.sleep(0.001)
    pytest.fail("it never came about")


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def raw_server(handle: Handler) -> AsyncIterator[int]:
    """A TCP server that does with each connection what `handle` says."""
    writers: list[asyncio.StreamWriter] = []

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        await handle(reader, writer)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.close()
        await server.wait_closed()


async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while await reader.read(4096):
        pass


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def rubbish(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    chance = random.Random(3)
    while await reader.read(4096):
        writer.write(chance.randbytes(200))


async def wrong_transaction(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Answer every request as if it were another one's answer."""
    while request := await reader.read(4096):
        count = int.from_bytes(request[10:12], "big")
        body = bytes((request[6], request[7], 2 * count)) + bytes(2 * count)
        writer.write((77).to_bytes(2, "big") + bytes(2) + len(body).to_bytes(2, "big") + body)


async def no_transaction(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """The right words under transaction 0, which the library takes for anybody's."""
    cabinet = make_cabinet()
    while request := await reader.read(4096):
        reply = answer(cabinet, request[7:])
        writer.write(bytes(4) + (len(reply) + 1).to_bytes(2, "big") + request[6:7] + reply)


async def truncated(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while request := await reader.read(4096):
        writer.write(request[:4] + b"\x00\x43" + request[6:8] + b"\x40" + bytes(20))


async def too_short(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One register where thirty-two were asked for."""
    while request := await reader.read(4096):
        writer.write(request[:4] + b"\x00\x05" + request[6:8] + b"\x02\x54\x53")


@pytest.mark.parametrize("handle", [silent, hang_up, rubbish, wrong_transaction, no_transaction, truncated, too_short])
async def test_whatever_answers_that_is_no_cabinet_is_never_believed(handle: Handler) -> None:
    """Faults F28, F29, F31: half-open, mute, mad and mixed up."""
    async with raw_server(handle) as port:
        link = make_link(port)
        (change,) = await link.round(None, 0.0, UNIX_S)
        assert isinstance(change, LinkChange)
        assert not change.up
        assert not link.session.identified
        link.close()


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5, 6, 10, 11])
async def test_every_modbus_exception_is_told_by_its_number(code: int) -> None:
    """Fault F30."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await reader.read(4096):
            writer.write(request[:4] + b"\x00\x03" + request[6:7] + bytes((request[7] | 0x80, code)))

    async with raw_server(refuse) as port:
        link = make_link(port)
        assert await link.round(None, 0.0, UNIX_S) == (LinkChange("J01", False, f"Modbus exception {code:02}"),)
        assert link.state.round_trips == 1
        link.close()


async def test_a_link_that_goes_silent_is_down_within_three_rounds(
    street: Street, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(modbus_link, "TIMEOUT_S", 0.03)
    monkeypatch.setattr(link_health, "RECONNECT_S", (0.0, 0.0))
    link = make_link(street.port)
    only_report(await link.round(None, 0.0, UNIX_S))
    link.address = replace(SITE.addresses["J01"], port=1)  # nothing listens there
    link.close()
    rounds = [await link.round(None, 1.0 + second, UNIX_S) for second in range(4)]
    assert rounds == [(), (), (LinkChange("J01", False, "no connection"),), ()]


async def test_one_silent_cabinet_delays_no_other(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modbus_link, "TIMEOUT_S", 60.0)
    monkeypatch.setattr(modbus_link, "DEADLINE_S", 60.0)
    clock, inbox = LockStepClock(UNIX_S), Inbox(SITE.network)
    async with raw_server(silent) as port, asyncio.TaskGroup() as group:
        rounds = Rounds()
        dead, alive = (CabinetTask(make_link(where), clock, inbox, rounds) for where in (port, street.port))
        running = [group.create_task(task.run()) for task in (dead, alive)]
        for second in range(5):
            clock.set(float(second))
            street.server.advance(10 * second)
            for task in (dead, alive):
                task.post(None)
            await until(lambda: alive.link.state.reported_s == clock.now_s())
        assert dead.link.state.round_trips == 1
        assert len(inbox.drain()) == 5
        for task_running in running:
            task_running.cancel()


async def test_rounds_are_over_when_all_have_ended_and_a_silent_cabinet_is_not_waited_for_longer_than_said(
    street: Street,
) -> None:
    clock, inbox, rounds = LockStepClock(UNIX_S), Inbox(SITE.network), Rounds()
    task = CabinetTask(make_link(street.port), clock, inbox, rounds)
    await rounds.over(60.0)  # nothing was posted
    async with asyncio.TaskGroup() as group:
        running = group.create_task(task.run())
        task.post(None)
        task.post(None)  # replaces the first: one round
        await rounds.over(60.0)
        assert len(inbox.drain()) == task.link.state.round_trips - 1 == 1  # the identity was read too
        rounds.begin()  # a cabinet that never answers
        await rounds.over(0.01)
        waiting = group.create_task(rounds.over(60.0))
        await asyncio.sleep(0)
        assert not waiting.done()
        rounds.end()
        await waiting
        running.cancel()


async def test_a_newer_command_replaces_one_that_still_waits(street: Street) -> None:
    clock, inbox = LockStepClock(UNIX_S), Inbox(SITE.network)
    link = make_link(street.port)
    report = only_report(await link.round(None, 0.0, UNIX_S))
    street.server.advance(10)
    clock.set(1.0)
    task = CabinetTask(link, clock, inbox, Rounds())
    other = 3 - report.active_stage
    for stage in (report.active_stage, 99, other):
        task.post(command(stage=stage, expected_stage=report.active_stage, valid_until_s=2.0))
    async with asyncio.TaskGroup() as group:
        running = group.create_task(task.run())
        await until(lambda: street.cabinet.status.next_stage == other)
        running.cancel()
    assert link.state.commands == 1


async def test_a_cabinet_that_acknowledges_and_does_not_apply_is_left_alone(street: Street) -> None:
    """Fault F35: after three such blocks the link is down, and stays so for a minute though reports are good."""
    street.cabinet.write_holding = lambda address, words: 0  # type: ignore[method-assign]  # the lying cabinet
    link = make_link(street.port)
    report = only_report(await link.round(None, 0.0, UNIX_S))
    changes = []
    for second in range(1, 70):
        street.server.advance(10 * second)
        asked = command(stage=2, expected_stage=report.active_stage, valid_until_s=1e9) if second <= 3 else None
        changes += [
            (second, event.up)
            for event in await link.round(asked, float(second), UNIX_S)
            if isinstance(event, LinkChange)
        ]
    assert changes == [(3, False), (63, True)]
    link.close()


async def test_the_small_profile_travels_too() -> None:
    """A programmable controller of four registers behind the same link."""
    registers = [0, 41, 1, 0]

    async def plc(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while request := await reader.read(4096):
            if request[7] == 23:
                registers[0:2] = [int.from_bytes(request[at : at + 2], "big") for at in (17, 19)]
            body = request[6:8] + b"\x08" + b"".join(word.to_bytes(2, "big") for word in registers)
            writer.write(request[:4] + len(body).to_bytes(2, "big") + body)

    junction = make_junction("J01", 1)
    async with raw_server(plc) as port:
        link = make_link(port, junction, "plc-basic")
        only_report(await link.round(command(valid_until_s=9.0), 0.0, UNIX_S))
        report = only_report(await link.round(command(valid_until_s=9.0), 1.0, UNIX_S))
        assert report.accepted is True
        assert registers[:2] == [2, 42]
        link.close()
