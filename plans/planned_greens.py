"""What a timing plan makes of each group's green: asked for at its step, begun after the intergreens that hold it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from controller.model import Junction, SignalGroup, TimingPlan
from plans.programme import Green, WantedSet, greens_of


@dataclass(frozen=True, slots=True)
class PlannedGreen:
    """One green of a group in the cycle; seconds of the cycle, 0 at the offset."""

    group: SignalGroup
    column: int
    """Place of the group in its junction."""
    start_s: float
    length_s: float
    """Of the steady green, [s]; the whole cycle where it never ends."""

    @property
    def end_s(self) -> float:
        """End of green, which may lie beyond the cycle [s]."""
        return self.start_s + self.length_s


def planned_greens(junction: Junction, timing: TimingPlan) -> list[PlannedGreen]:
    """Every green of the cycle, groups in the junction's order."""
    sets = [WantedSet(step.at_s, frozenset(junction.stages[step.stage - 1].groups)) for step in timing.steps]
    greens = greens_of(
        [s for place, s in enumerate(sets) if s.groups != sets[place - 1].groups] or sets[:1], timing.cycle_s
    )
    index = junction.group_index()
    planned = []
    for green in greens:
        delay_s = _delay_s(junction, green, greens, timing.cycle_s)
        length_s = green.length_s if green.length_s == timing.cycle_s else green.length_s - delay_s
        column = index[green.group]
        start_s = (green.on_s + delay_s) % timing.cycle_s
        planned.append(PlannedGreen(junction.groups[column], column, start_s, max(0.0, length_s)))
    return sorted(planned, key=lambda each: (each.column, each.start_s))


def _delay_s(junction: Junction, green: Green, greens: Sequence[Green], cycle_s: int) -> float:
    """From asking for a green to its begin: its red-amber, and every intergreen of a group that ended before."""
    index = junction.group_index()
    delay_s = junction.groups[index[green.group]].red_amber_s
    for other in greens:
        intergreen_s = junction.intergreen_s[index[other.group]][index[green.group]]
        if intergreen_s is None or other.length_s == cycle_s:
            continue
        since_end_s = (green.on_s - other.on_s - other.length_s) % cycle_s
        delay_s = max(delay_s, intergreen_s - since_end_s)
    return delay_s


def timing_of(junction: Junction, plan: str) -> TimingPlan | None:
    """The junction's timing under a plan, if it has one."""
    return next((timing for timing in junction.timings if timing.plan == plan), None)
