"""Changes on their way: a change that goes by way of another set is a promise of two requests, one after the other.

While the first of them shows, the planner thinks of the junction as being in the stage that the change leads to.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from controller.lanes import START_UP_S, LaneLayout
from controller.layout import BoolArray, FloatArray, IntArray, NetworkLayout

LINGERS_S = 1.0
"""Who has been on the loop for so long when his green is ended is slow: at 20 km/h a car is over it in 1 s."""


@dataclass(slots=True)
class Passage:
    """The stage that each junction is in or on its way to, the one before it, and since when."""

    stage: IntArray  # (J,) number; 0 before the first
    before: IntArray  # (J,)
    since_s: FloatArray  # (J,) when it was first asked for, or the set on the way to it [s]
    via: IntArray  # (J,) number of the set on the way that shows now, 0 where the stage itself was asked for
    until_s: FloatArray  # (J,) when the stage itself is to be asked for [s]

    @classmethod
    def start(cls, layout: NetworkLayout, now_s: float) -> Self:
        """Nothing asked for yet."""
        n_j = layout.shape[0]
        nothing = np.zeros(n_j, np.int64)
        return cls(nothing, nothing.copy(), np.full(n_j, now_s), nothing.copy(), np.full(n_j, now_s))

    def follow(self, asked: IntArray, asked_since_s: FloatArray) -> None:
        """Take note of what was asked for in the end, by us or by others (asked (J,), numbers)."""
        on_the_way = (self.via > 0) & (asked == self.via)
        self.via = np.where(on_the_way, self.via, 0)
        changed = (asked != self.stage) & (asked > 0) & ~on_the_way
        self.before = np.where(changed, np.where(self.stage > 0, self.stage, asked), self.before)
        self.since_s = np.where(changed, asked_since_s, self.since_s)
        self.stage = np.where(changed, asked, self.stage)

    def ask(
        self, wanted: IntArray, lanes: LaneLayout, now_s: float, stand: BoolArray, on_line_s: FloatArray
    ) -> IntArray:
        """(J,) number to ask for now, so that the junction comes to `wanted` (J,).

        Where every green ends, intergreens are shorter than somebody needs who sets out then, and there is a set in
        which nobody has green, the change goes by way of that: for as long as he needs if somebody stands on the stop
        line in green (`stand` (J,)), else until the intergreens have nearly run, and on from there if by then somebody
        is seen to linger on the line (`on_line_s` (J, N), see `lingers`).
        """
        rows = np.arange(wanted.size)
        self.until_s = self._waits_on(lanes, now_s, on_line_s)
        come = (self.via > 0) & (now_s >= self.until_s)
        self.via = np.where(come, 0, self.via)
        begins = (self.via == 0) & ~come & (wanted != self.stage) & (self.stage > 0)
        here, there = np.maximum(self.stage - 1, 0), np.maximum(wanted - 1, 0)
        way, way_s = lanes.via[rows, here, there], lanes.via_s[rows, here, there]
        pause_s, decide_s = lanes.pause_s[rows, here, there], lanes.decide_s[rows, here, there]
        pauses = (pause_s > 0) & (stand | (way < 0))  # `pausing` tells the search of those who stand
        way = np.where(pauses, lanes.nobody, way)
        way_s = np.where(pauses, np.where(stand, pause_s, decide_s), way_s)
        through = begins & (way >= 0)
        self.via = np.where(through, way + 1, self.via)
        self.until_s = np.where(through, now_s + way_s, self.until_s)
        self.before = np.where(through, self.stage, self.before)
        self.since_s = np.where(through, now_s, self.since_s)
        self.stage = np.where(through, wanted, self.stage)
        return np.where(self.via > 0, self.via, np.where(come, self.stage, wanted))

    def _waits_on(self, lanes: LaneLayout, now_s: float, on_line_s: FloatArray) -> FloatArray:
        """(J,) when the stage itself is to be asked for, now that it shows whether somebody lingers."""
        rows = np.arange(self.via.size)
        before, to = np.maximum(self.before - 1, 0), np.maximum(self.stage - 1, 0)
        whole_s = self.since_s + lanes.pause_s[rows, before, to]
        decides = (self.via > 0) & (self.via == lanes.nobody + 1) & (now_s >= self.until_s) & (self.until_s < whole_s)
        late = lingers(lanes, before, now_s - self.since_s, on_line_s).any(axis=1)
        return np.where(decides & late, whole_s, self.until_s)


def lingers(lanes: LaneLayout, before: IntArray, ended_s: FloatArray, on_line_s: FloatArray) -> BoolArray:
    """(J, N) lanes whose green in stage `before` (J,) was ended `ended_s` (J,) ago, in which somebody sets out late.

    He came upon the loop at the stop line before that and is on it yet (on_line_s (J, N)): slower than anybody who
    drives over it, he crosses the line, or stands over it behind one who waits for a gap. Who came to a stop at amber
    came upon it later.
    """
    had_green = lanes.served[np.arange(before.size), before] > 0
    return np.asarray(had_green & (on_line_s >= ended_s[:, None] + LINGERS_S))


def pausing(
    lag_s: FloatArray, clears_s: FloatArray, lanes: LaneLayout, current: IntArray, stand: BoolArray
) -> tuple[FloatArray, FloatArray]:
    """(J, S, S, N) `lag_s` and `clears_s` with the pause in them by which each junction would leave stage `current`.

    Where somebody stands on the stop line in green (`stand` (J,)) leaving costs more: a plan that knows waits for him.
    """
    rows = np.flatnonzero(stand)
    if not rows.size:
        return lag_s, clears_s
    here = (rows, current[rows])
    pause_s = lanes.pause_s[here][:, :, None]
    lag_s, clears_s = lag_s.copy(), clears_s.copy()
    lag_s[here] = np.where(pause_s > 0, np.maximum(lag_s[here], pause_s + START_UP_S), lag_s[here])
    clears_s[here] = np.maximum(clears_s[here], pause_s)
    return lag_s, clears_s
