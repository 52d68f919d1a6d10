"""Does any request, however wrong, leave lamps and owner of a cabinet alone, and get an answer that is Modbus?"""

import struct

from hypothesis import example, given
from hypothesis import strategies as st

from controller.events import CommandKind
from field_io.registers import encode_command
from sim.cabinet.modbus import answer
from tests.cabinets import KEY, in_remote, without_echo

CABINET, CENTRE = in_remote()
BLOCK = struct.pack(">40H", *encode_command(CENTRE.block(CommandKind.REQUEST_STAGE, stage=2), KEY))
WRITE = struct.pack(">BHHB", 16, 0, 40, 80) + BLOCK
READ_WRITE = struct.pack(">BHHHHB", 23, 1000, 100, 0, 40, 80) + BLOCK


def assert_harmless(request: bytes) -> None:
    before = CABINET.status
    response = answer(CABINET, request)
    assert 2 <= len(response) <= 253
    assert response[0] & 0x7F == request[0] & 0x7F
    if response[0] & 0x80:
        assert len(response) == 2
        assert response[1] in {1, 2, 3}
    assert without_echo(CABINET.status) == without_echo(before)


@given(st.binary(min_size=1, max_size=253))
@example(b"\x10")
@example(b"\x2b\x0e")
def test_any_bytes(request_pdu: bytes) -> None:
    assert_harmless(request_pdu)


@given(st.sampled_from([3, 4, 16, 23, 43]), st.binary(max_size=252))
def test_any_bytes_after_a_known_function(function: int, body: bytes) -> None:
    assert_harmless(bytes((function,)) + body)


@given(st.sampled_from([WRITE, READ_WRITE]), st.integers(0, 10_000), st.integers(1, 255))
def test_a_right_write_with_any_byte_changed(request_pdu: bytes, place: int, flip: int) -> None:
    """But for the address that FC23 reads, which is the reader's own business."""
    harmless = range(1, 5) if request_pdu is READ_WRITE else range(0)
    changed = bytearray(request_pdu)
    changed[place % len(changed)] ^= flip
    if place % len(changed) not in harmless:
        assert_harmless(bytes(changed))


@given(st.sampled_from([WRITE, READ_WRITE]), st.integers(1, 200))
def test_a_right_write_cut_short(request_pdu: bytes, length: int) -> None:
    assert_harmless(request_pdu[: min(length, len(request_pdu) - 1)])
