"""Does a detector payload mean what the contract says, and is everything else refused by its cause?"""

import json
from collections.abc import Callable
from typing import Any

import pytest

from controller.events import DetectorReading
from field_io.detector_payload import MAX_PAYLOAD_BYTES, PayloadRefused, decode, encode

READING = DetectorReading("J01", 99.0, 100.0, ("D1", "D2"), (1, 0), (340, 0), ((120, "D1", True), (460, "D1", False)))


def message(**changes: Any) -> bytes:
    """A good payload with some keys changed; None leaves a key out."""
    keys = {"v": 1, "gw": "gw1", "boot": "b1", "seq": 7, "t0": 99.0, "t1": 100.0, "loops": {"D1": [1, 340]}} | changes
    return json.dumps({key: value for key, value in keys.items() if value is not None}).encode()


def test_a_reading_comes_back_as_it_went() -> None:
    got = decode(encode(READING, "gw1", "b1", 7))
    assert (got.gateway, got.boot, got.sequence, got.t0_s, got.t1_s) == ("gw1", "b1", 7, 99.0, 100.0)
    assert got.loops == {"D1": [1, 340], "D2": [0, 0]}
    assert got.edges == [[120, "D1", 1], [460, "D1", 0]]


def test_the_wire_form_is_that_of_the_contract() -> None:
    assert encode(READING, "gw1", "b1", 7) == (
        b'{"v":1,"gw":"gw1","boot":"b1","seq":7,"t0":99.0,"t1":100.0,"loops":{"D1":[1,340],"D2":[0,0]},'
        b'"edges":[[120,"D1",1],[460,"D1",0]]}'
    )


def test_a_reading_too_large_for_a_message_is_not_sent() -> None:
    edges = tuple((0, "D1", bool(i % 2)) for i in range(400))
    with pytest.raises(ValueError, match=r"J01: .* bytes, at most 4096"):
        encode(DetectorReading("J01", 0.0, 1.0, (), (), (), edges), "gw1", "b1", 7)


def test_unknown_optional_keys_are_ignored_and_counted() -> None:
    got = decode(message(speed=[1, 2], weather={"rain": True}, classes={"moto": 3}))
    assert got.unknown_keys == 2


@pytest.mark.parametrize(
    ("payload", "cause"),
    [
        (b"", "malformed"),
        (b"{", "malformed"),
        (b"[]", "malformed"),
        (b"null", "malformed"),
        (b"\xff\xfe{}", "malformed"),
        (message().decode().encode("utf-16"), "malformed"),
        (b"\xef\xbb\xbf" + message(), "malformed"),
        (message() + b"{}", "malformed"),
        (b"[" * 4096, "malformed"),
        (b'{"a":' * 800, "malformed"),
        (b'{"v":1,' + message()[1:], "malformed"),
        (message().replace(b'"D1": [1, 340]', b'"D1": [1, 340], "D1": [2, 340]'), "malformed"),
        (message().replace(b"340", b"NaN"), "malformed"),
        (message().replace(b"99.0", b"-Infinity"), "malformed"),
        (message().replace(b"100.0", b"1e999"), "number"),
        (message().replace(b"100.0", b"1e18"), "number"),
        (message().replace(b"100.0", b"9" * 3000), "number"),
        (message().replace(b"100.0", b"9" * 4500), "oversized"),
        (b" " * MAX_PAYLOAD_BYTES + message(), "oversized"),
        (message(v=2), "version"),
        (message(v=True), "version"),
        (message(v=None), "version"),
        (message(gw=None), "malformed"),
        (message(gw=""), "malformed"),
        (message(gw="a/b"), "malformed"),
        (message(boot=["x"]), "malformed"),
        (message(boot="x" * 65), "malformed"),
        (message(seq=-1), "number"),
        (message(seq=2**32), "number"),
        (message(seq=1.0), "number"),
        (message(seq=True), "number"),
        (message(t0=True), "number"),
        (message(t0="99"), "number"),
        (message(t0=100.0), "interval"),
        (message(t0=101.0), "interval"),
        (message(t0=40.0), "interval"),
        (message(loops=[]), "malformed"),
        (message(loops={"D1": 1}), "malformed"),
        (message(loops={"D1": [1]}), "malformed"),
        (message(loops={"D1": [1, 2, 3]}), "malformed"),
        (message(loops={"D1": [-1, 0]}), "count"),
        (message(loops={"D1": [11, 0]}), "count"),
        (message(loops={"D1": [1.0, 0]}), "count"),
        (message(loops={"D1": [True, 0]}), "count"),
        (message(loops={"D1": [None, 0]}), "count"),
        (message(loops={"D1": [10**18, 0]}), "count"),
        (message(loops={"D1": [1, 1001]}), "occupancy"),
        (message(loops={"D1": [1, -1]}), "occupancy"),
        (message(loops={"D1": [1, False]}), "occupancy"),
        (message(edges={}), "edges"),
        (message(edges=[[1, "D1"]]), "edges"),
        (message(edges=[[1, "D1", True]]), "edges"),
        (message(edges=[[1, "D1", 2]]), "edges"),
        (message(edges=[[1001, "D1", 1]]), "edges"),
        (message(edges=[[500, "D1", 1], [499, "D1", 0]]), "edges"),
        (message(edges=[["1", "D1", 1]]), "edges"),
        (message(edges=[[1, 5, 1]]), "edges"),
    ],
)
def test_what_breaks_the_contract_is_refused_by_cause(payload: bytes, cause: str) -> None:
    with pytest.raises(PayloadRefused) as refused:
        decode(payload)
    assert refused.value.cause == cause


@pytest.mark.parametrize(
    "good",
    [
        lambda: message(t0=99, t1=100),
        lambda: message(t0=98.0, loops={"D1": [20, 2000]}),
        lambda: message(loops={}),
        lambda: message(edges=[]),
        lambda: message(seq=2**32 - 1),
    ],
)
def test_the_edge_of_the_contract_is_inside(good: Callable[[], bytes]) -> None:
    assert decode(good()).gateway == "gw1"
