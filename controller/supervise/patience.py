"""How long a call may stand before the junction goes by its plan: so long that nobody waits beyond `max_red_s`.

When a junction falls because somebody has waited too long, its plan serves whoever has waited longest, then the next.
Between that second and the green of the k-th of them lies, at worst, a change that has only just been asked for: it
ends, the greens that it brought run their minimum, and so for each who has waited longer in another stage; then the
change to the group.

    patience = max_red - (intergreen + minimum green) * k - intergreen towards the group - 2 s

Intergreen and minimum green are the junction's longest. 2 s: what a loop saw is heard a second later, and what is asked
for shows a second later. Serving by the earliest deadline keeps every deadline that any order could (Jackson's rule).

A strategy is told of the one that presses, whom it has to serve next so that the plan need not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controller.layout import BoolArray, FloatArray, NetworkLayout

HEARD_AND_SHOWN_S = 2.0
LONG_SHARE = 0.5
"""Of `max_red_s`: who has called for less is nobody that has waited long, and patience never ends before."""


@dataclass(frozen=True, slots=True)
class Patience:
    """Built once from the layout."""

    long_s: float
    """From here on somebody has waited long."""
    alone_s: FloatArray  # (J, G) patience where nobody has waited longer [s]
    change_s: FloatArray  # (J,) a change and the minimum green after it [s]
    home: BoolArray  # (J, S, G) the first of its stages, for each group

    @classmethod
    def of(cls, layout: NetworkLayout, max_red_s: float) -> Patience:
        """For a limit of `max_red_s` on every red in which somebody waits."""
        towards_s = np.where(layout.conflict, layout.intergreen_s, 0.0).max(axis=1, initial=0.0)  # (J, G) starting
        towards_s = np.maximum(towards_s, layout.red_amber_s)
        change_s = towards_s.max(axis=1, initial=0.0) + layout.min_green_s.max(axis=1, initial=0.0)
        alone_s = max_red_s - change_s[:, None] - towards_s - HEARD_AND_SHOWN_S
        home = layout.stage_green & (np.cumsum(layout.stage_green, axis=1) == 1)
        return cls(LONG_SHARE * max_red_s, alone_s, change_s, home)

    def left_s(self, called_s: FloatArray) -> FloatArray:
        """(J, G) patience left with those who have called for `called_s` (J, G), inf where nobody has for long [s]."""
        left_s = np.full(called_s.shape, np.inf)
        long = called_s > self.long_s
        rows = np.flatnonzero(long.any(axis=1))
        if not rows.size:
            return left_s
        called_s, long = called_s[rows], long[rows]
        longer = long[:, None, :] & (
            called_s[:, None, :] >= called_s[:, :, None]
        )  # (R, G, G) the second than the first
        stages = (longer[:, :, None, :] & self.home[rows][:, None, :, :]).any(axis=3).sum(axis=2)  # (R, G)
        others_s = self.change_s[rows][:, None] * np.maximum(0, stages - 1)
        # what is left ends later than half the limit where that is so short that nothing would be left to a strategy
        limit_s = np.maximum(self.long_s, self.alone_s[rows] - others_s)
        left_s[rows] = np.where(long, limit_s - called_s, np.inf)
        return left_s

    def presses(self, left_s: FloatArray, called_s: FloatArray) -> BoolArray:
        """(J, G) whom to serve next, so that no other change comes between; none where there is time yet."""
        where: BoolArray = np.asarray(left_s.min(axis=1) <= self.change_s + HEARD_AND_SHOWN_S)
        return longest(left_s, called_s, where)


def longest(left_s: FloatArray, called_s: FloatArray, where: BoolArray) -> BoolArray:
    """(J, G) who has called longest of those who have patience to lose, at the junctions `where` (J,)."""
    waits_s = np.where(np.isfinite(left_s), called_s, -1.0)
    return np.asarray(where[:, None] & (np.arange(left_s.shape[1]) == waits_s.argmax(axis=1)[:, None]))
