"""Q1 in SUMO: what false loops cost a strategy, beside the fixed plan on the same demand.

    python -m sim.chaos.lied_to cologne1 --strategy planner --minutes 60

The fixed plan runs first and tells which loop of each junction counts most and which least. Then that loop of every
junction says what is not so, for the whole run: harder than the single fault that the bound is about. The
strategy sees what a gateway would send; ends with 1 where the mean delay is more than `Q1` times the fixed plan's.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from unittest.mock import patch

from controller.events import DetectorReading
from sim.direct_centre import DirectCentre
from sim.faults.messages import LOOP_TROUBLES, LoopTrouble
from sim.simulate import SimulationSettings, simulate

Q1 = 1.10
"""Mean delay under a data fault, as a share of the fixed plan's (quality bound Q1)."""
Counts = Mapping[str, Counter[str]]
"""Vehicles by junction and loop."""


def queue_without_end(second: int, _count: int, _occupied_ms: int) -> tuple[int, int]:
    """An adversary's counts: a queue that discharges at saturation for ever, each second of it plausible."""
    return (1, 600) if second % 2 else (0, 700)


@dataclass(frozen=True, slots=True)
class Lie:
    """Which loop of each junction lies (the one that counts most, or least), and what it says."""

    busiest: bool
    trouble: Callable[[], LoopTrouble]


def _known(name: str) -> Callable[[], LoopTrouble]:
    return lambda: LOOP_TROUBLES[name](random.Random(name))


LIES: dict[str, Lie] = {
    "busiest stuck off": Lie(True, _known("stuck off")),
    "busiest stuck on": Lie(True, _known("stuck on")),
    "busiest frozen": Lie(True, _known("frozen constant")),
    "quietest stuck on": Lie(False, _known("stuck on")),
    "quietest chatter": Lie(False, _known("chatter")),
    "quietest spoofed": Lie(False, _known("spoofed")),
    "quietest queue without end": Lie(False, lambda: queue_without_end),
}
"""By name. A busy loop that says nothing hides a queue; a quiet one that invents takes green from the others."""


@contextmanager
def through(change: Callable[[DetectorReading, float], DetectorReading]) -> Iterator[None]:
    """While it lasts, every reading that a simulated gateway sends is changed."""
    second = DirectCentre.second

    def changed(centre: DirectCentre, readings: Sequence[DetectorReading], now_s: float) -> None:
        second(centre, [change(reading, now_s) for reading in readings], now_s)

    with patch.object(DirectCentre, "second", changed):
        yield


def counted(counts: dict[str, Counter[str]]) -> Callable[[DetectorReading, float], DetectorReading]:
    """Adds up what each loop counts; changes nothing."""

    def count(reading: DetectorReading, _now_s: float) -> DetectorReading:
        counts.setdefault(reading.junction, Counter()).update(dict(zip(reading.loops, reading.counts, strict=True)))
        return reading

    return count


def lying(lie: Lie, counts: Counts) -> Callable[[DetectorReading, float], DetectorReading]:
    """One loop of each junction says what the lie wants."""
    choose = max if lie.busiest else min
    liars = {junction: choose(loops, key=lambda loop: (loops[loop], loop)) for junction, loops in counts.items()}
    trouble = lie.trouble()

    def lied(reading: DetectorReading, now_s: float) -> DetectorReading:
        place = reading.loops.index(liars[reading.junction])
        count, occupied_ms = trouble(int(now_s), reading.counts[place], reading.occupied_ms[place])
        return replace(
            reading,
            counts=(*reading.counts[:place], count, *reading.counts[place + 1 :]),
            occupied_ms=(*reading.occupied_ms[:place], occupied_ms, *reading.occupied_ms[place + 1 :]),
            edges=tuple(edge for edge in reading.edges if edge[1] != liars[reading.junction]),
        )

    return lied


def main() -> int:
    """Run what the command line asks for; 0, or 1 where the bound does not hold."""
    asked = _parser().parse_args()
    settings = SimulationSettings(
        asked.scenario, "fixed_time", asked.seed, minutes=asked.minutes, amber_s=asked.amber, all_red_s=asked.all_red
    )
    counts: dict[str, Counter[str]] = {}
    with through(counted(counts)):
        plan_s = _delay_s(settings, "fixed plan", None)
    for junction, loops in counts.items():
        for loop in [loop for loop, vehicles in loops.items() if vehicles == 0]:
            del loops[loop]  # a button, or a lane that nobody takes
        if not loops:
            raise SystemExit(f"no loop of {junction} has counted anybody in {asked.minutes:g} minutes")
    settings = replace(settings, strategy=asked.strategy)
    _delay_s(settings, asked.strategy, plan_s)
    worst = 0.0
    for name in asked.lies.split(",") if asked.lies else LIES:
        with through(lying(LIES[name], counts)):
            worst = max(worst, _delay_s(settings, f"{asked.strategy}, {name}", plan_s) / plan_s)
    print(f"worst {worst:.2f} times the fixed plan's delay, at most {Q1:.2f}")
    return int(worst > Q1)


def _delay_s(settings: SimulationSettings, what: str, plan_s: float | None) -> float:
    answer = simulate(settings)
    delay_s = float(answer["delay_s"])
    times = "" if plan_s is None else f"  {delay_s / plan_s:.2f} times the fixed plan's"
    print(f"{settings.scenario}  {what:40} {delay_s:7.1f} s/veh{times}  breaks {len(answer['breaks'])}", flush=True)
    return delay_s


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sim.chaos.lied_to", description=__doc__)
    parser.add_argument("scenario", help="name or folder, as for `faikhiao simulate`")
    parser.add_argument("--strategy", default="planner")
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--amber", type=float, help="amber of an imported network [s]")
    parser.add_argument("--all-red", type=float, help="all-red of an imported network [s]")
    parser.add_argument("--lies", help=f"some of these alone, by comma: {', '.join(LIES)}")
    return parser


if __name__ == "__main__":
    sys.exit(main())
