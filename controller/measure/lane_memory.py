"""What is remembered of every lane from one second to the next.

Shapes: J junctions, N lanes, S stages, R seconds of the arrivals seen on their way, L loops, M memories.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from controller.lanes import LaneLayout
from controller.layout import BoolArray, FloatArray, IntArray, NetworkLayout

ON_THEIR_WAY_S = 30
"""R: a vehicle seen upstream is expected at the stop line within this; farther loops are clipped to it."""
FIRST_FLOW_VEH_S = 0.05
"""Arrivals of a lane before any were counted: three a minute."""
RATE_MEMORIES_S = (30.0, 300.0)
"""M: a learned discharge forgets over so many seconds of discharging; planned with is the greater of both.

What holds a lane up now, a gap that does not come or a jam ahead, is often gone by its next green; that it can let go
more than was known is believed at once.
"""


@dataclass(slots=True)
class LaneMemory:
    """Queues, who is on the way, and what was learned."""

    inside_veh: FloatArray  # (J, N) queued between the near loop and the stop line
    hidden_veh: FloatArray  # (J, N) queued beyond the near loop
    near_due: FloatArray  # (J, N, R) passed the near loop, at the stop line in r s
    far_due: FloatArray  # (J, N, R) passed the far loop, at the near loop in r s
    flow_veh_s: FloatArray  # (J, N) arrivals, smoothed
    gone_veh_s: FloatArray  # (J, N) departures, smoothed: the lane's share of a loop that several lanes share
    since_clear_s: FloatArray  # (J, N) since the queue was last known to be empty
    waited_s: FloatArray  # (J, N) how long somebody has waited for a green that does its duty
    credit_veh: FloatArray  # (J, N) vehicles that this green has let go
    rates_veh_s: FloatArray  # (M, J, S, N) discharge while the stage shows, learned by short and long memory
    queue_goes: BoolArray  # (J, N) the queue of this green has not ended yet
    headway_s: FloatArray  # (J, N) since the last of it passed the stop line
    standing: BoolArray  # (J, N) somebody stood on the stop-line loop at the end of the last second
    empty_s: FloatArray  # (J, N) how long the stop-line loop has been empty
    near_veh_s: FloatArray  # (J, N) vehicles over the near loop, smoothed
    near_free_s: FloatArray  # (J, N) how long nobody has been on the near loop
    near_busy: FloatArray  # (J, N) seconds that the near loop was occupied of late
    near_lately_veh: FloatArray  # (J, N) vehicles over it of late
    near_pace_veh_s: FloatArray  # (J, N) vehicles over it, smoothed over some seconds
    beyond: BoolArray  # (J, N) the queue has reached the near loop and has not been seen to end
    covered_s: FloatArray  # (J, N) how long the near loop has been covered
    far_covered_s: FloatArray  # (J, N) how long the far loop has been covered
    on_line_s: FloatArray  # (J, N) how long somebody has stood on the stop-line loop, in green or not, and not left
    still_s: FloatArray  # (J, N) since somebody left the stop line
    stalled_s: FloatArray  # (J, N) how long green has moved nobody although somebody stands there
    green_s: FloatArray  # (J, N) how long the lane has had green, 0 in red
    exit_full_s: FloatArray  # (L,) how long somebody has stood on the loop

    @property
    def rate_veh_s(self) -> FloatArray:
        """(J, S, N) the discharge planned with."""
        return np.asarray(self.rates_veh_s.max(axis=0))

    @classmethod
    def empty(cls, layout: NetworkLayout, lanes: LaneLayout) -> LaneMemory:
        """An empty town with the discharge that was engineered."""
        shape = lanes.shape
        return cls(
            inside_veh=np.zeros(shape),
            hidden_veh=np.zeros(shape),
            near_due=np.zeros((*shape, ON_THEIR_WAY_S)),
            far_due=np.zeros((*shape, ON_THEIR_WAY_S)),
            flow_veh_s=np.full(shape, FIRST_FLOW_VEH_S),
            gone_veh_s=np.full(shape, FIRST_FLOW_VEH_S),
            since_clear_s=np.zeros(shape),
            waited_s=np.zeros(shape),
            credit_veh=np.zeros(shape),
            rates_veh_s=np.stack([lanes.served * lanes.saturation_veh_s[:, None, :]] * len(RATE_MEMORIES_S)),
            queue_goes=np.zeros(shape, bool),
            headway_s=np.zeros(shape),
            standing=np.zeros(shape, bool),
            empty_s=np.zeros(shape),
            near_veh_s=np.full(shape, FIRST_FLOW_VEH_S),
            near_free_s=np.zeros(shape),
            near_busy=np.zeros(shape),
            near_lately_veh=np.zeros(shape),
            near_pace_veh_s=np.zeros(shape),
            beyond=np.zeros(shape, bool),
            covered_s=np.zeros(shape),
            far_covered_s=np.zeros(shape),
            on_line_s=np.zeros(shape),
            still_s=np.zeros(shape),
            stalled_s=np.zeros(shape),
            green_s=np.zeros(shape),
            exit_full_s=np.zeros(layout.loop_junction.size),
        )


class LoopsOfLanes:
    """Reads a (L,) array at (J, N) columns, -1 meaning no loop."""

    def __init__(self, values: FloatArray) -> None:
        self._padded = np.append(values, 0.0)

    def at(self, columns: IntArray) -> FloatArray:
        """(J, N) values; 0 where there is no loop."""
        return self._padded[columns]
