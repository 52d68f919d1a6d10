"""Is TSC-MB/1.0 what the table says, word by word?"""

import struct
from dataclasses import fields, replace
from enum import IntEnum, IntFlag

import pytest

from controller.events import CabinetMode, CommandKind
from controller.model import Aspect
from field_io import registers as codec
from field_io.register_table import Block, read_profile
from field_io.registers import (
    COMMAND,
    IDENTITY,
    STATUS,
    TSC_MB,
    BlockRefused,
    CommandBlock,
    Identity,
    SnapshotRefused,
    Status,
    block_crc,
    decode_command,
    decode_identity,
    decode_status,
    encode_command,
    encode_identity,
    encode_status,
)

GOLDEN_KEY = bytes(range(32))
GOLDEN_WORDS = struct.unpack(
    ">40H",
    bytes.fromhex(
        "5443 0100 0000 0412 0000 0011 0001 60C7 0002 0003 0000 0046 01C2 2710 0001 0002 6B1F 00A2 C822 6955 "
        "B900 00FA 9F3A 6C1D 42B0 7E58 0000 0000 FFFF 000C 8A60 6595 41DC 68EA 4DBB A7E7 15E7 4F78 91D1 3039"
    ),
)
"""Cabinet 1042, epoch 17, sequence 90311: request stage 3, 7.0 to 45.0 s, lease 10 s, expects stage 1 in mode 2."""
GOLDEN_BLOCK = CommandBlock(
    cabinet_id=1042,
    epoch=17,
    sequence=90311,
    kind=CommandKind.REQUEST_STAGE,
    stage=3,
    min_green_ds=70,
    max_green_ds=450,
    lease_ms=10000,
    expected_stage=1,
    expected_mode=CabinetMode.REMOTE,
    boot_id_low=0x6B1F00A2,
    basis_snapshot=0xC822,
    issued_unix_s=0x6955B900,
    issued_ms=250,
    safety_hash=0x9F3A6C1D42B07E58,
    reason=12,
)

IDENTITY_1042 = Identity(
    cabinet_id=1042,
    junction_number=7,
    safety_hash=0x9F3A6C1D42B07E58,
    boot_id=0x0123_4567_6B1F_00A2,
    groups=8,
    stages=4,
    detectors=6,
    local_plans=1,
    capabilities=0b10101,
    name="Pho Si",
)
STATUS_1042 = Status(
    snapshot=0xC822,
    uptime_ms=3_600_100,
    mode=CabinetMode.REMOTE,
    unix_s=0x6955B900,
    clock_status=2,
    mode_reason=2,
    active_stage=1,
    stage_time_ds=123,
    aspects=(Aspect.GREEN, Aspect.RED, Aspect.AMBER, Aspect.FLASHING_GREEN) + (Aspect.DARK,) * 28,
    occupied=1 << 63 | 1,
    active_faults=codec.FaultBit.STORE,
    owner_epoch=17,
    accepted_sequence=90311,
    accepted_crc=0x91D13039,
    result=1,
    lease_left_ds=99,
    plan_version=7,
    plan_digest=0x22A2D7E90E1D6F17,
    counts=tuple(range(1, 17)),
)


def word_at(block: Block, words: tuple[int, ...], name: str) -> int:
    """The value of a register read by the table's row alone, without the compiled layout."""
    row = next(row for row in block.registers if row.name == name)
    value = 0
    for word in words[row.at - block.first : row.at - block.first + row.words]:
        value = value << 16 | word
    return value


def test_the_golden_command_encodes_to_the_golden_words() -> None:
    assert encode_command(GOLDEN_BLOCK, GOLDEN_KEY) == GOLDEN_WORDS
    assert block_crc(GOLDEN_WORDS) == 0x91D13039


def test_the_golden_words_decode_to_the_golden_command() -> None:
    assert decode_command(GOLDEN_WORDS, GOLDEN_KEY) == GOLDEN_BLOCK


def test_without_a_key_the_hmac_is_zero_and_not_looked_at() -> None:
    words = encode_command(GOLDEN_BLOCK, None)
    assert words[30:38] == (0,) * 8
    assert decode_command(words, None) == GOLDEN_BLOCK
    assert decode_command(GOLDEN_WORDS, None) == GOLDEN_BLOCK


def resealed(words: tuple[int, ...], index: int, value: int) -> tuple[int, ...]:
    """A block with one word changed and a right CRC over it, as somebody without the key could make it."""
    changed = list(words)
    changed[index] = value
    return COMMAND.to_words(codec.sealed(struct.pack(">40H", *changed)))


@pytest.mark.parametrize(
    ("words", "exception", "cause"),
    [
        (GOLDEN_WORDS[:39], 2, "length"),
        ((*GOLDEN_WORDS, 0), 2, "length"),
        ((*GOLDEN_WORDS[:39], 0x303A), 3, "crc"),
        (resealed(GOLDEN_WORDS, 0, 0x5453), 3, "magic"),
        (resealed(GOLDEN_WORDS, 9, 2), 3, "hmac"),
        (resealed(GOLDEN_WORDS, 30, 0), 3, "hmac"),
        (encode_command(GOLDEN_BLOCK, bytes(32)), 3, "hmac"),
        (encode_command(GOLDEN_BLOCK, None), 3, "hmac"),
    ],
)
def test_a_wrong_block_is_refused_with_its_exception(words: tuple[int, ...], exception: int, cause: str) -> None:
    with pytest.raises(BlockRefused) as refused:
        decode_command(words, GOLDEN_KEY)
    assert (refused.value.exception_code, refused.value.cause) == (exception, cause)
    assert refused.value.authentication == (cause == "hmac")


