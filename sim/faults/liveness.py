"""Does it go on? L1 everybody is served, L2 adaptive again after the last fault, L3 no interstage without an end.

Bounded and checked each second, from what shows and who really waits, not from what anybody says of it.
"""

from __future__ import annotations

from collections.abc import Mapping

from controller.events import CabinetMode
from controller.model import Aspect, Junction
from sim.faults.checker import Breach

MAX_WAIT_S = 240.0
"""L1: twice the longest cycle, 240 s at most."""
RECOVER_S = 120.0
"""L2: adaptive again within this after all faults have healed."""
HOLD_OFF_S = 70.0
"""Of a junction that did not flap: counts and cabinet well for 60 s, two rungs of 5 s; doubled by each flap."""
PEACE_S = 580.0
"""So long after the last fault recovery is looked at."""
ON_DUTY = frozenset(
    {CabinetMode.REMOTE, CabinetMode.LOCAL_COORDINATED, CabinetMode.LOCAL_ISOLATED, CabinetMode.ALL_RED_HOLD}
)


class JunctionLiveness:
    """One junction: how long its interstage may last, and how long somebody may wait."""

    def __init__(self, junction: Junction, breaches: list[Breach]) -> None:
        self.junction = junction
        self.worst_wait_s = 0.0
        self._breaches = breaches
        self._longest_intergreen_s = max(
            (s for row in junction.intergreen_s for s in row if s is not None), default=0.0
        )
        self._longest_minimum_s = max(group.min_green_s for group in junction.groups)
        self._wanted = -1
        self._bound_s = float("inf")
        self._green_since_s = [0.0] * len(junction.groups)
        self._aspects: tuple[Aspect, ...] = ()
        self._waiting = self._stuck = False

    def second(
        self, now_s: float, mode: CabinetMode, active: int, wanted: int, aspects: tuple[Aspect, ...], wait_s: float
    ) -> None:
        """Look at the junction after a second; `wait_s` is how long the worst lane has waited for green [s]."""
        if aspects is not self._aspects:
            for place, aspect in enumerate(aspects):
                if aspect is Aspect.GREEN and (not self._aspects or self._aspects[place] is not Aspect.GREEN):
                    self._green_since_s[place] = now_s
            self._aspects = aspects
        if mode not in ON_DUTY:
            self._wanted, self._bound_s = -1, float("inf")
            return
        if wanted != self._wanted:
            self._wanted = wanted
            self._bound_s = now_s + self._held_s(now_s) + self._longest_intergreen_s + 1.0
        elif active or not wanted:
            self._bound_s = float("inf")
        elif self._bound_s == float("inf"):
            self._bound_s = now_s + self._held_s(now_s) + self._longest_intergreen_s + 1.0
        stuck = now_s > self._bound_s
        if stuck and not self._stuck:
            self._tell(now_s, "L3", f"in the interstage to stage {wanted} for too long")
        self._stuck = stuck
        self._hear_wait(now_s, wait_s)

    def _hear_wait(self, now_s: float, wait_s: float) -> None:
        self.worst_wait_s = max(self.worst_wait_s, wait_s)
        waiting = wait_s > MAX_WAIT_S
        if waiting and not self._waiting:
            self._tell(now_s, "L1", f"somebody has waited for {wait_s:.0f} s")
        self._waiting = waiting

    def _held_s(self, now_s: float) -> float:
        """What the longest running (or coming) minimum green may still hold the change up [s]."""
        held_s = 0.0
        for place, aspect in enumerate(self._aspects):
            if aspect is Aspect.GREEN:
                held_s = max(held_s, self._longest_minimum_s - (now_s - self._green_since_s[place]))
            elif aspect is Aspect.RED_AMBER:
                held_s = max(held_s, self._longest_minimum_s + self.junction.groups[place].red_amber_s)
        return held_s

    def _tell(self, now_s: float, bound: str, seen: str) -> None:
        self._breaches.append(Breach(now_s, self.junction.id, bound, seen))


def not_recovered(now_s: float, modes: Mapping[str, str], wanted: str, waits_s: Mapping[str, float]) -> list[Breach]:
    """L2: every junction that is not in the wanted control mode, though its hold-off is over.

    `waits_s` is how long after the last fault it may still wait; the time now is `PEACE_S` after it.
    """
    return [
        Breach(now_s, junction, "L2", f"{mode}, not {wanted}")
        for junction, mode in modes.items()
        if mode != wanted and waits_s[junction] < PEACE_S
    ]
