"""F27 to F36: the line to a cabinet is cut, half open, slow, mixed up or damaged, and the cabinet lies or refuses."""

from __future__ import annotations

import asyncio
import random
import statistics
import struct
import time
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from controller.events import CabinetMode, CabinetReport, CommandKind, LinkChange, Reason, Rung
from field_io.link_health import MISCONFIGURED
from field_io.modbus_client import CabinetClient
from field_io.modbus_link import CabinetLink
from field_io.profiles import open_session
from field_io.registers import STATUS, SnapshotRefused, decode_status, encode_identity, encode_status
from field_io.session import CabinetSession
from plans import CabinetAddress
from sim.cabinet.modbus import answer
from sim.cabinet.server import CabinetServer, Port
from sim.faults.line import Frozen, LateReply, Place, Refuse, Request, Torn, cut, lose_reply, swallow
from sim.faults.world import MONDAY_UTC_S
from sim.probes.blocks import right_words
from sim.probes.outcome import Figure, Outcome, Row
from sim.probes.scene import NEVER, Scene, since

LEASE_S, SCAN_S = 10.0, 0.1
FRAMES = 100_000
STATUS_SAMPLES = 1_000_000
EXCEPTIONS = (1, 2, 3, 4, 5, 6, 0x0A, 0x0B)


def cable_pulled() -> Outcome:
    """F27: nothing goes through; the cabinet goes on by its own plan when the lease ends."""
    scene = Scene(junctions=2)
    begin_ds = 10 * scene.world.now_s
    mend = scene.trouble(cut)
    detect_s = scene.until(lambda: scene.alarmed(Reason.LINK_DOWN, begin_ds / 10) is not None, 20)
    scene.run(max(0, int(15 - detect_s)))
    safe_s = next(
        (at - begin_ds for at, mode in scene.place().watch.moves if mode is CabinetMode.LOCAL_COORDINATED), NEVER
    )
    local = scene.rung() is Rung.CABINET_PLAN
    mend()
    recover_s = scene.until(lambda: scene.rung() < Rung.PLAN, 200)
    return scene.outcome(
        f"left remote at the scan at which the lease ended; shown as {'local' if local else 'our own'}",
        Figure("own plan after", safe_s / 10, LEASE_S + 2 * SCAN_S, "s", least=LEASE_S - 2 * SCAN_S),
        Figure("shown as local", float(local), 1.0, least=1.0),
        detect_s=detect_s,
        safe_s=safe_s / 10,
        recover_s=recover_s,
    )


