"""A junction's plan as phases: each green of each signal group is one, with its place in rings and barriers.

A signal group is a phase (K3 is phase 3), a second green of the group in the cycle another one. The rings are made from
the plan itself: greens that follow each other share a ring, greens that overlap do not; where no phase runs there is a
barrier. So any plan finds its rings, also one that no dual-ring controller could run.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from controller.model import GroupKind, Junction, SignalGroup, TimingPlan
from plans.exchange.utdf_volumes import phase_numbers
from plans.planned_greens import PlannedGreen, planned_greens

MOST_OF_A_KIND = 9
"""BRP has one digit each for barrier, ring and position."""


@dataclass(frozen=True, slots=True)
class Phase:
    """One green of a group; times from second 0 of the plan, in s."""

    number: int
    group: SignalGroup
    green_s: float
    """Begin of green (of walk), 0 <= green_s < cycle."""
    yield_s: float
    """End of green: begin of amber, or of a crossing's clearance; it may lie beyond the cycle."""
    closing_s: float
    """Amber, or clearance."""
    all_red_s: float
    """From there until the first conflicting green, as far as the junction's own intergreens ask for it."""
    cycle_s: int
    barrier: int = 0
    ring: int = 0
    position: int = 0

    @property
    def end_s(self) -> float:
        """End of the phase, which may lie beyond the cycle."""
        return self.yield_s + self.closing_s + self.all_red_s

    @property
    def always(self) -> bool:
        """Whether it is green through the whole cycle."""
        return self.yield_s - self.green_s >= self.cycle_s

    @property
    def barrier_ring_position(self) -> int | None:
        """BRP, as in 112; None where a digit would not hold it."""
        parts = (self.barrier, self.ring, self.position)
        return None if max(parts) > MOST_OF_A_KIND else int("".join(map(str, parts)))


def phases_of(junction: Junction, timing: TimingPlan) -> tuple[Phase, ...]:
    """Every phase of the plan, by number; a group that is never green has none."""
    greens = planned_greens(junction, timing)
    numbers = phase_numbers(junction)
    taken = set(numbers.values())
    phases = []
    seen: set[str] = set()
    for green in greens:
        number = numbers[green.group.id]
        if green.group.id in seen:
            number = next(n for n in range(1, 1000) if n not in taken)
            taken.add(number)
        seen.add(green.group.id)
        phases.append(_phase(junction, number, green, greens, timing.cycle_s))
    return tuple(sorted(in_rings(phases, timing.cycle_s), key=lambda phase: phase.number))


def _phase(junction: Junction, number: int, green: PlannedGreen, greens: Sequence[PlannedGreen], cycle_s: int) -> Phase:
    group = green.group
    always = green.length_s >= cycle_s
    closing_s = 0.0 if always else group.amber_s if group.kind is GroupKind.VEHICLE else group.clearance_s
    row = junction.intergreen_s[green.column]
    asked_s = max((value for value in row if value is not None), default=0.0)
    gaps = [
        (other.start_s - green.end_s) % cycle_s
        for other in greens
        if row[other.column] is not None and other.length_s < cycle_s
    ]
    left_s = min([asked_s, *gaps]) - closing_s
    all_red_s = 0.0 if always else max(0.0, round(left_s, 1))
    return Phase(number, group, green.start_s, green.end_s, closing_s, all_red_s, cycle_s)


def in_rings(phases: Sequence[Phase], cycle_s: int) -> list[Phase]:
    """The phases with barrier, ring and position, each from 1; those that run around the end of the cycle come last.

    The cycle is cut where fewest phases run, and each phase goes to the first ring that is free when it begins.
    """
    cuts = sorted({phase.green_s % cycle_s for phase in phases}) or [0.0]
    cut_s = min(cuts, key=lambda second: sum(_runs_over(phase, second) for phase in phases))

    def since_cut(phase: Phase) -> float:
        return (phase.green_s - cut_s) % cycle_s

    free_s: list[float] = []
    first_s: list[float] = []
    placed: list[tuple[float, int, Phase]] = []
    for phase in sorted(phases, key=lambda phase: (since_cut(phase), phase.number)):
        begin_s = since_cut(phase)
        end_s = begin_s + phase.end_s - phase.green_s
        home = next(
            (
                ring
                for ring, free in enumerate(free_s)
                if free <= begin_s + 1e-6 and end_s <= cycle_s + first_s[ring] + 1e-6
            ),
            len(free_s),
        )
        if home == len(free_s):
            free_s.append(0.0)
            first_s.append(begin_s)
        free_s[home] = end_s
        placed.append((begin_s, home, phase))
    return _numbered(placed)


def _numbered(placed: Sequence[tuple[float, int, Phase]]) -> list[Phase]:
    """Barriers where every ring has ended, positions within a ring and barrier."""
    made = []
    barrier, until_s = 0, -math.inf
    positions: dict[int, int] = {}
    for begin_s, ring, phase in placed:
        if begin_s >= until_s - 1e-6:
            barrier += 1
            positions = {}
        until_s = max(until_s, begin_s + phase.end_s - phase.green_s)
        positions[ring] = positions.get(ring, 0) + 1
        made.append(replace(phase, barrier=barrier, ring=ring + 1, position=positions[ring]))
    return made


def _runs_over(phase: Phase, second: float) -> bool:
    """Whether the phase runs both before and after a second of the cycle."""
    since_s = (second - phase.green_s) % phase.cycle_s
    return 0 < since_s < phase.end_s - phase.green_s - 1e-6
