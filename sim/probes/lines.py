"""F27, F30 and F34 to F36: the line to a cabinet is cut, refuses, takes half a block, or loses what was written."""

from __future__ import annotations

import random
import struct
from functools import partial

from controller.events import CabinetMode, CommandKind, Reason, Rung
from field_io.link_health import MISCONFIGURED
from sim.cabinet.modbus import answer
from sim.faults.line_troubles import Refuse, cut, lose_reply, swallow
from sim.faults.town import LEASE_S
from sim.probes.blocks import right_words
from sim.probes.outcome import Figure, Outcome, Row
from sim.probes.scene import NEVER, Scene

SCAN_S = 0.1
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
        "F30",
        "Modbus exceptions",
        "01 02 03 04 05 06 0A 0B, each to every request",
        "one command a tick at most; each mapped",
        exceptions,
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
