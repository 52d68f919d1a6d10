"""Do Modbus programs that others wrote read our frames as we mean them, and we theirs?

mbpoll stands on libmodbus, tshark has its own dissector, pyModbusTCP its own client and server: none shares a line with
pymodbus, our servers or our clients.
"""

import asyncio
import json
import random
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pyModbusTCP.client import ModbusClient
from pyModbusTCP.server import DataHandler, ModbusServer

from controller.events import CabinetReport, CommandKind, Input
from field_io.cabinet_check import Probe, TcpLine, Verdict, chosen, walk
from field_io.modbus_link import CabinetLink
from field_io.profiles import open_session
from field_io.registers import ResultCode, decode_identity, decode_status, encode_command, encode_identity
from field_io.session import Session
from plans import CabinetAddress, load_site
from sim.cabinet import VirtualCabinet
from tests.cabinet_street import EXAMPLE, KEY, CabinetStreet
from tests.cabinets import Centre
from tests.conformance.frames import Relay, write_capture
from tests.unit.field_io.street import command

SITE = load_site(EXAMPLE)
J01 = SITE.network.junctions[0]


@pytest.fixture
def street() -> Iterator[CabinetStreet]:
    """A cabinet whose time stands still, so that what is read twice is the same."""
    with CabinetStreet() as one:
        yield one


def right_block(cabinet: VirtualCabinet) -> tuple[int, ...]:
    return encode_command(Centre(cabinet, epoch=3).block(CommandKind.REQUEST_STAGE, stage=2), KEY)


# ---------------------------------------------------------------------------------------------------- mbpoll, libmodbus


def mbpoll(street: CabinetStreet, *words: object) -> tuple[int, str]:
    """One call; addresses are PDU addresses (-0), polled once (-1)."""
    options = ["-m", "tcp", "-a", "1", "-0", "-1", "-q", "-p", street.port]
    call = ["mbpoll", *map(str, options), *map(str, words)]
    run = subprocess.run(call, capture_output=True, text=True, check=False, timeout=20)
    return run.returncode, run.stdout + run.stderr


def values(output: str) -> list[int]:
    return [int(text, 0) for text in re.findall(r"^\[\d+\]:\s+(0x[0-9A-Fa-f]+|-?\d+)", output, re.MULTILINE)]


@pytest.mark.mbpoll
def test_mbpoll_reads_the_identity_word_for_word(street: CabinetStreet) -> None:
    code, output = mbpoll(street, "-t", "3:hex", "-r", "0", "-c", "32", "127.0.0.1")
    assert code == 0, output
    assert tuple(values(output)) == encode_identity(street.cabinet.identity)


@pytest.mark.mbpoll
def test_mbpoll_reads_wide_values_with_the_high_word_first(street: CabinetStreet) -> None:
    code, output = mbpoll(street, "-t", "3:int", "-B", "-r", "2", "-c", "2", "127.0.0.1")
    assert code == 0, output
    assert values(output) == [street.cabinet.identity.cabinet_id, street.cabinet.identity.junction_number]


@pytest.mark.mbpoll
def test_mbpoll_reads_the_snapshot_in_both_places(street: CabinetStreet) -> None:
    _, input_registers = mbpoll(street, "-t", "3:hex", "-r", "100", "-c", "100", "127.0.0.1")
    _, mirror = mbpoll(street, "-t", "4:hex", "-r", "1000", "-c", "100", "127.0.0.1")
    found = decode_status(values(input_registers))
    assert replace(found, connections=0) == replace(decode_status(values(mirror)), connections=0)
    assert replace(found, connections=0) == replace(street.cabinet.status, connections=0)


@pytest.mark.mbpoll
def test_mbpoll_writes_a_block_and_the_cabinet_obeys(street: CabinetStreet) -> None:
    code, output = mbpoll(street, "-t", "4:hex", "-r", "0", "127.0.0.1", "--", *map(hex, right_block(street.cabinet)))
    assert code == 0, output
    assert "Written 40 references" in output
    assert (street.cabinet.status.result, street.cabinet.status.owner_epoch) == (ResultCode.ACCEPTED, 3)


