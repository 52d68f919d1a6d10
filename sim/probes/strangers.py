"""F61 to F63, F68 and F69: those who do not belong at a cabinet, and write, replay, change and knock all the same."""

from __future__ import annotations

import asyncio
import random
import resource
import socket
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from controller.events import CabinetReport, CommandKind
from field_io.registers import ResultCode, encode_command
from sim.cabinet.modbus import answer
from sim.cabinet.server import MAX_CONNECTIONS, CabinetServer, Port
from sim.faults.world import MONDAY_UTC_S
from sim.probes.blocks import right_block, right_words
from sim.probes.links import link_to
from sim.probes.outcome import AbsentError, Figure, Outcome, Row
from sim.probes.scene import NEVER, Scene

FLIPS = 100_000
FLOOD = 1000


def _write(words: tuple[int, ...]) -> bytes:
    return struct.pack(">BHHB", 16, 0, 40, 80) + struct.pack(">40H", *words)


def unauthorised_writes() -> Outcome:
    """F61: somebody without the key writes blocks, signed by nobody, by another key, and pieces of them."""
    scene = Scene(junctions=1, settle_s=20)
    cabinet = scene.place().cabinet
    before, counted = cabinet.orders, cabinet.status.authentication_failures
    block = right_block(cabinet, CommandKind.REQUEST_STAGE, stage=2)
    begin_s, changed = scene.now_s, 0
    for key in (None, bytes(32), b"guess" * 6 + b"xx"):
        changed += answer(cabinet, _write(encode_command(block, key)))[0] < 0x80
        changed += cabinet.orders != before
    noted = cabinet.status.authentication_failures - counted
    told_s = scene.until(lambda: scene.strangers("J01") > 0, 10)
    return scene.outcome(
        f"{noted} blocks refused with exception 03 and counted; the controller tells of it {told_s:.0f} s later",
        Figure("state changes", changed),
        Figure("told after", told_s, 2.0, "s"),
        detect_s=told_s if told_s < NEVER else None,
        safe_s=scene.now_s - begin_s if told_s < NEVER else None,
    )


def replayed_blocks() -> Outcome:
    """F62: blocks that a cabinet once took: again, after its reboot, and at its neighbour."""
    scene = Scene(junctions=2, settle_s=20)
    cabinet, other = scene.place("J01").cabinet, scene.place("J02").cabinet
    kept: list[tuple[int, ...]] = []
    for _ in range(10):
        scene.second()
        kept.append(scene.place().watch.last_words)
    kept = [words for words in dict.fromkeys(kept) if words]
    codes: dict[str, set[int]] = {"same boot": set(), "after reboot": set(), "neighbour": set()}
    accepted = 0
    for words in kept:
        for where, target in (("same boot", cabinet), ("neighbour", other)):
            target.key = cabinet.key  # the neighbour's own key would end it sooner
            before = target.orders
            target.write_holding(0, words)
            codes[where].add(int(target.result))
            accepted += target.result is ResultCode.ACCEPTED or target.orders != before
    cabinet.power_cycle()
    scene.run(60)
    for words in kept:
        before = cabinet.orders
        cabinet.write_holding(0, words)
        codes["after reboot"].add(int(cabinet.result))
        accepted += cabinet.result is ResultCode.ACCEPTED or cabinet.orders != before
    wrong = (codes["same boot"] - {2, 16}) | (codes["after reboot"] - {12}) | (codes["neighbour"] - {11})
    return Outcome(
        f"{len(kept)} recorded blocks: " + ", ".join(f"{where} codes {sorted(seen)}" for where, seen in codes.items()),
        (Figure("accepted", accepted), Figure("other codes", len(wrong))),
        detect_s=0.0,
    )


