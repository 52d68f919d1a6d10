"""A hostile publisher at the broker: `python -m sim.chaos.publisher`. Ends with 5 where a promise was broken.

It has what an attacker on an open broker has: it hears everything, and it may publish anywhere. (In the street the
access list keeps it to its own junctions; what is asked here is what holds behind that.) Each attack runs against the
real controller while an honest gateway speaks. Asked: how many of its readings were used, how many honest ones were
lost, whether the cabinets are driven on, and what it cost in memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from field_io.mqtt_link import BrokerAccess, Message, MqttLink
from field_io.topics import ALARM, CONTROLLER_GATEWAY, DETECTORS, PRESENCE, STATE, TICK
from sim.chaos.asking import asks, at_the_end
from sim.chaos.driven import LONGEST_GAP_S, Driven, Told, driven
from sim.chaos.street import Street

MARK = 9
"""Vehicles that a forged reading counts; honest loops count one at most."""
BURST, RATE_PER_S = 20, 2000.0
"""Messages at once, and a second."""
MEMORY_MIB = 60.0
"""Growth over all attacks that would be a leak [MiB]."""
HONEST_SHARE = 0.7
"""Of the honest readings, what must be used under attack: forged numbers may push out the next one, not more."""

Forged = Iterator[tuple[str, bytes, bool]]
"""Topic, payload, retained."""


@dataclass(frozen=True, slots=True)
class Enemy:
    """What an attacker knows: the topics of the site, and what it heard."""

    site: str
    junctions: Sequence[str]
    heard: list[Message]
    chance: random.Random

    def topic(self, junction: str = "") -> str:
        return DETECTORS.at(self.site, junction=junction or self.chance.choice(self.junctions))

    def latest(self) -> dict[str, object]:
        """The newest honest message, as an object to be changed."""
        values: dict[str, object] = json.loads(self.heard[-1].payload)
        return values

    def marked(self, **changes: object) -> bytes:
        """The newest honest message with forged counts and these changes."""
        values = self.latest()
        loops = values["loops"]
        forged = {name: [MARK, 500] for name in loops} if isinstance(loops, dict) else {}
        return json.dumps(values | {"loops": forged} | changes).encode()


def garbage(enemy: Enemy) -> Forged:
    """Bytes of every length and shape that are no message."""
    chance = enemy.chance
    shapes = (b"", b"{}", b"[]", b"null", b"{" * 2000, b'{"v":1}', b"\xff" * 100, b'{"v":1e999}', b'{"v":1,"v":1}')
    for _ in range(300):
        data = chance.choice(shapes) if chance.random() < 0.5 else chance.randbytes(chance.randint(1, 4000))
        yield enemy.topic(), data, False


def oversized(enemy: Enemy) -> Forged:
    """A mebibyte of valid JSON, and just above what the contract allows."""
    for size in (1 << 20, 8000, 4097) * 5:
        yield enemy.topic(), enemy.marked(x="y" * size), False


def bad_numbers(enemy: Enemy) -> Forged:
    """Right in form, wrong in value."""
    for value in ([-1, 0], [10**18, 0], [1e308, 0], [True, 0], ["1", 0], [None, 0], [MARK, 10**9], [MARK, -5], [MARK]):
        for junction in enemy.junctions:
            loops = dict.fromkeys(("Ns", "Es", "Ws", "Ss"), value)
            yield enemy.topic(junction), json.dumps(enemy.latest() | {"seq": 10**6, "loops": loops}).encode(), False


def replays(enemy: Enemy) -> Forged:
    """Everything that was heard, again, at its own place."""
    for message in list(enemy.heard):
        yield message.topic, message.payload, False


def wrong_junction(enemy: Enemy) -> Forged:
    """A message of one junction on another's topic, on topics of no junction, and far outside."""
    for message in enemy.heard[-40:]:
        for place in (*enemy.junctions, "J99", "x" * 200, "J01/detectors"):
            topic = enemy.topic(place)
            if topic != message.topic:
                yield topic, message.payload.replace(b'"boot":"', b'"boot":"other-'), False


def future_stamps(enemy: Enemy) -> Forged:
    """In the honest gateway's name: an hour ahead, a year ahead, a number at the end of its range."""
    for ahead_s in (3600.0, 3.2e7, 1e10):
        for number in (1, 5000, 2**32 - 1):
            values = enemy.latest()
            sequence = min(int(str(values["seq"])) + number, 2**32 - 1)
            at_s = float(str(values["t1"])) + ahead_s
            yield enemy.topic(), enemy.marked(seq=sequence, t0=at_s - 1, t1=at_s), False


