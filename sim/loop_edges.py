"""What a loop amplifier would say: from the vehicles that SUMO saw on a loop in a second to its on and off edges.

Two motorcycles side by side are one occupation and two vehicles; a vehicle that stands on the loop makes no edge.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

Passage = tuple[str, float, float, float, str]
"""SUMO's vehicle data: (vehicle, its length [m], when it came [s], when it left [s] or -1 while it is there, type)."""


class LoopSecond(NamedTuple):
    """What one loop has to tell of one interval."""

    vehicles: int
    """Vehicles that came onto the loop."""
    occupied_ms: int
    edges: tuple[tuple[int, bool], ...]
    """(ms since the interval's start, on or off), in order of time."""


SILENT = LoopSecond(0, 0, ())
_STANDING = LoopSecond(0, 1000, ())


class LoopTrack:
    """One loop from second to second: whom it has told of, and whether it is on."""

    __slots__ = ("_known", "occupied")

    def __init__(self) -> None:
        self.occupied = False
        """Whether the loop was on at the end of the last interval."""
        self._known: frozenset[tuple[str, float]] = frozenset()

    def second(self, start_s: float, end_s: float, passages: Sequence[Passage]) -> LoopSecond:
        """Take the vehicles that were on the loop at any time in the second (start_s, end_s]."""
        if self.occupied and len(passages) == 1:
            vehicle, _, came_s, left_s, _ = passages[0]
            if left_s < 0 and (vehicle, came_s) in self._known:
                return _STANDING  # most seconds of a queue
        spans: list[tuple[float, float]] = []
        known: list[tuple[str, float]] = []
        count = 0
        still_on = False
        for vehicle, _, came_s, left_s, _ in passages:
            known.append((vehicle, came_s))
            if (vehicle, came_s) not in self._known:
                count += 1
            elif 0 <= left_s <= start_s:
                continue  # left at the very end of the last interval: SUMO tells it twice
            still_on |= left_s < 0
            spans.append((max(came_s, start_s), end_s if left_s < 0 else min(left_s, end_s)))
        self._known = frozenset(known)
        return self._told(count, start_s, end_s, spans, still_on=still_on)

    def _told(
        self, count: int, start_s: float, end_s: float, spans: list[tuple[float, float]], *, still_on: bool
    ) -> LoopSecond:
        was_on = self.occupied
        self.occupied = still_on
        whole_ms = round((end_s - start_s) * 1000)
        occupied_ms = 0
        edges: list[tuple[int, bool]] = []
        if was_on and (not spans or min(spans)[0] > start_s):
            edges.append((0, False))
            was_on = False
        for on_ms, off_ms in _joined(start_s, spans):
            occupied_ms += off_ms - on_ms
            if not (was_on and on_ms == 0):
                edges.append((on_ms, True))
            if off_ms < whole_ms or not still_on:
                edges.append((off_ms, False))
        return LoopSecond(count, occupied_ms, tuple(edges))


def _joined(start_s: float, spans: list[tuple[float, float]]) -> list[tuple[int, int]]:
    """Spans of single vehicles joined where they touch, in ms since `start_s`."""
    joined: list[tuple[int, int]] = []
    for on_s, off_s in sorted(spans):
        on_ms, off_ms = round((on_s - start_s) * 1000), round((off_s - start_s) * 1000)
        if joined and on_ms <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], off_ms))
        else:
            joined.append((on_ms, off_ms))
    return joined
