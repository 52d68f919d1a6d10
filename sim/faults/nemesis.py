"""When something befalls the town: a schedule made from a seed, and who carries it out."""

from __future__ import annotations

import heapq
import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from sim.faults.fault import Fault, Heal
from sim.faults.kinds import KINDS
from sim.faults.world import World

CYCLE_S, STORM_S = 3600, 3000
"""An hour: faults for fifty minutes, then ten minutes of peace in which everything must come back."""
LOCAL_GAP_S, WIDE_GAP_S = 500.0, 240.0
"""Mean time between two faults of one junction, and between two that strike the whole town."""


def schedule(seed: int, junctions: Sequence[str], seconds: int, kinds: Sequence[str] = tuple(KINDS)) -> list[Fault]:
    """The faults of a run, in order of their beginning; none lasts into the peace at the end of an hour."""
    local = [kind for kind in kinds if KINDS[kind].local]
    wide = [kind for kind in kinds if not KINDS[kind].local]
    chance = random.Random(f"schedule/{seed}")
    told = [
        *_strokes(chance, local, LOCAL_GAP_S / len(junctions), seconds),
        *_strokes(chance, wide, WIDE_GAP_S, seconds),
    ]
    faults: list[Fault] = []
    for begin_s, kind in sorted(told):
        peace_s = begin_s - begin_s % CYCLE_S + STORM_S
        end_s = min(begin_s + chance.randint(*KINDS[kind].lasts_s), peace_s)
        junction = chance.choice(junctions)
        if begin_s < end_s:
            faults.append(Fault(len(faults) + 1, kind, junction, begin_s, end_s, seed))
    return faults


def _strokes(chance: random.Random, kinds: Sequence[str], gap_s: float, seconds: int) -> list[tuple[int, str]]:
    """(second, kind), as they come by chance."""
    strokes: list[tuple[int, str]] = []
    at_s = 30.0 + chance.expovariate(1.0 / gap_s)
    while kinds and at_s < seconds:
        strokes.append((int(at_s), chance.choice(kinds)))
        at_s += chance.expovariate(1.0 / gap_s)
    return strokes


@dataclass(order=True, slots=True)
class _Due:
    """A fault that is to be mended."""

    at_s: int
    number: int
    heal: Heal = field(compare=False)


class Nemesis:
    """Breaks and mends the world as a story says."""

    def __init__(self, world: World, faults: Sequence[Fault]) -> None:
        self._world = world
        self._begin_s = world.now_s
        self._due = sorted(faults, key=lambda fault: (fault.begin_s, fault.number), reverse=True)
        self._healing: list[_Due] = []

    def second(self) -> None:
        """Before the next second: mend what is due, then break what is due."""
        elapsed_s, changed = self._world.now_s - self._begin_s, False
        while self._healing and self._healing[0].at_s <= elapsed_s:
            heapq.heappop(self._healing).heal()
            changed = True
        while self._due and self._due[-1].begin_s <= elapsed_s:
            fault = self._due.pop()
            heal = KINDS[fault.kind].inject(self._world, fault, fault.chance)
            heapq.heappush(self._healing, _Due(fault.end_s, fault.number, heal))
            changed = True
        if changed:  # what was done on site shows at once
            for place in self._world.places.values():
                place.watch.look(place.cabinet.now_ds)
