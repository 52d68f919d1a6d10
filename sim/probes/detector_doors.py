"""F06 to F10, F18 to F22 and F26: what gateways, and those who pose as gateways, put into the broker."""

from __future__ import annotations

import gc
import math
import random
import resource
import time
from collections.abc import Iterator, Sequence
from functools import cache

from controller.events import DetectorReading
from controller.model import Network
from field_io.detector_door import DetectorDoor
from field_io.detector_payload import encode
from field_io.mqtt_link import Message
from field_io.telling import DROPPED_EVERY_S, Teller
from field_io.topics import DETECTORS
from plans import load_site
from sim.faults.messages import HOSTILE_PAYLOADS
from sim.faults.town import town
from sim.probes.outcome import Figure, Outcome, Row
from sim.probes.scene import Scene

STALE_S = 5.0
MANY = 100_000
JUNCTIONS, SECONDS, BLOCKS = 12, 400, 9
"""Of F19: honest publishers, seconds in a block, and blocks with nonsense and without."""


@cache
def _network() -> Network:
    return load_site(town(JUNCTIONS)).network


class _Street:
    """One junction's messages, a second each, and the door that hears them. Each second has its own count."""

    def __init__(self, place: int = 0, door: DetectorDoor | None = None) -> None:
        network = _network()
        self.junction = network.junctions[place]
        self.loops = tuple(loop.id for loop in self.junction.loops)
        self.topic = DETECTORS.at(network.site, junction=self.junction.id)
        self.door = DetectorDoor(network, STALE_S) if door is None else door
        self.heard: list[DetectorReading] = []

    def payload(self, second: int, *, off_s: float = 0.0, boot: str = "b", sequence: int | None = None) -> bytes:
        """What the loops saw in the second that ends at `second`; its count tells which second it was."""
        counts = tuple(second % 5 for _ in self.loops)
        reading = DetectorReading(
            self.junction.id, second - 1 + off_s, second + off_s, self.loops, counts, (0,) * len(self.loops)
        )
        return encode(reading, "gw", boot, second if sequence is None else sequence)

    def hear(self, payload: bytes, now_s: float, *, retained: bool = False) -> bool:
        """Whether the door lets it in."""
        reading = self.door.accept(self.topic, payload, retained, now_s)
        if reading is not None:
            self.heard.append(reading)
        return reading is not None

    def wrong_bins(self, tolerance_s: float = 0.001) -> int:
        """Readings counted for another second than they were seen in (their count says which)."""
        return sum(
            round(one.t1_s) % 5 != one.counts[0] or abs(one.t1_s - round(one.t1_s)) > tolerance_s for one in self.heard
        )


def duplicates() -> Outcome:
    """F06: every message again, at once or some seconds later."""
    street, twice = _Street(), 0
    chance = random.Random(6)
    for second in range(1, MANY + 1):
        payload = street.payload(second)
        street.hear(payload, float(second))
        again = street.payload(max(1, second - chance.choice((0, 0, 1, 4, 30))))
        twice += street.hear(again, float(second))
    return Outcome(
        f"{MANY} messages and a duplicate of each: {street.door.dropped['duplicate']} dropped as duplicates",
        (Figure("double counts", twice), Figure("messages lost", MANY - len(street.heard))),
        detect_s=0.0,
    )


def out_of_order() -> Outcome:
    """F07: messages overtake each other by up to 2 s, and by more."""
    street, chance, n = _Street(), random.Random(7), 5000
    held_back = range(100, n, 100)
    arrivals = sorted(
        (second + (4.9 if second in held_back else chance.choice((0.0, 0.4, 1.5)) if second > 5 else 0.0), second)
        for second in range(1, n)
    )
    for at_s, second in arrivals:
        street.hear(street.payload(second), at_s)
    beyond = sum(round(one.t1_s) in held_back for one in street.heard)
    within, sent = len(street.heard) - beyond, n - 1 - len(held_back)
    return Outcome(
        f"{within} of {sent} put in their place while less than 2 s late; of {len(held_back)} that came 4.9 s late "
        f"{street.door.dropped['out_of_order']} dropped and counted",
        (
            Figure("wrong bin", street.wrong_bins()),
            Figure("lost within the window", sent - within),
            Figure("taken beyond it", beyond),
        ),
        detect_s=0.0,
    )


