"""How long a call may stand before the junction goes by its plan: so long that nobody waits beyond `max_red_s`.

When a junction falls because somebody has waited too long, its plan serves those first. Between that second and their
green lies, at worst, a change that has only just been asked for: it ends, the greens that it brought run their minimum,
and the change to the group follows; and where others have waited long in n more stages, those may come before it.

    patience = max_red - (intergreen + minimum green) * (1 + n) - intergreen towards the group - 2 s

Intergreen and minimum green are the junction's longest. 2 s: what a loop saw is heard a second later, and what is asked
for shows a second later.
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
    alone_s: FloatArray  # (J, G) patience where nobody else has waited long [s]
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

    def ends(self, called_s: FloatArray) -> BoolArray:
        """(J, G) whose patience is over, of those who have called for `called_s` (J, G) [s]."""
        long = called_s > self.long_s
        if not long.any():
            return long
        stages = (self.home & long[:, None, :]).any(axis=2).sum(axis=1)  # (J,)
        others_s = self.change_s * np.maximum(0, stages - 1)
        return np.asarray(long & (called_s > self.alone_s - others_s[:, None]))
