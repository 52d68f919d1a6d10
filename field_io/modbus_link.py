"""The link to one cabinet over Modbus TCP: once a second one round trip that writes the command and reads it back.

Each cabinet has its own connection, its own task and its own deadline, so one that is dead, slow or lying delays no
other. After anything that went wrong the connection is given up; on the next one identity and status are read first, so
that the cabinet's own echo tells what became of the block under way, and no old decision is resumed (4.5, rules 5, 7).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import socket
import time
from collections.abc import Awaitable

from pymodbus.exceptions import ModbusException
from pymodbus.pdu import ModbusPDU

from controller.events import CabinetReport, Input, PermittedCommand
from field_io.clock import Clock
from field_io.inbox import Inbox
from field_io.link_health import LinkHealth, LinkState, RoundFailed
from field_io.modbus_client import CabinetClient
from field_io.plan_note import PLAN_NOTE
from field_io.profiles import Address
from field_io.session import Registers, Rejected, Session
from field_io.tls import Credentials

TIMEOUT_S = 0.5
"""For a connection, and for each answer; the library's own 3 s x 4 would hold a cabinet up for 12 s."""
DEADLINE_S = 0.9
"""For all of a round, connecting included: it ends before the next second begins."""
USER_TIMEOUT_MS = 3000
"""Unacknowledged data ends a TCP connection after this: a pulled cable says nothing by itself."""
KEEPALIVE = ((socket.TCP_KEEPIDLE, 5), (socket.TCP_KEEPINTVL, 2), (socket.TCP_KEEPCNT, 2))
logging.getLogger("pymodbus.logging").setLevel(logging.CRITICAL)
"""The library dumps its last frames at every failed request; what failed is told here, once, at the edge."""


class CabinetLink:
    """One cabinet's connection; used by one task."""

    def __init__(
        self,
        junction: str,
        address: Address,
        session: Session,
        chance: random.Random,
        credentials: Credentials | None = None,
    ) -> None:
        """`chance` spreads reconnections, seeded by who makes it; with `credentials` the link is TLS."""
        self.junction, self.address, self.session = junction, address, session
        self.credentials = credentials
        self._health = LinkHealth(junction, session, chance)
        self._client: CabinetClient | None = None

    @property
    def state(self) -> LinkState:
        """What may be shown of it."""
        return self._health.state

    async def round(self, command: PermittedCommand | None, now_s: float, unix_s: float) -> tuple[Input, ...]:
        """One exchange: write the command, if it may be written, and read the cabinet; never longer than the deadline.

        Answers the inputs that follow: a report, and a change of the link where one is seen.
        """
        try:
            async with asyncio.timeout(DEADLINE_S):
                report = await self._exchange(command, now_s, unix_s)
        except TimeoutError:
            return self._failed(RoundFailed(f"no answer within {DEADLINE_S:g} s"))
        except RoundFailed as failure:
            return self._failed(failure)
        return self._health.succeeded(report, now_s)

    def close(self) -> None:
        """Give the connection up."""
        self.session.disconnected()
        if self._client is not None:
            self._client.close()
            self._client = None

    async def _exchange(self, command: PermittedCommand | None, now_s: float, unix_s: float) -> CabinetReport:
        client = self._client if self._connected else None
        if client is None:
            self.close()
            client = await self._connect()
        if not self.session.identified:
            await self._identify(client, now_s)
        words = self.session.block(command, now_s, unix_s)
        if words is None:
            answer = await self._read(client, self.session.status_registers)
        else:
            self.state.commands += 1
            back = self.session.read_back_registers
            answer = await self._ask(
                client.readwrite_registers(
                    read_address=back.address,
                    read_count=back.count,
                    write_address=self.session.write_address,
                    values=words,
                    device_id=self.address.unit,
                )
            )
        report = self.session.report(answer.registers, now_s)
        if isinstance(report, Rejected):
            raise RoundFailed(report.detail, close=self._health.next_failure_is_down)
        await self._note_plans(client, now_s, unix_s)
        return report

    async def _note_plans(self, client: CabinetClient, now_s: float, unix_s: float) -> None:
        """Tell the cabinet which plans run, where it does not know; what comes of it shows in its next status."""
        words = self.session.plan_note(now_s, unix_s)
        if words is not None:
            with contextlib.suppress(RoundFailed):
                await self._answer(client.write_registers(PLAN_NOTE.first, list(words), device_id=self.address.unit))

    async def _connect(self) -> CabinetClient:
        if not self._health.may_connect(asyncio.get_running_loop().time()):
            raise RoundFailed(self._health.last_cause)
        if self.credentials is not None:
            self.credentials.renew()
        client = CabinetClient(self.junction, self.address.host, self.address.port, TIMEOUT_S, self.credentials)
        self._client = client
        if not await client.connect():
            raise RoundFailed(client.refusal or "no connection")
        self.state.connections += 1
        _watch_over(client)
        return client

    async def _identify(self, client: CabinetClient, now_s: float) -> None:
        where = self.session.identity_registers
        if where is None:
            return
        answer = await self._read(client, where)
        refused = self.session.identify(answer.registers, now_s)
        if refused is not None:
            raise RoundFailed(refused.detail, edge=True)

    async def _read(self, client: CabinetClient, where: Registers) -> ModbusPDU:
        read = client.read_input_registers if where.function == 4 else client.read_holding_registers
        return await self._ask(read(where.address, count=where.count, device_id=self.address.unit))

    async def _ask(self, request: Awaitable[ModbusPDU]) -> ModbusPDU:
        """One transaction of a round, counted."""
        self.state.round_trips += 1
        return await self._answer(request)

    async def _answer(self, request: Awaitable[ModbusPDU]) -> ModbusPDU:
        """One transaction; whatever goes wrong is a failed round. An exception never means that nothing was written."""
        try:
            answer = await request
        except (ModbusException, OSError) as error:
            raise RoundFailed(f"no answer within {TIMEOUT_S:g} s" if self._connected else "connection lost") from error
        client = self._client
        if client is not None and answer.transaction_id != client.ctx.request_transaction_id:
            raise RoundFailed("an answer without the number of its request")  # the library lets number 0 pass
        if answer.isError():
            raise RoundFailed.by_exception(answer.exception_code)
        return answer

    @property
    def _connected(self) -> bool:
        return self._client is not None and self._client.connected

    def _failed(self, failure: RoundFailed) -> tuple[Input, ...]:
        if failure.close:
            had_connection = self._client is not None
            self.close()
            if had_connection:
                self._health.gave_up_connection(asyncio.get_running_loop().time())
        else:
            self.session.disconnected()
        return self._health.failed(failure)


