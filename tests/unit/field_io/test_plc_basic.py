"""Is the small profile what its table says?"""

import pytest

from controller.events import CabinetMode
from field_io.plc_basic import (
    PLC_BASIC,
    PlcFault,
    PlcRequest,
    PlcStatus,
    decode_request,
    decode_status,
    encode_request,
    encode_status,
)
from field_io.registers import SnapshotRefused


def test_request_and_status_come_back_as_they_went() -> None:
    assert encode_request(PlcRequest(3, 65535)) == (3, 65535)
    assert decode_request((3, 65535)) == PlcRequest(3, 65535)
    assert decode_status(encode_status(PlcStatus(3, 7, 1, 0))) == PlcStatus(3, 7, 1, 0)


@pytest.mark.parametrize(
    ("faults", "mode"),
    [
        (0, CabinetMode.REMOTE),
        (PlcFault.LAMP | PlcFault.DETECTOR, CabinetMode.REMOTE),
        (PlcFault.LOCAL, CabinetMode.LOCAL_ISOLATED),
        (PlcFault.MANUAL | PlcFault.LOCAL, CabinetMode.MANUAL),
        (PlcFault.SAFETY | PlcFault.FLASH | PlcFault.LOCAL, CabinetMode.LATCHED_FAULT),
    ],
)
def test_the_worst_bit_says_the_mode(faults: int, mode: CabinetMode) -> None:
    assert PlcStatus(0, 0, 0, faults).mode is mode


def test_the_wrong_number_of_words_is_refused() -> None:
    with pytest.raises(SnapshotRefused):
        decode_status((1, 2, 3))
    with pytest.raises(SnapshotRefused):
        decode_request((1, 2, 3))
    with pytest.raises(ValueError, match="stage_request"):
        encode_request(PlcRequest(-1, 0))


def test_bits_agree_with_the_table() -> None:
    assert {1 << bit for bit in PLC_BASIC.bits["fault"]} == {fault.value for fault in PlcFault}
