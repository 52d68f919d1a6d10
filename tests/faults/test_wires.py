"""F28-F32, F62, F63 over real sockets: whatever a wire does to frames, is a cabinet ever told what nobody meant?"""

import asyncio
import random
import time
from collections.abc import Sequence

import pytest

from controller.events import CabinetReport
from field_io.modbus_link import CabinetLink
from field_io.registers import block_crc
from field_io.session import CabinetSession
from plans import CabinetAddress
from sim.chaos.proxy import ChaosProxy, Frames
from sim.chaos.street import RecordedCabinet, Street
from sim.chaos.toxics import TOXICS, Framing, Way
from tests.unit.field_io.street import command

ROUNDS = 14
HEAL_S = 60.0
"""Far beyond what a link needs on a machine that is free."""


class SignedSession(CabinetSession):
    """A session that remembers every block that it made."""

    made: dict[int, int]

    def block(self, *asked: object) -> tuple[int, ...] | None:
        words = super().block(*asked)  # type: ignore[arg-type]  # as it came
        if words is not None:
            self.made[words[6] << 16 | words[7]] = block_crc(words)
        return words


async def drive(street: Street, cabinet: RecordedCabinet, proxy: ChaosProxy, toxic: str) -> Sequence[tuple[int, int]]:
    """Rounds over a bad wire, then over a good one until the cabinet answers; (sequence, CRC) that were believed."""
    junction = next(j for j in street.site.network.junctions if j.id == cabinet.junction)
    session = SignedSession(junction, cabinet.key, epoch=5)
    session.made = {}
    address = CabinetAddress(cabinet.junction, "TSC-MB/1.0", "127.0.0.1", proxy.own_port, 1)
    link = CabinetLink(junction.id, address, session, random.Random(3))
    believed = []

    async def a_round(number: int) -> bool:
        now_s = time.monotonic()
        status = session.status
        asked = None
        if status is not None:
            asked = command(
                junction.id,
                stage=1 + number % 2,
                expected_stage=status.active_stage,
                expected_mode=status.mode,
                issued_s=now_s,
                valid_until_s=now_s + 1,
            )
        events = await link.round(asked, now_s, time.time())
        reports = [event for event in events if isinstance(event, CabinetReport)]
        if any(report.accepted for report in reports):
            believed.append(list(session.made.items())[-1])
        return bool(reports)

    assert await a_round(0)
    proxy.toxic = TOXICS[toxic]()
    for number in range(ROUNDS):
        await a_round(number)
        await asyncio.sleep(0.05)
    proxy.toxic = None
    healed_s = time.monotonic()
    while not await a_round(ROUNDS):
        assert time.monotonic() - healed_s < HEAL_S, f"{toxic}: no report over a good wire"
        await asyncio.sleep(0.1)
    link.close()
    taken = {(block.sequence, block.epoch) for block in cabinet.taken}
    assert taken <= {(sequence, 5) for sequence in session.made}, toxic
    assert {sequence for sequence, _ in believed} <= {sequence for sequence, _ in taken}, toxic
    return believed


async def test_no_wire_tells_a_cabinet_what_nobody_meant() -> None:
    """Every kind at once, each before a cabinet of its own."""
    street = Street(len(TOXICS))
    async with street.open():
        async with asyncio.TaskGroup() as tasks:
            for cabinet, toxic in zip(street.recorded(), TOXICS, strict=True):
                tasks.create_task(behind(street, cabinet, toxic))
        assert street.breaches == []
        assert street.left_early == []


async def behind(street: Street, cabinet: RecordedCabinet, toxic: str) -> None:
    async with ChaosProxy(street.ports[cabinet.junction], Framing.MODBUS, seed=7).running() as proxy:
        believed = await drive(street, cabinet, proxy, toxic)
        assert proxy.counted["frames"]
        if toxic in {"duplicate", "slice", "replay"}:
            assert believed, toxic  # these cost nothing: it is driven all the same


@pytest.mark.parametrize("pieces", [1, 3, 7, 50])
@pytest.mark.parametrize(
    ("framing", "frames"),
    [
        (Framing.MODBUS, [b"\0\1\0\0\0\6\1\3\0\0\0\1", b"\0\2\0\0\0\3\1\x83\2"]),
        (Framing.MQTT, [b"\x30\x03\0\1a", b"\xc0\0", b"\x30\x80\x01" + bytes(128)]),
    ],
)
def test_frames_are_cut_where_they_end(framing: Framing, frames: list[bytes], pieces: int) -> None:
    stream, cut = b"".join(frames), Frames(framing)
    found = [frame for place in range(0, len(stream), pieces) for frame in cut(stream[place : place + pieces])]
    assert found == frames


def test_one_seed_is_one_fate() -> None:
    for make in TOXICS.values():
        fates = [
            [make()(b"frame of some length", Way.UP, chance) for _ in range(40)]
            for chance in map(random.Random, (1, 1))
        ]
        assert fates[0] == fates[1]