class Rounds:
    """Whether any of several cabinets' rounds has been posted and is not over."""

    def __init__(self) -> None:
        self._open = 0
        self._none = asyncio.Event()

    def begin(self) -> None:
        """One more."""
        self._open += 1
        self._none.clear()

    def end(self) -> None:
        """One of them is over, however."""
        self._open -= 1
        if not self._open:
            self._none.set()

    async def over(self, within_s: float) -> None:
        """Until all are over, but not longer than this [s]."""
        if self._open:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(within_s):
                    await self._none.wait()


class CabinetTask:
    """Keeps one link going in real time: a mailbox of one, and a round for each second that is posted."""

    def __init__(self, link: CabinetLink, clock: Clock, inbox: Inbox, rounds: Rounds) -> None:
        """`rounds`: of all cabinets, where each post and each round's end is counted."""
        self.link = link
        self._clock, self._inbox, self._rounds = clock, inbox, rounds
        self._newest: PermittedCommand | None = None
        self._posted = asyncio.Event()
        self._posted_s = 0.0

    def post(self, command: PermittedCommand | None) -> None:
        """Begin a round with this command, or with none; it replaces one that still waits."""
        if not self._posted.is_set():
            self._rounds.begin()
        self._newest = command
        self._posted_s = time.perf_counter()
        self._posted.set()

    async def run(self) -> None:
        """Until cancelled."""
        me = asyncio.current_task()
        try:
            # Python 3.11's wait_for, which the library uses, loses a cancellation that meets an answer: so look.
            while me is None or not me.cancelling():
                await self._posted.wait()
                self._posted.clear()
                command, self._newest = self._newest, None
                posted_s = self._posted_s
                try:
                    events = await self.link.round(command, self._clock.now_s(), self._clock.utc_s())
                finally:
                    self._rounds.end()
                self._inbox.put_all(events)
                said = events[-1] if events else None
                if command is not None and isinstance(said, CabinetReport) and said.accepted:
                    self._note_echo(command, posted_s)
        finally:
            self.link.close()

    def _note_echo(self, command: PermittedCommand, posted_s: float) -> None:
        state = self.link.state
        state.echoes += 1
        state.echo_ms = 1000 * (time.perf_counter() - posted_s)
        state.second_ms = 1000 * (self._clock.now_s() - command.issued_s)


def _watch_over(client: CabinetClient) -> None:
    """Let the kernel notice a dead peer, and send each frame at once."""
    sock = client.ctx.transport.get_extra_info("socket")
    if sock is None:
        return
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (*KEEPALIVE, (socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)):
        sock.setsockopt(socket.IPPROTO_TCP, option, value)