def flipped_words() -> Outcome:
    """F63: somebody on the line changes one to three words of a right block, and seals it anew half of the time."""
    scene = Scene(junctions=1, settle_s=20)
    cabinet = scene.place().cabinet
    right, chance = right_words(cabinet, CommandKind.REQUEST_STAGE, stage=2), random.Random(63)
    before, accepted = cabinet.orders, 0
    for number in range(FLIPS):
        words = list(right)
        for _ in range(chance.randint(1, 3)):
            words[chance.randrange(40)] ^= chance.randrange(1, 0x10000)
        request = _write(tuple(words))
        if number % 2:
            request = _sealed(request)
        if request[6:-4] == _write(right)[6:-4]:
            continue
        accepted += answer(cabinet, request)[0] < 0x80
    return scene.outcome(
        f"{FLIPS} altered blocks, half of them with a CRC that holds: HMAC refuses, "
        f"{cabinet.status.authentication_failures} counted",
        Figure("accepted", accepted + (cabinet.orders != before)),
        detect_s=0.0,
    )


def _sealed(request: bytes) -> bytes:
    body = request[6:]
    return request[:6] + body[:-4] + struct.pack(">I", zlib.crc32(body[:-4]))


def flooded_port() -> Outcome:
    """F68: a thousand sockets at a cabinet's port, and some that send half a frame and wait."""

    async def run() -> tuple[int, int, int]:
        scene = Scene(junctions=1, settle_s=5)
        cabinet = scene.place().cabinet
        async with CabinetServer({"J01": cabinet}, {"J01": Port()}).running() as server:
            link = link_to(scene, server.ports["J01"])
            await link.round(None, 0.0, MONDAY_UTC_S)
            missed, most, sockets = 0, 0, []
            try:
                for second in range(1, 6):
                    for _ in range(FLOOD // 5):
                        one = socket.socket()
                        one.setblocking(False)
                        one.connect_ex(("127.0.0.1", server.ports["J01"]))
                        sockets.append(one)
                    await asyncio.sleep(0.1)
                    for one in sockets[-20:]:
                        _half_a_frame(one)
                    server.advance(cabinet.now_ds + 10)
                    events = await link.round(None, float(second), MONDAY_UTC_S)
                    missed += not any(isinstance(event, CabinetReport) for event in events)
                    most = max(most, cabinet.connections)
            finally:
                for one in sockets:
                    one.close()
            link.close()
        return missed, most, len(sockets)

    with _open_files(2 * FLOOD + 200):
        missed, most, sockets = asyncio.run(run())
    return Outcome(
        f"{sockets} sockets; the cabinet held {most} connections at most and the controller's was among them",
        (Figure("renewals missed", missed, timed=True), Figure("connections held", most, MAX_CONNECTIONS)),
        detect_s=0.0,
        safe_s=0.0,
    )


@contextmanager
def _open_files(wanted: int) -> Iterator[None]:
    """So many file descriptors may be open in the block; raises AbsentError where this machine allows fewer."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise AbsentError(f"{wanted} open files are needed and {hard} are allowed (ulimit -Hn)")
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def _half_a_frame(one: socket.socket) -> None:
    try:
        one.send(b"\x00\x01\x00\x00\x00")
    except OSError:  # closed already: what a cabinet does with a stranger too many
        return


ROWS = (
    Row(
        "F61",
        "unauthorised Modbus client",
        "blocks unsigned, with another key, in pieces",
        "state changes 0; told within 2 s",
        unauthorised_writes,
    ),
    Row(
        "F62",
        "replayed blocks",
        "recorded blocks again, after a reboot, at a neighbour",
        "accepted 0; codes 16, 12, 11",
        replayed_blocks,
    ),
    Row(
        "F63",
        "man in the middle",
        "one to three words changed, half with a right CRC",
        "accepted 0 in 10^5",
        flipped_words,
    ),
    Row(
        "F68",
        "flood of connections",
        "1000 sockets at a cabinet, some with half a frame",
        "renewals missed 0",
        flooded_port,
        timed=True,
    ),
    Row(
        "F69",
        "fuzzing",
        "10^6 inputs each to parser, decoder, Modbus server, plan loader",
        "no crash, hang or change of state",
        why_not="it takes the better part of an hour: `make fuzz` runs it by hand, 10^4 inputs each run with the tests",
    ),
)
