"""Does a cabinet keep which plans its centre runs, from that centre alone, and does it change nothing else by it?"""

from __future__ import annotations

from dataclasses import replace

import pytest

from field_io.plan_note import PLAN_NOTE, PlanNote, decode_plan_note, digest_of, encode_plan_note
from field_io.registers import BlockRefused, Capability, ExceptionCode
from tests.cabinets import KEY, in_local, in_remote, without_echo

NOTE = PlanNote(cabinet_id=1042, epoch=17, version=7, digest=0x22A2_D7E9_0E1D_6F17, issued_unix_s=1_767_546_000)


def test_a_note_survives_the_wire() -> None:
    words = encode_plan_note(NOTE, KEY)
    assert len(words) == PLAN_NOTE.words == 24
    assert decode_plan_note(words, KEY) == NOTE
    assert words[:2] == (0x5450, 0x0100)
    assert words[8:12] == (0x22A2, 0xD7E9, 0x0E1D, 0x6F17)
    assert digest_of("22a2d7e90e1d6f17" + "0" * 48) == NOTE.digest


@pytest.mark.parametrize("place", range(24))
def test_whichever_word_is_bent_the_note_is_refused(place: int) -> None:
    words = list(encode_plan_note(NOTE, KEY))
    words[place] ^= 0x0100
    with pytest.raises(BlockRefused):
        decode_plan_note(words, KEY)


def test_the_owner_tells_and_the_cabinet_shows_it_and_does_nothing_else() -> None:
    cabinet, _ = in_remote()
    before, orders = cabinet.status, cabinet.orders
    assert cabinet.identity.capabilities & Capability.PLAN_NOTE
    assert cabinet.write_holding(60, encode_plan_note(NOTE, KEY)) == 0
    assert (cabinet.status.plan_version, cabinet.status.plan_digest) == (7, NOTE.digest)
    assert replace(cabinet.status, plan_version=0, plan_digest=0) == before
    assert cabinet.orders == orders
    cabinet.power_cycle()
    assert cabinet.status.plan_version == 0


@pytest.mark.parametrize(
    "wrong", [{"epoch": 16}, {"epoch": 18}, {"epoch": 0}, {"cabinet_id": 1043}, {"map_version": 0x0200}]
)
def test_from_anybody_else_it_is_refused(wrong: dict[str, int]) -> None:
    cabinet, _ = in_remote()
    before = cabinet.status
    assert cabinet.write_holding(60, encode_plan_note(replace(NOTE, **wrong), KEY)) == ExceptionCode.ILLEGAL_VALUE
    assert without_echo(cabinet.status) == without_echo(before)


def test_who_has_no_key_or_no_lease_tells_nothing() -> None:
    cabinet, _ = in_remote()
    assert cabinet.write_holding(60, encode_plan_note(NOTE, bytes(32))) == ExceptionCode.ILLEGAL_VALUE
    assert cabinet.status.authentication_failures == 1
    alone = in_local()
    assert alone.write_holding(60, encode_plan_note(NOTE, KEY)) == ExceptionCode.ILLEGAL_VALUE
    assert alone.status.plan_version == cabinet.status.plan_version == 0


def test_part_of_a_note_is_a_write_to_nowhere() -> None:
    cabinet, _ = in_remote()
    words = encode_plan_note(NOTE, KEY)
    for address, part in ((60, words[:23]), (61, words), (60, (*words, 0))):
        assert cabinet.write_holding(address, part) == ExceptionCode.ILLEGAL_ADDRESS
    assert cabinet.status.non_conforming_writes == 3
