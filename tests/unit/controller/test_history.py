"""Does a loop's recent mean outlast what was no count of anything?"""

from __future__ import annotations

import numpy as np

from controller.layout import build_layout
from controller.measure.history import UNTIMED, HistoryMemory, learn
from controller.measure.loops import LoopSecond
from tests.towns import three_stage_junction, town

CHATTER_VEH_S, USUAL_VEH_S = 4.0, 0.1
FIVE_MINUTES_S, TWENTY_MINUTES_S = 300, 1200


def recent_after_chatter(*, chatter_counts: bool) -> float:
    """Recent mean of the first loop: five minutes of traffic, twenty of chatter, one of traffic."""
    layout = build_layout(town(three_stage_junction()))
    n_loops = layout.loop_junction.size
    memory, every = HistoryMemory.empty(layout), np.ones(n_loops, bool)
    for seconds, veh_s in ((FIVE_MINUTES_S, USUAL_VEH_S), (TWENTY_MINUTES_S, CHATTER_VEH_S), (60, USUAL_VEH_S)):
        loops = LoopSecond(
            count=np.full(n_loops, veh_s), occupied=np.zeros(n_loops), told=every, fresh=np.ones(1, bool)
        )
        counts = every if veh_s == USUAL_VEH_S or chatter_counts else ~every
        for _ in range(seconds):
            learn(memory, loops, counts, counts, UNTIMED)
    return float(memory.recent_veh_s[0])


def test_chatter_leaves_no_trace_in_the_recent_mean() -> None:
    """Else the loop would stay implausible for half an hour after it is well again."""
    np.testing.assert_allclose(recent_after_chatter(chatter_counts=False), USUAL_VEH_S)
    assert recent_after_chatter(chatter_counts=True) > 20 * USUAL_VEH_S
