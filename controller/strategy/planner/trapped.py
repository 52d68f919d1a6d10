"""A green is not ended on somebody who stands in it: a turn that waits for its gap, and whoever follows it.

At the end of green they leave together, over the stop line already, and the clearance was made for one who drives, not
for one who sets out: who gets green next meets them in the middle, where each may bar the other for good. A few seconds
more let the opposing flow end and the turn go.
"""

from __future__ import annotations

import numpy as np

from controller.layout import BoolArray, FloatArray

STANDS_S = 2.0
"""Somebody who stands on the stop line through so much green waits for a gap, not for his own start."""
LONGEST_S = 30.0
"""After so long a green ends all the same: he may have broken down, or found no gap."""


def would_trap(stalled_s: FloatArray, green_s: FloatArray) -> BoolArray:
    """(J,) junctions that are not to leave their stage now; stalled_s, green_s (J, N) see `LaneState`."""
    stands = (stalled_s >= STANDS_S) & (green_s > 0.0) & (green_s < LONGEST_S)
    return np.asarray(stands.any(axis=1))
