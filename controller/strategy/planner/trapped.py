"""A green is not ended on somebody who stands in it and waits for a gap: a turn, and whoever follows it.

At the end of green they leave together, over the stop line already, and the clearance was made for one who drives, not
for one who sets out: who gets green next meets them in the middle, where each may bar the other for good. A few seconds
more let the opposing flow end and the turn go. Where nothing flows, who stands does not wait for a gap but for room
ahead: holding his green would only fill the middle.

Not every green can be held for long enough. Where one ends all the same, the next may begin later (`Passage.ask`).
"""

from __future__ import annotations

import numpy as np

from controller.layout import BoolArray, FloatArray

STANDS_S = (2.0, 10.0)
"""Who has stood on the stop line in green for so long waits for a gap: not for his own start, nor broken down."""
FLOWS_S = 3.0
"""Somebody has left another lane within so long: there is a flow to give way to (a queue discharges every 2 s)."""
LONGEST_S = 30.0
"""After so long a green ends all the same."""


HELD_UP_S = 4.0
"""Who has stood on the stop line in green for so long may set out just when his green ends."""


def sets_out(stalled_s: FloatArray, green_s: FloatArray) -> BoolArray:
    """(J,) junctions at which somebody stands on a stop line in green, held up by somebody before him."""
    return np.asarray(((green_s > 0.0) & (stalled_s >= HELD_UP_S)).any(axis=1))


def would_trap(stalled_s: FloatArray, green_s: FloatArray, still_s: FloatArray) -> BoolArray:
    """(J,) junctions that are not to leave their stage now; all (J, N), see `LaneState`."""
    least, most = STANDS_S
    green = green_s > 0.0
    stands = green & (stalled_s >= least) & (stalled_s <= most) & (green_s < LONGEST_S)
    flows = green & (green_s > least) & (still_s < FLOWS_S)
    return np.asarray(stands.any(axis=1) & flows.any(axis=1))