def test_a_kind_that_nobody_knows_is_refused() -> None:
    with pytest.raises(BlockRefused, match="exception 03: kind"):
        decode_command(resealed(encode_command(GOLDEN_BLOCK, None), 8, 8), None)


def test_every_flipped_bit_of_a_command_is_refused() -> None:
    for index in range(40):
        for bit in range(16):
            words = list(GOLDEN_WORDS)
            words[index] ^= 1 << bit
            with pytest.raises(BlockRefused):
                decode_command(words, GOLDEN_KEY)


def test_identity_and_status_come_back_as_they_went() -> None:
    assert decode_identity(encode_identity(IDENTITY_1042)) == IDENTITY_1042
    assert decode_status(encode_status(STATUS_1042)) == STATUS_1042


def test_the_compiled_layout_agrees_with_the_table() -> None:
    """Each number is found where the table's row says, by reading words one by one."""
    for block, value, words in (
        (IDENTITY, IDENTITY_1042, encode_identity(IDENTITY_1042)),
        (STATUS, STATUS_1042, encode_status(STATUS_1042)),
        (COMMAND, GOLDEN_BLOCK, GOLDEN_WORDS),
    ):
        scalars = [row.name for row in block.registers if row.type in {"u16", "u32", "u64"} and row.constant is None]
        assert scalars
        for name in scalars:
            assert word_at(block, words, name) == getattr(value, name), name


def test_every_register_with_a_value_is_a_field_of_the_dataclass() -> None:
    sealing = {"magic", "crc", "mac", "snapshot_again"}
    for block, kind in ((IDENTITY, Identity), (STATUS, Status), (COMMAND, CommandBlock)):
        assert set(block.fields) - sealing == {field.name for field in fields(kind)}


def test_group_one_stands_in_the_top_nibble_and_the_high_word_first() -> None:
    words = encode_status(STATUS_1042)
    assert words[118 - 100] == 0x3147
    assert words[134 - 100] == 0x8000
    assert words[137 - 100] == 0x0001
    assert words[176 - 100 : 178 - 100] == (1, 2)
    assert encode_identity(IDENTITY_1042)[18:20] == (0x5068, 0x6F20)


@pytest.mark.parametrize(
    ("index", "value", "cause"),
    [(0, 0xC823, "torn"), (97, 0xC823, "torn"), (8, 2, "crc"), (99, 0, "crc")],
)
def test_a_torn_or_damaged_status_is_refused(index: int, value: int, cause: str) -> None:
    words = list(encode_status(STATUS_1042))
    words[index] = value
    with pytest.raises(SnapshotRefused) as refused:
        decode_status(words)
    assert refused.value.cause == cause


def test_wrong_numbers_of_words_are_refused() -> None:
    with pytest.raises(SnapshotRefused, match="length"):
        decode_status(encode_status(STATUS_1042)[:99])
    with pytest.raises(SnapshotRefused, match="length"):
        decode_identity((*encode_identity(IDENTITY_1042), 0))
    with pytest.raises(SnapshotRefused, match="length"):
        decode_status([70000] * 100)


def test_a_status_in_an_unknown_mode_is_refused() -> None:
    words = list(encode_status(STATUS_1042))
    words[6] = 10
    raw = codec.sealed(struct.pack(">100H", *words))
    with pytest.raises(SnapshotRefused, match="mode"):
        decode_status(STATUS.to_words(raw))


def test_a_value_too_large_for_its_register_is_named() -> None:
    with pytest.raises(ValueError, match=r"command register 9 \(stage\): 65536 is not in 0..65535"):
        encode_command(replace(GOLDEN_BLOCK, stage=65536), None)


@pytest.mark.parametrize(
    ("table", "numbers"),
    [
        ("mode", CabinetMode),
        ("mode_reason", codec.ModeReason),
        ("clock_status", codec.ClockStatus),
        ("aspect", Aspect),
        ("command", CommandKind),
        ("command_state", codec.CommandState),
        ("result", codec.ResultCode),
    ],
)
def test_enumerations_agree_with_the_table(table: str, numbers: type[IntEnum]) -> None:
    assert set(TSC_MB.enums[table]) == {int(member) for member in numbers}


@pytest.mark.parametrize(("table", "flags"), [("capability", codec.Capability), ("fault", codec.FaultBit)])
def test_bits_agree_with_the_table(table: str, flags: type[IntFlag]) -> None:
    assert {1 << bit for bit in TSC_MB.bits[table]} == {flag.value for flag in flags}


def test_exceptions_agree_with_the_table() -> None:
    assert set(TSC_MB.exceptions) == {code.value for code in codec.ExceptionCode}


def test_every_table_that_a_register_names_exists() -> None:
    profile = read_profile("registers.toml")
    for block in profile.blocks.values():
        for row in block.registers:
            assert not row.enum or row.enum in profile.enums, row.name
            assert not row.bits or row.bits in profile.bits, row.name
            assert row.type in profile.types, row.name