@pytest.mark.mbpoll
@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("-t", "4", "-r", "0", "127.0.0.1", "--", *["1"] * 39), "Illegal data address"),
        (("-t", "4", "-r", "0", "127.0.0.1", "--", *["1"] * 40), "Illegal data value"),
        (("-t", "4", "-r", "9", "127.0.0.1", "--", "1"), "Illegal function"),  # one value goes by FC06
        (("-t", "4", "-r", "1046", "127.0.0.1", "--", "0", "0"), "Illegal data address"),
        (("-t", "0", "-r", "0", "-c", "1", "127.0.0.1"), "Illegal function"),
        (("-t", "3", "-r", "32", "-c", "1", "127.0.0.1"), "Illegal data address"),
    ],
)
def test_mbpoll_is_told_why_and_nothing_changes(street: CabinetStreet, words: tuple[str, ...], says: str) -> None:
    before = street.cabinet.aspects, street.cabinet.mode
    code, output = mbpoll(street, *words)
    assert (code != 0, says in output) == (True, True), output
    assert (street.cabinet.aspects, street.cabinet.mode) == before
    assert street.cabinet.status.owner_epoch == 0


# ------------------------------------------------------------------------------------------------------- pyModbusTCP


@pytest.fixture
def client(street: CabinetStreet) -> Iterator[ModbusClient]:
    one = ModbusClient(host="127.0.0.1", port=street.port, unit_id=1, auto_open=True, timeout=5.0)
    yield one
    one.close()


def test_another_client_reads_writes_and_reads_back(street: CabinetStreet, client: ModbusClient) -> None:
    identity = decode_identity(client.read_input_registers(0, 32))
    assert identity == street.cabinet.identity
    block = right_block(street.cabinet)
    back = client.write_read_multiple_registers(0, list(block), 1000, 100)
    status = decode_status(back)
    assert (status.result, status.owner_epoch, status.accepted_sequence) == (ResultCode.ACCEPTED, 3, 1)
    assert tuple(client.read_holding_registers(0, 40)) == block


def test_another_client_identifies_the_device(client: ModbusClient) -> None:
    told = client.read_device_identification(read_code=1, object_id=0)
    assert told is not None
    assert told.vendor_name == b"Fai Khiao"
    assert b"TSC-MB/1.0" in told.product_code


def test_another_client_understands_the_exceptions(client: ModbusClient) -> None:
    asked: list[tuple[Callable[[], object], int]] = [
        (lambda: client.write_single_register(9, 1), 1),
        (lambda: client.read_coils(0, 1), 1),
        (lambda: client.write_multiple_registers(1, [0] * 40), 2),
        (lambda: client.write_multiple_registers(0, [0] * 40), 3),
    ]
    for ask, code in asked:
        assert not ask()
        assert client.last_except == code


def words_of(cabinet: VirtualCabinet) -> Any:
    """A cabinet behind the other stack's server: its words, that server's frames."""
    handler = DataHandler()
    told = handler.Return

    handler.read_i_regs = lambda address, count, _: told(exp_code=0, data=list(cabinet.read_input(address, count)))
    handler.read_h_regs = lambda address, count, _: told(exp_code=0, data=list(cabinet.read_holding(address, count)))
    handler.write_h_regs = lambda address, words, _: told(exp_code=cabinet.write_holding(address, words))
    return handler


async def test_our_link_commands_a_cabinet_behind_another_server(free_tcp_port: int) -> None:
    with CabinetStreet() as street:
        cabinet = street.cabinet
    server = ModbusServer("127.0.0.1", free_tcp_port, no_block=True, data_hdl=words_of(cabinet))
    server.start()
    try:
        assert (await driven(free_tcp_port)).accepted is True
    finally:
        server.stop()
    assert cabinet.status.owner_epoch == 4