def old_stamps(enemy: Enemy) -> Forged:
    """In its name, minutes and years late."""
    for late_s in (6.0, 60.0, 600.0, 1e8):
        values = enemy.latest()
        at_s = float(str(values["t1"])) - late_s
        yield enemy.topic(), enemy.marked(t0=at_s - 1, t1=at_s), False


def retained(enemy: Enemy) -> Forged:
    """Counts that the broker keeps for whoever comes."""
    for junction in enemy.junctions:
        yield enemy.topic(junction), enemy.marked(), True
    for junction in enemy.junctions:  # and takes away again
        yield enemy.topic(junction), b"", True


def flood(enemy: Enemy) -> Forged:
    """Ten thousand messages, two thousand a second, at one junction, in the honest gateway's name."""
    payload = enemy.marked()
    for _ in range(10_000):
        yield enemy.topic(enemy.junctions[0]), payload, False


def many_topics(enemy: Enemy) -> Forged:
    """Ten thousand junctions that are not."""
    for number in range(10_000):
        yield enemy.topic(f"X{number}"), b"x", False


def forged_voices(enemy: Enemy) -> Forged:
    """In the controller's name and the simulation's: presence, ticks, states, alarms."""
    for _ in range(20):
        yield PRESENCE.at(enemy.site, gateway=CONTROLLER_GATEWAY), b'{"v":1,"boot":"x","online":false}', False
        yield PRESENCE.at(enemy.site, gateway="g" * 300), enemy.chance.randbytes(500), False
        yield TICK.at(enemy.site), b'{"t":1e12,"utc":1e12}', False
        yield STATE.at(enemy.site, junction="J01"), b'{"groups":{}}', False
        yield ALARM.at(enemy.site, junction="J01"), b"{}", False


ATTACKS: Mapping[str, Callable[[Enemy], Forged]] = {
    "garbage": garbage,
    "oversized": oversized,
    "bad numbers": bad_numbers,
    "replay": replays,
    "wrong junction": wrong_junction,
    "future stamps": future_stamps,
    "old stamps": old_stamps,
    "retained": retained,
    "flood": flood,
    "many topics": many_topics,
    "forged voices": forged_voices,
}
MAY_BE_USED = frozenset({"future stamps", "wrong junction"})
"""Whoever may speak in a gateway's name, or as a new one, is heard: that is the access list's business."""


@dataclass(frozen=True, slots=True)
class AttackFigures:
    """What one attack did."""

    attack: str
    sent: int
    used: int
    """Forged readings that became inputs."""
    honest_share: float
    """Of the honest readings of that time, those that were used."""
    longest_gap_s: float
    """The longest that any cabinet went without a command [s]."""
    growth_mib: float


@dataclass(slots=True)
class AttackResult:
    """The whole run."""

    broker: str = ""
    attacks: list[AttackFigures] = field(default_factory=list)
    double_counts: int = 0
    """Honest readings used beyond those that were sent."""
    growth_mib: float = 0.0
    breaches: list[str] = field(default_factory=list)
    left_early: int = 0
    troubles: list[str] = field(default_factory=list)

    @property
    def held(self) -> bool:
        """Whether every promise was kept."""
        fine = all(
            (not attack.used or attack.attack in MAY_BE_USED)
            and attack.honest_share >= HONEST_SHARE
            and attack.longest_gap_s <= LONGEST_GAP_S
            for attack in self.attacks
        )
        sound = not (self.breaches or self.left_early or self.troubles or self.double_counts)
        return bool(self.attacks) and fine and sound and self.growth_mib <= MEMORY_MIB

    def verdict(self) -> str:
        """One line."""
        attacks = self.attacks
        used = sum(attack.used for attack in attacks if attack.attack not in MAY_BE_USED)
        share, sent = min((a.honest_share for a in attacks), default=0.0), sum(a.sent for a in attacks)
        return (
            f"{'held' if self.held else 'BROKEN'}: {len(attacks)} attacks ({self.broker}), {sent} messages, "
            f"used {used}, least share of honest readings {share:.2f}, "
            f"counted twice {self.double_counts}, longest gap of a cabinet "
            f"{max((a.longest_gap_s for a in attacks), default=0):.1f} s, memory {self.growth_mib:+.1f} MiB, "
            f"breaches {len(self.breaches)}, troubles {len(self.troubles)}"
        )


