"""Does the Modbus server let nothing in but whole command blocks, and answer as the protocol says?"""

import asyncio
import struct
from collections.abc import AsyncIterator

import pytest
from pymodbus.client import AsyncModbusTcpClient
from pymodbus.pdu.mei_message import ReadDeviceInformationResponse

from controller.events import CommandKind
from field_io.registers import ResultCode, decode_identity, decode_status, encode_command
from sim.cabinet import CabinetServer, PlcCabinet, Port, VirtualCabinet
from sim.cabinet.server import MAX_CONNECTIONS
from tests.cabinets import KEY, Centre, crossroads, in_remote

WORDS = struct.Struct(">40H")


class Line:
    """A raw connection: PDUs out, PDUs in."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, pdu: bytes, transaction: int = 1, unit: int = 1) -> None:
        self.writer.write(struct.pack(">HHHB", transaction, 0, len(pdu) + 1, unit) + pdu)
        await self.writer.drain()

    async def receive(self) -> tuple[int, bytes]:
        head = await asyncio.wait_for(self.reader.readexactly(7), 2)
        transaction, _, length, _ = struct.unpack(">HHHB", head)
        return transaction, await self.reader.readexactly(length - 1)

    async def ask(self, pdu: bytes, unit: int = 1) -> bytes:
        await self.send(pdu, unit=unit)
        return (await self.receive())[1]


@pytest.fixture
def cabinet() -> VirtualCabinet:
    return in_remote()[0]


@pytest.fixture
async def server(cabinet: VirtualCabinet) -> AsyncIterator[CabinetServer]:
    async with CabinetServer({"J01": cabinet}, {"J01": Port()}).running() as running:
        yield running


@pytest.fixture
async def line(server: CabinetServer) -> AsyncIterator[Line]:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.ports["J01"])
    yield Line(reader, writer)
    writer.close()
    await writer.wait_closed()


def fc16(words: bytes, address: int = 0, count: int = 40) -> bytes:
    return struct.pack(">BHHB", 16, address, count, len(words)) + words


def fc23(words: bytes, read_address: int = 1000, read_count: int = 100) -> bytes:
    return struct.pack(">BHHHHB", 23, read_address, read_count, 0, 40, 80) + words


async def test_pymodbus_reads_identity_and_commands_in_one_round_trip(
    server: CabinetServer, cabinet: VirtualCabinet
) -> None:
    client = AsyncModbusTcpClient("127.0.0.1", port=server.ports["J01"])
    await client.connect()
    identity = decode_identity((await client.read_input_registers(0, count=32, device_id=1)).registers)
    block = Centre(cabinet).block(CommandKind.REQUEST_STAGE, stage=2, sequence=90_311)
    answer = await client.readwrite_registers(
        read_address=1000, read_count=100, write_address=0, values=list(encode_command(block, KEY)), device_id=1
    )
    status = decode_status(answer.registers)
    client.close()
    assert identity.cabinet_id == 1042
    assert (status.accepted_sequence, status.result) == (90_311, ResultCode.ACCEPTED)
    assert status.connections == 1


async def test_pymodbus_reads_the_device_identification(server: CabinetServer) -> None:
    client = AsyncModbusTcpClient("127.0.0.1", port=server.ports["J01"])
    await client.connect()
    whole = await client.read_device_information(read_code=1, object_id=0, device_id=1)
    one = await client.read_device_information(read_code=4, object_id=1, device_id=1)
    client.close()
    assert isinstance(whole, ReadDeviceInformationResponse)
    assert isinstance(one, ReadDeviceInformationResponse)
    assert whole.information == {0: b"Fai Khiao", 1: b"virtual cabinet TSC-MB/1.0", 2: b"1.0"}
    assert one.information == {1: b"virtual cabinet TSC-MB/1.0"}


@pytest.mark.parametrize("function", [1, 2, 5, 6, 8, 15, 20, 21, 22, 24, 100])
async def test_other_functions_are_refused_by_name(line: Line, function: int) -> None:
    assert await line.ask(struct.pack(">BHH", function, 0, 1)) == bytes((function | 0x80, 1))


@pytest.mark.parametrize(
    ("pdu", "code"),
    [
        (fc16(bytes(78), count=39), 2),
        (fc16(bytes(82), count=41), 2),
        (fc16(bytes(80), address=1), 2),
        (fc16(bytes(80), address=1000), 2),
        (fc16(bytes(78), count=40), 3),
        (fc16(bytes(80)), 3),  # no CRC, no magic
        (fc16(b"", count=0), 3),
        (b"\x10\x00", 3),
        (b"\x17\x00", 3),
    ],
)
async def test_a_partial_or_wrong_write_changes_nothing(
    line: Line, cabinet: VirtualCabinet, pdu: bytes, code: int
) -> None:
    before, aspects = cabinet.status, cabinet.aspects
    assert (await line.ask(pdu))[1] == code
    after = cabinet.status
    assert (after.accepted_sequence, after.owner_epoch, cabinet.aspects) == (
        before.accepted_sequence,
        before.owner_epoch,
        aspects,
    )
    assert after.non_conforming_writes == before.non_conforming_writes + 1


async def test_a_bad_read_range_keeps_the_write_from_happening(line: Line, cabinet: VirtualCabinet) -> None:
    words = WORDS.pack(*encode_command(Centre(cabinet).block(CommandKind.REQUEST_STAGE, stage=2, sequence=500), KEY))
    before = cabinet.status
    assert await line.ask(fc23(words, read_address=5000, read_count=1)) == b"\x97\x02"
    assert await line.ask(fc23(words, read_count=126)) == b"\x97\x03"
    assert cabinet.status.received_sequence == before.received_sequence
    assert (await line.ask(fc23(words)))[:2] == b"\x17\xc8"
    assert cabinet.status.accepted_sequence == 500


@pytest.mark.parametrize(
    ("pdu", "answer"),
    [
        (struct.pack(">BHH", 4, 32, 1), b"\x84\x02"),
        (struct.pack(">BHH", 4, 199, 2), b"\x84\x02"),
        (struct.pack(">BHH", 3, 40, 1), b"\x83\x02"),
        (struct.pack(">BHH", 3, 1000, 0), b"\x83\x03"),
        (struct.pack(">BHH", 3, 1000, 126), b"\x83\x03"),
        (struct.pack(">BH", 3, 1000), b"\x83\x03"),
        (struct.pack(">BHH", 4, 17, 1), b"\x04\x02\x00\x64"),  # scan period 100 ms
        (b"\x2b\x0d\x01\x00", b"\xab\x01"),
        (b"\x2b\x0e\x04\x09", b"\xab\x02"),
        (b"\x2b\x0e\x07\x00", b"\xab\x03"),
    ],
)
async def test_reads_keep_to_what_is_there(line: Line, pdu: bytes, answer: bytes) -> None:
    assert await line.ask(pdu) == answer


async def test_frames_in_pieces_and_frames_in_one_piece_are_all_answered(line: Line) -> None:
    frame = struct.pack(">HHHB", 7, 0, 6, 1) + struct.pack(">BHH", 4, 0, 1)
    for byte in frame:
        line.writer.write(bytes((byte,)))
        await line.writer.drain()
    assert (await line.receive())[0] == 7
    line.writer.write(b"".join(struct.pack(">H", tid) + frame[2:] for tid in (8, 9, 10)))
    assert [(await line.receive())[0] for _ in range(3)] == [8, 9, 10]


@pytest.mark.parametrize(
    "garbage", [b"\x00\x01\x00\x01\x00\x06\x01\x04", b"\x00\x01\x00\x00\x00\x01\x01", b"GET / HTTP/1.1\r\n"]
)
async def test_what_is_no_modbus_is_hung_up_on(line: Line, garbage: bytes) -> None:
    line.writer.write(garbage)
    with pytest.raises((asyncio.IncompleteReadError, ConnectionError)):
        await asyncio.wait_for(line.reader.readexactly(1), 2)


async def test_another_unit_id_is_not_ours(line: Line) -> None:
    assert await line.ask(struct.pack(">BHH", 4, 0, 1), unit=9) == b"\x84\x0b"
    assert (await line.ask(struct.pack(">BHH", 4, 0, 1), unit=0xFF))[0] == 4


async def test_connections_are_counted_and_capped(server: CabinetServer, cabinet: VirtualCabinet) -> None:
    writers = []
    for _ in range(MAX_CONNECTIONS + 3):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", server.ports["J01"])
        except ConnectionError:
            continue
        writers.append(writer)
    for _ in range(50):
        await asyncio.sleep(0)
    assert cabinet.status.connections == MAX_CONNECTIONS
    for writer in writers:
        writer.close()


async def test_a_cabinet_without_power_is_silent(line: Line, cabinet: VirtualCabinet) -> None:
    cabinet.power_off()
    await line.send(struct.pack(">BHH", 4, 0, 1))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(line.receive(), 0.05)
    cabinet.power_on()
    assert (await line.ask(struct.pack(">BHH", 4, 0, 1)))[0] == 4


async def test_each_cabinet_has_its_port_and_lock_step_moves_them_together() -> None:
    cabinets = {name: in_remote()[0] for name in ("J01", "J02")}
    async with CabinetServer(cabinets, {"J01": Port(), "J02": Port()}).running() as server:
        assert len(set(server.ports.values())) == 2
        server.advance(1005)
    assert {cabinet.now_ds for cabinet in cabinets.values()} == {1005}


async def test_in_real_time_a_request_finds_the_cabinet_at_the_moment_it_arrives(cabinet: VirtualCabinet) -> None:
    clock_s = 100.0
    async with CabinetServer({"J01": cabinet}, {"J01": Port()}, wall_clock=lambda: clock_s).running() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.ports["J01"])
        clock_s = 101.23
        pdu = await Line(reader, writer).ask(struct.pack(">BHH", 4, 100, 1))
        writer.close()
    assert cabinet.now_ds == 1012
    assert struct.unpack(">H", pdu[2:]) == (1012,)


async def test_a_port_that_is_taken_is_named(free_tcp_port: int) -> None:
    taken = await asyncio.start_server(lambda _r, _w: None, "127.0.0.1", free_tcp_port)
    cabinets = {name: in_remote()[0] for name in ("J01", "J02")}
    ports = {"J01": Port(), "J02": Port(port=free_tcp_port)}
    with pytest.raises(OSError, match=f"cabinet J02 cannot listen on 127.0.0.1:{free_tcp_port}"):
        async with CabinetServer(cabinets, ports).running():
            pass
    taken.close()
    await taken.wait_closed()


async def test_plc_basic_has_four_registers_and_no_more() -> None:
    cabinet = PlcCabinet(crossroads(), now_ds=0, unix_at_zero_s=0.0)
    cabinet.advance(1000)
    async with CabinetServer({"J01": cabinet}, {"J01": Port()}).running() as server:
        reader, writer = await asyncio.open_connection("127.0.0.1", server.ports["J01"])
        line = Line(reader, writer)
        written = await line.ask(struct.pack(">BHHHHBHH", 23, 0, 4, 0, 2, 4, 1, 77))
        assert struct.unpack(">BB4H", written) == (23, 8, 1, 77, 1, 0)
        assert await line.ask(struct.pack(">BHH", 4, 0, 1)) == b"\x84\x01"
        assert await line.ask(struct.pack(">BHHBHH", 16, 0, 2, 4, 9, 78)) == b"\x90\x03"
        assert await line.ask(struct.pack(">BHHBH", 16, 0, 1, 2, 2)) == b"\x90\x02"
        assert await line.ask(struct.pack(">BHH", 3, 3, 2)) == b"\x83\x02"
        writer.close()