async def driven(port: int) -> CabinetReport:
    """Our link's first round with a cabinet, and the round that commands it; what the second one reports."""
    link = CabinetLink(
        "J01", address := replace(SITE.addresses["J01"], port=port), session_of(address), random.Random(1)
    )
    first = report_in(await link.round(None, 0.0, 1e9))
    asked = replace(command(stage=2), expected_stage=first.active_stage, expected_mode=first.mode)
    second = report_in(await link.round(replace(asked, issued_s=0.0, valid_until_s=5.0), 0.2, 1e9))
    link.close()
    await asyncio.sleep(0)  # the loop closes the socket
    return second


def session_of(address: CabinetAddress) -> Session:
    return open_session(address, J01, epoch=4)


def report_in(events: tuple[Input, ...]) -> CabinetReport:
    reports = [event for event in events if isinstance(event, CabinetReport)]
    assert len(reports) == 1, events
    return reports[0]


# ------------------------------------------------------------------------------------------------------------ tshark


@pytest.mark.tshark
def test_tshark_dissects_every_frame_of_the_kit_and_finds_none_malformed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with CabinetStreet() as street, Relay(street.port) as relay:
        monkeypatch.setattr(TcpLine, "wait", lambda self, time_s: street.wait(time_s))
        line = TcpLine("127.0.0.1", relay.port)
        outcomes = list(walk(Probe(line, key=KEY), chosen(["ID-1", "ID-7", "RD-3", "RD-7", "WR-1", "WR-6", "LE-2"])))
        line.close()
    assert {one.verdict for one in outcomes} == {Verdict.PASS}
    frames = dissected(tmp_path, relay.pieces)
    functions = {int(frame["modbus.func_code"][0]) for frame in frames}
    assert {1, 3, 4, 16, 23, 43} <= functions
    wrong = [frame for frame in frames if "_ws.malformed" in frame]
    assert wrong == []


@pytest.mark.tshark
async def test_tshark_reads_the_round_of_a_controller_as_we_mean_it(tmp_path: Path) -> None:
    with CabinetStreet() as street, Relay(street.port) as relay:
        assert (await driven(relay.port)).accepted is True
        words = street.cabinet.read_holding(0, 40)
    frames = dissected(tmp_path, relay.pieces)
    assert not [frame for frame in frames if "_ws.malformed" in frame]
    request, answer = frames[-2], frames[-1]
    assert (request["modbus.func_code"], answer["modbus.func_code"]) == (["23"], ["23"])
    assert (request["modbus.read_reference_num"], request["modbus.read_word_cnt"]) == (["1000"], ["100"])
    assert (request["modbus.write_reference_num"], request["modbus.write_word_cnt"]) == (["0"], ["40"])
    assert request["mbtcp.trans_id"] == answer["mbtcp.trans_id"]
    assert bytes.fromhex(request["modbus.data"][0].replace(":", "")) == b"".join(w.to_bytes(2, "big") for w in words)
    assert answer["modbus.byte_cnt"] == ["200"]


def dissected(folder: Path, pieces: list[tuple[bool, bytes]]) -> list[dict[str, list[str]]]:
    """The fields of every Modbus frame, as tshark sees them."""
    path = folder / "street.pcap"
    write_capture(path, pieces)
    wanted = (
        "modbus.func_code", "modbus.read_reference_num", "modbus.read_word_cnt", "modbus.write_reference_num",
        "modbus.write_word_cnt", "modbus.byte_cnt", "modbus.data", "mbtcp.trans_id", "_ws.malformed",
    )  # fmt: skip
    fields = [word for name in wanted for word in ("-e", name)]
    call = ["tshark", "-r", str(path), "-d", "tcp.port==502,mbtcp", "-T", "json", *fields]
    run = subprocess.run(call, capture_output=True, text=True, check=True, timeout=60)
    layers = [frame["_source"]["layers"] for frame in json.loads(run.stdout)]
    frames = [layer for layer in layers if "modbus.func_code" in layer or "_ws.malformed" in layer]
    assert len(frames) == len(pieces), "a piece that is no Modbus frame"
    return frames