def run_attacks(
    attacks: Sequence[str] = tuple(ATTACKS), *, each_s: float = 6.0, seed: int = 1, junctions: int = 3
) -> AttackResult:
    """The attacks one after the other against one controller, `each_s` [s] for each."""
    with tempfile.TemporaryDirectory(prefix="faikhiao-attacks-") as folder:
        return asyncio.run(_run(attacks, each_s, seed, junctions, Path(folder)))


@dataclass(frozen=True, slots=True)
class _Span:
    """An attack as it ran: [s since 1970]."""

    attack: str
    sent: int
    began_s: float
    ended_s: float
    gap_s: float
    growth_mib: float


async def _run(attacks: Sequence[str], each_s: float, seed: int, junctions: int, folder: Path) -> AttackResult:
    result, spans, street = AttackResult(), list[_Span](), Street(junctions)
    async with driven(street, folder, seed=seed) as now:
        result.broker = now.broker
        heard: list[Message] = []
        site = street.site.network.site
        link = MqttLink(BrokerAccess("127.0.0.1", now.broker_port), "enemy", [(DETECTORS.at(site), 0)], heard.append)
        await asyncio.to_thread(link.start)
        enemy = Enemy(site, tuple(street.cabinets), heard, random.Random(seed))
        await asyncio.sleep(5.0)
        at_first_mib = now.resident_mib()
        for attack in attacks:
            spans.append(await _attack(now, link, enemy, attack, each_s))
            if now.controller.ended is not None:
                result.troubles.append(
                    f"{attack}: it ended with {now.controller.ended}: {now.controller.said()[-800:]}"
                )
                break
        if now.controller.ended is None:
            result.growth_mib = now.resident_mib() - at_first_mib
        await asyncio.to_thread(link.stop)
        await asyncio.to_thread(now.controller.stop)
        told = await asyncio.to_thread(now.told)
    result.attacks = [_figures(span, told) for span in spans]
    result.double_counts = sum(max(0, _honest(at) - now.gateway.sequence) for at in told.values())
    result.breaches = [str(breach) for breach in street.breaches]
    result.left_early = len(street.left_early)
    return result


async def _attack(now: Driven, link: MqttLink, enemy: Enemy, attack: str, each_s: float) -> _Span:
    street, before_mib = now.street, now.resident_mib()
    began_s, began_unix_s = street.clock(), time.time()
    sent = await asyncio.to_thread(_send, link, ATTACKS[attack](enemy))
    await asyncio.sleep(max(0.0, each_s - (street.clock() - began_s)))
    gap_s = now.longest_gap_s(began_s, street.clock())
    growth_mib = 0.0
    with contextlib.suppress(OSError, StopIteration):  # it may have ended: told by who called
        growth_mib = now.resident_mib() - before_mib
    return _Span(attack, sent, began_unix_s, time.time(), gap_s, growth_mib)


def _send(link: MqttLink, forged: Forged) -> int:
    """In a thread of its own, with pauses: the cabinets live in this process too, and are not what is attacked."""
    sent = 0
    for topic, payload, kept in forged:
        link.publish(topic, payload, qos=0, retain=kept)
        sent += 1
        if sent % BURST == 0:
            time.sleep(BURST / RATE_PER_S)
    return sent


def _figures(span: _Span, told: Mapping[str, Told]) -> AttackFigures:
    within = [
        MARK in reading.counts
        for at in told.values()
        for ended_s, reading in at.readings
        if span.began_s <= ended_s < span.ended_s
    ]
    due = max(1.0, len(told) * (span.ended_s - span.began_s))
    share = min(1.0, within.count(False) / due)
    return AttackFigures(span.attack, span.sent, within.count(True), share, span.gap_s, span.growth_mib)


def _honest(at: Told) -> int:
    return sum(MARK not in reading.counts for _, reading in at.readings)


def main() -> int:
    """Run what the command line asks for; 0, or 5 where a promise was broken."""
    parser = asks("publisher", __doc__)
    parser.add_argument("--attacks", default=",".join(ATTACKS), help="by comma (default all)")
    asked = parser.parse_args()
    result = run_attacks(asked.attacks.split(","))
    for figures in result.attacks:
        print(
            f"{figures.attack:15s} {figures.sent:6d} sent, {figures.used:3d} used, "
            f"honest share {figures.honest_share:.2f}, "
            f"longest gap {figures.longest_gap_s:.1f} s, memory {figures.growth_mib:+.1f} MiB"
        )
    return at_the_end(result, asked.json, (*result.breaches, *result.troubles))


if __name__ == "__main__":
    sys.exit(main())
