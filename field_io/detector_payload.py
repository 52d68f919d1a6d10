"""The payload of a detector message, contract version 1: strict on the way in, one shape on the way out.

A message is taken whole or not at all. What may be wrong with it is a table of causes, not an exception for the caller:
the street sends anything, and the step of a town must not stumble over it.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import Any, NoReturn

from controller.events import DetectorReading
from field_io.topics import TOPICS

VERSION = 1
MAX_PAYLOAD_BYTES = TOPICS.max_payload_bytes
LONGEST_INTERVAL_S = 2.0
"""A message covers at most two of its one-second slots."""
MOST_VEHICLES_S = 10
"""A loop cannot count more: ten motorcycles a second across a wide lane is beyond any saturation flow."""
LARGEST_SEQUENCE = 2**32 - 1
LARGEST_TIME_S = 1e11
"""Far beyond any clock (the year 5138), far below where a float loses milliseconds."""
KNOWN_KEYS = frozenset({"v", "gw", "boot", "seq", "t0", "t1", "loops", "edges", "classes"})
_ENCODER = json.JSONEncoder(separators=(",", ":"), allow_nan=False, check_circular=False)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}").fullmatch


class PayloadRefused(Exception):  # noqa: N818 - an answer of the contract, not a failure of the program
    """A payload that breaks the contract; `cause` is what is counted."""

    def __init__(self, cause: str) -> None:
        super().__init__(cause)
        self.cause = cause


@dataclass(frozen=True, slots=True)
class DetectorMessage:
    """A payload that keeps the contract, in the source's own time."""

    gateway: str
    boot: str
    sequence: int
    t0_s: float
    t1_s: float
    loops: dict[str, list[int]]
    """By loop id: [vehicles, ms occupied]."""
    edges: list[list[Any]]
    """[ms since t0, loop id, 1 or 0], in order of time."""
    unknown_keys: int


def encode(reading: DetectorReading, gateway: str, boot: str, seq: int) -> bytes:
    """A reading as a gateway sends it; raises ValueError when it is larger than the contract allows (4096 bytes)."""
    message: dict[str, object] = {
        "v": VERSION,
        "gw": gateway,
        "boot": boot,
        "seq": seq,
        "t0": reading.t0_s,
        "t1": reading.t1_s,
        "loops": {
            loop: (count, occupied)
            for loop, count, occupied in zip(reading.loops, reading.counts, reading.occupied_ms, strict=True)
        },
    }
    if reading.edges:
        message["edges"] = [(ms, loop, int(on)) for ms, loop, on in reading.edges]
    payload = _ENCODER.encode(message).encode()
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise ValueError(f"detector message of {reading.junction}: {len(payload)} bytes, at most {MAX_PAYLOAD_BYTES}")
    return payload


def decode(payload: bytes) -> DetectorMessage:
    """A payload to a message; raises PayloadRefused with the cause `oversized`, `malformed`, `version`, `number`,
    `interval`, `count`, `occupancy` or `edges`, and nothing else whatever the bytes are.
    """
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise PayloadRefused("oversized")
    message = _parse(payload)
    if type(version := message.get("v")) is not int or version != VERSION:
        raise PayloadRefused("version")
    try:
        gateway, boot, sequence = message["gw"], message["boot"], message["seq"]
        t0_s, t1_s, loops = message["t0"], message["t1"], message["loops"]
    except KeyError:
        raise PayloadRefused("malformed") from None
    if type(gateway) is not str or type(boot) is not str or not _NAME(gateway) or not _NAME(boot):
        raise PayloadRefused("malformed")
    if type(sequence) is not int or not 0 <= sequence <= LARGEST_SEQUENCE:
        raise PayloadRefused("number")
    _check_interval(t0_s, t1_s)
    interval_ms = round((t1_s - t0_s) * 1000)
    _check_loops(loops, interval_ms)
    edges = message.get("edges", [])
    _check_edges(edges, interval_ms)
    unknown = 0 if message.keys() <= KNOWN_KEYS else len(message.keys() - KNOWN_KEYS)
    return DetectorMessage(gateway, boot, sequence, float(t0_s), float(t1_s), loops, edges, unknown)


def _parse(payload: bytes) -> dict[str, Any]:
    """One JSON object, by the letter: UTF-8, no key twice, no NaN or Infinity."""
    try:
        message = _DECODER.decode(payload.decode("utf-8"))
    except (ValueError, RecursionError):  # bad UTF-8 and bad JSON are ValueErrors; depth ends in RecursionError
        raise PayloadRefused("malformed") from None
    if type(message) is not dict:
        raise PayloadRefused("malformed")
    return message


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    message = dict(pairs)
    if len(message) != len(pairs):
        raise ValueError("a key stands twice")
    return message


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_without_duplicates, parse_constant=_no_constant)


def _check_interval(t0_s: Any, t1_s: Any) -> None:
    for time_s in (t0_s, t1_s):
        if type(time_s) is not float and type(time_s) is not int:
            raise PayloadRefused("number")
        if not -LARGEST_TIME_S < time_s < LARGEST_TIME_S:  # 1e999 is valid JSON and becomes infinite
            raise PayloadRefused("number")
    if not 0 < t1_s - t0_s <= LONGEST_INTERVAL_S:
        raise PayloadRefused("interval")


def _check_loops(loops: object, interval_ms: int) -> None:
    if type(loops) is not dict:
        raise PayloadRefused("malformed")
    most = math.ceil(MOST_VEHICLES_S * interval_ms / 1000)
    for pair in loops.values():
        if type(pair) is not list or len(pair) != 2:
            raise PayloadRefused("malformed")
        count, occupied_ms = pair
        if type(count) is not int or not 0 <= count <= most:
            raise PayloadRefused("count")
        if type(occupied_ms) is not int or not 0 <= occupied_ms <= interval_ms:
            raise PayloadRefused("occupancy")


def _check_edges(edges: object, interval_ms: int) -> None:
    if type(edges) is not list:
        raise PayloadRefused("edges")
    last_ms = 0
    for edge in edges:
        if type(edge) is not list or len(edge) != 3:
            raise PayloadRefused("edges")
        ms, loop, on = edge
        if type(ms) is not int or not last_ms <= ms <= interval_ms or type(loop) is not str:
            raise PayloadRefused("edges")
        if type(on) is not int or on not in (0, 1):
            raise PayloadRefused("edges")
        last_ms = ms