# ------------------------------------------------------------------------------------- real sockets, real client


Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def _mute(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    while await reader.read(4096):
        pass


async def _serving(handle: Handler) -> tuple[asyncio.Server, int]:
    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    return server, port


def _link(scene: Scene, port: int, junction: str = "J01") -> CabinetLink:
    network = scene.world.site.network
    one = next(each for each in network.junctions if each.id == junction)
    address = CabinetAddress(junction, "TSC-MB/1.0", "127.0.0.1", port)
    return CabinetLink(junction, address, open_session(address, one, epoch=99), random.Random(1))


def half_open() -> Outcome:
    """F28: the cabinet answers, and then its line swallows everything without a word."""

    async def run() -> tuple[float, int]:
        scene = Scene(junctions=1, settle_s=5)
        muted = asyncio.Event()
        place = scene.place()

        async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while request := await reader.read(4096):
                if not muted.is_set():
                    reply = answer(place.cabinet, request[7:])
                    writer.write(request[:4] + struct.pack(">HB", len(reply) + 1, request[6]) + reply)

        server, port = await _serving(relay)
        link = _link(scene, port)
        await link.round(None, 0.0, MONDAY_UTC_S)
        muted.set()
        began = time.monotonic()
        detect_s, second = NEVER, 0
        while detect_s == NEVER and second < 6:
            events = await link.round(None, float(second + 1), MONDAY_UTC_S)
            second += 1
            if any(isinstance(event, LinkChange) and not event.up for event in events):
                detect_s = time.monotonic() - began
            await asyncio.sleep(max(0.0, began + second - time.monotonic()))
        link.close()
        server.close()
        stuck = len(
            [task for task in asyncio.all_tasks() if task is not asyncio.current_task() and "relay" not in repr(task)]
        )
        return detect_s, stuck

    detect_s, stuck = asyncio.run(run())
    return Outcome(
        "each round ended by its own deadline, the third one took the link down",
        (Figure("down after", detect_s, 3.0, "s"), Figure("tasks stuck", stuck)),
        detect_s=detect_s,
        safe_s=LEASE_S,
    )


def slow_cabinet() -> Outcome:
    """F29: one cabinet answers after 0.4 to 5 s, its answers late for the requests that they belong to."""

    async def run() -> tuple[float, int, int]:
        scene = Scene(junctions=9, settle_s=5)
        cabinets = {name: place.cabinet for name, place in scene.world.places.items() if name != "J01"}
        slow, chance = scene.place(), random.Random(29)

        async def late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while request := await reader.read(4096):
                reply = answer(slow.cabinet, request[7:])
                asyncio.get_running_loop().call_later(
                    chance.uniform(0.4, 5.0),
                    writer.write,
                    request[:4] + struct.pack(">HB", len(reply) + 1, request[6]) + reply,
                )

        server, port = await _serving(late)
        async with CabinetServer(cabinets, {name: Port() for name in cabinets}).running() as good:
            links = [_link(scene, good.ports[name], name) for name in cabinets]
            slow_link = _link(scene, port)
            idle: list[float] = []
            busy: list[float] = []
            reports, wrong = 0, 0
            for block in range(10):
                took: list[float] = []
                task = None
                for second in range(100):
                    if block % 2 and (task is None or task.done()):
                        task = asyncio.create_task(slow_link.round(None, float(second), MONDAY_UTC_S))
                    took += await asyncio.gather(*(_timed(link) for link in links))
                if task is not None:
                    said = [event for event in await task if isinstance(event, CabinetReport)]
                    reports += len(said)
                    wrong += sum(event.accepted is True for event in said)
                (busy if block % 2 else idle).append(sorted(took)[round(0.99 * len(took)) - 1])
            for link in [*links, slow_link]:
                link.close()
        server.close()
        return statistics.median(busy) / statistics.median(idle), wrong, reports

    ratio, wrong, _ = asyncio.run(run())
    scene = Scene(junctions=2)
    begin_s = scene.now_s
    mend = scene.trouble(LateReply())
    scene.run(60)
    mend()
    return scene.outcome(
        "eight other cabinets, five blocks with it and five without in turn; late answers also in the town",
        Figure("others' round, p99, times without it", ratio, 1.10),
        Figure("late answers taken for another's", wrong),
        detect_s=since(begin_s, scene.alarmed(Reason.LINK_DOWN, begin_s))
        if scene.alarmed(Reason.LINK_DOWN, begin_s)
        else None,
        safe_s=LEASE_S,
    )


async def _timed(link: CabinetLink) -> float:
    began = time.perf_counter()
    await link.round(None, 0.0, MONDAY_UTC_S)
    return time.perf_counter() - began


def exceptions() -> Outcome:
    """F30: every request is answered by a Modbus exception, each in turn."""
    most = 0
    mapped: list[str] = []
    wrong_edge = 0
    scene = Scene(junctions=1)
    for code in EXCEPTIONS:
        centre = scene.world.centre
        if centre is None:
            break
        state = centre.conversations["J01"].health.state
        mend = scene.trouble(Refuse(random.Random(code), (code,)))
        downs = []
        for _ in range(4):
            before = state.commands
            scene.second()
            most = max(most, state.commands - before)
            downs.append(not state.up)
        wrong_edge += downs[0] is not (code in MISCONFIGURED)
        mapped.append(f"{code:02}")
        mend()
        scene.until(partial(getattr, state, "up"), 15)
        scene.until(lambda: scene.rung() < Rung.PLAN, 1900)
    return scene.outcome(
        f"exceptions {', '.join(mapped)}: 01 to 03 take the link down at once, the others after three in a row",
        Figure("commands a tick", most, 1.0),
        Figure("mapped otherwise", wrong_edge),
        detect_s=1.0,
        safe_s=LEASE_S,
    )


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


def partial_writes() -> Outcome:
    """F34: 39 words, single registers into the block, the block in two halves, a byte count that contradicts."""
    scene = Scene(junctions=1, settle_s=20)
    place = scene.place()
    cabinet = place.cabinet
    words = right_words(cabinet, CommandKind.REQUEST_STAGE, stage=2)
    before, changed, accepted = cabinet.orders, 0, 0
    block = struct.pack(">40H", *words)
    requests = [
        struct.pack(">BHHB", 16, 0, 39, 78) + block[:78],
        struct.pack(">BHHB", 16, 0, 20, 40) + block[:40],
        struct.pack(">BHHB", 16, 20, 20, 40) + block[40:],
        struct.pack(">BHHB", 16, 1, 39, 78) + block[2:],
        struct.pack(">BHHB", 16, 0, 40, 78) + block,
        struct.pack(">BHHHHB", 23, 1000, 100, 0, 39, 78) + block[:78],
        *(struct.pack(">BHH", 6, at, word) for at, word in enumerate(words)),
    ]
    for request in requests:
        reply = answer(cabinet, request)
        accepted += reply[0] < 0x80
        changed += cabinet.orders != before
    return scene.outcome(
        f"{len(requests)} writes that are no whole block, each answered by an exception and counted",
        Figure("state changes", changed),
        Figure("answered as written", accepted),
        detect_s=0.0,
    )


def not_applied() -> Outcome:
    """F35: the cabinet acknowledges every block, throws it away, and tells the truth of itself."""
    scene = Scene(junctions=2)
    begin_s = scene.now_s
    mend = scene.trouble(swallow)
    detect_s = scene.until(lambda: scene.alarmed(Reason.LINK_DOWN, begin_s) is not None, 30)
    scene.run(20)
    mend()
    recover_s = scene.until(lambda: scene.rung() < Rung.PLAN, 300)
    return scene.outcome(
        "the echo did not show the blocks; after three the junction was given up, and left alone for a minute",
        Figure("believed applied", scene.place().believed_wrongly),
        Figure("given up after", detect_s, 5.0, "s"),
        detect_s=detect_s,
        safe_s=LEASE_S,
        recover_s=recover_s,
    )


def read_fails() -> Outcome:
    """F36: FC23 with a read range that is not there; and a block that acts while its answer is lost."""
    scene = Scene(junctions=2)
    place, cabinet = scene.place(), scene.place().cabinet
    words = right_words(cabinet, CommandKind.REQUEST_STAGE, stage=2)
    before = cabinet.orders
    reply = answer(cabinet, struct.pack(">BHHHHB", 23, 3000, 100, 0, 40, 80) + struct.pack(">40H", *words))
    wrote = cabinet.orders != before
    chance = random.Random(36)
    accepted = place.watch.answers[1]
    sent = scene.world.centre.conversations["J01"].health.state.commands if scene.world.centre else 0
    mend = scene.trouble(lambda p, r: lose_reply(p, r) if chance.random() < 0.4 else p.honestly(r))
    scene.run(200)
    mend()
    executed = place.watch.answers[1] - accepted
    sent = (scene.world.centre.conversations["J01"].health.state.commands if scene.world.centre else 0) - sent
    doubles = sum(one.invariant == "S7" for one in scene.world.breaches)
    return scene.outcome(
        f"exception {reply[1]:02} and nothing written; of {sent} blocks {executed} were accepted while four answers in "
        "ten were lost, each once; the echo was read before anything else was sent",
        Figure("written without the answer", float(wrote)),
        Figure("executed twice", doubles),
        Figure("executed and never sent", max(0, executed - sent)),
        detect_s=1.0,
    )


ROWS = (
    Row(
        "F27",
        "cable pulled",
        "nothing goes through either way",
        "own plan 10 s after the last renewal, +/- 0.2 s",
        cable_pulled,
    ),
    Row(
        "F28",
        "half-open connection",
        "real sockets: the line swallows everything",
        "down within 3 s; stuck tasks 0",
        half_open,
        timed=True,
    ),
    Row(
        "F29",
        "slow cabinet",
        "real sockets: answers after 0.4 to 5 s; in the town answers to the question before",
        "late answers taken 0; the others' p99 at most +10 %",
        slow_cabinet,
        timed=True,
    ),
    Row(
        "F30",
        "Modbus exceptions",
        "01 02 03 04 05 06 0A 0B, each to every request",
        "one command a tick at most; each mapped",
        exceptions,
    ),
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
    Row(
        "F34",
        "partial write",
        "39 words, halves, single registers, a wrong byte count",
        "state changes 0",
        partial_writes,
    ),
    Row(
        "F35",
        "acknowledged and not applied",
        "a cabinet that throws every block away",
        "believed applied 0; given up after three",
        not_applied,
    ),
    Row(
        "F36",
        "written and not read",
        "FC23 with a bad read range; four answers in ten lost",
        "executed twice 0",
        read_fails,
    ),
)