def late_counts() -> Outcome:
    """F08: a gateway's messages come 6 to 600 s late."""
    street = _Street()
    for second in range(1, 61):
        street.hear(street.payload(second), float(second))
    used = sum(street.hear(street.payload(60 + delay_s), 60.0 + 2 * delay_s) for delay_s in range(6, 601))
    return Outcome(
        f"595 messages late by 6 to 600 s: {street.door.dropped['stale']} dropped as stale",
        (Figure("used", used), Figure("not counted", 595 - street.door.dropped.total())),
        detect_s=0.0,
    )


def retained_counts() -> Outcome:
    """F09: the broker hands out kept counts on subscription."""
    street = _Street()
    used = sum(street.hear(street.payload(second), float(second), retained=True) for second in range(1, 101))
    log = _Lines()
    _tell_drops(street.door, log, [1.0])
    return Outcome(
        f"100 retained counts: {street.door.dropped['retained']} dropped, told in the log at the next step",
        (Figure("used", used), Figure("told", float(len(log.lines)), 1.0, least=1.0)),
        detect_s=1.0 if log.lines else None,
    )


def flood() -> Outcome:
    """F10: one gateway of three says everything ten times for a minute."""
    scene = Scene(junctions=12, settle_s=40)
    world = scene.world
    others = [junction for junction, gateway in world.gateways.of.items() if gateway.name != "g0"]

    def seconds(n: int) -> list[float]:
        took = []
        for _ in range(n):
            began = time.process_time()
            scene.second()
            took.append(time.process_time() - began)
        return sorted(took)

    gc.collect()
    idle = seconds(60)
    before = world.centre.intake.door.accepted if world.centre else 0
    world.gateways.of["J01"].copies = 10
    busy = seconds(60)
    rungs = [scene.rung(junction) for junction in others]
    heard = (world.centre.intake.door.accepted if world.centre else 0) - before
    p99 = round(0.99 * len(idle)) - 1
    return scene.outcome(
        f"{heard} messages accepted in a minute, {len(others)} junctions of other gateways stay at "
        f"{max(rungs).name.lower()} or better",
        Figure("others' second, p99, times idle", busy[p99] / idle[p99], 2.0, timed=True),
        Figure("others that fell", sum(rung > 1 for rung in rungs)),
    )


def odd_values() -> Outcome:
    """F18: every number of a message replaced by what is no number, or none that can be."""
    street, taken, raised = _Street(), 0, 0
    odd = (
        "NaN",
        "Infinity",
        "-Infinity",
        "-1",
        "1e18",
        "1e999",
        "true",
        '"3"',
        "null",
        "[1]",
        "{}",
        "0.5",
        "11",
        "2.5e0",
    )
    places = ('"seq":%s', '"t0":%s', '"t1":%s', "[%s,0]", "[0,%s]")
    street.hear(street.payload(1), 1.0)
    good = 0
    for number, (value, place) in enumerate(((v, p) for v in odd for p in places), start=2):
        fields = {'"seq":%s': f'"seq":{number}', '"t0":%s': f'"t0":{number - 1}', '"t1":%s': f'"t1":{number}'}
        loop = "[0,0]"
        if place in fields:
            fields[place] = place % value
        else:
            loop = place % value
        payload = f'{{"v":1,"gw":"gw","boot":"odd",{",".join(fields.values())},"loops":{{"Ns":{loop}}}}}'
        try:
            taken += street.hear(payload.encode(), float(number)) and not _in_contract(place, value)
        except (ValueError, TypeError, OverflowError, KeyError, IndexError):
            raised += 1
        good += street.hear(street.payload(number), float(number))
    tried = len(odd) * len(places)
    return Outcome(
        f"{tried} messages with odd numbers, {street.door.dropped.total()} refused by cause; "
        f"{good} of {tried} honest ones between them kept",
        (Figure("taken", taken), Figure("exceptions that escaped", raised), Figure("honest ones lost", tried - good)),
        detect_s=0.0,
    )


