"""Do register words and values agree both ways, and does damage never pass (F32, F63)?"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.events import CabinetMode, CommandKind
from controller.model import Aspect
from field_io.plc_basic import PlcRequest, PlcStatus
from field_io.plc_basic import decode_request as decode_plc_request
from field_io.plc_basic import decode_status as decode_plc_status
from field_io.plc_basic import encode_request as encode_plc_request
from field_io.plc_basic import encode_status as encode_plc_status
from field_io.registers import (
    BlockRefused,
    CommandBlock,
    Identity,
    SnapshotRefused,
    Status,
    decode_command,
    decode_identity,
    decode_status,
    encode_command,
    encode_identity,
    encode_status,
)

u16, u32, u64 = (st.integers(0, 2**bits - 1) for bits in (16, 32, 64))
aspects = st.tuples(*[st.sampled_from(Aspect)] * 32)
words = st.integers(0, 0xFFFF)
keys = st.none() | st.binary(min_size=16, max_size=64)

identities = st.builds(
    Identity,
    cabinet_id=u32,
    junction_number=u32,
    safety_hash=u64,
    boot_id=u64,
    groups=u16,
    stages=u16,
    detectors=u16,
    local_plans=u16,
    capabilities=u16,
    lease_max_ds=u16,
    firmware=u16,
    scan_ms=u16,
    name=st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=16),
    map_version=u16,
)
statuses = st.builds(
    Status,
    snapshot=u16,
    uptime_ms=u32,
    mode=st.sampled_from(CabinetMode),
    unix_s=u32,
    active_stage=u16,
    next_stage=u16,
    request_held_ds=u16,
    aspects=aspects,
    lamps=aspects,
    occupied=u64,
    detector_faults=u64,
    demands=u32,
    active_faults=u32,
    latched_faults=u32,
    owner_epoch=u32,
    accepted_sequence=u32,
    accepted_crc=u32,
    result=u16,
    received_sequence=u32,
    received_epoch=u32,
    lease_left_ds=u16,
    connections=u16,
    counts=st.tuples(*[u16] * 16),
)
commands = st.builds(
    CommandBlock,
    cabinet_id=u32,
    epoch=u32,
    sequence=u32,
    kind=st.sampled_from(CommandKind),
    lease_ms=u16,
    expected_stage=u16,
    expected_mode=u16,
    boot_id_low=u32,
    basis_snapshot=u16,
    safety_hash=u64,
    stage=u16,
    plan=u16,
    min_green_ds=u16,
    max_green_ds=u16,
    issued_unix_s=u32,
    issued_ms=u16,
    demands=u32,
    cycle_position_ds=u16,
    reason=u16,
    map_version=u16,
)


@given(identities, statuses, commands, keys)
def test_what_is_encoded_decodes_to_the_same(
    identity: Identity, status: Status, command: CommandBlock, key: bytes | None
) -> None:
    assert decode_identity(encode_identity(identity)) == identity
    assert decode_status(encode_status(status)) == status
    assert decode_command(encode_command(command, key), key) == command


@given(st.tuples(u16, u16), st.tuples(u16, u16, u16, u16))
def test_the_small_profile_decodes_to_the_same(request: tuple[int, int], status: tuple[int, int, int, int]) -> None:
    assert decode_plc_request(encode_plc_request(PlcRequest(*request))) == PlcRequest(*request)
    assert decode_plc_status(encode_plc_status(PlcStatus(*status))) == PlcStatus(*status)


def flipped(block: tuple[int, ...], bits: set[int]) -> list[int]:
    changed = list(block)
    for bit in bits:
        changed[bit // 16] ^= 1 << bit % 16
    return changed


@given(statuses, st.sets(st.integers(0, 1599), min_size=1, max_size=3))
def test_a_status_with_flipped_bits_is_refused(status: Status, bits: set[int]) -> None:
    """CRC-32 finds every error of up to three bits in a block this short."""
    with pytest.raises(SnapshotRefused):
        decode_status(flipped(encode_status(status), bits))


@given(commands, keys, st.sets(st.integers(0, 639), min_size=1, max_size=3))
def test_a_command_with_flipped_bits_is_refused(command: CommandBlock, key: bytes | None, bits: set[int]) -> None:
    with pytest.raises(BlockRefused):
        decode_command(flipped(encode_command(command, key), bits), key)


@given(commands, st.binary(min_size=16, max_size=32), st.binary(min_size=16, max_size=32))
def test_a_command_of_another_key_is_refused(command: CommandBlock, ours: bytes, theirs: bytes) -> None:
    if ours != theirs:
        with pytest.raises(BlockRefused) as refused:
            decode_command(encode_command(command, theirs), ours)
        assert refused.value.authentication


@given(st.lists(words, max_size=120))
def test_any_words_are_refused_or_decoded_and_nothing_else(anything: list[int]) -> None:
    for decode in (decode_status, decode_identity, lambda block: decode_command(block, None)):
        with pytest.raises((SnapshotRefused, BlockRefused)):
            decode(anything)
