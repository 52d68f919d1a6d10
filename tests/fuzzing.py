"""Fuzzing by seeded mutation: `python -m tests.fuzzing [TARGET ...] --inputs N --seed S` (`make fuzz`).

Each target takes bytes that nobody meant and must neither stumble, nor think for a second, nor change what it holds.
The same seed gives the same inputs; a failing one is printed so that it can become a test.
"""

import argparse
import faulthandler
import json
import random
import struct
import sys
import time
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace

from controller.events import CabinetReport, CommandKind, DetectorReading
from field_io import plc_basic
from field_io.detector_door import CAUSES, DetectorDoor
from field_io.detector_payload import encode
from field_io.records import pack, unpack
from field_io.registers import BlockRefused, decode_command, encode_command, encode_identity, encode_status
from field_io.session import CabinetSession
from sim.cabinet.modbus import answer
from sim.cabinet.server import _Connection
from tests.cabinets import KEY, in_remote, without_echo
from tests.fuzzing_mutation import ODD, Mutator, Target, change_a_value
from tests.fuzzing_plans import plan_files
from tests.unit.field_io.street import YesCabinet, command, make_junction, make_network

LONGEST_S = 1.0
"""An input that takes more of a processor's time is a hang; the clock on the wall would also count other programs."""


# ------------------------------------------------------------------------------------------------ the targets


def odd_message(rng: random.Random, base: bytes, number: int) -> bytes:
    """A message with its own number and second, in which a value or two is another, gone, or new."""
    message = json.loads(base)
    begin_s = 200.0 + number
    message |= {"seq": number, "t0": begin_s, "t1": begin_s + 1.0}
    for _ in range(rng.randrange(3)):
        change_a_value(rng, message, "classes", ODD)
    return json.dumps(message).encode()


