"""Lamps as they burn, which need not be as they are driven: drivers, wires and bulbs of one cabinet, and their faults.

A group has three lamps. What is driven is the group's aspect; what burns is that aspect with the faults of the moment
worked into it. The cabinet's monitor and its read-back see only what burns. Times are milliseconds of the cabinet's
clock: a lamp may fail between two scans.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntFlag, StrEnum
from functools import lru_cache

from controller.model import Aspect

FOREVER_MS = 1 << 62


class Lamp(IntFlag):
    """The lamps of a group as bits; `FLASHING` says that what burns is switched on and off by the flasher."""

    RED = 1
    AMBER = 2
    GREEN = 4
    FLASHING = 8


COLOURS = (Lamp.RED, Lamp.AMBER, Lamp.GREEN)

DRIVEN: dict[Aspect, int] = {
    Aspect.DARK: 0,
    Aspect.RED: int(Lamp.RED),
    Aspect.RED_AMBER: int(Lamp.RED | Lamp.AMBER),
    Aspect.GREEN: int(Lamp.GREEN),
    Aspect.AMBER: int(Lamp.AMBER),
    Aspect.FLASHING_AMBER: int(Lamp.AMBER | Lamp.FLASHING),
    Aspect.FLASHING_RED: int(Lamp.RED | Lamp.FLASHING),
    Aspect.FLASHING_GREEN: int(Lamp.GREEN | Lamp.FLASHING),
    Aspect.PEDESTRIAN_BLACKOUT: 0,
    Aspect.UNKNOWN: 0,
}
"""Lamps that an aspect drives."""
_SHOWN = {DRIVEN[aspect]: aspect for aspect in reversed(Aspect) if aspect is not Aspect.PEDESTRIAN_BLACKOUT} | {
    0: Aspect.DARK
}


class LampFaultKind(StrEnum):
    """What can go wrong between a driver and the eye."""

    STUCK_ON = "stuck_on"
    """The lamp burns whatever is driven: a driver that no longer opens."""
    DEAD = "dead"
    """The lamp never burns: bulb, fuse or wire."""
    DUAL = "dual"
    """Two wires of one group touch: when one lamp is driven, the other burns too."""
    CROSSED = "crossed"
    """Two wires were put on each other's terminals: each lamp burns when the other is driven."""


@dataclass(frozen=True, slots=True)
class LampFault:
    """A fault of `lamp` of the group at place `group`, from `from_ms` until before `until_ms`."""

    kind: LampFaultKind
    group: int
    lamp: Lamp
    other_group: int = -1
    """With CROSSED: group of the other wire."""
    other_lamp: Lamp = Lamp.RED
    """With DUAL and CROSSED: the other lamp."""
    from_ms: int = -FOREVER_MS
    until_ms: int = FOREVER_MS

    def works_at(self, now_ms: int) -> bool:
        """Whether it is there at a moment."""
        return self.from_ms <= now_ms < self.until_ms


class Lamps:
    """All lamps of a cabinet; without a fault what burns is what is driven."""

    def __init__(self, faults: Sequence[LampFault] = ()) -> None:
        self.faults: tuple[LampFault, ...] = tuple(faults)

    def inject(self, *faults: LampFault) -> None:
        """More faults, explicit or seeded; also for moments that are still to come."""
        self.faults += faults

    def mend(self) -> None:
        """Somebody has put everything right."""
        self.faults = ()

    def burning(self, aspects: tuple[Aspect, ...], now_ms: int) -> tuple[int, ...]:
        """What burns in each group when these aspects are driven, as bits of `Lamp`."""
        driven = _driven(aspects)
        working = [fault for fault in self.faults if fault.works_at(now_ms)]
        return _with_faults(driven, working) if working else driven

    def next_change_ms(self, now_ms: int) -> int:
        """The next moment at which a fault comes or goes."""
        moments = (at for fault in self.faults for at in (fault.from_ms, fault.until_ms))
        return min((at for at in moments if at > now_ms), default=FOREVER_MS)


@lru_cache(maxsize=4096)
def shown(burning: tuple[int, ...]) -> tuple[Aspect, ...]:
    """What burns, as aspects; lamps that no aspect lights together are UNKNOWN."""
    return tuple(_SHOWN.get(lamps, Aspect.UNKNOWN) for lamps in burning)


@lru_cache(maxsize=4096)
def _driven(aspects: tuple[Aspect, ...]) -> tuple[int, ...]:
    return tuple(map(DRIVEN.__getitem__, aspects))


def _with_faults(driven: tuple[int, ...], faults: Sequence[LampFault]) -> tuple[int, ...]:
    """In the order of the current: wires crossed, wires touching, drivers stuck, bulbs dead."""
    burning = list(driven)
    for fault in (fault for fault in faults if fault.kind is LampFaultKind.CROSSED):
        _put(burning, fault.group, fault.lamp, on=bool(driven[fault.other_group] & fault.other_lamp))
        _put(burning, fault.other_group, fault.other_lamp, on=bool(driven[fault.group] & fault.lamp))
    for fault in (fault for fault in faults if fault.kind is LampFaultKind.DUAL):
        if burning[fault.group] & fault.lamp:
            _put(burning, fault.group, fault.other_lamp, on=True)
    for fault in (fault for fault in faults if fault.kind is LampFaultKind.STUCK_ON):
        _put(burning, fault.group, fault.lamp, on=True)
    for fault in (fault for fault in faults if fault.kind is LampFaultKind.DEAD):
        _put(burning, fault.group, fault.lamp, on=False)
    return tuple(lamps if lamps & ~Lamp.FLASHING else 0 for lamps in burning)


def _put(burning: list[int], group: int, lamp: Lamp, *, on: bool) -> None:
    burning[group] = burning[group] | lamp if on else burning[group] & ~lamp


def random_faults(
    chance: random.Random, groups: int, number: int, *, begin_ms: int, end_ms: int, longest_ms: int
) -> tuple[LampFault, ...]:
    """So many faults of any kind, each beginning in [begin_ms, end_ms) and lasting up to `longest_ms`; by the seed."""
    faults = []
    for _ in range(number):
        kind = chance.choice(list(LampFaultKind))
        group, other_group = chance.randrange(groups), chance.randrange(groups)
        lamp, other_lamp = chance.sample(COLOURS, 2)
        from_ms = chance.randrange(begin_ms, end_ms)
        until_ms = from_ms + chance.randint(1, longest_ms)
        faults.append(LampFault(kind, group, lamp, other_group, other_lamp, from_ms, until_ms))
    return tuple(faults)