def _in_contract(place: str, value: str) -> bool:
    """Values of the odd list that are lawful at some place: half a second is a time, eleven a sequence number."""
    times = place.startswith('"t')
    return (
        (times and value in {"0.5", "11", "2.5e0"})
        or (place.startswith('"seq') and value == "11")
        or (place == "[0,%s]" and value == "11")
    )


def hostile_payloads() -> Outcome:
    """F19: broken JSON, bad UTF-8, depth, duplicate keys and a mebibyte beside each second of honest messages."""
    for payloads in ((), HOSTILE_PAYLOADS):
        _honest_beside(payloads)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    idle_s = busy_s = (math.inf,) * SECONDS
    raised = 0
    for _ in range(BLOCKS):  # in turn, and of each second its best: other programs slow now one, now the other
        idle_s = tuple(map(min, idle_s, _honest_beside(())[0]))
        took_s, escaped = _honest_beside(HOSTILE_PAYLOADS)
        busy_s = tuple(map(min, busy_s, took_s))
        raised += escaped
    grown_mib = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    p99 = round(0.99 * SECONDS) - 1
    return Outcome(
        f"{len(HOSTILE_PAYLOADS)} kinds of nonsense, {len(HOSTILE_PAYLOADS) * SECONDS * BLOCKS} messages, "
        "size looked at first",
        (
            Figure("p99 of honest ones, times idle", sorted(busy_s)[p99] / sorted(idle_s)[p99], 1.1, timed=True),
            Figure("memory grown", grown_mib, 1.0, "MiB"),
            Figure("exceptions that escaped", raised),
        ),
        detect_s=0.0,
    )


def _honest_beside(hostile: Sequence[bytes]) -> tuple[list[float], int]:
    """Processor time of the honest messages of each second [s], and exceptions that escaped the door."""
    door = DetectorDoor(_network(), STALE_S)
    streets = [_Street(place, door) for place in range(JUNCTIONS)]
    took_s, raised = [], 0
    gc.collect()
    gc.disable()
    for second in range(1, SECONDS + 1):
        for payload in hostile:
            try:
                streets[0].hear(payload, float(second))
            except (ValueError, TypeError, RecursionError, OverflowError):
                raised += 1
        payloads = [street.payload(second) for street in streets]
        began_s = time.thread_time()
        for street, payload in zip(streets, payloads, strict=True):
            street.hear(payload, float(second))
        took_s.append(time.thread_time() - began_s)
    gc.enable()
    return took_s, raised


class _Lines:
    """A log that keeps its lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def info(self, event: str, **values: object) -> None:
        """A line."""
        self.lines.append(f"{event} {values}")

    warning = error = info


def _tell_drops(door: DetectorDoor, log: _Lines, seconds: Sequence[float]) -> None:
    teller = Teller(_network(), lambda *_: None, log, dry_run=True)
    for now_s in seconds:
        teller.tell_dropped(door.dropped, now_s)


def unknown_names() -> Outcome:
    """F20: junctions and loops that the site does not have, ten a second for ten minutes."""
    street, log = _Street(), _Lines()
    teller = Teller(_network(), lambda *_: None, log, dry_run=True)
    stray = Message("fk/v1/faulty/J99/detectors", street.payload(1), retained=False, received_s=0.0)
    taken = 0
    for second in range(1, 601):
        taken += sum(
            street.door.accept(f"{stray.topic}{n}", stray.payload, False, float(second)) is not None for n in range(10)
        )
        teller.tell_dropped(street.door.dropped, float(second))
    return Outcome(
        f"{street.door.dropped['unknown_topic']} messages dropped and counted, {len(log.lines)} lines in ten minutes",
        (
            Figure("taken", taken),
            Figure("log lines a minute", len(log.lines) / 10, 60.0 / DROPPED_EVERY_S),
        ),
        detect_s=1.0,
    )


def wrong_intervals() -> Outcome:
    """F21: a minute in a second's slot, intervals that overlap, end before they begin, or are none."""
    street, used = _Street(), 0
    street.hear(street.payload(100), 100.0)
    for number, (t0, t1) in enumerate(
        ((40, 100), (100, 160), (99.5, 100.5), (101, 101), (102, 101), (99.001, 99.999)), 200
    ):
        reading = DetectorReading(
            street.junction.id, t0, t1, street.loops, (1,) * len(street.loops), (0,) * len(street.loops)
        )
        used += street.hear(encode(reading, "gw", "b", number), 101.0)
    causes = ", ".join(f"{count} {cause}" for cause, count in street.door.dropped.items())
    return Outcome(f"six intervals that cannot be: {causes}", (Figure("used", used),), detect_s=0.0)


