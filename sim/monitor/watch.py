"""One junction under watch: every change of aspect is judged from what was seen, and only from that.

Observations come each second or each scan. What happens lies between two of them, so each beginning is known as an
interval (last seen otherwise, first seen so]. A rule counts as broken when no moment in the intervals could have kept
it: sampling raises no false alarm, and where changes fall on the moments of observation nothing is missed.
"""

from __future__ import annotations

from collections.abc import Sequence

from controller.model import Aspect, GroupKind
from sim.monitor.rules import AFTER_OFF, OFF, JunctionRules, Rule

_LONG_AGO = -(1 << 40)
_OUT_OF_SIGHT_DS = 20
"""After a longer pause between observations whatever shows is taken as met for the first time."""
_RIGHT_OF_WAY = frozenset({Aspect.GREEN, Aspect.AMBER, Aspect.RED_AMBER, Aspect.FLASHING_GREEN})

Finding = tuple[Rule, tuple[int, ...]]
"""A rule and the places of the groups that broke it."""


class JunctionWatch:
    """What was seen at one junction, as far as the rules need it. Times are tenths of a second."""

    def __init__(self, rules: JunctionRules) -> None:
        n = len(rules.groups)
        self._rules = rules
        self._next_of = [_successors(group.sequence) for group in rules.groups]
        self._foes: list[list[tuple[int, int]]] = [[] for _ in range(n)]
        self._foe_mask = [0] * n
        for (ending, starting), time_ds in sorted(rules.intergreen_ds.items()):
            self._foes[starting].append((ending, time_ds))
            self._foe_mask[starting] |= 1 << ending
        self._seen: tuple[Aspect, ...] = (Aspect.UNKNOWN,) * n
        self._seen_ds = _LONG_AGO
        self._after_ds = [_LONG_AGO] * n
        """Last moment at which each group still showed something else than now."""
        self._last_green_ds = [_LONG_AGO] * n
        self._waking = (1 << n) - 1
        """Groups whose present aspect followed `OFF`: their amber is a start-up's, and gives nobody right of way."""
        self._clashes: frozenset[tuple[int, int]] = frozenset()

    def observe(self, now_ds: int, aspects: Sequence[Aspect]) -> list[Finding]:
        """Judge what shows now against what was seen before; each break once, when it begins."""
        if now_ds - self._seen_ds > _OUT_OF_SIGHT_DS:
            self._lose_sight()
        before, self._seen = self._seen, tuple(aspects)
        findings: list[Finding] = []
        if before is not self._seen and before != self._seen:
            changed = [i for i, (old, new) in enumerate(zip(before, self._seen, strict=True)) if old is not new]
            for i in changed:
                findings += self._left(i, before[i], self._seen[i], now_ds)
            for i in changed:
                findings += self._entered(i, before[i], self._seen[i], now_ds)
            findings += self._together()
        self._seen_ds = now_ds
        return findings

    def _lose_sight(self) -> None:
        for i, aspect in enumerate(self._seen):
            if aspect is Aspect.GREEN:
                self._last_green_ds[i] = self._seen_ds
        self._seen = (Aspect.UNKNOWN,) * len(self._seen)
        self._seen_ds = _LONG_AGO

    def _before(self, now_ds: int) -> int:
        """The last observation, but never this moment: what changes twice in it changed after the tenth before it."""
        return min(self._seen_ds, now_ds - 1)

    def _left(self, i: int, old: Aspect, new: Aspect, now_ds: int) -> list[Finding]:
        """Did it last, and may the new one follow? What goes dark or to flash is excused."""
        group, at_most_ds = self._rules.groups[i], now_ds - self._after_ds[i]
        if old is Aspect.GREEN:
            self._last_green_ds[i] = self._before(now_ds)
        if new in OFF:
            return []
        findings: list[Finding] = []
        if old is Aspect.GREEN and at_most_ds <= group.min_green_ds:
            findings.append((Rule.S3, (i,)))
        closing_ds = group.shortest_ds(old)
        if closing_ds and at_most_ds <= closing_ds and not self._waking >> i & 1:
            findings.append((Rule.S3 if old is Aspect.AMBER else Rule.S4, (i,)))
        if not self._may_follow(i, old, new, now_ds - self._seen_ds):
            amber_missing = group.kind is GroupKind.VEHICLE and old is Aspect.GREEN and new is Aspect.RED
            findings.append((Rule.S3 if amber_missing else Rule.S4, (i,)))
        return findings

    def _may_follow(self, i: int, old: Aspect, new: Aspect, gap_ds: int) -> bool:
        """Whether `new` follows `old`, or all between them are so short that they may have passed unseen."""
        if old in OFF:
            return old is Aspect.UNKNOWN or new in AFTER_OFF
        following = self._next_of[i]
        if old not in following:  # a start-up's amber where the group has none; else its coming was the break
            return True
        between = following[old]
        while between is not new:
            shortest_ds = self._rules.groups[i].shortest_ds(between)
            if shortest_ds is None or shortest_ds >= gap_ds:
                return False
            between = following[between]
        return True

    def _entered(self, i: int, old: Aspect, new: Aspect, now_ds: int) -> list[Finding]:
        """A new aspect begins; a green must have waited for the intergreens."""
        self._after_ds[i] = self._before(now_ds)
        self._waking = self._waking | 1 << i if old in OFF else self._waking & ~(1 << i)
        if new is not Aspect.GREEN:
            return []
        return [
            (Rule.S2, (foe, i))
            for foe, intergreen_ds in self._foes[i]
            if self._seen[foe] is not Aspect.GREEN and now_ds - self._last_green_ds[foe] <= intergreen_ds
        ]

    def _together(self) -> list[Finding]:
        """Who clashes now and did not before."""
        mask = 0
        for i, aspect in enumerate(self._seen):
            if aspect in _RIGHT_OF_WAY and not (aspect is Aspect.AMBER and self._waking >> i & 1):
                mask |= 1 << i
        clashing = [i for i, foes in enumerate(self._foe_mask) if mask >> i & 1 and mask & foes]
        pairs = frozenset((foe, i) for i in clashing for foe, _ in self._foes[i] if foe < i and mask >> foe & 1)
        fresh = sorted(pairs - self._clashes)
        self._clashes = pairs
        return [(Rule.S1, pair) for pair in fresh]


def _successors(sequence: tuple[Aspect, ...]) -> dict[Aspect, Aspect]:
    return dict(zip(sequence, (*sequence[1:], sequence[0]), strict=True))
