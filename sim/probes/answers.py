"""F31 to F33: answers of a cabinet that are put together wrongly, damaged, torn between two scans, or ever the same."""

from __future__ import annotations

import asyncio
import random
import struct
from collections.abc import Sequence
from functools import partial

from controller.events import CabinetReport, Reason
from field_io.modbus_client import CabinetClient
from field_io.registers import STATUS, SnapshotRefused, decode_status, encode_identity, encode_status
from field_io.session import CabinetSession
from sim.faults.line import Place, Request
from sim.faults.line_troubles import Frozen, Torn
from sim.faults.town import LEASE_S
from sim.probes.outcome import Figure, Outcome, Row
from sim.probes.scene import Scene

FRAMES = 100_000
STATUS_SAMPLES = 1_000_000


def wrong_frames() -> Outcome:
    """F31: answers with a wrong transaction, unit, function or length, cut off, or with bytes too many."""

    async def run() -> tuple[int, int]:
        scene = Scene(junctions=1, settle_s=5)
        cabinet, junction = scene.place().cabinet, scene.world.site.network.junctions[0]
        client = CabinetClient("J01", "127.0.0.1", 1, 0.5, None)
        chance = random.Random(31)
        session = CabinetSession(junction, None)
        session.identify(encode_identity(cabinet.identity), 0.0)
        body = struct.pack(">BB", 3, 2 * STATUS.words) + struct.pack(
            f">{STATUS.words}H", *encode_status(cabinet.status)
        )
        wrong = refused = 0
        for number in range(FRAMES):
            tid = number % 60_000 + 1
            client.ctx.request_dev_id, client.ctx.request_transaction_id = 1, tid
            client.ctx.response_future = asyncio.get_running_loop().create_future()
            frame, harmless = _wrong_frame(chance, tid, body)
            try:
                client.ctx.callback_data(frame)
            except Exception as error:  # noqa: BLE001 - the library's own; a link gives the connection up for it
                refused += "Modbus" in type(error).__name__ or isinstance(error, (ValueError, IndexError, struct.error))
                continue
            future = client.ctx.response_future
            if not future.done():
                refused += 1
                continue
            said = future.result()
            taken = (
                not said.isError()
                and said.transaction_id == tid
                and isinstance(session.report(said.registers, 1.0), CabinetReport)
            )
            wrong += taken and not harmless
            refused += not taken
        return wrong, refused

    wrong, refused = asyncio.run(run())
    return Outcome(
        f"{FRAMES} wrong answers put into the real client, {refused} refused; the rest whole, with bytes behind them",
        (Figure("taken", wrong),),
        detect_s=0.0,
    )


def _wrong_frame(chance: random.Random, tid: int, body: bytes) -> tuple[bytes, bool]:
    """A frame with one thing wrong, and whether what it says is whole all the same (bytes after the frame)."""
    unit, length, harmless = 1, len(body) + 1, False
    match chance.randrange(7):
        case 0:
            tid = (tid + chance.randrange(1, 0xFFFF)) & 0xFFFF
        case 1:
            unit = chance.choice((0, 2, 17, 255))
        case 2:
            body = bytes((chance.choice((1, 2, 4, 5, 6, 16, 22, 23, 0x83, 0x97, 99)),)) + body[1:]
            harmless = body[0] in (4, 23)  # the same words under another reading function
        case 3:
            length = chance.choice((0, 1, 2, length - 1, length + 1, length - 2, 0xFFFF))
        case 4:
            body = body[: chance.randrange(1, len(body))]
            length = chance.choice((length, len(body) + 1))
        case 5:
            body, harmless = body + chance.randbytes(chance.randrange(1, 9)), True
        case _:
            body = body[:1] + bytes((chance.randrange(256),)) + body[2:]
            harmless = body[1] == 2 * STATUS.words
    return struct.pack(">HHHB", tid, 0, length, unit) + body, harmless


def flipped_bits() -> Outcome:
    """F32: one bit, or two, of the status turned over: all single ones and a million pairs."""
    scene = Scene(junctions=1, settle_s=5)
    status = scene.place().cabinet.status
    raw = int.from_bytes(struct.pack(f">{STATUS.words}H", *encode_status(status)), "big")
    bits, layout = 16 * STATUS.words, struct.Struct(f">{STATUS.words}H")
    chance = random.Random(32)
    undetected = 0
    masks = [1 << bit for bit in range(bits)]
    for number in range(bits + STATUS_SAMPLES):
        if number < bits:
            mask = masks[number]
        else:
            one, other = chance.randrange(bits), chance.randrange(bits - 1)
            mask = masks[one] | masks[other + (other >= one)]
        try:
            decode_status(layout.unpack((raw ^ mask).to_bytes(bits // 8, "big")))
        except SnapshotRefused:
            continue
        undetected += 1
    begin_s = scene.now_s

    def flip(place: Place, request: Request) -> Sequence[int]:
        words = list(place.honestly(request))
        words[7] ^= 4
        return tuple(words)

    scene.trouble(flip)
    down_s = scene.until(lambda: scene.alarmed(Reason.LINK_DOWN, begin_s) is not None, 10)
    return scene.outcome(
        f"{bits} single bits and {STATUS_SAMPLES} pairs; after three damaged ones the link is not trusted",
        Figure("undetected", undetected),
        Figure("untrusted after", down_s, 4.0, "s"),
        detect_s=1.0,
        safe_s=down_s,
    )


def torn_or_frozen() -> Outcome:
    """F33: half a snapshot of another scan; the same snapshot again and again."""
    waits: dict[str, float] = {}
    breaches: tuple[str, ...] = ()
    for name, trouble in (("torn", Torn()), ("frozen", Frozen())):
        scene = Scene(junctions=1, settle_s=20)
        scene.trouble(trouble)
        scene.second()  # the first one is whole and alive; from now on it is torn, or stands still
        before = _failures(scene)
        waits[name] = scene.until(partial(_fails_more, scene, before), 5)
        breaches += scene.outcome("").breaches
    return Outcome(
        "both are refused at the next reading; after three the link is down",
        tuple(Figure(f"{name}: refused after", wait_s, 1.0, "s") for name, wait_s in waits.items()),
        detect_s=max(waits.values()),
        safe_s=LEASE_S,
        breaches=breaches,
    )


def _fails_more(scene: Scene, before: int) -> bool:
    return _failures(scene) > before


def _failures(scene: Scene) -> int:
    centre = scene.world.centre
    return centre.conversations["J01"].health.state.failures if centre is not None else 0


ROWS = (
    Row(
        "F31",
        "wrong frames",
        "wrong transaction, unit, function, length; cut off; bytes too many",
        "taken 0 in 10^5",
        wrong_frames,
    ),
    Row(
        "F32",
        "flipped bits in the status",
        "every single bit, 10^6 pairs; three damaged snapshots in a row",
        "undetected 0; untrusted after three",
        flipped_bits,
    ),
    Row(
        "F33",
        "torn or frozen snapshot",
        "halves of two scans; one snapshot for ever",
        "refused within 1 s",
        torn_or_frozen,
    ),
)