def gateway_restart() -> Outcome:
    """F22: a gateway begins anew: new boot id and sequence, or only a sequence that wraps."""
    street = _Street()
    seconds = iter(range(1, 10_000))
    for second in _some(seconds, 30):
        street.hear(street.payload(second), float(second))
    for second in _some(seconds, 30):
        street.hear(street.payload(second, boot="new", sequence=second - 30), float(second))
    for second in _some(seconds, 30):
        street.hear(street.payload(second, boot="new", sequence=(2**31 - 1) + second), float(second))
    for number, second in enumerate(_some(seconds, 30)):
        street.hear(street.payload(second, boot="new", sequence=number), float(second))
    jumps = sum(one.counts[0] != round(one.t1_s) % 5 or not 0 <= one.counts[0] <= 5 for one in street.heard)
    return Outcome(
        f"{len(street.heard)} of 120 seconds counted over a restart, a leap and a wrap of its numbers",
        (Figure("jump", jumps), Figure("seconds lost", 120 - len(street.heard), 1.0)),
        detect_s=0.0,
        recover_s=0.0,
    )


def _some(seconds: Iterator[int], n: int) -> list[int]:
    return [next(seconds) for _ in range(n)]


def skewed_clock() -> Outcome:
    """F26: a gateway's clock is minutes off from the start, and is set while it works."""
    wrong = lost = 0
    told: list[bool] = []
    for off_s in (-3600.0, -300.0, -120.0, 90.0, 600.0):
        street = _Street()
        for second in range(1, 121):
            street.hear(street.payload(second, off_s=off_s if second <= 60 else 0.0), float(second))
            if second == 60:
                told.append(bool(street.door.skewed(0.0, 2.0)))
        wrong += street.wrong_bins()
        lost += 120 - len(street.heard)
    return Outcome(
        f"five clocks off by 90 s to an hour, then set right: the receiver's time is used, {sum(told)} of 5 told",
        (
            Figure("wrong bin", wrong),
            Figure("clocks not told", len(told) - sum(told)),
            Figure("seconds lost", lost, 5.0),
        ),
        detect_s=1.0,
    )


ROWS = (
    Row(
        "F06",
        "duplicate messages",
        "each of 100,000 messages again, at once or up to 30 s later",
        "double counts 0 in 10^5",
        duplicates,
    ),
    Row("F07", "messages out of order", "shuffled within 2 s, and far behind", "wrong bin 0", out_of_order),
    Row("F08", "late counts", "595 messages late by 6 to 600 s", "used 0", late_counts),
    Row("F09", "retained counts", "100 retained messages on subscription", "used 0, told", retained_counts),
    Row(
        "F10",
        "a gateway floods",
        "one gateway of three says everything ten times for 60 s",
        "p99 of a second for the others at most 2 times idle; no breach",
        flood,
        timed=True,
    ),
    Row(
        "F18",
        "numbers that are none",
        "14 odd values at five places of a message",
        "state change 0, exceptions 0",
        odd_values,
    ),
    Row(
        "F19",
        "payloads of nonsense",
        "broken JSON, bad UTF-8, depth 5000, duplicate keys, 1 MiB beside honest messages",
        "p99 of the others +10 % at most, memory +0 (1 MiB is the resolution)",
        hostile_payloads,
        timed=True,
    ),
    Row(
        "F20",
        "unknown names",
        "ten unknown junctions a second for ten minutes",
        "one log line a minute at most",
        unknown_names,
    ),
    Row(
        "F21",
        "wrong interval",
        "a minute in a second's slot, overlaps, empty and reversed intervals",
        "used 0",
        wrong_intervals,
    ),
    Row("F22", "gateway restarts", "new boot id, sequence reset, leap and wrap", "jump 0", gateway_restart),
    Row(
        "F26",
        "gateway's clock is off",
        "clocks off by 90 s to an hour, and set right",
        "wrong bin 0, told",
        skewed_clock,
    ),
)