def payload(rng: random.Random) -> tuple[Mutator, Target]:
    """The door for detector messages: a refused payload leaves no trace but its count."""
    network = make_network()
    topic = "fk/v1/udon/J01/detectors"
    edges = ((0, "D1", True), (250, "D1", False))
    readings = [
        DetectorReading("J01", float(t), t + 1.0, ("D1", "D2"), (t % 3, 1), (250, 1000), edges) for t in range(100, 130)
    ]
    corpus = [encode(reading, "gw1", "b1", number) for number, reading in enumerate(readings)]
    tokens = [
        *(b"NaN", b"Infinity", b"1e999", b"-1", b"1e18", b"0.5", b"true", b"null", b'""', b'"D9"', b"[]", b"{}"),
        *(b'"v":1', b'"loops":{', b'"seq":', b'"edges":[[', b'"t1":', b",", b":", b"\\ud800", b"\xc3\x28", b"[" * 900),
        *(b"9" * 400, b'"D1":[0,0],' * 9, b'"gw":"' + b"x" * 70 + b'"', b"\0"),
    ]  # fmt: skip
    door = DetectorDoor(network, stale_s=5.0)
    sources = door._sources["J01"]
    causes_of_the_bytes = {"oversized", "malformed", "version", "number", "interval", "count", "occupancy", "edges"}
    number = 0

    def state() -> object:
        return [
            (name, source.top_sequence, source.seen, source.newest_t1_s, source.offset_s)
            for name, source in sources.items()
        ]

    def take(data: bytes) -> None:
        nonlocal number
        number += 1
        before, dropped = state(), dict(door.dropped)
        reading = door.accept(topic, data, False, 130.0 + 0.5 * number)
        if reading is None:
            (cause,) = [cause for cause, count in door.dropped.items() if count != dropped.get(cause, 0)]
            assert cause in CAUSES
            assert cause not in causes_of_the_bytes or state() == before
        else:
            assert 0 < reading.t1_s - reading.t0_s <= 2.001
            assert set(reading.loops) <= {"D1", "D2"}
            assert all(0 <= count <= 20 for count in reading.counts)
            assert all(0 <= ms <= 2000 for ms in reading.occupied_ms)

    return Mutator(rng, corpus, tokens, shaped=lambda: odd_message(rng, rng.choice(corpus), number // 2)), take


def registers(rng: random.Random) -> tuple[Mutator, Target]:
    """A cabinet's words as the centre reads them, sealed anew half of the time so that they get past the CRC."""
    junction = make_junction("J01", 1)
    cabinet = YesCabinet(junction, KEY)
    identity, status = encode_identity(cabinet.identity), encode_status(cabinet.status)
    block = encode_command(in_remote()[1].block(CommandKind.RENEW), KEY)
    later = encode_status(replace(cabinet.status, snapshot=17, uptime_ms=2000))
    corpus = [struct.pack(f">{len(words)}H", *words) for words in (identity, later, later, block)]
    asked = command(issued_s=1e9, valid_until_s=2e9)

    def sealed(words: list[int]) -> list[int]:
        if len(words) == 100:
            words[97] = words[0]  # the repeated snapshot number
        crc = zlib.crc32(struct.pack(f">{len(words) - 2}H", *words[:-2]))
        return [*words[:-2], crc >> 16, crc & 0xFFFF]

    def take(data: bytes) -> None:
        chance = zlib.crc32(data)  # what is done to an input is a matter of the input alone
        if chance & 2:
            length = 2 * min((32, 40, 100), key=lambda words: abs(2 * words - len(data)))
            data = data[:length].ljust(length, b"\0")
        words = list(struct.unpack(f">{len(data) // 2}H", data[: len(data) // 2 * 2]))
        if chance & 1 and len(words) > 2:
            words = sealed(words)
        session = CabinetSession(junction, KEY, epoch=5)
        session.identify(identity, 0.0)
        session.report(status, 0.0)
        if len(words) == 32:
            refused = session.identify(words, 1.0)
            assert (refused is None) == session.identified
        known = session._status
        said = session.report(words, 1.0) if len(words) != 32 else session.report(status, 1.0)
        if isinstance(said, CabinetReport):
            assert unpack(pack([said])) == (said,)
        elif said.cause != "restarted":
            assert session._status is known
        made = session.block(asked, 1.5e9, 1e9)
        assert made is None or len(made) == 40
        if len(words) == 40:
            try:
                decode_command(words, KEY)
            except BlockRefused:
                return
            assert tuple(words) == block, "a block that nobody signed was believed"
        if len(words) >= 4:
            plc_basic.decode_status(words[:4])

    return Mutator(rng, corpus), take


def one_changed(rng: random.Random, base: bytes) -> bytes:
    """The same length, one byte another."""
    place = rng.randrange(len(base))
    return base[:place] + bytes((base[place] ^ rng.randrange(1, 256),)) + base[place + 1 :]


def modbus(rng: random.Random) -> tuple[Mutator, Target]:
    """Requests to a cabinet that is under control; without the key nothing moves it."""
    cabinet, centre = in_remote()
    right = encode_command(centre.block(CommandKind.REQUEST_STAGE, stage=2), KEY)
    words = struct.pack(">40H", *right)
    writes = {struct.pack(">BHHB", 16, 0, 40, 80) + words, struct.pack(">BHHHHB", 23, 1000, 100, 0, 40, 80) + words}
    corpus = [
        *sorted(writes),
        struct.pack(">BHH", 3, 1000, 100),
        struct.pack(">BHH", 4, 0, 32),
        b"\x2b\x0e\x01\x00",
        struct.pack(">BHHB", 16, 0, 2, 4) + b"\0\1\0\2",
    ]
    before, full = _shown(cabinet), without_echo(cabinet.status)
    number = 0

    def take(data: bytes) -> None:
        nonlocal number
        number += 1
        if zlib.crc32(data) & 1 and len(data) in {86, 90}:  # a block whose CRC holds, so that its HMAC is looked at
            data = data[:-4] + struct.pack(">I", zlib.crc32(data[-80:-4]))
        if not data or (words in data and data[:1] in {b"\x10", b"\x17"}):  # the very block, in some lawful write
            return
        response = answer(cabinet, data[:253])
        assert 2 <= len(response) <= 253
        assert response[0] & 0x7F == data[0] & 0x7F
        assert response[0] < 0x80 or (len(response) == 2 and response[1] in {1, 2, 3})
        assert _shown(cabinet) == before
        if number % 500 == 0:
            assert without_echo(cabinet.status) == full

    return Mutator(rng, corpus, shaped=lambda: one_changed(rng, rng.choice(corpus))), take


class _Line:
    """What a transport is to a connection: it counts what is written, and may be hung up."""

    def __init__(self) -> None:
        self.written = 0
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written += len(data)

    def abort(self) -> None:
        self.closed = True


def stream(rng: random.Random) -> tuple[Mutator, Target]:
    """The same cabinet's TCP side: bytes in pieces, as they come."""
    cabinet, _ = in_remote()
    before = _shown(cabinet)
    requests = [
        struct.pack(">BHH", 3, 1000, 100),
        struct.pack(">BHH", 4, 0, 32),
        b"\x2b\x0e\x01\x00",
        b"\x10" + bytes(85),
    ]
    framed = [struct.pack(">HHHB", n, 0, len(pdu) + 1, 1) + pdu for n, pdu in enumerate(requests)]
    corpus = [*framed, b"".join(framed), framed[0] * 20]

    def take(data: bytes) -> None:
        line, connection = _Line(), _Connection(cabinet, 1, None, set())
        connection._transport = line  # type: ignore[assignment]  # all that a connection uses of one
        cut = len(data) // 3
        for piece in (data[:cut], data[cut : 2 * cut], data[2 * cut :]):
            if not line.closed:
                connection.data_received(piece)
        assert len(connection._buffer) < 300
        assert line.written <= 300 * (1 + len(data) // 8)
        assert _shown(cabinet) == before

    return Mutator(rng, corpus), take


def _shown(cabinet: object) -> tuple[object, ...]:
    """What a request must not change; cheap to look at."""
    operation = cabinet._operation  # type: ignore[attr-defined]  # a virtual cabinet's
    ownership = operation.ownership
    return (operation.mode, operation.aspects, operation.active_stage, operation.wanted_stage, ownership.epoch)


TARGETS: dict[str, Callable[[random.Random], tuple[Mutator, Target]]] = {
    "payload": payload,
    "registers": registers,
    "modbus": modbus,
    "stream": stream,
    "plans": plan_files,
}


# ------------------------------------------------------------------------------------------------ running them


@dataclass
class Report:
    """What a run found."""

    target: str
    inputs: int = 0
    seconds: float = 0.0
    slowest_s: float = 0.0
    failures: list[tuple[bytes, str]] = field(default_factory=list)

    def __str__(self) -> str:
        rate = self.inputs / self.seconds if self.seconds else 0.0
        return (
            f"{self.target:10} {self.inputs:9,} inputs  {self.seconds:7.1f} s  {rate:8,.0f}/s  "
            f"slowest {1000 * self.slowest_s:6.1f} ms  {len(self.failures)} failures"
        )


def fuzz(name: str, inputs: int, seed: int, most_failures: int = 5) -> Report:
    """Give a target so many inputs; ends early after a few failures."""
    mutator, take = TARGETS[name](random.Random(f"{name}/{seed}"))
    report = Report(name)
    began = time.perf_counter()
    for _ in range(inputs):
        data = mutator.next()
        begin = time.perf_counter()
        try:
            take(data)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is the finding
            report.failures.append((data, f"{type(error).__name__}: {error}"))
        took_s = time.perf_counter() - begin
        if took_s > LONGEST_S:  # or other programs had the machine: the processor's time is told by another try
            took_s = processor_s(take, data)
        report.slowest_s = max(report.slowest_s, took_s)
        if took_s > LONGEST_S:
            report.failures.append((data, f"took {took_s:.2f} s"))
        report.inputs += 1
        if len(report.failures) >= most_failures:
            break
    report.seconds = time.perf_counter() - began
    return report


def processor_s(take: Target, data: bytes) -> float:
    """What an input takes of a processor [s]; that clock is dear to read, so it is asked of few."""
    begin = time.process_time()
    with suppress(Exception):  # it has been told
        take(data)
    return time.process_time() - begin


def main() -> None:
    """Run targets by hand, and end with 1 where one failed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("targets", nargs="*", choices=[[], *TARGETS], help="all of them unless named")
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    failed = False
    for name in options.targets or TARGETS:
        faulthandler.dump_traceback_later(7200, exit=True)
        report = fuzz(name, options.inputs, options.seed)
        print(report, flush=True)
        for data, what in report.failures:
            failed = True
            print(f"  {what[:300]}\n    {data[:400]!r}", flush=True)
    sys.exit(failed)


if __name__ == "__main__":
    main()
