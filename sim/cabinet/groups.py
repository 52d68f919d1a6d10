"""Signal groups on the move: each alone, from what shows towards a target set of greens, by the cabinet's own rules.

Three rules, each one small method, so that each can be taken away by a test that must then notice:

* `minimum_end_ds`    no green ends before its minimum has run;
* `conflict_free`     no green (nor red-amber) begins while a conflicting group is anything but red;
* `intergreen_end_ds` no green begins before the intergreen from the end of each conflicting green has run (RiLSA).

Amber always leads to red and red-amber always to green, whatever is asked for meanwhile: a new target is legal at any
time. Groups are bits of integers, and `move` answers when it next needs to be called: nothing happens in between.
"""

from __future__ import annotations

from functools import lru_cache

from controller.model import Aspect, GroupKind
from sim.cabinet.config import CabinetConfig

NEVER = 1 << 62
LONG_AGO = -(1 << 40)
MIN_RED_DS = 10
"""A group wanted again in mid amber is red for a second first: amber to green without red is forbidden (MUTCD 4F)."""


@lru_cache(maxsize=4096)
def bits(mask: int) -> tuple[int, ...]:
    """Places of the bits that are set, lowest first."""
    return tuple(i for i in range(mask.bit_length()) if mask >> i & 1)


class SignalGroups:
    """The groups of one cabinet; starts with all red and nothing remembered. Times are tenths of a second."""

    def __init__(self, config: CabinetConfig) -> None:
        n = len(config.groups)
        self.target = 0
        """Groups that are to be green."""
        self.green = 0
        self.closing = 0
        """Amber, or clearance of pedestrians."""
        self.preparing = 0
        """Red-amber."""
        self.since_ds = [LONG_AGO] * n
        """When each group got its present aspect."""
        self.green_end_ds = [LONG_AGO] * n
        self.wished_min_ds = [0] * n
        """Longer minimum asked for from a distance; never shortens the cabinet's own."""
        self._min_green_ds = [group.min_green_ds for group in config.groups]
        self._max_green_ds = [group.max_green_ds for group in config.groups]
        self._closing_ds = [group.closing_ds for group in config.groups]
        self._red_amber_ds = [group.red_amber_ds for group in config.groups]
        self._intergreens = [
            [(j, row[i]) for j, row in enumerate(config.intergreen_ds) if row[i] is not None] for i in range(n)
        ]
        self._conflicts = [sum(1 << j for j, _ in row) for row in self._intergreens]
        self._closing_aspect = [
            Aspect.AMBER if group.kind is GroupKind.VEHICLE else Aspect.FLASHING_GREEN for group in config.groups
        ]
        self._all_red = (Aspect.RED,) * n
        self._shown: tuple[Aspect, ...] | None = self._all_red

    # ------------------------------------------------------------------------------------------------- the rules

    def minimum_end_ds(self, i: int) -> int:
        """Earliest end of the running green of group i."""
        return self.since_ds[i] + max(self._min_green_ds[i], self.wished_min_ds[i])

    def conflict_free(self, i: int) -> bool:
        """Whether every group that conflicts with i is red."""
        return not self._conflicts[i] & (self.green | self.closing | self.preparing)

    def intergreen_end_ds(self, i: int) -> int:
        """Earliest start of green of group i after the ends of green of all groups that conflict with it."""
        return max((self.green_end_ds[j] + ds for j, ds in self._intergreens[i] if ds is not None), default=LONG_AGO)

    # ---------------------------------------------------------------------------------------------- the movement

    def move(self, now_ds: int) -> int:
        """Do every change that is due at this scan; answers the next time at which one can be due."""
        due_ds = min(
            self._finish(now_ds, self.closing, self._closing_ds, becomes_green=False),
            self._finish(now_ds, self.preparing, self._red_amber_ds, becomes_green=True),
        )
        for i in bits(self.green & ~self.target):
            end_ds = self.minimum_end_ds(i)
            due_ds = min(due_ds, end_ds if now_ds < end_ds else self._end(i, now_ds))
        for i in bits(self.target & ~(self.green | self.closing | self.preparing)):
            if self.conflict_free(i):  # else the change that frees it calls us again
                start_ds = max(self.intergreen_end_ds(i) - self._red_amber_ds[i], self.since_ds[i] + MIN_RED_DS)
                due_ds = min(due_ds, start_ds if now_ds < start_ds else self._start(i, now_ds))
        return due_ds

    def _finish(self, now_ds: int, mask: int, lasts_ds: list[int], *, becomes_green: bool) -> int:
        """Amber that has run becomes red, red-amber that has run becomes green."""
        due_ds = NEVER
        for i in bits(mask):
            end_ds = self.since_ds[i] + lasts_ds[i]
            if now_ds < end_ds:
                due_ds = min(due_ds, end_ds)
                continue
            self._shown = None
            self.since_ds[i] = now_ds
            if becomes_green:
                self.preparing ^= 1 << i
                self.green |= 1 << i
            else:
                self.closing ^= 1 << i
        return due_ds

    def _end(self, i: int, now_ds: int) -> int:
        """Green ends: amber or clearance begins. Answers when that will have run."""
        self._shown = None
        self.green ^= 1 << i
        self.green_end_ds[i] = self.since_ds[i] = now_ds
        self.wished_min_ds[i] = 0
        if not self._closing_ds[i]:
            return NEVER  # red at once; who waits for it is looked at in this same scan
        self.closing |= 1 << i
        return now_ds + self._closing_ds[i]

    def _start(self, i: int, now_ds: int) -> int:
        """Green begins, or the red-amber before it. Answers when that will have run."""
        self._shown = None
        self.since_ds[i] = now_ds
        if not self._red_amber_ds[i]:
            self.green |= 1 << i
            return NEVER
        self.preparing |= 1 << i
        return now_ds + self._red_amber_ds[i]

    # ------------------------------------------------------------------------------------------ off and on again

    def go_out(self, now_ds: int) -> None:
        """The lamps leave the groups' hands (power cut, flash): greens have ended now, and that is remembered."""
        for i in bits(self.green):
            self.green_end_ds[i] = now_ds
        self.green = self.closing = self.preparing = self.target = 0
        self.forget_wishes()
        self._shown = self._all_red

    def come_up_green(self, mask: int, now_ds: int) -> None:
        """These groups are green at once, without red before it (UK start-up); all others are red."""
        self.target = self.green = mask
        for i in bits(mask):
            self.since_ds[i] = now_ds
        self._shown = None

    def wish_min_green(self, mask: int, min_green_ds: int) -> None:
        """Keep the greens of these groups for so long, at most for their own maximum."""
        for i in bits(mask):
            self.wished_min_ds[i] = min(min_green_ds, self._max_green_ds[i])

    def forget_wishes(self) -> None:
        """Only the cabinet's own minimums hold from now on."""
        self.wished_min_ds = [0] * len(self.wished_min_ds)

    # ------------------------------------------------------------------------------------------------ what shows

    @property
    def moving(self) -> bool:
        """Whether a group is between green and red."""
        return bool(self.closing | self.preparing)

    @property
    def aspects(self) -> tuple[Aspect, ...]:
        """What each group shows, in the order of the configuration."""
        if self._shown is None:
            shown = list(self._all_red)
            for i in bits(self.green):
                shown[i] = Aspect.GREEN
            for i in bits(self.preparing):
                shown[i] = Aspect.RED_AMBER
            for i in bits(self.closing):
                shown[i] = self._closing_aspect[i]
            self._shown = tuple(shown)
        return self._shown

    def min_green_left_ds(self, now_ds: int) -> int:
        """Until the last running minimum green has run."""
        return max((self.minimum_end_ds(i) - now_ds for i in bits(self.green)), default=0)

    def max_green_left_ds(self, now_ds: int) -> int:
        """Until the first running green reaches its maximum; told, not enforced: the centre's lease bounds it."""
        return min((self.since_ds[i] + self._max_green_ds[i] - now_ds for i in bits(self.green)), default=0)

    def interstage_left_ds(self, now_ds: int) -> int:
        """Until every group of the target is green, as things stand."""
        ends = dict.fromkeys(bits(self.green & ~self.target), now_ds)
        ends = {i: max(now_ds, self.minimum_end_ds(i)) for i in ends}
        for i in bits(self.preparing & ~self.target):
            ends[i] = self.since_ds[i] + self._red_amber_ds[i] + self._min_green_ds[i]
        reds = [ends[i] + self._closing_ds[i] for i in ends]
        reds += [self.since_ds[i] + self._closing_ds[i] for i in bits(self.closing)]
        greens = [self.since_ds[i] + self._red_amber_ds[i] for i in bits(self.preparing & self.target)]
        for i in bits(self.target & ~(self.green | self.preparing)):
            waits = [ends.get(j, self.green_end_ds[j]) + ds for j, ds in self._intergreens[i] if ds is not None]
            red_ds = self.since_ds[i] + (self._closing_ds[i] if self.closing >> i & 1 else 0)
            greens.append(max([*waits, red_ds + MIN_RED_DS + self._red_amber_ds[i]]))
        return max([0, *(at - now_ds for at in (*reds, *greens))])
